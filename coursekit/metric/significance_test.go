package metric_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/metric"
)

func TestSummarize(t *testing.T) {
	got, err := metric.Summarize([]float64{1, 2, 3, 4, 5})
	require.NoError(t, err)
	assert.Equal(t, 5, got.N)
	assert.Equal(t, 3., got.Mean)
	assert.InDelta(t, math.Sqrt(2.5), got.SD, 1e-15)
	assert.InDelta(t, 2.776445*math.Sqrt(2.5)/math.Sqrt(5), got.Margin, 1e-6, "t of 4 degrees of freedom at .975 is 2.776445")
	assert.Equal(t, []float64{1, 5}, []float64{got.Min, got.Max})
	assert.Equal(t, "3 ± 1.6 (5)", got.String())

	single, err := metric.Summarize([]float64{7})
	require.NoError(t, err)
	assert.Equal(t, metric.Summary{N: 1, Mean: 7, Margin: math.Inf(1), Min: 7, Max: 7}, single)
	for _, bad := range [][]float64{nil, {math.NaN()}, {1, math.Inf(-1)}} {
		_, err := metric.Summarize(bad)
		assert.Error(t, err)
	}
}

// TestPairedTSleep is Student's own example: hours of sleep gained with two drugs, t = -4.0621, P = .002833.
func TestPairedTSleep(t *testing.T) {
	a := []float64{.7, -1.6, -.2, -1.2, -.1, 3.4, 3.7, .8, 0, 2}
	b := []float64{1.9, .8, 1.1, .1, -.1, 4.4, 5.5, 1.6, 4.6, 3.4}
	got, err := metric.PairedT(a, b)
	require.NoError(t, err)
	assert.InDelta(t, -4.0621, got.Statistic, 5e-5)
	assert.InDelta(t, .002833, got.P, 5e-7)
	assert.Equal(t, 9., got.Freedom)
	turned, err := metric.PairedT(b, a)
	require.NoError(t, err)
	assert.Equal(t, -got.Statistic, turned.Statistic)
	assert.Equal(t, got.P, turned.P)

	none, err := metric.PairedT([]float64{1, 2}, []float64{1, 2})
	require.NoError(t, err)
	assert.Equal(t, metric.Test{Freedom: 1, P: 1}, none)
	same, err := metric.PairedT([]float64{1, 2}, []float64{2, 3})
	require.NoError(t, err)
	assert.Equal(t, metric.Test{Statistic: math.Inf(-1), Freedom: 1}, same)
}

// TestChiSquareTable has the critical values of every statistics book.
func TestChiSquareTable(t *testing.T) {
	// 60 and 40 of 100 for a fair coin: χ² = 4.
	got, err := metric.ChiSquare([]int{60, 40}, []float64{1, 1})
	require.NoError(t, err)
	assert.Equal(t, 4., got.Statistic)
	assert.InDelta(t, .0455003, got.P, 1e-7)
	perfect, err := metric.ChiSquare([]int{80, 10, 10}, []float64{.8, .1, .1})
	require.NoError(t, err)
	assert.InDelta(t, 0, perfect.Statistic, 1e-20)
	assert.InDelta(t, 1, perfect.P, 1e-12)
}

// TestPValuesAreUniform: where the hypothesis holds, P is below .1 in a tenth of the cases.
func TestPValuesAreUniform(t *testing.T) {
	const trials = 2000
	lowChi, lowT := 0, 0
	for seed := range uint64(trials) {
		r := rand.New(rand.NewPCG(seed, 4))
		counts := make([]int, 3)
		for range 211 {
			counts[min(r.IntN(10)/4, 2)]++
		}
		chi, err := metric.ChiSquare(counts, []float64{4, 4, 2})
		require.NoError(t, err)
		a, b := make([]float64, 5), make([]float64, 5)
		for i := range a {
			a[i], b[i] = r.NormFloat64(), r.NormFloat64()
		}
		paired, err := metric.PairedT(a, b)
		require.NoError(t, err)
		if chi.P < .1 {
			lowChi++
		}
		if paired.P < .1 {
			lowT++
		}
	}
	for _, low := range []int{lowChi, lowT} {
		assert.InDelta(t, .1*trials, low, 4*math.Sqrt(.1*.9*trials))
	}
}

func TestTestsRefuse(t *testing.T) {
	for _, c := range []struct {
		observed []int
		expected []float64
	}{{[]int{1}, []float64{1}}, {[]int{1, 2}, []float64{1}}, {[]int{0, 0}, []float64{1, 1}}, {[]int{1, -1}, []float64{1, 1}}, {[]int{1, 1}, []float64{1, 0}}, {[]int{1, 1}, []float64{1, math.NaN()}}} {
		_, err := metric.ChiSquare(c.observed, c.expected)
		assert.Error(t, err, "%v", c)
	}
	for _, c := range [][2][]float64{{{1}, {2}}, {{1, 2}, {1}}, {{1, math.NaN()}, {1, 2}}, {{1, 2}, {math.Inf(1), 2}}} {
		_, err := metric.PairedT(c[0], c[1])
		assert.Error(t, err, "%v", c)
	}
}

func ExamplePairedT() {
	pretrained := []float64{.84, .86, .81, .88, .85}
	scratch := []float64{.78, .79, .77, .80, .79}
	test, _ := metric.PairedT(pretrained, scratch)
	fmt.Printf("t = %.2f, P = %.4f\n", test.Statistic, test.P)
	// Output: t = 9.35, P = 0.0007
}
