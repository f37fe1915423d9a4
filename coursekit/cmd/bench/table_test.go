package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func run(framework, workload, mode string, step, first, peak float64, quiet int) record {
	return record{
		Framework: framework, Workload: workload, Mode: mode, Peak: peak,
		timing: timing{Median: step, FirstStep: first, QuietWindows: quiet, Windows: 6},
	}
}

func TestSummariesAreMediansOfQuietRuns(t *testing.T) {
	list := summaries([]record{
		run("coursekit", "W1", "xla", 10, 1, 100, 3), run("jax", "W1", "jit", 7, 1, 100, 0),
		run("coursekit", "W1", "xla", 900, 3, 300, 0), run("jax", "W1", "jit", 9, 1, 100, 0),
		run("coursekit", "W1", "xla", 12, 2, 200, 1), run("coursekit", "W1", "xla", 20, 2, 200, 1),
	})
	require.Len(t, list, 2)
	assert.InDelta(t, 12, list[0].step, 1e-9, "the run without a quiet window does not count")
	assert.InDelta(t, 2, list[0].first, 1e-9)
	assert.Equal(t, 4, list[0].runs)
	assert.False(t, list[0].noisy)
	assert.InDelta(t, 8, list[1].step, 1e-9)
	assert.True(t, list[1].noisy)
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, writeTable(&out, summaries([]record{
		run("coursekit", "W1", "xla", 10, 2, 300, 3), run("coursekit", "W1", "go", 81, 0.2, 100, 3),
		run("jax", "W1", "jit", 10, 1, 400, 3), run("torch", "W1", "eager", 10, 1, 200, 0), run("jax", "W4", "jit", 10, 1, 400, 3),
	})))
	measured, ratios, found := strings.Cut(out.String(), "Ratios")
	require.True(t, found)
	assert.Contains(t, measured, "10.00*", "PyTorch had no quiet window")
	row := func(text ...string) string {
		for line := range strings.Lines(ratios) {
			line = strings.Join(strings.FieldsFunc(line, func(r rune) bool { return r == '│' }), "|")
			if strings.Contains(line, text[0]) && strings.Contains(line, text[1]) {
				return strings.Join(strings.Fields(line), " ")
			}
		}
		t.Fatalf("no row with %v in\n%s", text, ratios)
		return ""
	}
	assert.Equal(t, "W1 | xla | jax jit | 1.00 | ≤ 1 met | 2.00 | ≤ 1 NOT met | 0.75 | ≤ 1 met |", row("xla", "jit"))
	assert.Equal(t, "W1 | xla | torch eager | 1.00* | < 1 NOT met | 2.00 | | 1.50 | |", row("xla", "eager"))
	assert.Equal(t, "W1 | go | coursekit xla | 8.10 | ≤ 8 NOT met | 0.10 | | 0.33 | |", row("go", "coursekit"))
	assert.Contains(t, ratios, "2 of 5 goals met")
	assert.NotContains(t, ratios, "W4")
}

func TestGoals(t *testing.T) {
	assert.True(t, goal{most: 1}.met(1))
	assert.False(t, goal{most: 1, strict: true}.met(1))
	assert.False(t, goal{most: 1}.met(1.01))
	step, first, peak := goals(summary{framework: "coursekit", workload: "W1", mode: "xla"}, summary{framework: "jax", mode: "flat"})
	assert.Equal(t, "≤ 1", step.String())
	assert.NotNil(t, first)
	assert.NotNil(t, peak)
	step, first, _ = goals(summary{framework: "coursekit", workload: "W1", mode: "xla"}, summary{framework: "torch", mode: "eager"})
	assert.Equal(t, "< 1", step.String())
	assert.Nil(t, first)
}
