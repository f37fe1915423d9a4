package decode_test

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/decode"
	"courselab/coursekit/transformer"
)

func beam(t *testing.T, b compute.Backend, m decode.Model, config decode.BeamConfig, inputs ...int32) [][]decode.Hypothesis {
	t.Helper()
	search, err := decode.NewBeam(b, model.NewStore(), m, config)
	require.NoError(t, err)
	found, err := search.Decode(tensors.FromValue(inputs))
	require.NoError(t, err)
	return found
}

// exhaustive returns all sequences of a table, the highest score first.
func exhaustive(m table, input int, alpha float64) []decode.Hypothesis {
	var all []decode.Hypothesis
	m.all(input, nil, 0, func(tokens []int32, ended bool, logProb float64) {
		length := len(tokens)
		if ended {
			length++
		}
		all = append(all, decode.Hypothesis{
			Sequence: decode.Sequence{Tokens: append([]int32{}, tokens...), LogProb: logProb, Ended: ended},
			Score:    logProb / math.Pow((5+float64(length))/6, alpha),
		})
	})
	slices.SortFunc(all, func(a, b decode.Hypothesis) int { return cmp.Compare(b.Score, a.Score) })
	return all
}

func assertHypotheses(t *testing.T, want, got []decode.Hypothesis, about string) {
	t.Helper()
	require.Equal(t, len(want), len(got), about)
	for i := range want {
		assert.Equal(t, want[i].Tokens, got[i].Tokens, "%s, %d", about, i)
		assert.Equal(t, want[i].Ended, got[i].Ended, "%s, %d", about, i)
		assert.InDelta(t, want[i].LogProb, got[i].LogProb, 1e-6, "%s, %d", about, i)
		assert.InDelta(t, want[i].Score, got[i].Score, 1e-6, "%s, %d", about, i)
	}
}

func TestD2L(t *testing.T) {
	m := d2l()
	best := exhaustive(m, 0, 0)
	assert.Equal(t, []int32{tokenA, tokenC, tokenB}, best[0].Tokens)
	assert.InDelta(t, 0.054, math.Exp(best[0].LogProb), 1e-6)
	assert.Less(t, math.Exp(best[1].LogProb), 0.0501)

	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		greedy, err := decode.NewGreedy(b, model.NewStore(), m, ends(4))
		require.NoError(t, err)
		written, err := greedy.Decode(tensors.FromValue([]int32{0}))
		require.NoError(t, err)
		assert.Equal(t, [][]int32{{tokenA, tokenB, tokenC}}, written)

		one := beam(t, b, m, decode.BeamConfig{Config: ends(4), Width: 1, Best: 1}, 0)[0]
		require.Len(t, one, 1)
		assert.Equal(t, written[0], one[0].Tokens)
		assert.InDelta(t, 0.048, math.Exp(one[0].LogProb), 1e-6)
		assert.True(t, one[0].Ended)

		two := beam(t, b, m, decode.BeamConfig{Config: ends(4), Width: 2, Best: 2}, 0)[0]
		require.Len(t, two, 2)
		assert.Equal(t, []int32{tokenA, tokenC, tokenB}, two[0].Tokens)
		assert.InDelta(t, 0.054, math.Exp(two[0].LogProb), 1e-6)
		assert.Equal(t, []int32{tokenA, tokenB, tokenC}, two[1].Tokens)
		assert.InDelta(t, 0.048, math.Exp(two[1].LogProb), 1e-6)
	})
}

// TestD2LWider: a wider beam never finds less, and the widest, V^Length, finds all in their order.
func TestD2LWider(t *testing.T) {
	b, m := goBackend(t), d2l()
	last := math.Inf(-1)
	for _, width := range []int{1, 2, 3, 4, 5, 8, 16, 64, 256, 1296} {
		found := beam(t, b, m, decode.BeamConfig{Config: ends(4), Width: width, Best: 1}, 0)[0]
		assert.GreaterOrEqual(t, found[0].LogProb, last, "width %d", width)
		last = found[0].LogProb
	}
	assert.InDelta(t, math.Log(0.054), last, 1e-6)
}

func TestBeamIsExhaustive(t *testing.T) {
	const vocabulary, length, width = 5, 3, 125
	b := goBackend(t)
	better, early := 0, 0
	for _, alpha := range []float64{0, 0.6, 2} {
		for seed := range uint64(3) {
			m := randomTable(seed, 3, vocabulary, length)
			found := beam(t, b, m, decode.BeamConfig{Config: ends(length), Width: width, Best: width, Alpha: alpha}, 2, 0, 1)
			narrow := beam(t, b, m, decode.BeamConfig{Config: ends(length), Width: 1, Best: 1, Alpha: alpha}, 2, 0, 1)
			first := beam(t, b, m, decode.BeamConfig{Config: ends(length), Width: width, Best: 2, Alpha: alpha}, 2, 0, 1)
			for row, input := range []int{2, 0, 1} {
				want := exhaustive(m, input, alpha)
				assertHypotheses(t, want, found[row], "all")
				assertHypotheses(t, want[:2], first[row], "stopped early")
				if narrow[row][0].Score < found[row][0].Score-1e-9 {
					better++
				}
				if len(want[0].Tokens) < length-1 {
					early++
				}
			}
		}
	}
	assert.Positive(t, better, "greedy was always the best")
	assert.Positive(t, early, "no best sequence was short")
}

// TestBeamOneIsGreedy on a Transformer, whose encoding has a mask.
func TestBeamOneIsGreedy(t *testing.T) {
	b := goBackend(t)
	config := transformer.DefaultConfig()
	config.SourceVocab, config.TargetVocab, config.ModelDim, config.Heads, config.FFDim = 7, 13, 8, 2, 11
	config.Pad = pad
	store := model.NewStore()
	store.SetParam(model.ParamInitialSeed, int64(5))
	m := decode.EncoderDecoder(config)
	source := tensors.FromValue([][]int32{{3, 5, 4, 0}, {6, 3, 3, 5}, {4, 0, 0, 0}})
	greedy, err := decode.NewGreedy(b, store, m, ends(6))
	require.NoError(t, err)
	want, err := greedy.Decode(source)
	require.NoError(t, err)

	narrow, err := decode.NewBeam(b, store, m, decode.BeamConfig{Config: ends(6), Width: 1, Best: 1})
	require.NoError(t, err)
	one, err := narrow.Decode(source)
	require.NoError(t, err)
	wide, err := decode.NewBeam(b, store, m, decode.BeamConfig{Config: ends(6), Width: 5, Best: 3, Alpha: 0.6})
	require.NoError(t, err)
	five, err := wide.Decode(source)
	require.NoError(t, err)
	for row := range want {
		assert.Equal(t, want[row], one[row][0].Tokens)
		require.Len(t, five[row], 3)
		assert.GreaterOrEqual(t, five[row][0].Score, five[row][1].Score)
		assert.GreaterOrEqual(t, five[row][1].Score, five[row][2].Score)
	}

	// Each row is searched with its own encoding: alone it gives the same.
	alone, err := wide.Decode(tensors.FromValue([][]int32{{6, 3, 3, 5}}))
	require.NoError(t, err)
	assertHypotheses(t, five[1], alone[0], "alone")
}

func TestLengthPenalty(t *testing.T) {
	assert.Equal(t, 1., decode.LengthPenalty(13, 0))
	assert.Equal(t, 1., decode.LengthPenalty(1, 0.6))
	assert.InDelta(t, 2, decode.LengthPenalty(7, 1), 1e-12)
	assert.InDelta(t, 4, decode.LengthPenalty(7, 2), 1e-12)
}

// TestLengthPenaltyFavoursLong: end has 0.3 at once, or A three times 0.6 each, 0.216 in all.
func TestLengthPenaltyFavoursLong(t *testing.T) {
	m := newTable(1, 4, 3, func(_ int, prefix []int32) []float32 {
		p := []float64{0, 0.1, 0.3, 0.6}
		return []float32{float32(math.Log(p[0])), float32(math.Log(p[1])), float32(math.Log(p[2])), float32(math.Log(p[3]))}
	})
	b := goBackend(t)
	short := beam(t, b, m, decode.BeamConfig{Config: ends(3), Width: 3, Best: 1}, 0)[0][0]
	assert.Equal(t, decode.Sequence{Tokens: []int32{}, LogProb: short.LogProb, Ended: true}, short.Sequence)
	assert.InDelta(t, math.Log(0.3), short.Score, 1e-6)
	long := beam(t, b, m, decode.BeamConfig{Config: ends(3), Width: 3, Best: 1, Alpha: 1}, 0)[0][0]
	assert.Equal(t, []int32{tokenA, tokenA, tokenA}, long.Tokens)
	assert.False(t, long.Ended)
	assert.InDelta(t, math.Log(0.216)/(8./6), long.Score, 1e-6)
}

func TestBeamErrors(t *testing.T) {
	b := goBackend(t)
	_, err := decode.NewBeam(b, model.NewStore(), d2l(), decode.BeamConfig{
		Config: decode.Config{Start: 1, End: 1, Pad: 1, Length: 0}, Width: 0, Best: 0, Alpha: -1,
	})
	for _, rule := range []string{
		"Length is 0", "End and Pad are both 1", "Start and End are both 1", "Width is 0", "Best is 0", "Alpha is -1",
	} {
		assert.ErrorContains(t, err, rule)
	}
	err = decode.BeamConfig{Config: ends(3), Width: 2, Best: 3, Alpha: math.NaN()}.Validate()
	assert.ErrorContains(t, err, "Best is 3, must be at least 1 and at most Width, 2")
	assert.ErrorContains(t, err, "Alpha is NaN")

	search, err := decode.NewBeam(b, model.NewStore(), d2l(), decode.BeamConfig{Config: ends(4), Width: 2, Best: 1})
	require.NoError(t, err)
	_, err = search.Decode()
	assert.ErrorContains(t, err, "batch")
	_, err = search.Decode(tensors.FromValue([]int32{0, 0}), tensors.FromValue([]int32{0, 0, 0}))
	assert.ErrorContains(t, err, "input 1 is (Int32)[3], its first axis must be the batch, 2")

	broken := newTable(2, 3, 2, func(input int, _ []int32) []float32 { return []float32{0, 0, float32(math.NaN()) * float32(input)} })
	search, err = decode.NewBeam(b, model.NewStore(), broken, decode.BeamConfig{Config: ends(2), Width: 2, Best: 1})
	require.NoError(t, err)
	_, err = search.Decode(tensors.FromValue([]int32{1, 1}))
	assert.ErrorContains(t, err, "row 0, step 0: decode: the logit of token 2 is NaN")
}
