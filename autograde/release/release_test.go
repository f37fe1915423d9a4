package release

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/lab"
	"courselab/autograde/notebook"
)

// copyLab copies the tiny lab to a new folder of this module, so that a test may change it.
func copyLab(t *testing.T) *lab.Lab {
	t.Helper()
	l := copyOf(t, "tiny")
	test := filepath.Join(l.Dir, "tiny_test.go")
	text := read(t, test)
	require.NoError(t, os.WriteFile(test, []byte(strings.ReplaceAll(text, "labs/tiny/", "labs/"+filepath.Base(l.Dir)+"/")), 0o644))
	return l
}

func copyOf(t *testing.T, name string) *lab.Lab {
	t.Helper()
	dir, err := os.MkdirTemp(filepath.Join("..", "testdata", "labs"), "tmp")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	source := filepath.Join("..", "testdata", "labs", name)
	require.NoError(t, os.CopyFS(dir, os.DirFS(source)))
	l, err := lab.Load(dir)
	require.NoError(t, err)
	return l
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func state(l *lab.Lab) string { return filepath.Join(l.Root, ".lab", "autograde") }

// edit replaces text in a file of the lab.
func edit(t *testing.T, l *lab.Lab, name, old, text string) {
	t.Helper()
	path := filepath.Join(l.Dir, name)
	before := read(t, path)
	require.Contains(t, before, old)
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(before, old, text, 1)), 0o644))
}

func TestRelease(t *testing.T) {
	l := copyLab(t)
	require.NoError(t, os.WriteFile(filepath.Join(l.Dir, ".secret"), nil, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(l.Dir, lab.EquivalentFile), []byte("it quotes the solution"), 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(l.Dir, "notes"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(l.Dir, "notes", "exam.md"), nil, 0o644))
	dir := filepath.Join(t.TempDir(), "tiny")
	r, err := Make(context.Background(), l, Options{Dir: dir, State: state(l)})
	require.NoError(t, err)
	assert.Equal(t, []string{"README.md", "lab.yaml", "public/suite.go", "release.json", "tiny.go", "tiny_test.go", "unit.go"}, r.Files)
	assert.Equal(t, "courselab/release/tiny", r.Import, "outside the module: where students put it")

	source := read(t, filepath.Join(dir, "tiny.go"))
	assert.Contains(t, source, "func Scale(x *Node, factor float64) *Node {\n\tpanic(errors.New(\"task scale (Scale): not written yet\"))\n}\n")
	assert.Contains(t, source, "task mean (Mean)")
	assert.Contains(t, source, "// Mean is the mean of the values, an error if there are none.")
	assert.Contains(t, source, "import (\n\t\"errors\"\n\n\t. \"github.com/gomlx/gomlx/core/graph\"\n)")
	assert.NotContains(t, source, "fmt", "only the solution needed it")
	assert.NotContains(t, source, "SOLUTION")
	assert.Contains(t, read(t, filepath.Join(dir, "tiny_test.go")), `"courselab/release/tiny/public"`)

	m, err := ReadManifest(dir)
	require.NoError(t, err)
	assert.Equal(t, []Counts{{"scale", 6, 1, 1, 4}, {"mean", 4, 1, 2, 3}}, m.Tasks)
	everything := ""
	for _, name := range r.Files {
		everything += read(t, filepath.Join(dir, name))
	}
	for _, never := range []string{"TinyHiddenMarker", "scale-random", "Does it scale every element", "byFactor", "summand", l.Root} {
		assert.NotContains(t, everything, never)
	}
}

func TestEditedFilesAreKept(t *testing.T) {
	l := copyLab(t)
	dir := filepath.Join(t.TempDir(), "tiny")
	options := Options{Dir: dir, State: state(l)}
	ctx := context.Background()
	_, err := Make(ctx, l, options)
	require.NoError(t, err)
	_, err = Make(ctx, l, options)
	require.NoError(t, err, "an untouched release is replaced")

	mine := filepath.Join(dir, "tiny.go")
	require.NoError(t, os.WriteFile(mine, []byte("package tiny // my work\n"), 0o644))
	_, err = Make(ctx, l, options)
	require.ErrorContains(t, err, "tiny.go was edited in "+dir+": --force moves it aside, -o gives a new folder")
	assert.Equal(t, "package tiny // my work\n", read(t, mine))

	options.Force = true
	r, err := Make(ctx, l, options)
	require.NoError(t, err)
	assert.Equal(t, dir+"-old1", r.Aside)
	assert.Equal(t, "package tiny // my work\n", read(t, filepath.Join(r.Aside, "tiny.go")))
	assert.Contains(t, read(t, mine), "not written yet")
	entries, err := os.ReadDir(filepath.Dir(dir))
	require.NoError(t, err)
	assert.Len(t, entries, 2, "nothing half done is left")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "extra.go"), []byte("package tiny\n"), 0o644))
	options.Force = false
	_, err = Make(ctx, l, options)
	assert.ErrorContains(t, err, "extra.go was edited", "a new file is work, too")

	other := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(other, "thesis.tex"), nil, 0o644))
	_, err = Make(ctx, l, Options{Dir: other, State: state(l), Force: true})
	assert.ErrorContains(t, err, "holds something else than a release")
}

func TestPlacesThatAreNoPlace(t *testing.T) {
	l := copyLab(t)
	for _, dir := range []string{l.Dir, filepath.Join(l.Dir, "release"), filepath.Dir(l.Dir), l.Root} {
		_, err := Make(context.Background(), l, Options{Dir: dir, State: state(l)})
		assert.ErrorContains(t, err, "choose a folder outside the lab", dir)
	}
	file := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	_, err := Make(context.Background(), l, Options{Dir: file, State: state(l)})
	assert.ErrorContains(t, err, "cannot release into")
}

// TestProofFindsWhatWasLeftIn: each case puts something where it would reach students.
func TestProofFindsWhatWasLeftIn(t *testing.T) {
	for name, c := range map[string]struct{ file, old, text, want string }{
		"solution in the handout":    {"README.md", "Two functions", "byFactor := ConstAs(x,\n   factor). Two functions", "the solution in tiny.go:15 in README.md"},
		"solution in a public check": {"public/suite.go", "// Suite is", "// total += summand, then divide: return total/float64(len(values)), nil\n\n// Suite is", "the solution in tiny.go:30"},
		"hidden hint in the handout": {"README.md", "Two functions", "Does it scale every element? Two functions", "text of hidden/suite.go:8 in README.md"},
		"hidden title in lab.yaml":   {"lab.yaml", "# A lab", "# TinyHiddenMarker: random matrices\n# A lab", "text of hidden/suite.go:8 in lab.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			l := copyLab(t)
			edit(t, l, c.file, c.old, c.text)
			dir := filepath.Join(t.TempDir(), "tiny")
			_, err := Make(context.Background(), l, Options{Dir: dir, State: state(l)})
			require.ErrorContains(t, err, c.want)
			assert.NotContains(t, err.Error(), "\n")
			_, err = os.Stat(dir)
			assert.ErrorIs(t, err, os.ErrNotExist, "nothing is written")
		})
	}
}

// TestNamesOfGradedFunctionsAreNoSecret: however long a name is, checks must call it and handouts must mention it. Another
// long string of a hidden check stays a secret.
func TestNamesOfGradedFunctionsAreNoSecret(t *testing.T) {
	const long = "ArithmeticMeanOfTheValues"
	l := copyLab(t)
	for _, name := range []string{"tiny.go", "tiny_test.go", "hidden/suite.go", "public/suite.go"} {
		text := read(t, filepath.Join(l.Dir, name))
		text = strings.NewReplacer("func Mean(", "func "+long+"(", `"Mean": Mean`, `"`+long+`": `+long, `"Mean"`, `"`+long+`"`).Replace(text)
		require.NoError(t, os.WriteFile(filepath.Join(l.Dir, name), []byte(text), 0o644))
	}
	edit(t, l, "README.md", "Two functions", long+" and another. Two functions")
	_, err := Make(context.Background(), l, Options{Dir: filepath.Join(t.TempDir(), "tiny"), State: state(l)})
	require.NoError(t, err)

	edit(t, l, "hidden/suite.go", `t.Close("`+long+`"`, `t.Close("`+long+`OfEleven"`)
	edit(t, l, "README.md", "and another", "and "+long+"OfEleven")
	_, err = Make(context.Background(), l, Options{Dir: filepath.Join(t.TempDir(), "tiny"), State: state(l)})
	require.ErrorContains(t, err, "text of hidden/suite.go")
}

func TestLabsThatCannotBeReleased(t *testing.T) {
	for name, c := range map[string]struct{ file, old, text, want string }{
		"no end":            {"tiny.go", "\t// END SOLUTION\n}\n\n// Mean", "}\n\n// Mean", "// BEGIN SOLUTION inside the solution that began in line 14"},
		"no end at all":     {"tiny.go", "\treturn total / float64(len(values)), nil\n\t// END SOLUTION\n", "\treturn 0, nil\n", "// BEGIN SOLUTION without // END SOLUTION"},
		"no begin":          {"tiny.go", "\t// BEGIN SOLUTION\n\tbyFactor", "\tbyFactor", "tiny.go:16: // END SOLUTION without // BEGIN SOLUTION"},
		"unused without it": {"tiny.go", "\t// BEGIN SOLUTION\n\tbyFactor := ConstAs(x, factor)\n", "\tbyFactor := ConstAs(x, factor)\n\t// BEGIN SOLUTION\n", "without its solutions the lab does not compile: tiny.go:1"},
		"test passes":       {"tiny_test.go", "local.Run(t, public.Suite,", "_, _ = local.Run, public.Suite\n\t_ = (", "pass without a solution"},
		"test is unkind":    {"tiny_test.go", "local.Run(t, public.Suite, worker.Functions{\"Scale\": Scale, \"Mean\": Mean})", "_, _ = local.Run, public.Suite\n\t_ = worker.Functions{\"\": Scale, \"m\": Mean}\n\tt.Fatal(\"no\")", "do not say that nothing is written yet"},
	} {
		t.Run(name, func(t *testing.T) {
			l := copyLab(t)
			edit(t, l, c.file, c.old, c.text)
			if name == "test passes" {
				edit(t, l, "tiny_test.go", "worker.Functions{\"Scale\": Scale, \"Mean\": Mean})", "worker.Functions{\"Scale\": Scale, \"Mean\": Mean}) // nothing")
			}
			dir := filepath.Join(t.TempDir(), "tiny")
			_, err := Make(context.Background(), l, Options{Dir: dir, State: state(l)})
			require.ErrorContains(t, err, c.want)
			assert.NotContains(t, err.Error(), "\n")
			_, err = os.Stat(dir)
			assert.ErrorIs(t, err, os.ErrNotExist, "nothing is written")
		})
	}
}

func TestSolutionOutsideFunctionsGoesWithoutAHole(t *testing.T) {
	l := copyLab(t)
	edit(t, l, "tiny.go", "// Mean is", "// BEGIN SOLUTION\n\nfunc helper() float64 { return 1 }\n\n// END SOLUTION\n\n// Mean is")
	r, err := Make(context.Background(), l, Options{Dir: filepath.Join(t.TempDir(), "tiny"), State: state(l)})
	require.NoError(t, err)
	assert.NotContains(t, read(t, filepath.Join(r.Dir, "tiny.go")), "helper")
	_, err = Make(context.Background(), &lab.Lab{Spec: l.Spec, Dir: r.Dir, Root: l.Root, Module: l.Module}, Options{State: state(l)})
	assert.ErrorContains(t, err, "is itself a release")
}

// TestInModule releases where students work, and runs the release's own tests with the go command as students do.
func TestInModule(t *testing.T) {
	l := copyLab(t)
	parent := filepath.Join(l.Root, "release")
	require.NoError(t, os.MkdirAll(parent, 0o755))
	base, err := os.MkdirTemp(parent, "test")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(base)) })
	r, err := Make(context.Background(), l, Options{Dir: filepath.Join(base, "tiny"), State: state(l)})
	require.NoError(t, err)
	assert.Equal(t, "courselab/release/"+filepath.Base(base)+"/tiny", r.Import)
	cmd := exec.Command("go", "test", r.Import)
	cmd.Dir = l.Root
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "not written yet: task scale (Scale)")
}

func TestDamagedManifest(t *testing.T) {
	dir := t.TempDir()
	m, err := ReadManifest(dir)
	require.NoError(t, err)
	assert.Nil(t, m)
	for _, text := range []string{"", "{", "{}", `{"contract": 5}`} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, ManifestName), []byte(text), 0o644))
		_, err := ReadManifest(dir)
		assert.ErrorContains(t, err, "is damaged: release the lab again into a new folder")
	}
	text, err := json.Marshal(Manifest{Contract: lab.Contract{Functions: []lab.Function{{Name: "F"}}}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, ManifestName), text, 0o644))
	m, err = ReadManifest(dir)
	require.NoError(t, err)
	assert.Equal(t, "F", m.Contract.Functions[0].Name)
}

// TestReleaseOfANotebook: the students' notebook has holes, no output and nothing for staff, and its own test cell compiles against it.
func TestReleaseOfANotebook(t *testing.T) {
	l, err := lab.Load("../testdata/labs/book")
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "book")
	r, err := Make(context.Background(), l, Options{Dir: dir, State: state(l)})
	require.NoError(t, err)
	assert.Equal(t, []string{"README.md", "book.ipynb", "lab.yaml", "public/suite.go", "release.json"}, r.Files)
	everything := ""
	for _, name := range r.Files {
		everything += read(t, filepath.Join(dir, name))
	}
	for _, never := range []string{"BookHidden", "scale-drawn", "summand", "SOLUTION", "HIDDEN", l.Root} {
		assert.NotContains(t, everything, never)
	}
	n, err := notebook.Read([]byte(read(t, filepath.Join(dir, "book.ipynb"))))
	require.NoError(t, err)
	require.Len(t, n.Cells, 5, "without the cell for staff")
	assert.Contains(t, n.Cells[2].Source, "float64 {\n\tpanic(errors.New(\"task scale (Scale): not written yet\"))\n}")
	assert.Contains(t, n.Cells[4].Source, `"courselab/release/book/public"`)
	assert.Equal(t, "false", string(n.Cells[1].Metadata["editable"]))
	assert.NotContains(t, n.Cells[2].Metadata, "editable")
	m, err := ReadManifest(dir)
	require.NoError(t, err)
	assert.Equal(t, "book.ipynb", m.Contract.Notebook.File)
}

// TestNotebooksThatAreNotReleased: a notebook that would show too much, or check nothing, is refused.
func TestNotebooksThatAreNotReleased(t *testing.T) {
	for name, c := range map[string]struct {
		change func(cells []notebook.Cell) []notebook.Cell
		file   string
		want   string
	}{
		"a solution told": {func(cells []notebook.Cell) []notebook.Cell {
			cells[0].Source += "\nHint: `scaled[position] = number * factor * Unit`"
			return cells
		}, "", "the solution in book.ipynb, cell 3:6 in book.ipynb"},
		"staff's text told": {func(cells []notebook.Cell) []notebook.Cell {
			cells[0].Source += "\nif got, _ := Mean([]float64{4, 8}); got != 6 {"
			return cells
		}, "", "what is for staff only in book.ipynb in book.ipynb"},
		"a solution as text": {func(cells []notebook.Cell) []notebook.Cell {
			cells[0].Source = "### BEGIN SOLUTION\nit depends\n### END SOLUTION"
			return cells
		}, "", "cell 1: a solution in text cannot be left out"},
		"nothing to write": {func(cells []notebook.Cell) []notebook.Cell {
			for i := range cells {
				cells[i].Source = strings.ReplaceAll(cells[i].Source, "SOLUTION", "solution")
			}
			return cells
		}, "", "has no solution to leave out"},
		"a test that does not compile": {func(cells []notebook.Cell) []notebook.Cell {
			cells[4].Source += "\nvar x = missing"
			return cells
		}, "", "does not compile: "},
		"another notebook": {nil, "solutions.ipynb", "solutions.ipynb lies beside the lab's notebook"},
		"a Go file":        {nil, "more.go", "more.go lies beside the lab's notebook"},
	} {
		t.Run(name, func(t *testing.T) {
			l := copyOf(t, "book")
			if c.file != "" {
				require.NoError(t, os.WriteFile(filepath.Join(l.Dir, c.file), []byte("package book\n"), 0o644))
			} else {
				n, err := l.ReadNotebook()
				require.NoError(t, err)
				n.Cells = c.change(n.Cells)
				text, err := n.Bytes()
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(filepath.Join(l.Dir, l.Notebook), text, 0o644))
			}
			dir := filepath.Join(t.TempDir(), "book")
			_, err := Make(context.Background(), l, Options{Dir: dir, State: state(l)})
			assert.ErrorContains(t, err, c.want)
			assert.NoDirExists(t, dir)
		})
	}
}
