package scaffold

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/lab"
	"courselab/autograde/notebook"
	"courselab/autograde/release"
)

// cell is a cell with nbgrader's metadata.
func cell(kind, source, marks string) map[string]any {
	metadata := map[string]any{}
	if marks != "" {
		var g map[string]any
		if err := json.Unmarshal([]byte(`{"schema_version": 3, "grade": false, "locked": false, "solution": false,`+marks+`}`), &g); err != nil {
			panic(err)
		}
		metadata["nbgrader"] = g
	}
	return map[string]any{"cell_type": kind, "metadata": metadata, "source": source}
}

func read(t *testing.T, language string, cells ...map[string]any) *notebook.Notebook {
	t.Helper()
	text, err := json.Marshal(map[string]any{"nbformat": 4, "nbformat_minor": 4, "cells": cells,
		"metadata": map[string]any{"kernelspec": map[string]any{"language": language, "name": "x", "display_name": "x"}}})
	require.NoError(t, err)
	n, err := notebook.Read(text)
	require.NoError(t, err)
	return n
}

var problemSet = []map[string]any{
	cell("markdown", "# Problem set 1\n\nWrite some Go.", ""),
	cell("code", "import \"math\"\n\nconst Tau = 2 * math.Pi", `"grade_id": "setup", "locked": true`),
	cell("code", "// Area of a circle.\nfunc Area(radius float64) float64 {\n\t### BEGIN SOLUTION\n\treturn Tau / 2 * radius * radius\n\t### END SOLUTION\n}", `"grade_id": "area", "solution": true`),
	cell("code", "%%\nif got := Area(1); got < 3.14 || got > 3.15 {\n\tpanic(\"Area(1) should be about 3.14\")\n}\n### BEGIN HIDDEN TESTS\nif Area(2) < 12.5 {\n\tpanic(\"PsetHiddenMarker\")\n}\n### END HIDDEN TESTS", `"grade_id": "Area_test", "grade": true, "locked": true, "points": 3`),
	cell("code", "func Double(n int) int { return 2 * n }\n\nfunc helper() {}", `"grade_id": "double", "solution": true`),
	cell("code", "%test\nimport \"testing\"\n\nfunc TestDouble(t *testing.T) {\n\tif Double(2) != 4 {\n\t\tt.Fail()\n\t}\n}", `"grade_id": "double-test", "grade": true, "locked": true, "points": 1.5`),
	cell("markdown", "Why?\n### BEGIN SOLUTION\nBecause PsetHiddenMarker.\n### END SOLUTION\n", `"grade_id": "why", "grade": true, "solution": true, "points": 2`),
	cell("markdown", "Prove it.\n=== BEGIN MARK SCHEME ===\nPsetHiddenMarker\n=== END MARK SCHEME ===", `"grade_id": "proof", "task": true, "points": 5`),
	cell("code", "%%\n_ = Double(1)", `"grade_id": "free", "grade": true, "locked": true, "points": 0`),
	cell("code", "func Untested() {}", `"grade_id": "untested", "solution": true, "grade": true, "points": 4`),
	cell("code", "var x = 1 // write here", `"grade_id": "no-function", "solution": true`),
}

// TestNBGrader: answers, locked cells and points of a notebook made for nbgrader become a lab that is released; what does not is named.
func TestNBGrader(t *testing.T) {
	i, err := FromNBGrader(read(t, "go", problemSet...))
	require.NoError(t, err)
	lost := strings.Join(i.Lost, "\n")
	for _, want := range []string{
		"cell 4 (Area_test): its tests ran beside the student's code", "cell 6 (double-test): its tests", "helper cannot be asked by a check",
		"cell 7 (why): an answer in words, for which a person gives 2 points", "cell 8 (proof): a person gives its 5 points", "cell 9 (free): tests without points",
		"cell 10 (untested): a person gives its 4 points", "Untested: no test with points asks for it", "cell 11 (no-function): an answer without a function",
	} {
		assert.Contains(t, lost, want)
	}
	assert.Len(t, i.Lost, 9)
	assert.Contains(t, strings.Join(i.Kept, "\n"), "cell 4 (Area_test): task area_test, 3 points")

	dir := place(t)
	names, err := i.Write("pset-one", dir)
	require.NoError(t, err)
	assert.Equal(t, []string{"README.md", "hidden/suite.go", "lab.yaml", "one.ipynb", "public/suite.go"}, names)
	l, err := lab.Load(dir)
	require.NoError(t, err)
	assert.Equal(t, "Problem set 1", l.Title)
	assert.Equal(t, 4.5, l.Points)
	assert.Equal(t, lab.Task{ID: "area_test", Title: "area_test", Points: 3, Function: "Area"}, l.Tasks[0])
	assert.Equal(t, []string{"errors", "math"}, l.Imports.Allow)
	hidden, err := os.ReadFile(filepath.Join(dir, "hidden", "suite.go"))
	require.NoError(t, err)
	assert.Contains(t, string(hidden), "PsetHiddenMarker", "the hidden tests stand where the hidden checks are to be written")

	out := filepath.Join(t.TempDir(), "pset")
	_, err = release.Make(context.Background(), l, release.Options{Dir: out, State: filepath.Join(l.Root, ".lab", "autograde")})
	require.NoError(t, err)
	released, err := os.ReadFile(filepath.Join(out, "one.ipynb"))
	require.NoError(t, err)
	for _, never := range []string{"PsetHiddenMarker", "Tau / 2", "2 * n", "SOLUTION"} {
		assert.NotContains(t, string(released), never)
	}
	for _, want := range []string{"*Your answer*", "task area_test (Area): not written yet", "should be about 3.14"} {
		assert.Contains(t, string(released), want)
	}
	_, err = i.Write("pset-one", dir)
	assert.ErrorContains(t, err, "is there already")
}

func TestNotebooksThatAreNotImported(t *testing.T) {
	old := cell("code", "func F() {}", `"grade_id": "f", "solution": true`)
	old["metadata"].(map[string]any)["nbgrader"].(map[string]any)["schema_version"] = 1
	for name, c := range map[string]struct {
		language string
		cells    []map[string]any
		want     string
	}{
		"Python":     {"python", problemSet, `the notebook's language is "python": only notebooks in Go`},
		"unmarked":   {"go", problemSet[:1], "no cell has nbgrader's metadata"},
		"old schema": {"go", []map[string]any{old}, "cell 1 has nbgrader's schema 1, but schema 3 is needed: run nbgrader update"},
		"no answer":  {"go", problemSet[3:4], "no answer declares a function"},
		"no test":    {"go", problemSet[:3], "no cell of tests has points"},
		"no Go":      {"go", []map[string]any{cell("code", "def f():", `"grade_id": "f", "solution": true`)}, "cell 1 (f): it is no Go"},
		"open region": {"go", []map[string]any{cell("markdown", "### BEGIN SOLUTION", `"grade_id": "f", "solution": true`)},
			"cell 1 (f): BEGIN SOLUTION without END SOLUTION"},
	} {
		_, err := FromNBGrader(read(t, c.language, c.cells...))
		assert.ErrorContains(t, err, c.want, name)
	}
}
