package metric_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/metric"
)

func TestEntropy(t *testing.T) {
	for _, c := range []struct {
		weights []float64
		want    float64
	}{
		{[]float64{0, 5, 0}, 0},
		{[]float64{1, 1, 1, 1, 1, 1, 1}, math.Log(7)},
		{[]float64{2, 1, 1}, 1.5 * math.Ln2},
	} {
		got, err := metric.Entropy(c.weights)
		require.NoError(t, err)
		assert.InDelta(t, c.want, got, 1e-15)
	}
	for _, bad := range [][]float64{nil, {0, 0}, {1, -1}, {math.NaN()}, {math.Inf(1)}, {1e308, 1e308}} {
		_, err := metric.Entropy(bad)
		assert.Error(t, err, "%v", bad)
	}
}

// A probability that is lost when it is added to another's must not make the divergence infinite, or 0.
func TestJensenShannonOfVeryDifferentProbabilities(t *testing.T) {
	d, err := metric.JensenShannon([]float64{1, 1e-30}, []float64{1e-30, 1})
	require.NoError(t, err)
	assert.InDelta(t, math.Ln2, d, 1e-12)
}

func TestJensenShannon(t *testing.T) {
	one := func(p, q []float64) float64 {
		d, err := metric.JensenShannon(p, q)
		require.NoError(t, err)
		return d
	}
	assert.Equal(t, 0., one([]float64{1, 2, 3}, []float64{10, 20, 30}), "counts are scaled")
	assert.InDelta(t, math.Ln2, one([]float64{1, 0}, []float64{0, 1}), 1e-15, "nothing in common")
	// One mode of two: H(3/4, 1/4) - ½·ln 2.
	assert.InDelta(t, -.75*math.Log(.75)-.25*math.Log(.25)-math.Ln2/2, one([]float64{1, 0}, []float64{1, 1}), 1e-15)
	// Nearly equal: δ²/2 to second order, of which a difference of entropies has no digit left.
	assert.InEpsilon(t, 0.5e-20, one([]float64{.5 + 1e-10, .5 - 1e-10}, []float64{.5, .5}), 1e-4)

	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 2))
		p, q, middle := make([]float64, 5), make([]float64, 5), make([]float64, 5)
		sp, sq := 0., 0.
		for i := range p {
			p[i], q[i] = r.Float64(), r.Float64()
			sp, sq = sp+p[i], sq+q[i]
		}
		for i := range p {
			middle[i] = p[i]/sp + q[i]/sq
		}
		hp, _ := metric.Entropy(p)
		hq, _ := metric.Entropy(q)
		hm, _ := metric.Entropy(middle)
		assert.InDelta(t, hm-(hp+hq)/2, one(p, q), 1e-14, "the definition by entropies")
		assert.InDelta(t, one(q, p), one(p, q), 1e-15)
	}
	_, err := metric.JensenShannon([]float64{1}, []float64{1, 1})
	assert.ErrorContains(t, err, "over 1 and 2 outcomes")
	_, err = metric.JensenShannon([]float64{0}, []float64{1})
	assert.ErrorContains(t, err, "the first distribution")
	_, err = metric.JensenShannon([]float64{1}, []float64{-1})
	assert.ErrorContains(t, err, "the second distribution")
}

func TestDistinctN(t *testing.T) {
	sequences := [][]string{{"a", "b", "a", "b"}, {"b", "a"}, {"c"}}
	for n, want := range map[int]float64{1: 3. / 7, 2: 2. / 4, 3: 2. / 2, 4: 1} {
		got, err := metric.DistinctN(sequences, n)
		require.NoError(t, err)
		assert.Equal(t, want, got, "n %d", n)
	}
	// Tokens are compared whole: "ab","c" is not "a","bc".
	got, err := metric.DistinctN([][]string{{"ab", "c"}, {"a", "bc"}}, 2)
	require.NoError(t, err)
	assert.Equal(t, 1., got)
	_, err = metric.DistinctN(sequences, 5)
	assert.ErrorContains(t, err, "none of 3 sequences has 5 tokens")
	_, err = metric.DistinctN(sequences, 0)
	assert.Error(t, err)
}
