package scaffold

import (
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/course"
	"courselab/autograde/lab"
)

// place is a folder of this module, ignored by git, that does not exist yet.
func place(t *testing.T) string {
	t.Helper()
	base, err := os.MkdirTemp(filepath.Join("..", "testdata", "labs"), "tmp")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(base)) })
	return filepath.Join(base, "new")
}

// TestWrite: what is written is a lab and a course, in gofmt's form, with nothing left to fill in. That the lab builds and passes its audit,
// the walk-through of cmd/autograde tests.
func TestWrite(t *testing.T) {
	dir, now := place(t), time.Date(2023, 3, 10, 12, 0, 0, 0, time.UTC)
	names, err := Write("lab6-diffusion", dir, GoFiles, now)
	require.NoError(t, err)
	assert.Subset(t, names, []string{"README.md", "lab.yaml", "diffusion.go", "diffusion_test.go", "public/suite.go", "hidden/suite.go", "course/course.yaml"})
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		require.NoError(t, err)
		assert.NotContains(t, string(text), "LAB_", name)
		if strings.HasSuffix(name, ".go") {
			formatted, err := format.Source(text)
			require.NoError(t, err, name)
			assert.Equal(t, string(formatted), string(text), "%s is not in gofmt's form", name)
		}
	}
	l, err := lab.Load(dir)
	require.NoError(t, err)
	assert.Equal(t, "lab6-diffusion", l.ID)
	assert.Equal(t, "Lab6 diffusion", l.Title)
	contract, err := l.Contract()
	require.NoError(t, err)
	require.Len(t, contract.Functions, 2)
	for i, f := range contract.Functions {
		assert.Equal(t, l.Tasks[i].ID, f.Task)
	}
	c, err := course.Load(filepath.Join(dir, "course", "course.yaml"))
	require.NoError(t, err)
	a, err := c.Assignment("lab6-diffusion")
	require.NoError(t, err)
	assert.True(t, a.Release.Before(now) && a.Due.After(now))
	assert.Len(t, c.Students, 3)
}

func TestNothingIsOverwritten(t *testing.T) {
	dir := place(t)
	require.NoError(t, os.Mkdir(dir, 0o755))
	mine := filepath.Join(dir, "notes.txt")
	require.NoError(t, os.WriteFile(mine, []byte("mine"), 0o644))
	_, err := Write("x", dir, GoFiles, time.Now())
	require.ErrorContains(t, err, "is there already: give another name")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1)
	require.NoError(t, os.Remove(mine))
	_, err = Write("x", dir, GoFiles, time.Now())
	require.NoError(t, err, "an empty folder is no loss")
}

func TestBadNames(t *testing.T) {
	for _, name := range []string{"", "Lab1", "../x", "a b", "-x", "x-", "1x", "x_y"} {
		_, err := Write(name, place(t), GoFiles, time.Now())
		assert.ErrorContains(t, err, "is no name of a lab", name)
	}
	_, err := Write("x", filepath.Join(t.TempDir(), "x"), GoFiles, time.Now())
	assert.ErrorContains(t, err, "belongs to no Go module")
	for name, want := range map[string]string{"lab6-diffusion": "diffusion", "trial": "trial", "lab-2": "lab", "a-type": "a", "x-main": "x", "func": "lab"} {
		assert.Equal(t, want, packageOf(name))
	}
}

// TestNotebook: a notebook lab has a notebook in place of Go files, its students hand in notebooks, and it asks for the same.
func TestNotebook(t *testing.T) {
	dir := place(t)
	names, err := Write("lab7-flows", dir, Notebook, time.Now())
	require.NoError(t, err)
	assert.Subset(t, names, []string{"README.md", "lab.yaml", "flows.ipynb", "public/suite.go", "hidden/suite.go", "samples/ada.ipynb", "wrong/columns.txtar"})
	for _, name := range names {
		assert.NotRegexp(t, `^flows(_test)?\.go$|^samples/.*txtar$`, name)
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		require.NoError(t, err)
		assert.NotContains(t, string(text), "LAB_", name)
	}
	l, err := lab.Load(dir)
	require.NoError(t, err)
	contract, err := l.Contract()
	require.NoError(t, err)
	require.Len(t, contract.Functions, 2)
	assert.Equal(t, "flows.ipynb", contract.Notebook.File)
}
