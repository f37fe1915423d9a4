package milestone

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/experiment"
)

func found() experiment.Result {
	expected := 1.5
	return experiment.Result{
		ID: "M0", Seeds: []int64{3}, Seconds: 12.34, Backend: backend.Info{Name: "go"},
		Numbers: []experiment.Number{{Name: "loss", Unit: "nats", Values: []float64{1, 2}, Expected: &expected, From: "theory"}},
		Curves: []experiment.Curve{
			{Name: "a, seed 3", XLabel: "step", YLabel: "nats", X: []float64{0, 1}, Y: []float64{2, 1}},
			{Name: "b", XLabel: "length", YLabel: "share", X: []float64{0, 1}, Y: []float64{0, 1}},
		},
		Pictures: []experiment.Picture{{Name: "samples", Columns: 1, Images: []experiment.Image{{Height: 1, Width: 2, Channels: 1, Pixels: []byte{0, 255}}}}},
		Points:   []experiment.Points{{Name: "ring", XLabel: "x", YLabel: "y", Sets: []experiment.PointSet{{Name: "real", X: []float64{1, 2}, Y: []float64{2, 1}}}}},
		Maps:     []experiment.Map{{Name: "cross, head 1", Weights: [][]float64{{1, 0}, {0, 1}}}},
		Checks:   []experiment.Check{{Name: "good", Passed: true}},
	}
}

func TestMust(t *testing.T) {
	assert.Equal(t, found(), Must(found(), nil))
	assert.PanicsWithError(t, "no data", func() { Must(experiment.Result{}, errors.New("no data")) })
	bad := found()
	bad.Checks = append(bad.Checks, experiment.Check{Name: "bad", Want: "1", Got: "0"})
	assert.PanicsWithError(t, "M0, bad: got 0, want 1", func() { Must(bad, nil) })
}

func TestHeading(t *testing.T) {
	result := found()
	var one, two bytes.Buffer
	heading(&one, result, 10)
	assert.Equal(t, "M0 · seed 3 · go · 12.3 s (two idle cores with XLA: about 10 s)\n", one.String())
	result.Seeds, result.Quick = []int64{1, 2}, true
	heading(&two, result, 10)
	assert.Contains(t, two.String(), "M0 · seeds 1, 2 · go · 12.3 s, reduced settings")
}

func TestChosen(t *testing.T) {
	require.Len(t, chosen(found(), nil), 1)
	assert.Equal(t, found().Numbers, chosen(found(), []string{"loss"}))
	assert.PanicsWithError(t, `milestone: M0 has no number "lose": there are "loss"`, func() { chosen(found(), []string{"lose"}) })
}

func TestFigures(t *testing.T) {
	require.NoError(t, Curves(found(), "step", "T").Err())
	require.NoError(t, Maps(found(), 200, "cross").Err())
	assert.Panics(t, func() { Curves(found(), "step", "T", "b") }, "b is a curve over the length")
	assert.Panics(t, func() { Curves(found(), "epoch", "T") })
	assert.Panics(t, func() { Maps(found(), 200, "self") })

	require.Len(t, Pictures(found()), 1)
	require.NoError(t, Pictures(found(), "samples")[0].Err())
	assert.Panics(t, func() { Pictures(found(), "digits") })
	require.NoError(t, Scatters(found(), "ring")[0].Err())
	assert.Panics(t, func() { Scatters(found(), "line") })
}
