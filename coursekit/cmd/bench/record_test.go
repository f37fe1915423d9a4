package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/workload"
)

// keys are those that the programs of the other frameworks write.
var keys = []string{
	"framework", "workload", "mode", "step_ms_min", "step_ms_median", "compile_s", "steps_per_s", "examples_or_tokens_per_s",
	"unit", "params", "flops_per_step", "gflops_per_s", "first_step_s", "step_ms_mean", "step_ms_p10", "step_ms_p90", "steps",
	"window_medians_ms", "quiet_windows", "windows", "other_cpu_frac", "cpu_ms_per_step", "cores_used", "all_ms_min",
	"all_ms_median", "all_steps", "other_cpu_frac_all", "golden", "version", "import_s", "rss_after_import_mb", "rss_peak_mb", "time",
}

// TestRunHere runs the smallest workload for real, on the Go backend.
func TestRunHere(t *testing.T) {
	r, err := runHere("W4", "go", time.Millisecond, time.Millisecond)
	require.NoError(t, err)
	text, err := json.Marshal(r)
	require.NoError(t, err)
	var values map[string]any
	require.NoError(t, json.Unmarshal(text, &values))
	for _, key := range keys {
		assert.Contains(t, values, key)
	}
	assert.Len(t, values, len(keys))
	assert.Equal(t, "coursekit", r.Framework)
	assert.Equal(t, "go", r.Mode)
	assert.InDelta(t, max(0, r.FirstStep-r.Median/1e3), r.Compile, 1e-9, "on a busy machine the first step may be the quickest")
	assert.InDelta(t, 128e3/r.Median, r.UnitsPerS, 1e-6*r.UnitsPerS)
	assert.Greater(t, r.FirstStep, 0.0)
	require.NoError(t, checkGolden(r, 1e-4))

	_, err = runHere("W9", "go", time.Millisecond, time.Millisecond)
	assert.ErrorContains(t, err, "W9")
	_, err = runHere("W4", "abacus", time.Millisecond, time.Millisecond)
	assert.ErrorContains(t, err, "abacus")
}

// TestCheckGolden: a run with wrong numbers is not a result.
func TestCheckGolden(t *testing.T) {
	w, err := workload.Find("W4")
	require.NoError(t, err)
	right, err := goldenJSON(w, w.Golden)
	require.NoError(t, err)
	r := record{Framework: "jax", Workload: "W4", Golden: right}
	require.NoError(t, checkGolden(r, 1e-5))
	for text, want := range map[string]string{
		"[548.0836791992188, 549.269775390625, 545.8178100585938, 545.2885131835938, 545.9]": "golden number 4 is 545.9",
		"[548.0836791992188]": "1 golden numbers, want 5",
		`["NaN"]`:             "neither a number",
		"[NaN]":               "invalid",
		"":                    "unexpected end",
	} {
		r.Golden = json.RawMessage(text)
		assert.ErrorContains(t, checkGolden(r, 1e-5), want, text)
	}
}

func TestGoldenOfAGenerationIsThereOnce(t *testing.T) {
	out := workload.Output{Tokens: []int32{3, 5}, Score: -7}
	w := workload.Workload{Facts: workload.Facts{Golden: []workload.Output{out}}}
	text, err := goldenJSON(w, []workload.Output{out, out, out})
	require.NoError(t, err)
	assert.JSONEq(t, "[[3, 5], -7]", string(text))
}
