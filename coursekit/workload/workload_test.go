package workload_test

import (
	"encoding/json"
	"testing"

	"github.com/gomlx/compute"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/workload"
)

// goBudget is how many FLOPs the Go backend may spend on a workload in an ordinary test, at least one step: five of W3
// take it 45 s. With the tag long there is no limit.
var goBudget int64 = 100e9

// TestFirstStepsAreThoseOfJAX trains each workload for five steps, or generates once, from the generated parameters.
func TestFirstStepsAreThoseOfJAX(t *testing.T) {
	for _, w := range workload.All() {
		t.Run(w.Name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b compute.Backend) {
				w := w
				if backend.IsGo(b) {
					w.Golden = w.Golden[:min(len(w.Golden), int(max(1, goBudget/w.FLOPs)))]
				}
				session, err := w.Open(b)
				require.NoError(t, err)
				assert.Equal(t, w.Parameters, session.Parameters)
				var outputs []workload.Output
				for range w.Golden {
					out, err := session.Step()
					require.NoError(t, err)
					outputs = append(outputs, out)
				}
				require.NoError(t, w.Check(outputs, workload.Tolerance(backend.IsGo(b))))
			})
		})
	}
}

func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range workload.All() {
		assert.False(t, seen[w.Name], w.Name)
		seen[w.Name] = true
		assert.NotEmpty(t, w.Title, w.Name)
		assert.NotEmpty(t, w.Golden, w.Name)
		assert.Positive(t, w.FLOPs, w.Name)
		found, err := workload.Find(w.Name)
		require.NoError(t, err)
		assert.Equal(t, w.Title, found.Title)
	}
	_, err := workload.Find("W9")
	assert.ErrorContains(t, err, "W1, ")
}

func TestCheckFindsWhatDiffers(t *testing.T) {
	w := workload.Workload{Name: "two", Facts: workload.Facts{Golden: []workload.Output{
		{Losses: []float64{1, 2}}, {Tokens: []int32{3, 5}, Score: -7},
	}}}
	right := func() []workload.Output {
		return []workload.Output{{Losses: []float64{1.000001, 2}}, {Tokens: []int32{3, 5}, Score: -7.000001}}
	}
	require.NoError(t, w.Check(right(), 1e-5))
	require.Error(t, w.Check(right(), 1e-8))
	for name, change := range map[string]func(outputs []workload.Output) []workload.Output{
		"step 1: 2.1": func(o []workload.Output) []workload.Output { o[0].Losses[1] = 2.1; return o },
		"NaN":         func(o []workload.Output) []workload.Output { o[0].Losses[0] -= nan(); return o },
		"losses [1":   func(o []workload.Output) []workload.Output { o[0].Losses = o[0].Losses[:1]; return o },
		"tokens [3":   func(o []workload.Output) []workload.Output { o[1].Tokens[1] = 6; return o },
		"step 2: -8":  func(o []workload.Output) []workload.Output { o[1].Score = -8; return o },
		"1 steps":     func(o []workload.Output) []workload.Output { return o[:1] },
	} {
		assert.ErrorContains(t, w.Check(change(right()), 1e-5), name)
	}
}

func nan() float64 { zero := 0.0; return zero / zero }

func TestOutputsAsJSON(t *testing.T) {
	text, err := json.Marshal([]workload.Output{
		{Losses: []float64{1.5}}, {Losses: []float64{1, 2}}, {Tokens: []int32{3, 5}}, {Tokens: []int32{3, 5}, Score: -7},
	})
	require.NoError(t, err)
	assert.JSONEq(t, `[1.5, [1, 2], [3, 5], [[3, 5], -7]]`, string(text))
}
