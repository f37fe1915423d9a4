package metric_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/metric"
)

func TestCoverModesByHand(t *testing.T) {
	centres := [][]float64{{0, 0}, {10, 0}, {0, 10}}
	rule := metric.ModeRule{Sigma: 1, Within: 3, Share: 0.25}
	samples := [][]float64{{0, 0}, {3, 0}, {3.01, 0}, {10, 2}, {9, 0}, {0, 7}, {50, 50}, {5, 5}}
	got, err := metric.CoverModes(samples, centres, rule)
	require.NoError(t, err)
	assert.Equal(t, []int{2, 2, 1}, got.Counts, "exactly 3 sigma is in, more is out")
	assert.Equal(t, 2, got.Covered, "1 of 8 is below a share of .25")
	assert.Equal(t, 5./8, got.Good)
	want, err := metric.JensenShannon([]float64{2, 2, 1}, []float64{1, 1, 1})
	require.NoError(t, err)
	assert.Equal(t, want, got.Divergence)

	rule.Share = 0
	got, err = metric.CoverModes(samples[:2], centres, rule)
	require.NoError(t, err)
	assert.Equal(t, 1, got.Covered, "no sample is no cover, whatever the share")

	got, err = metric.CoverModes([][]float64{{100, 100}}, centres, rule)
	require.NoError(t, err)
	assert.Equal(t, metric.Modes{Counts: []int{0, 0, 0}, Divergence: math.Ln2}, got)
}

// TestCoverModesOfTheTruth draws from a ring of eight modes: all are covered, and 1-exp(-9/2) of the samples are within 3 sigma in
// the plane. Half the ring is the control.
func TestCoverModesOfTheTruth(t *testing.T) {
	const n = 40_000
	centres := make([][]float64, 8)
	for i := range centres {
		angle := float64(i) * math.Pi / 4
		centres[i] = []float64{math.Cos(angle), math.Sin(angle)}
	}
	noise := normals(9, n, []float64{0, 0}, []float64{.01, .01})
	draw := func(modes int) [][]float64 {
		samples := make([][]float64, n)
		for i := range samples {
			c := centres[i%modes]
			samples[i] = []float64{c[0] + noise[i][0], c[1] + noise[i][1]}
		}
		return samples
	}
	all, err := metric.CoverModes(draw(8), centres, metric.DefaultModeRule(.01))
	require.NoError(t, err)
	assert.Equal(t, 8, all.Covered)
	want := 1 - math.Exp(-4.5)
	assert.InDelta(t, want, all.Good, 4*math.Sqrt(want*(1-want)/n))
	assert.Less(t, all.Divergence, 1e-5)

	half, err := metric.CoverModes(draw(4), centres, metric.DefaultModeRule(.01))
	require.NoError(t, err)
	assert.Equal(t, 4, half.Covered)
	assert.InDelta(t, -.75*math.Log(.75)-.25*math.Log(.25)-math.Ln2/2, half.Divergence, 1e-4)
}

func TestCovered(t *testing.T) {
	got, err := metric.Covered([]int{98, 2, 0, 1, 1, 98}, .01)
	require.NoError(t, err)
	assert.Equal(t, 3, got)
	for _, bad := range []struct {
		counts []int
		share  float64
	}{{nil, .1}, {[]int{0}, .1}, {[]int{1, -1}, .1}, {[]int{1}, 1.1}, {[]int{1}, math.NaN()}} {
		_, err := metric.Covered(bad.counts, bad.share)
		assert.Error(t, err, "%v", bad)
	}
}

func TestCoverModesRefuses(t *testing.T) {
	points := [][]float64{{1, 2}}
	for _, rule := range []metric.ModeRule{{0, 3, 0}, {1, 0, 0}, {1, 3, -1}, {1, 3, 2}, {math.NaN(), 3, 0}} {
		_, err := metric.CoverModes(points, points, rule)
		assert.ErrorContains(t, err, "ModeRule", "%+v", rule)
	}
	_, err := metric.CoverModes(nil, points, metric.DefaultModeRule(1))
	assert.ErrorContains(t, err, "samples")
	_, err = metric.CoverModes(points, [][]float64{}, metric.DefaultModeRule(1))
	assert.ErrorContains(t, err, "centres")
	_, err = metric.CoverModes(points, [][]float64{{1}}, metric.DefaultModeRule(1))
	assert.ErrorContains(t, err, "samples has 2 columns, centres has 1")
}

func ExampleCoverModes() {
	centres := [][]float64{{-1, 0}, {1, 0}}
	collapsed := [][]float64{{1, 0.01}, {0.99, 0}, {1, -0.02}}
	modes, _ := metric.CoverModes(collapsed, centres, metric.DefaultModeRule(0.01))
	fmt.Println(modes.Covered, "of 2, good", modes.Good)
	// Output: 1 of 2, good 1
}
