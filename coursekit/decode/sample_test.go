package decode_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/decode"
)

func ends(length int) decode.Config {
	return decode.Config{Start: start, End: end, Pad: pad, Length: length}
}

func newSampler(t *testing.T, b compute.Backend, m decode.Model, config decode.SampleConfig) *decode.Sampler {
	t.Helper()
	sampler, err := decode.NewSampler(b, model.NewStore(), m, config)
	require.NoError(t, err)
	return sampler
}

// TestSampleGreedy: three settings that leave one token to draw.
func TestSampleGreedy(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		c := randomChain(3, 7, 11)
		const length = 5
		inputs := []int32{6, 0, 3, 5, 1, 2, 4}
		for name, config := range map[string]decode.SampleConfig{
			"temperature 0":     {Config: ends(length), Temperature: 0, TopP: 1},
			"temperature 1e-9":  {Config: ends(length), Temperature: 1e-9, TopP: 1},
			"top-k 1":           {Config: ends(length), Temperature: 1, TopK: 1, TopP: 1},
			"nucleus of 1e-9":   {Config: ends(length), Temperature: 1, TopP: 1e-9},
			"hot, then top-k 1": {Config: ends(length), Temperature: 9, TopK: 1, TopP: 0.5},
		} {
			*c.built = 0
			sampler := newSampler(t, b, c, config)
			for seed := range uint64(2) {
				got, err := sampler.Decode(seed, tensors.FromValue(inputs))
				require.NoError(t, err)
				for i, input := range inputs {
					assert.Equal(t, c.greedy(input, length), got[i].Tokens, "%s, input %d", name, input)
					assert.Equal(t, len(got[i].Tokens) < length, got[i].Ended, "%s, input %d", name, input)
				}
			}
			assert.Equal(t, 1, *c.built, "one graph for all steps and both calls")
		}
		// The negative control: without them it is not greedy.
		got, err := newSampler(t, b, c, decode.DefaultSampleConfig(ends(length))).Decode(0, tensors.FromValue(inputs))
		require.NoError(t, err)
		same := 0
		for i, input := range inputs {
			if assert.ObjectsAreEqual(c.greedy(input, length), got[i].Tokens) {
				same++
			}
		}
		assert.Less(t, same, len(inputs))
	})
}

// TestSampleSeed: same seed, same sequences, on all backends and whatever the other rows are; and log-probabilities of the model, not
// of what was drawn from.
func TestSampleSeed(t *testing.T) {
	var first []decode.Sequence
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		m := randomTable(1, 3, 5, 4)
		sampler := newSampler(t, b, m, decode.SampleConfig{Config: ends(4), Temperature: 1.3, TopK: 4, TopP: 0.95})
		sample := func(seed uint64, inputs ...int32) []decode.Sequence {
			got, err := sampler.Decode(seed, tensors.FromValue(inputs))
			require.NoError(t, err)
			return got
		}
		got := sample(5, 0, 1, 2, 0, 1, 2, 0)
		assert.Equal(t, got, sample(5, 0, 1, 2, 0, 1, 2, 0))
		assert.NotEqual(t, got, sample(6, 0, 1, 2, 0, 1, 2, 0))
		assert.Equal(t, got[:3], sample(5, 0, 1, 2))
		if first == nil {
			first = got
		}
		assert.Equal(t, first, got, "not what the first backend drew")

		for i, sequence := range got {
			want := math.NaN()
			m.all(i%3, nil, 0, func(tokens []int32, ended bool, logProb float64) {
				if ended == sequence.Ended && assert.ObjectsAreEqual(append([]int32{}, tokens...), sequence.Tokens) {
					want = logProb
				}
			})
			assert.InDelta(t, want, sequence.LogProb, 1e-5, "%v", sequence)
		}
	})
}

// chiSquare returns the statistic of counts against probabilities, and its degrees of freedom; +Inf if there is what
// cannot be.
func chiSquare(counts []int, probabilities []float64) (statistic float64, freedom int) {
	total := 0
	for _, count := range counts {
		total += count
	}
	freedom = -1
	for token, p := range probabilities {
		expected := p * float64(total)
		if p == 0 {
			if counts[token] > 0 {
				return math.Inf(1), 0
			}
			continue
		}
		statistic += (float64(counts[token]) - expected) * (float64(counts[token]) - expected) / expected
		freedom++
	}
	return statistic, freedom
}

// quantile are the 0.999 quantiles of chi-square, by degrees of freedom.
var quantile = []float64{0, 10.83, 13.82, 16.27, 18.47, 20.52, 22.46}

func TestSampleChiSquare(t *testing.T) {
	const vocabulary, samples = 7, 20_000
	b := goBackend(t)
	m := randomTable(2, 1, vocabulary, 2)
	inputs := tensors.FromValue(make([]int32, samples))
	exp := func(logProbs []float64) []float64 {
		result := make([]float64, len(logProbs))
		for i, logProb := range logProbs {
			result[i] = math.Exp(logProb)
		}
		return result
	}
	for _, c := range []struct {
		temperature float64
		topK        int
		topP        float64
	}{{1, 0, 1}, {0.7, 0, 1}, {1.5, 5, 1}, {1, 0, 0.8}, {0.8, 6, 0.9}} {
		config := decode.SampleConfig{Config: ends(2), Temperature: c.temperature, TopK: c.topK, TopP: c.topP}
		sequences, err := newSampler(t, b, m, config).Decode(11, inputs)
		require.NoError(t, err)
		distribution := func(prefix ...int32) []float64 {
			logProbs, err := decode.Temperature(m.logProbs(0, prefix), c.temperature)
			require.NoError(t, err)
			logProbs, err = decode.TopK(logProbs, c.topK)
			require.NoError(t, err)
			logProbs, err = decode.Nucleus(logProbs, c.topP)
			require.NoError(t, err)
			return exp(logProbs)
		}
		first, second := make([]int, vocabulary), make([][]int, vocabulary)
		for token := range second {
			second[token] = make([]int, vocabulary)
		}
		for _, sequence := range sequences {
			written := append(append([]int32{}, sequence.Tokens...), end)
			first[written[0]]++
			if written[0] != end {
				second[written[0]][written[1]]++
			}
		}
		statistic, freedom := chiSquare(first, distribution())
		assert.Less(t, statistic, quantile[freedom], "%+v: the first token, %v", c, first)
		for token, counts := range second {
			if token != end && first[token] > 1000 {
				statistic, freedom = chiSquare(counts, distribution(int32(token)))
				assert.Less(t, statistic, quantile[freedom], "%+v: after %d, %v", c, token, counts)
			}
		}
		// The negative control: a temperature that is a little off is found out.
		off, err := decode.Temperature(m.logProbs(0, nil), 1.1*c.temperature)
		require.NoError(t, err)
		statistic, _ = chiSquare(first, exp(off))
		assert.Greater(t, statistic, quantile[vocabulary-1], "%+v", c)
	}
}

func TestSampleErrors(t *testing.T) {
	b := goBackend(t)
	_, err := decode.NewSampler(b, model.NewStore(), d2l(), decode.SampleConfig{
		Config: decode.Config{Start: 1, End: 1, Pad: 1, Length: 0}, Temperature: -1, TopK: -2, TopP: 0,
	})
	for _, rule := range []string{
		"Length is 0", "End and Pad are both 1", "Start and End are both 1", "Temperature is -1", "TopK is -2", "TopP is 0",
	} {
		assert.ErrorContains(t, err, rule)
	}

	sampler := newSampler(t, b, d2l(), decode.DefaultSampleConfig(ends(4)))
	_, err = sampler.Decode(1)
	assert.ErrorContains(t, err, "batch")

	broken := newTable(1, 3, 2, func(_ int, prefix []int32) []float32 {
		inf := float32(math.Inf(-1))
		if len(prefix) == 1 {
			return []float32{inf, inf, inf}
		}
		return []float32{1, inf, inf}
	})
	_, err = newSampler(t, b, broken, decode.DefaultSampleConfig(ends(2))).Decode(1, tensors.FromValue([]int32{0, 0}))
	assert.ErrorContains(t, err, "row 0, step 1: decode: none of the 3 tokens")
}
