package decode_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/decode"
)

func logs(probabilities ...float64) []float64 {
	result := make([]float64, len(probabilities))
	for i, p := range probabilities {
		result[i] = math.Log(p)
	}
	return result
}

func assertProbabilities(t *testing.T, want []float64, logProbs []float64) {
	t.Helper()
	got := make([]float64, len(logProbs))
	for i, logProb := range logProbs {
		got[i] = math.Exp(logProb)
	}
	assert.InDeltaSlice(t, want, got, 1e-12)
}

func randomLogProbs(t *testing.T, rng *rand.Rand, vocabulary int) []float64 {
	logits := make([]float64, vocabulary)
	for i := range logits {
		logits[i] = math.Round(4*rng.NormFloat64()) / 4 // ties are likely
	}
	result, err := decode.LogSoftmax(logits)
	require.NoError(t, err)
	return result
}

func TestLogSoftmax(t *testing.T) {
	got, err := decode.LogSoftmax([]float64{1000, math.Inf(-1), 1000 + math.Log(3)})
	require.NoError(t, err)
	assertProbabilities(t, []float64{0.25, 0, 0.75}, got)
}

func TestTemperature(t *testing.T) {
	p := logs(0.2, 0.4, 0, 0.4)
	for _, c := range []struct {
		temperature float64
		want        []float64
	}{
		{1, []float64{0.2, 0.4, 0, 0.4}},
		{0.5, []float64{0.04 / 0.36, 0.16 / 0.36, 0, 0.16 / 0.36}},
		{1e-300, []float64{0, 0.5, 0, 0.5}},
		{0, []float64{0, 1, 0, 0}},
		{1e300, []float64{1. / 3, 1. / 3, 0, 1. / 3}},
	} {
		got, err := decode.Temperature(p, c.temperature)
		require.NoError(t, err)
		assertProbabilities(t, c.want, got)
	}
	assert.Equal(t, logs(0.2, 0.4, 0, 0.4), p, "the argument was changed")
}

func TestTopK(t *testing.T) {
	p := logs(0.1, 0.3, 0.2, 0.3, 0.1)
	for k, want := range [][]float64{
		{0.1, 0.3, 0.2, 0.3, 0.1},
		{0, 1, 0, 0, 0}, // of two equal ones that of lower id
		{0, 0.5, 0, 0.5, 0},
		{0, 0.375, 0.25, 0.375, 0},
		{1. / 9, 3. / 9, 2. / 9, 3. / 9, 0},
		{0.1, 0.3, 0.2, 0.3, 0.1},
		{0.1, 0.3, 0.2, 0.3, 0.1},
	} {
		got, err := decode.TopK(p, k)
		require.NoError(t, err)
		assertProbabilities(t, want, got)
	}
	assert.Equal(t, logs(0.1, 0.3, 0.2, 0.3, 0.1), p, "the argument was changed")
}

func TestNucleus(t *testing.T) {
	p := logs(0.05, 0.4, 0.05, 0.5)
	for _, c := range []struct {
		p    float64
		want []float64
	}{
		{1e-9, []float64{0, 0, 0, 1}},
		{0.5, []float64{0, 0, 0, 1}},
		{0.51, []float64{0, 4. / 9, 0, 5. / 9}},
		{0.9, []float64{0, 4. / 9, 0, 5. / 9}},
		{0.91, []float64{0.05 / 0.95, 0.4 / 0.95, 0, 0.5 / 0.95}},
		{0.96, []float64{0.05, 0.4, 0.05, 0.5}},
		{1, []float64{0.05, 0.4, 0.05, 0.5}},
	} {
		got, err := decode.Nucleus(p, c.p)
		require.NoError(t, err)
		assertProbabilities(t, c.want, got)
	}
	assert.Equal(t, logs(0.05, 0.4, 0.05, 0.5), p, "the argument was changed")
}

// TestNucleusIsTheSmallestSet compares with all subsets. A top-p that rounds the size up to a power of two fails it.
func TestNucleusIsTheSmallestSet(t *testing.T) {
	const vocabulary = 7
	rng := rand.New(rand.NewPCG(2, 3))
	sizes := map[int]int{}
	for range 200 {
		logProbs := randomLogProbs(t, rng, vocabulary)
		p := 0.02 + 0.97*rng.Float64()
		smallest := vocabulary
		for set := range 1 << vocabulary {
			size, mass := 0, 0.
			for token, logProb := range logProbs {
				if set>>token&1 == 1 {
					size++
					mass += math.Exp(logProb)
				}
			}
			if mass >= p {
				smallest = min(smallest, size)
			}
		}
		nucleus, err := decode.Nucleus(logProbs, p)
		require.NoError(t, err)
		topK, err := decode.TopK(logProbs, smallest)
		require.NoError(t, err)
		assert.Equal(t, topK, nucleus, "p %v of %v", p, logProbs)
		sizes[smallest]++
	}
	assert.Greater(t, len(sizes), 4, "sizes seen: %v", sizes)
}

func TestNucleusOneAndTopKAllChangeNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 3))
	for range 50 {
		logProbs := randomLogProbs(t, rng, 101)
		nucleus, err := decode.Nucleus(logProbs, 1)
		require.NoError(t, err)
		assert.Equal(t, logProbs, nucleus)
		all, err := decode.TopK(logProbs, 101)
		require.NoError(t, err)
		assert.Equal(t, logProbs, all)
	}
}

func TestDistributionErrors(t *testing.T) {
	p := logs(0.5, 0.5)
	for _, temperature := range []float64{-1, math.NaN(), math.Inf(1)} {
		_, err := decode.Temperature(p, temperature)
		assert.ErrorContains(t, err, "Temperature is")
	}
	for _, topP := range []float64{0, -0.1, 1.1, math.NaN()} {
		_, err := decode.Nucleus(p, topP)
		assert.ErrorContains(t, err, "TopP is")
	}
	_, err := decode.TopK(p, -1)
	assert.ErrorContains(t, err, "TopK is -1")

	for _, bad := range []struct {
		logProbs []float64
		message  string
	}{
		{nil, "none of the 0 tokens"},
		{[]float64{math.Inf(-1), math.Inf(-1)}, "none of the 2 tokens"},
		{[]float64{0, math.NaN()}, "token 1 is NaN"},
		{[]float64{0, math.Inf(1)}, "token 1 is +Inf"},
	} {
		_, err := decode.LogSoftmax(bad.logProbs)
		assert.ErrorContains(t, err, bad.message)
		_, err = decode.Temperature(bad.logProbs, 0.5)
		assert.ErrorContains(t, err, bad.message)
		_, err = decode.TopK(bad.logProbs, 1)
		assert.ErrorContains(t, err, bad.message)
		_, err = decode.Nucleus(bad.logProbs, 0.5)
		assert.ErrorContains(t, err, bad.message)
	}
}
