package grade

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"courselab/autograde/check"
	"courselab/autograde/intake"
	"courselab/autograde/lab"
	"courselab/autograde/result"
)

// attack is a submission that wants points, secrets or harm instead of doing the work.
type attack struct {
	intake.Submission
	aim      string
	verdicts []check.Verdict // those that are right for it
}

// corpus reads a folder of autograde/testdata/attacks.
func corpus(t *testing.T, dir string, atLeast int) (attacks []attack) {
	t.Helper()
	list, _, err := intake.List("../testdata/attacks/" + dir)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(list), atLeast)
	for _, s := range list {
		archive, err := txtar.ParseFile(s.Path)
		require.NoError(t, err)
		a := attack{Submission: s}
		a.aim, _, _ = strings.Cut(string(archive.Comment), "\n")
		for _, line := range strings.Split(string(archive.Comment), "\n") {
			if text, ok := strings.CutPrefix(line, "verdicts: "); ok {
				for _, v := range strings.Split(text, ", ") {
					a.verdicts = append(a.verdicts, check.Verdict(v))
				}
			}
		}
		require.NotEmpty(t, a.verdicts, s.Name)
		attacks = append(attacks, a)
	}
	return attacks
}

// honest is a right submission, which must get its points in whatever company.
func honest(t *testing.T, e *Engine) intake.Submission {
	t.Helper()
	if e.Contract.Notebook == nil {
		return submissions(t, map[string]string{"zz-honest": right(t)})[0]
	}
	path := filepath.Join(t.TempDir(), "zz-honest.ipynb")
	require.NoError(t, os.WriteFile(path, []byte(nbFile(nbCode("a", rightScale), nbCode("b", rightMean))), 0o644))
	list, _, err := intake.List(path)
	require.NoError(t, err)
	return list[0]
}

// judge grades attacks beside an honest submission, prints a table, and requires what holds for every attack: no points, a
// right verdict, nothing shown that is nobody's business, nothing left, and the honest one graded as if it were alone.
func judge(t *testing.T, e *Engine, attacks []attack) (result.Folder, *result.Class) {
	t.Helper()
	list := []intake.Submission{honest(t, e)}
	for _, a := range attacks {
		list = append(list, a.Submission)
	}
	out, before := result.Folder(t.TempDir()), look(t, e)
	c, err := (&Batch{Engine: e, Out: out, Jobs: 4}).Run(t.Context(), list)
	require.NoError(t, err)
	require.Equal(t, len(list), c.Count)
	assert.Equal(t, before, look(t, e), "something is left, or changed")
	table := tabwriter.NewWriter(t.Output(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "attack\taim\tverdict\tpoints")
	for _, a := range attacks {
		r := out.Load(a.Name)
		require.NotNil(t, r, a.Name)
		fmt.Fprintf(table, "%s\t%s\t%s\t%v of %v\n", a.Name, a.aim, r.Verdict, r.Score, r.Max)
		assert.Zero(t, r.Score, a.Name)
		for _, task := range r.Tasks {
			assert.Contains(t, a.verdicts, task.Verdict, "%s, %s: %s %s %v %+v", a.Name, task.ID, r.Why(), task.Staff, r.Problems, task.Checks)
		}
		shows(t, e, out, r)
	}
	require.NoError(t, table.Flush())
	t.Logf("%d attacks in %.1f s", len(attacks), c.Seconds)
	assert.Equal(t, 10.0, out.Load("zz-honest").Score)
	assert.Empty(t, c.NeedLook, "the grader itself had trouble")
	staff(t, e, out, c)
	return out, c
}

// TestAttacksOnTheBoundary lets the attacks import what they like: only two processes, sandbox and limits stand in their way.
func TestAttacksOnTheBoundary(t *testing.T) {
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
			"path/filepath", "reflect", "runtime", "strings", "syscall", "time", "unsafe", "github.com/gomlx/compute/dtypes", "github.com/gomlx/compute/shapes",
			"courselab/autograde/wire", "courselab/autograde/worker/stdio")
	})
	require.Contains(t, e.options.Sandbox.Name(), "bubblewrap", "these attacks must never run without a boundary")
	attacks := corpus(t, "boundary", 75)
	for i := range attacks { // on a machine that is busy elsewhere, time may run out before anything else does
		attacks[i].verdicts = append(attacks[i].verdicts, check.TimeLimitExceeded)
	}
	judge(t, e, attacks)
	assert.Empty(t, visited, "a program in the sandbox has reached the network")
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

// TestAttacksOnThePolicy: what the rules refuse is never built.
func TestAttacksOnThePolicy(t *testing.T) {
	e := engine(t, tinyDir, func(l *lab.Lab) {
		l.Symbols.Forbid = append(l.Symbols.Forbid, "github.com/gomlx/gomlx/core/graph.Node.Rank")
	})
	attacks := corpus(t, "policy", 32)
	out, _ := judge(t, e, attacks)
	for _, a := range attacks {
		r := out.Load(a.Name)
		require.NotEmpty(t, r.Problems, a.Name)
		assert.Regexp(t, `^tiny\.go:\d+: `, r.Problems[0].String(), "the student is told where")
	}
}

// TestAttacksOnTheBuild: what only the compiler and the linker refuse, or what is too much for them, is its owner's trouble.
func TestAttacksOnTheBuild(t *testing.T) {
	judge(t, engine(t, tinyDir), corpus(t, "build", 12))
}

// TestWaysToHandIn: what students hand in without evil intent, or with one that leads nowhere, costs nobody points.
func TestWaysToHandIn(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a-right/tiny.go": right(t), "b-tests/tiny.go": right(t), "b-tests/go.mod": "module evil\n\nreplace courselab => /tmp\n",
		"b-tests/tiny_test.go": "package tiny\n\nimport \"os\"\n\nfunc TestMain() { os.Exit(0) }\n", "b-tests/hidden/suite.go": "package hidden\n",
		"b-tests/.git/config": "[core]\n\tfsmonitor = touch /tmp/owned\n", "b-tests/vendor/courselab/autograde/worker/x.go": "package worker\n",
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	list, _, err := intake.List(dir)
	require.NoError(t, err)
	e := engine(t, tinyDir)
	out, c := class(t, e, list)
	require.Equal(t, 2, c.Count)
	for _, name := range []string{"a-right", "b-tests"} {
		r := out.Load(name)
		require.NotNil(t, r, name)
		assert.Equal(t, check.Accepted, r.Verdict, "%s: %s", name, r.Message)
		assert.Equal(t, 10.0, r.Score, name)
	}
	assert.Len(t, out.Load("b-tests").Dropped, 4, "the student is told")
}
