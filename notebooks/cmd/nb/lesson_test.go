package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wholeLesson has everything that a lesson must have.
var wholeLesson = []any{
	text("# T\n\n**Goals.** After this page you can\n\n- read"),
	code("plot()", []string{"figure"}, `<img src="data:">`),
	code("train()", []string{"figure", "experiment"}, `<svg M5 · seeds 1, 2 · xla:cpu · 12 s, expect 15 s`),
	code("stub()", []string{"exercise"}, "→ e: 0 of 1 right."),
	code("solve()", []string{"solution"}, "★ e: done."),
	text("## Further reading\n\n- A book.\n\n**Next:** [more](06.ipynb)."),
	code("last()", nil, "x"),
}

func text(source string) map[string]any {
	return map[string]any{"cell_type": "markdown", "source": source}
}

func code(source string, tags []string, html string) map[string]any {
	return map[string]any{
		"cell_type": "code", "source": source, "execution_count": 1, "metadata": map[string]any{"tags": tags},
		"outputs": []any{map[string]any{"output_type": "display_data", "data": map[string]any{"text/html": html}}},
	}
}

// changed is the whole lesson with a text replaced.
func changed(t *testing.T, old, new string) *book {
	t.Helper()
	marshalled, err := json.Marshal(map[string]any{"cells": wholeLesson})
	require.NoError(t, err)
	plain := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(string(marshalled))
	if old != "" {
		require.Contains(t, plain, old)
	}
	b, err := parse([]byte(strings.Replace(plain, old, new, 1)))
	require.NoError(t, err)
	return b
}

func TestLesson(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"whole":                {"", "", ""},
		"no goals":             {"**Goals.**", "Goals.", "**Goals.**"},
		"no reading":           {"## Further reading", "Read", "## Further reading"},
		"no next step":         {"**Next:**", "Next:", "**Next:**"},
		"next step, no link":   {"[more](06.ipynb)", "more", "**Next:**"},
		"no experiment":        {`,"experiment"`, "", "no cell is tagged experiment"},
		"no seed":              {"seeds 1, 2", "", "cell 2 is tagged experiment, but does not state seed"},
		"no wall time":         {" · 12 s", "", "cell 2 is tagged experiment, but does not state seed"},
		"no exercise":          {`"exercise"`, `"other"`, "no cell is tagged exercise"},
		"exercise done":        {"→ e: 0 of 1 right.", "★ e: done.", "cell 3 is tagged exercise, but is solved"},
		"no solution":          {`"solution"`, `"other"`, "cell 3 is tagged exercise, but the cell after it is not tagged solution"},
		"solution that is not": {"★ e: done.", "→ e: 0 of 1 right.", "cell 4 is tagged solution, but does not solve"},
	} {
		t.Run(name, func(t *testing.T) {
			wrong, err := changed(t, c.old, c.new).rules(true, ann)
			require.NoError(t, err)
			if c.want == "" {
				assert.Empty(t, wrong)
				return
			}
			require.Len(t, wrong, 1, "%v", wrong)
			assert.Contains(t, wrong[0], c.want)
		})
	}
	wrong, err := changed(t, "**Goals.**", "Goals.").rules(false, ann)
	require.NoError(t, err)
	assert.Empty(t, wrong, "a page is no lesson")
	assert.True(t, isLesson("01-x") && !isLesson("00-start"))
}

func TestWithoutSolutions(t *testing.T) {
	b := changed(t, "", "")
	students := b.withoutSolutions()
	assert.Len(t, b.Cells, len(wholeLesson), "the instructor's stays whole")
	require.Len(t, students.Cells, len(wholeLesson)-1)
	text, err := students.bytes()
	require.NoError(t, err)
	assert.NotContains(t, string(text), "solve()")
	assert.Equal(t, 4, students.Cells[len(students.Cells)-1]["execution_count"], "no gap shows that something was there")
}

func TestQuickly(t *testing.T) {
	t.Setenv("COURSELAB_QUICK", "1")
	t.Setenv("GOMLX_BACKEND", "")
	assert.Equal(t, []string{"GOMLX_BACKEND=go"}, quickly())
	t.Setenv("GOMLX_BACKEND", "xla:cpu")
	assert.Empty(t, quickly())
	t.Setenv("COURSELAB_QUICK", "")
	t.Setenv("GOMLX_BACKEND", "")
	assert.Empty(t, quickly())
}
