package metric_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"

	"courselab/coursekit/metric"
)

// normals draws n rows of N(mean, sigma²), entry by entry.
func normals(seed uint64, n int, mean, sigma []float64) [][]float64 {
	r := rand.New(rand.NewPCG(seed, 3))
	rows := make([][]float64, n)
	for i := range rows {
		for j := range mean {
			rows[i] = append(rows[i], mean[j]+sigma[j]*r.NormFloat64())
		}
	}
	return rows
}

// TestFrechetClosedForms: in one dimension it is (μa-μb)² + (σa-σb)², and with diagonal covariances the sum of those.
func TestFrechetClosedForms(t *testing.T) {
	got, err := metric.FrechetDistance([][]float64{{0}, {2}}, [][]float64{{7}, {13}}) // σ √2 and √18
	require.NoError(t, err)
	assert.InDelta(t, 81+math.Pow(math.Sqrt(18)-math.Sqrt2, 2), got, 1e-12)

	diagonal := func(v ...float64) mat.Symmetric { return mat.NewDiagDense(len(v), v) }
	got, err = metric.FrechetGaussian([]float64{1, 2, 3}, diagonal(1, 4, 9), []float64{1, 0, 3}, diagonal(4, 4, 1))
	require.NoError(t, err)
	assert.InDelta(t, 4+1+0+4, got, 1e-12)
}

func TestFrechetProperties(t *testing.T) {
	for seed := range uint64(20) {
		a := normals(seed, 23, []float64{0, 1, 2}, []float64{1, 2, .5})
		b := normals(seed+100, 29, []float64{1, 1, 1}, []float64{1, 1, 1})
		d, err := metric.FrechetDistance(a, b)
		require.NoError(t, err)
		back, err := metric.FrechetDistance(b, a)
		require.NoError(t, err)
		assert.InEpsilon(t, d, back, 1e-9, "symmetric")
		self, err := metric.FrechetDistance(a, a)
		require.NoError(t, err)
		assert.InDelta(t, 0, self, 1e-9)

		shifted := make([][]float64, len(a))
		for i, row := range a {
			shifted[i] = []float64{row[0] + 3, row[1] - 4, row[2]}
		}
		moved, err := metric.FrechetDistance(a, shifted)
		require.NoError(t, err)
		assert.InDelta(t, 25, moved, 1e-8, "a shift costs its square")
	}
}

// TestFrechetRankDeficient has fewer rows than features: a covariance of rank 2 in 7 dimensions, and one of rank 0.
func TestFrechetRankDeficient(t *testing.T) {
	wide := []float64{1, 1, 1, 1, 1, 1, 1}
	a := normals(5, 3, wide, wide)
	self, err := metric.FrechetDistance(a, a)
	require.NoError(t, err)
	assert.InDelta(t, 0, self, 1e-6)

	point := [][]float64{wide, wide}
	same, err := metric.FrechetDistance(point, point)
	require.NoError(t, err)
	assert.Equal(t, 0., same)
	// A point against a sample: the squared distance of the means and the whole variance.
	got, err := metric.FrechetDistance(point, [][]float64{{0, 1, 1, 1, 1, 1, 1}, {4, 1, 1, 1, 1, 1, 1}})
	require.NoError(t, err)
	assert.InDelta(t, 1+8, got, 1e-12)
	single, err := metric.FrechetDistance([][]float32{{0, 1}, {1, 0}}, [][]float32{{0, 1}, {1, 0}})
	require.NoError(t, err)
	assert.InDelta(t, 0, single, 1e-7)
}

// TestFrechetOfFiniteSamples is the warning of the docstring, measured: two samples of one distribution are apart, less so the
// larger they are.
func TestFrechetOfFiniteSamples(t *testing.T) {
	zero, one := make([]float64, 11), []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	at := func(n int) float64 {
		d, err := metric.FrechetDistance(normals(1, n, zero, one), normals(2, n, zero, one))
		require.NoError(t, err)
		return d
	}
	small, large := at(37), at(3701)
	assert.Greater(t, small, 20*large)
	assert.Greater(t, large, 0.001)
}

func TestFrechetRefuses(t *testing.T) {
	good := [][]float64{{1, 2}, {3, 5}}
	for want, bad := range map[string][][]float64{
		"0 rows": nil, "1 row has no covariance": {{1, 2}}, "row 1 has 1 entries, row 0 has 2": {{1, 2}, {3}},
		"row 1, entry 0 is NaN": {{1, 2}, {math.NaN(), 1}}, "means of 2 and 3 entries": {{1, 2, 3}, {3, 2, 2}},
	} {
		_, err := metric.FrechetDistance(good, bad)
		assert.ErrorContains(t, err, want)
	}
	_, err := metric.FrechetGaussian([]float64{0}, mat.NewDiagDense(1, []float64{-1}), []float64{0}, mat.NewDiagDense(1, []float64{1}))
	assert.ErrorContains(t, err, "eigenvalue -1")
	_, err = metric.FrechetGaussian([]float64{0}, mat.NewDiagDense(1, []float64{math.Inf(1)}), []float64{0}, mat.NewDiagDense(1, []float64{1}))
	assert.Error(t, err)
}

func ExampleFrechetDistance() {
	real := [][]float64{{0}, {2}, {4}}
	generated := [][]float64{{1}, {3}, {5}} // as spread, moved by 1
	distance, _ := metric.FrechetDistance(real, generated)
	fmt.Printf("%.3f\n", distance)
	// Output: 1.000
}
