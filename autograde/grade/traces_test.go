package grade

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/export"
	"courselab/autograde/result"
)

// machine is what a submission must not change.
type machine struct {
	Children []string // processes that are children of this one, or run in its folder of workers
	Groups   []string // control groups of this process
	Scratch  []string // what is in the folder of workers
	Mounts   []string // that show something of the grader
	Packages string   // hash of the compiled packages that all workers link, and of the checks
	Files    []string // of names that attacks give
}

// look takes stock of the machine.
func look(t *testing.T, e *Engine) machine {
	t.Helper()
	var m machine
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	for _, path := range paths {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		var state string
		var parent int
		_, _ = fmt.Sscan(after, &state, &parent)
		mounts, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "mountinfo"))
		if parent == os.Getpid() || strings.Contains(string(mounts), filepath.Base(e.scratch.path)) {
			m.Children = append(m.Children, string(stat))
		}
	}
	require.NoError(t, filepath.WalkDir("/sys/fs/cgroup", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // somebody else's group has gone meanwhile
		}
		if strings.HasPrefix(d.Name(), fmt.Sprintf("courselab-%d-", os.Getpid())) {
			m.Groups = append(m.Groups, path)
		}
		return nil
	}))
	entries, err := os.ReadDir(e.scratch.path)
	require.NoError(t, err)
	for _, entry := range entries {
		m.Scratch = append(m.Scratch, entry.Name())
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	require.NoError(t, err)
	for _, line := range strings.Split(string(mounts), "\n") {
		for _, ours := range []string{filepath.Base(e.scratch.path), filepath.Base(e.builder.Kit.Dir), e.Lab.Root, "newroot", "oldroot"} {
			if strings.Contains(line, ours) {
				m.Mounts = append(m.Mounts, line)
			}
		}
	}
	h := sha256.New()
	require.NoError(t, filepath.WalkDir(e.builder.Kit.Dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var text []byte
			text, err = os.ReadFile(path)
			fmt.Fprintln(h, path, len(text))
			h.Write(text)
		}
		return err
	}))
	checks, err := os.ReadFile(e.Checks.Path)
	require.NoError(t, err)
	h.Write(checks)
	m.Packages = fmt.Sprintf("%x", h.Sum(nil))
	for _, pattern := range []string{"/tmp/*owned*", "/tmp/*slipped*", "/dev/shm/*owned*"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		m.Files = append(m.Files, found...)
	}
	return m
}

// shows requires that what a student gets tells nothing that is not the student's business, and steers nothing that shows it.
func shows(t *testing.T, e *Engine, out result.Folder, r *result.Submission) {
	t.Helper()
	for _, file := range []string{"results.json", "feedback.html"} {
		text, err := os.ReadFile(filepath.Join(out.Student(r.Student), file))
		require.NoError(t, err)
		for _, never := range []string{"TinyHiddenMarker", "scale-random", "mean-empty", e.Lab.Root, e.builder.Kit.Dir, "-WORKED", "zz-honest",
			"BookHiddenMarker", "scale-drawn", "summand", "exit code 171", "user defined signal", "<script>alert", "<img src=x", "</pre></section>"} {
			assert.False(t, strings.Contains(string(text), never), "%s of %s holds %q", file, r.Student, never)
		}
		assert.Less(t, len(text), 200<<10, "%s of %s", file, r.Student)
		steers(t, string(text), file+" of "+r.Student)
	}
	info, err := os.Stat(out.Record(r.Student))
	require.NoError(t, err)
	assert.Less(t, info.Size(), int64(64<<10), "the record of %s", r.Student)
	for _, note := range r.Notes {
		steers(t, note, "what the terminal shows of "+r.Student)
	}
	steers(t, r.Why(), "what the terminal shows of "+r.Student)
	for _, p := range r.Problems {
		steers(t, p.String(), "what the terminal shows of "+r.Student)
	}
	for _, d := range r.Dropped {
		steers(t, d.Name+d.Reason, "what the terminal shows of "+r.Student)
	}
}

// steers requires text without characters that steer a terminal or a reader's eye.
func steers(t *testing.T, text, what string) {
	t.Helper()
	at := strings.IndexFunc(text, func(r rune) bool {
		return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar)
	})
	if at >= 0 {
		assert.Fail(t, what+" holds a control character", "%q", text[max(0, at-40):min(len(text), at+40)])
	}
}

// staff requires the same of what the grader writes for the instructor: pages, tables and reports of the class.
func staff(t *testing.T, e *Engine, out result.Folder, c *result.Class) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(string(out), "index.html"))
	require.NoError(t, err)
	steers(t, string(page), "index.html")
	for _, never := range []string{"<script>alert", "<img src=x", "</pre></section>"} {
		assert.False(t, strings.Contains(string(page), never), "index.html holds %q", never)
	}
	table, err := os.Open(filepath.Join(string(out), "grades.csv"))
	require.NoError(t, err)
	defer table.Close()
	rows, err := csv.NewReader(table).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, c.Count+1)
	for _, row := range rows {
		for _, cell := range row {
			steers(t, cell, "grades.csv")
			assert.NotRegexp(t, `^[=+\-@\t\r]`, cell, "a spreadsheet would compute this")
		}
	}
	var records []*result.Submission
	for _, student := range out.Students() {
		text, err := os.ReadFile(out.Record(student))
		require.NoError(t, err)
		require.True(t, json.Valid(text), student)
		records = append(records, out.Load(student))
	}
	var report strings.Builder
	require.NoError(t, export.JUnit(&report, e.Lab.ID, records))
	steers(t, report.String(), "the JUnit report")
	decoder := xml.NewDecoder(strings.NewReader(report.String()))
	for {
		if _, err := decoder.Token(); err == io.EOF {
			break
		} else {
			require.NoError(t, err)
		}
	}
}
