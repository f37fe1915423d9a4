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
)

// copyLab copies the tiny lab to a new folder of this module, so that a test may change it.
func copyLab(t *testing.T) *lab.Lab {
	t.Helper()
	dir, err := os.MkdirTemp(filepath.Join("..", "testdata", "labs"), "tmp")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	source := filepath.Join("..", "testdata", "labs", "tiny")
	require.NoError(t, os.CopyFS(dir, os.DirFS(source)))
	test := filepath.Join(dir, "tiny_test.go")
	text := read(t, test)
	require.NoError(t, os.WriteFile(test, []byte(strings.ReplaceAll(text, "labs/tiny/", "labs/"+filepath.Base(dir)+"/")), 0o644))
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
