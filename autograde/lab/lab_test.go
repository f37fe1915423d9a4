package lab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const good = `id: lab7-tiny
title: Tiny
package: tiny
points: 10
tasks:
  - {id: one, title: First, points: 7, function: "Double, and the sign of Halve"}
  - {id: two, title: Second, points: 3, function: Halve}
limits: {wall: 3s, memory: 64MiB}
imports:
  allow: [math]
symbols:
  forbid: [math.Float64bits, math.Rand.Int*]
`

func TestParse(t *testing.T) {
	spec, err := Parse("lab.yaml", []byte(good))
	require.NoError(t, err)
	assert.Equal(t, 3*time.Second, time.Duration(spec.Limits.Wall))
	assert.Equal(t, Bytes(64<<20), spec.Limits.Memory)
	assert.Equal(t, DefaultLimits().CPU, spec.Limits.CPU, "what is not written keeps its default")
	assert.Equal(t, "go", spec.Backend)
	l := &Lab{Spec: *spec}
	assert.Equal(t, "one", l.TaskOf("Halve"), "the first task that names it")
	assert.Equal(t, "", l.TaskOf("Hal"))
	assert.Equal(t, 3.0, l.Task("two").Points)
	assert.Nil(t, l.Task("three"))
}

func TestParseErrorsNameTheLineAndTheFix(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"title: Tiny", "titel: Tiny", `lab.yaml:2: unknown field "titel"`},
		{"points: 10", "points: 11", "points is 11, but the tasks have 10 together"},
		{"points: 7,", "points: -7,", "task one has -7 points"},
		{"points: 7,", "pionts: 7,", `lab.yaml:6: unknown field "pionts"`},
		{"points: 10", "points: .nan", "points is NaN"},
		{"{id: two,", "{id: one,", "two tasks have the id"},
		{"wall: 3s", "wall: 3", "is no duration: write 20s"},
		{"64MiB", "64 megabytes", "is no size: write 64KiB"},
		{"64MiB", "99999999999GiB", "is no size"},
		{"64MiB", "1KiB", "at least 32MiB"},
		{"id: lab7-tiny", "id: ../lab7", "use lower-case letters"},
		{"package: tiny", "package: main", "give the name of the Go package"},
		{"allow: [math]", "allow: [unsafe]", "cannot be allowed"},
		{"math.Float64bits", "Float64bits", "is not of the form"},
		{"title: Tiny", "title: [", "lab.yaml:"},
		{"package: tiny", "package: tiny\nbackend: cuda", "only \"go\" is supported"},
	} {
		_, err := Parse("lab.yaml", []byte(strings.Replace(good, c.old, c.new, 1)))
		require.Error(t, err, c.new)
		assert.Contains(t, err.Error(), c.want)
		assert.NotContains(t, err.Error(), "\n")
	}
	_, err := Parse("lab.yaml", nil)
	require.Error(t, err)
}

// write makes a module with one lab.
func write(t *testing.T, files map[string]string) (root, dir string) {
	t.Helper()
	root = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.mod"), []byte("module example\n\ngo 1.26\n"), 0o644))
	dir = filepath.Join(root, "labs", "tiny")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return root, dir
}

func TestLoadAndFind(t *testing.T) {
	root, dir := write(t, map[string]string{File: good})
	for _, name := range []string{dir, "lab7-tiny", "tiny"} {
		l, err := Find(root, name)
		require.NoError(t, err)
		assert.Equal(t, dir, l.Dir)
		assert.Equal(t, "example/labs/tiny", l.ImportPath())
		assert.Equal(t, "example/labs/tiny/hidden", l.ImportPath("hidden"))
		assert.False(t, l.Has("hidden"))
	}
	for name, want := range map[string]string{
		"lab9":                    "the labs here are lab7-tiny",
		"no/such":                 "give the folder of a lab, e.g. labs/lab1-attention",
		filepath.Join(root):       "no lab.yaml in",
		filepath.Dir(t.TempDir()): "no lab.yaml in",
	} {
		_, err := Find(root, name)
		require.Error(t, err)
		assert.Contains(t, err.Error(), want)
		assert.NotContains(t, err.Error(), "\n")
	}
}

func TestBrokenLabIsNamed(t *testing.T) {
	root, _ := write(t, map[string]string{File: "id: [\n"})
	labs, broken := All(root)
	assert.Empty(t, labs)
	require.Error(t, broken["tiny"])
	_, err := Find(root, "tiny")
	assert.EqualError(t, err, broken["tiny"].Error())
}

func TestContractHoldsNoBodies(t *testing.T) {
	_, dir := write(t, map[string]string{File: good,
		"tiny.go":      "// Package tiny is one.\npackage tiny\n\nimport \"math\"\n\nvar secret = 42\n\ntype Pair struct{ A, B int }\n\n// Double doubles.\nfunc Double(x,\n\ty float64) (two Pair, err error) {\n\t// BEGIN SOLUTION\n\treturn Pair{secret, 0}, nil\n\t// END SOLUTION\n}\n\nfunc (p Pair) Method() {}\n\nfunc Generic[T any](t T) {}\n\nfunc helper() float64 { return math.Pi }\n",
		"given.go":     "package tiny\n\nfunc Halve(x float64) float64 { return x / 2 }\n",
		"tiny_test.go": "package tiny_test\n"})
	l, err := Load(dir)
	require.NoError(t, err)
	c, err := l.Contract()
	require.NoError(t, err)
	require.Len(t, c.Functions, 2)
	assert.Equal(t, Function{Name: "Double", Signature: "func(x, y float64) (two Pair, err error)", File: "tiny.go", Task: "one"}, c.Functions[1])
	assert.NotContains(t, c.Declarations["tiny.go"], "42")
	assert.NotContains(t, c.Declarations["tiny.go"], "return")
	assert.Contains(t, c.Declarations["tiny.go"], "type Pair struct")
	assert.Equal(t, []string{"given.go"}, keys(c.Given))
}

func TestContractRefusesAnotherPackage(t *testing.T) {
	_, dir := write(t, map[string]string{File: good, "tiny.go": "package other\n\nfunc F() {}\n"})
	l, err := Load(dir)
	require.NoError(t, err)
	_, err = l.Contract()
	assert.ErrorContains(t, err, "tiny.go is in package other, but lab.yaml says tiny")
}

func keys(m map[string]string) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	return names
}
