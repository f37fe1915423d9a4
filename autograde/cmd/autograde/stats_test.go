package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/result"
	"courselab/autograde/statistics"
)

func TestStats(t *testing.T) {
	out := t.TempDir()
	_, stderr, code := autograde(t, "stats", out)
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "run autograde grade LAB SUBMISSIONS -o ")

	class := &result.Class{Distribution: statistics.Describe([]float64{1, 5, 9, 9}, 10), Ran: 30,
		Tasks: []result.TaskItem{{ID: "first", Max: 10, Mean: 6, Full: 1, Item: statistics.Item{Difficulty: .6, Discrimination: .05, UpperLower: .8}}},
		Causes: []result.Cause{{Verdict: check.WrongAnswer, Task: "first", Checks: []result.Failed{{Check: "values"}, {Check: "shape"}}, Students: []string{"a", "b", "c", "d", "e", "f"}, Lost: 12.5},
			{Verdict: check.Forbidden, Why: "import \"\x1b[31mos\"\nis not allowed", Students: []string{"g"}}},
		Slowest: []result.Slow{{Student: "zoe", Seconds: 11.26, Task: "first"}}}
	require.NoError(t, result.WriteJSON(filepath.Join(out, "summary.json"), class))
	stdout, stderr, code := autograde(t, "stats", out)
	require.Zero(t, code, stderr)
	for _, want := range []string{"4 students: mean 6.0 of 10, σ 3.3, median 7.0", "0.05 weak", "values, shape", "a, b and 4 more", "12.5", "zoe", "11.3",
		"9 to 9.5    ████████████████████████████████████████ 2", "1 to 1.5    ████████████████████ 1"} {
		assert.Contains(t, stdout, want)
	}
	assert.NotContains(t, stdout, "\x1b[31m", "a student's text does not paint the terminal")
	assert.NotContains(t, stdout, "9.5 to 10", "empty ends are left out")

	require.NoError(t, result.WriteJSON(filepath.Join(out, "summary.json"), map[string]any{"lab": "lab7", "mean": 3}))
	_, stderr, code = autograde(t, "stats", out)
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "run the same autograde grade again")
}
