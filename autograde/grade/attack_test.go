package grade

import (
	"archive/zip"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"courselab/autograde/check"
	"courselab/autograde/intake"
	"courselab/autograde/lab"
	"courselab/autograde/result"
)

// attacks reads a folder of the corpus, with the verdicts that are right for each attack.
func attacks(t *testing.T, dir string) ([]intake.Submission, map[string][]check.Verdict) {
	t.Helper()
	list, _, err := intake.List(dir)
	require.NoError(t, err)
	verdicts := map[string][]check.Verdict{}
	for _, s := range list {
		archive, err := txtar.ParseFile(s.Path)
		require.NoError(t, err)
		for _, line := range strings.Split(string(archive.Comment), "\n") {
			if text, ok := strings.CutPrefix(line, "verdicts: "); ok {
				for _, v := range strings.Split(text, ", ") {
					verdicts[s.Name] = append(verdicts[s.Name], check.Verdict(v))
				}
			}
		}
		require.NotEmpty(t, verdicts[s.Name], s.Name)
	}
	return list, verdicts
}

// honest is a right submission, which must get its points in whatever company.
func honest(t *testing.T) intake.Submission {
	t.Helper()
	return submissions(t, map[string]string{"zz-honest": right(t)})[0]
}

// studentFiles is the text of everything that a student gets.
func studentFiles(t *testing.T, out result.Folder, name string) string {
	t.Helper()
	all := ""
	for _, file := range []string{"results.json", "feedback.html"} {
		text, err := os.ReadFile(filepath.Join(out.Student(name), file))
		require.NoError(t, err)
		all += string(text)
	}
	return all
}

// TestBoundary lets the attacks import what they like: only two processes, sandbox and limits stand in their way.
func TestBoundary(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:47311")
	require.NoError(t, err)
	defer listener.Close()
	visited := make(chan struct{}, 1)
	go func() {
		if conn, err := listener.Accept(); err == nil {
			_ = conn.Close()
			visited <- struct{}{}
		}
	}()
	e := engine(t, tinyDir, func(l *lab.Lab) {
		l.Limits.Wall, l.Limits.CPU = lab.Duration(6*time.Second), lab.Duration(time.Second)
		l.Symbols.Forbid = nil
		l.Imports.Allow = append(l.Imports.Allow, "bytes", "crypto/rand", "embed", "encoding/binary", "io", "io/fs", "net", "os", "os/exec", "os/signal",
			"path/filepath", "reflect", "runtime", "strings", "syscall", "time", "github.com/gomlx/compute/dtypes", "github.com/gomlx/compute/shapes", "courselab/autograde/wire", "courselab/autograde/worker/stdio")
	})
	require.Contains(t, e.options.Sandbox.Name(), "bubblewrap", "these attacks must never run without a boundary")
	list, verdicts := attacks(t, "../testdata/attacks/boundary")
	require.GreaterOrEqual(t, len(list), 20)
	out, c := class(t, e, append(list, honest(t)))
	for _, s := range list {
		r := out.Load(s.Name)
		require.NotNil(t, r, s.Name)
		assert.Zero(t, r.Score, s.Name)
		for _, task := range r.Tasks {
			// On a machine that is busy elsewhere, time may run out before anything else does.
			assert.Contains(t, append(verdicts[s.Name], check.TimeLimitExceeded), task.Verdict, "%s, %s: %s %s %v %+v", s.Name, task.ID, task.Message, task.Staff, r.Problems, task.Checks)
		}
		text := studentFiles(t, out, s.Name)
		for _, never := range []string{"TinyHiddenMarker", "scale-random", e.Lab.Root, "-WORKED", "<script>alert", "zz-honest"} {
			assert.NotContains(t, text, never, "%s shows %q", s.Name, never)
		}
	}
	assert.Equal(t, 10.0, out.Load("zz-honest").Score)
	assert.Empty(t, c.NeedLook)
	assert.Empty(t, visited, "a program in the sandbox has reached the network")
	nothingRuns(t, e)
	t.Logf("%d attacks in %.1f s", len(list), c.Seconds)
}

// TestReadsTheMachine looks at what the nosiest of the attacks has found: its own program and an empty root.
func TestReadsTheMachine(t *testing.T) {
	e := engine(t, tinyDir, func(l *lab.Lab) {
		l.Imports.Allow = append(l.Imports.Allow, "io/fs", "os", "path/filepath", "strings")
	})
	path := "../testdata/attacks/boundary/reads-the-machine.txtar"
	list, _, err := intake.List(path)
	require.NoError(t, err)
	r := e.Submission(t.Context(), list[0])
	require.NotNil(t, r)
	text := r.Tasks[0].Checks[0].Message
	require.Contains(t, text, "/worker", "it has looked around")
	for _, never := range []string{"/home", "/root", "/etc", "/usr", "hidden", "go.mod", ".go ", "reads-the-machine", "autograde", "labs"} {
		assert.NotContains(t, text, never)
	}
}

// TestPolicy: what the rules refuse is never built.
func TestPolicy(t *testing.T) {
	e := engine(t, tinyDir)
	list, verdicts := attacks(t, "../testdata/attacks/policy")
	require.GreaterOrEqual(t, len(list), 10)
	out, _ := class(t, e, append(list, honest(t)))
	for _, s := range list {
		r := out.Load(s.Name)
		assert.Zero(t, r.Score, s.Name)
		assert.Contains(t, verdicts[s.Name], r.Verdict, "%s: %v", s.Name, r.Problems)
		require.NotEmpty(t, r.Problems, s.Name)
		assert.Regexp(t, `^tiny\.go:\d+: `, r.Problems[0].String(), "the student is told where")
	}
	assert.Equal(t, 10.0, out.Load("zz-honest").Score)
}

// TestBuild: what only the compiler and the linker refuse, or what is too much for them, is their owner's trouble.
func TestBuild(t *testing.T) {
	e := engine(t, tinyDir)
	list, verdicts := attacks(t, "../testdata/attacks/build")
	require.GreaterOrEqual(t, len(list), 10)
	out, c := class(t, e, append(list, honest(t)))
	for _, s := range list {
		r := out.Load(s.Name)
		assert.Zero(t, r.Score, s.Name)
		assert.Contains(t, verdicts[s.Name], r.Verdict, "%s: %v", s.Name, r.Problems)
	}
	assert.Equal(t, 10.0, out.Load("zz-honest").Score)
	assert.Empty(t, c.NeedLook)
	t.Logf("%d attacks in %.1f s", len(list), c.Seconds)
}

// TestWaysToHandIn: links, paths out of the archive, devices and rubbish cost their owner the points, and nobody else.
func TestWaysToHandIn(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	write("a-right/tiny.go", right(t))
	write("b-link/tiny.go", right(t))
	hidden, err := filepath.Abs(filepath.Join(tinyDir, "hidden", "suite.go"))
	require.NoError(t, err)
	require.NoError(t, os.Symlink(hidden, filepath.Join(dir, "b-link", "more.go")))
	require.NoError(t, os.Symlink(filepath.Dir(hidden), filepath.Join(dir, "c-linked")))
	f, err := os.Create(filepath.Join(dir, "d-slip.zip"))
	require.NoError(t, err)
	w := zip.NewWriter(f)
	for _, name := range []string{"tiny.go", "../../../../../../tmp/slipped.go"} {
		part, err := w.Create(name)
		require.NoError(t, err)
		_, err = part.Write([]byte(right(t)))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, f.Close())
	write("e-broken.zip", "PK rubbish")
	write("f-empty/notes.txt", "I was ill")
	write("g-tests/tiny.go", right(t))
	write("g-tests/tiny_test.go", "package tiny\n\nimport \"os\"\n\nfunc TestMain() { os.Exit(0) }\n")
	write("g-tests/go.mod", "module evil\n\nreplace courselab => /tmp\n")
	write("g-tests/hidden/suite.go", "package hidden\n")
	list, _, err := intake.List(dir)
	require.NoError(t, err)
	e := engine(t, tinyDir)
	out, c := class(t, e, list)
	want := map[string]struct {
		verdict check.Verdict
		score   float64
	}{
		"a-right": {check.Accepted, 10}, "b-link": {check.Forbidden, 0}, "c-linked": {check.Forbidden, 0}, "d-slip": {check.Forbidden, 0},
		"e-broken": {check.CompileError, 0}, "f-empty": {check.CompileError, 0}, "g-tests": {check.Accepted, 10},
	}
	require.Equal(t, len(want), c.Count)
	for name, w := range want {
		r := out.Load(name)
		require.NotNil(t, r, name)
		assert.Equal(t, w.verdict, r.Verdict, "%s: %s", name, r.Message)
		assert.Equal(t, w.score, r.Score, name)
	}
	assert.Len(t, out.Load("g-tests").Dropped, 3, "the student is told")
	_, err = os.Stat("/tmp/slipped.go")
	assert.ErrorIs(t, err, os.ErrNotExist)
}
