package vae_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/vae"
)

func TestActiveUnits(t *testing.T) {
	// Variances 1, 0, and just above and just below the threshold.
	up, down := math.Sqrt(.0101), math.Sqrt(.0099)
	active, variance, err := vae.ActiveUnits([][]float64{{3, 5, up, down}, {1, 5, -up, -down}})
	require.NoError(t, err)
	assert.Equal(t, 2, active)
	assert.InDeltaSlice(t, []float64{1, 0, .0101, .0099}, variance, 1e-12)

	// In float32, far from zero: the mean is taken off before squaring.
	active, variance, err = vae.ActiveUnits([][]float32{{1e6, 1e6}, {1e6 + 1, 1e6}})
	require.NoError(t, err)
	assert.Equal(t, 1, active)
	assert.Equal(t, []float64{.25, 0}, variance)

	for want, rows := range map[string][][]float64{
		"the variance over 1 examples says nothing":            {{1}},
		"example 1: it has 1 values, want 2":                   {{1, 2}, {3}},
		"example 0: it has 0 values":                           {{}, {}},
		"example 1: value 0 is NaN":                            {{1}, {math.NaN()}},
		"vae: the variance over 0 examples says nothing; give": nil,
	} {
		_, _, err := vae.ActiveUnits(rows)
		assert.ErrorContains(t, err, want)
	}
}

func ExampleInterpolate() {
	for _, path := range []vae.Path{vae.Linear, vae.Spherical} {
		points, err := vae.Interpolate(path, []float64{2, 0}, []float64{0, 2}, 3)
		fmt.Printf("%.2f %v\n", points, err)
	}
	// Output:
	// [[2.00 0.00] [1.00 1.00] [0.00 2.00]] <nil>
	// [[2.00 0.00] [1.41 1.41] [0.00 2.00]] <nil>
}

// For many pairs: exact ends; on the line equal steps; on the sphere equal lengths and equal angles.
func TestInterpolateProperties(t *testing.T) {
	const steps, latent = 11, 7
	length := func(v []float64) float64 {
		sum := 0.0
		for _, x := range v {
			sum += x * x
		}
		return math.Sqrt(sum)
	}
	distance := func(a, b []float64) float64 {
		d := make([]float64, len(a))
		for k := range a {
			d[k] = a[k] - b[k]
		}
		return length(d)
	}
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		ends := make([][]float64, 2)
		for i := range ends {
			ends[i] = make([]float64, latent)
			for k := range ends[i] {
				ends[i][k] = r.NormFloat64()
			}
			size := length(ends[i])
			for k := range ends[i] {
				ends[i][k] *= 3 / size // both of length 3
			}
		}
		for _, path := range []vae.Path{vae.Linear, vae.Spherical} {
			points, err := vae.Interpolate(path, ends[0], ends[1], steps)
			require.NoError(t, err)
			require.Len(t, points, steps)
			assert.Equal(t, ends[0], points[0])
			assert.Equal(t, ends[1], points[steps-1])
			for s := range points {
				if s > 0 {
					require.InDelta(t, distance(points[0], points[1]), distance(points[s-1], points[s]), 1e-9)
				}
				if path == vae.Spherical {
					require.InDelta(t, 3, length(points[s]), 1e-9)
				} else if s == steps/2 {
					require.Less(t, length(points[s]), 3.0)
				}
			}
		}
	}
}

func TestInterpolateEdges(t *testing.T) {
	// One direction: the arc is the line, also with different lengths.
	points, err := vae.Interpolate(vae.Spherical, []float32{1, 2}, []float32{3, 6}, 3)
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float32{2, 4}, points[1], 1e-6)

	for want, run := range map[string]func() ([][]float64, error){
		"steps is 1, must be at least 2": func() ([][]float64, error) { return vae.Interpolate(vae.Linear, []float64{1}, []float64{2}, 1) },
		"length 1 and 2":                 func() ([][]float64, error) { return vae.Interpolate(vae.Linear, []float64{1}, []float64{2, 3}, 2) },
		"value 0 is NaN": func() ([][]float64, error) {
			return vae.Interpolate(vae.Linear, []float64{1}, []float64{math.NaN()}, 2)
		},
		"unknown path 7": func() ([][]float64, error) { return vae.Interpolate(7, []float64{1}, []float64{2}, 2) },
		"zero vector has no direction": func() ([][]float64, error) {
			return vae.Interpolate(vae.Spherical, []float64{0, 0}, []float64{1, 2}, 2)
		},
		"opposite directions": func() ([][]float64, error) {
			return vae.Interpolate(vae.Spherical, []float64{1, 2}, []float64{-2, -4}, 2)
		},
	} {
		_, err := run()
		assert.ErrorContains(t, err, want)
	}
}
