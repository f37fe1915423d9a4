package text_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/text"
	"courselab/coursekit/worked"
)

// randomText has ids in [0, v); each is more likely to be followed by the next one, so that there is something to learn.
func randomText(r *rand.Rand, n, v int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(r.IntN(v))
		if i > 0 && r.IntN(3) > 0 {
			ids[i] = (ids[i-1] + 1) % int32(v)
		}
	}
	return ids
}

// count is the slow way: how often pattern occurs in ids[:end].
func count(ids, pattern []int32, end int) (n float64) {
	for i := 0; i+len(pattern) <= end; i++ {
		same := true
		for k := range pattern {
			same = same && ids[i+k] == pattern[k]
		}
		if same {
			n++
		}
	}
	return n
}

// slow is the probability of an n-gram by its formula, counting in the text each time.
func slow(ids, history []int32, token int32, v int, c text.NGramConfig) float64 {
	lower := 1 / float64(v)
	if c.Interpolate && len(history) > 0 {
		lower = slow(ids, history[1:], token, v, c)
	}
	added := c.Alpha * float64(v)
	gram := append(append([]int32{}, history...), token)
	return (count(ids, gram, len(ids)) + added*lower) / (count(ids, history, len(ids)-1) + added)
}

func TestNGramIsItsFormula(t *testing.T) {
	for seed := range uint64(37) {
		r := rand.New(rand.NewPCG(seed, 11))
		v := 2 + r.IntN(6)
		ids := randomText(r, 11+r.IntN(43), v)
		config := text.NGramConfig{Order: 1 + r.IntN(5), Alpha: 0.01 + r.Float64(), Interpolate: seed%2 == 0}
		m, err := text.NewNGram(ids, v, config)
		require.NoError(t, err)
		for range 7 {
			history := randomText(r, config.Order-1, v)
			p, err := m.Distribution(append([]int32{int32(r.IntN(v))}, history...))
			require.NoError(t, err)
			require.Len(t, p, v)
			sum := 0.0
			for token, got := range p {
				sum += got
				require.InDelta(t, slow(ids, history, int32(token), v, config), got, 1e-12, "seed %d, history %v, token %d", seed, history, token)
				logProb, err := m.LogProb(history, int32(token))
				require.NoError(t, err)
				require.InDelta(t, math.Log(got), logProb, 1e-12)
			}
			require.InDelta(t, 1, sum, 1e-12)
		}
	}
}

func TestUnseenHistory(t *testing.T) {
	ids := []int32{0, 1, 0, 2, 0, 1, 0, 1}
	flat, err := text.NewNGram(ids, 4, text.NGramConfig{Order: 3, Alpha: 0.1})
	require.NoError(t, err)
	p, err := flat.Distribution([]int32{3, 0})
	require.NoError(t, err)
	assert.Equal(t, []float64{0.25, 0.25, 0.25, 0.25}, p, "nothing is known")

	smooth, err := flat.With(text.NGramConfig{Order: 3, Alpha: 0.1, Interpolate: true})
	require.NoError(t, err)
	bigram, err := flat.With(text.NGramConfig{Order: 2, Alpha: 0.1, Interpolate: true})
	require.NoError(t, err)
	p, err = smooth.Distribution([]int32{3, 0})
	require.NoError(t, err)
	lower, err := bigram.Distribution([]int32{0})
	require.NoError(t, err)
	assert.Equal(t, lower, p, "it backs off")
	assert.Greater(t, p[1], p[2])
}

// With must give what counting anew gives.
func TestWith(t *testing.T) {
	ids := randomText(rand.New(rand.NewPCG(5, 5)), 211, 5)
	big, err := text.NewNGram(ids, 5, text.NGramConfig{Order: 5, Alpha: 1})
	require.NoError(t, err)
	for order := 1; order <= 5; order++ {
		config := text.NGramConfig{Order: order, Alpha: 0.3}
		want, err := text.NewNGram(ids, 5, config)
		require.NoError(t, err)
		got, err := big.With(config)
		require.NoError(t, err)
		a, err := text.Score(want, ids)
		require.NoError(t, err)
		b, err := text.Score(got, ids)
		require.NoError(t, err)
		assert.Equal(t, a, b)
		assert.Equal(t, 212-order, a.Tokens, "all but the first n-1")
	}
}

func TestScoreByHand(t *testing.T) {
	// After 0 come 1, 1, 1 and 2, after 1 three times 0; α = 1, V = 3.
	m, err := text.NewNGram([]int32{0, 1, 0, 1, 0, 1, 0, 2}, 3, text.NGramConfig{Order: 2, Alpha: 1})
	require.NoError(t, err)
	got, err := text.Score(m, []int32{0, 1, 0})
	require.NoError(t, err)
	want := -(math.Log(4.0/7) + math.Log(4.0/6)) / 2
	assert.InDelta(t, want, got.NLL, 1e-12)
	assert.InDelta(t, math.Exp(want), got.Perplexity, 1e-12)
	assert.Equal(t, 2, got.Tokens)

	// A model that knows nothing is as perplexed as there are tokens.
	nothing, err := m.With(text.NGramConfig{Order: 2, Alpha: 1e12})
	require.NoError(t, err)
	got, err = text.Score(nothing, []int32{0, 1, 2, 2, 1})
	require.NoError(t, err)
	assert.InDelta(t, 3, got.Perplexity, 1e-9)
}

func ExampleNGram() {
	v, _ := text.BuildAlphabet([][]string{text.Characters.Split("banana bandana")})
	ids, _ := v.Encode(text.Characters.Split("banana bandana"))
	trigram, _ := text.NewNGram(ids, v.Size(), text.NGramConfig{Order: 3, Alpha: 0.1})
	history, _ := v.Encode([]string{"a", "n"})
	p, _ := trigram.Distribution(history)
	for i, word := range v.Words() {
		fmt.Printf("%q %.2f\n", word, p[i])
	}
	// Output:
	// " " 0.02
	// "a" 0.69
	// "b" 0.02
	// "d" 0.24
	// "n" 0.02
}

func TestTableSizes(t *testing.T) {
	const v = 10_000
	ids := []int32{0, 7, 9_999, 3, 7}
	fourGram, err := text.NewNGram(ids, v, text.NGramConfig{Order: worked.TableSizes.FourGram, Alpha: 0.1})
	require.NoError(t, err)
	bag, err := text.NewBagOfWords(ids, v, text.BagOfWordsConfig{Order: 4, Alpha: 0.1})
	require.NoError(t, err)
	assert.InDelta(t, worked.TableSizes.FourGram, math.Log(fourGram.Cells())/math.Log(v), 1e-12, "|V|^4")
	assert.InDelta(t, worked.TableSizes.BagOfWords, math.Log(bag.Cells())/math.Log(v), 1e-12, "|V|^2")
	assert.Equal(t, 40e15, 4*fourGram.Cells(), "40 PB of float32")
	assert.Equal(t, 0.4e9, 4*bag.Cells(), "0.4 GB")
	tenGram, err := text.NewBagOfWords(append(ids, ids...), v, text.BagOfWordsConfig{Order: 10, Alpha: 0.1})
	require.NoError(t, err)
	assert.Equal(t, bag.Cells(), tenGram.Cells(), "a longer history costs nothing")
}

func TestBadModelsAreErrors(t *testing.T) {
	ids := []int32{0, 1, 2, 1}
	good, err := text.NewNGram(ids, 3, text.NGramConfig{Order: 2, Alpha: 1})
	require.NoError(t, err)
	bag, err := text.NewBagOfWords(ids, 3, text.BagOfWordsConfig{Order: 3, Alpha: 1})
	require.NoError(t, err)
	nGram := func(ids []int32, v, order int, alpha float64) func() error {
		return func() error {
			_, err := text.NewNGram(ids, v, text.NGramConfig{Order: order, Alpha: alpha})
			return err
		}
	}
	for want, f := range map[string]func() error{
		"order of an n-gram model is 0":              nGram(ids, 3, 0, 1),
		"Alpha is 0":                                 nGram(ids, 3, 2, 0),
		"Alpha is NaN":                               nGram(ids, 3, 2, math.NaN()),
		"Alpha is +Inf":                              nGram(ids, 3, 2, math.Inf(1)),
		"a vocabulary of 0":                          nGram(ids, 0, 2, 1),
		"4 tokens to count, a model of order 5":      nGram(ids, 3, 5, 1),
		"token 2: text: id 2 is not in a vocabulary": nGram(ids, 2, 2, 1),
		"order 3 of counts up to order 2": func() error {
			_, err := good.With(text.NGramConfig{Order: 3, Alpha: 1})
			return err
		},
		"id -1 of the history":       func() error { _, err := good.LogProb([]int32{0, -1}, 0); return err },
		"id 3 is not":                func() error { _, err := bag.LogProb([]int32{0}, 3); return err },
		"id 7 of the history":        func() error { _, err := bag.Distribution([]int32{7}); return err },
		"id 8 of the history":        func() error { _, err := good.Distribution([]int32{8}); return err },
		"1 tokens to score":          func() error { _, err := text.Score(good, ids[:1]); return err },
		"token 1: text: id 5 is not": func() error { _, err := text.Score(good, []int32{0, 5}); return err },
		"order of a bag-of-words model is 1": func() error {
			_, err := text.NewBagOfWords(ids, 3, text.BagOfWordsConfig{Order: 1, Alpha: 1})
			return err
		},
		"2 tokens to count": func() error {
			_, err := text.NewBagOfWords(ids[:2], 3, text.BagOfWordsConfig{Order: 3, Alpha: 1})
			return err
		},
	} {
		assert.ErrorContains(t, f(), want)
	}
}
