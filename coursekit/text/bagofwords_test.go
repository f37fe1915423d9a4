package text_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/text"
)

// The lecture's point: shuffle what was before, and the bag of words says the same of what comes next, to the last bit. The
// n-gram does not.
func TestBagOfWordsForgetsTheOrder(t *testing.T) {
	const v, order = 7, 5
	r := rand.New(rand.NewPCG(3, 17))
	ids := randomText(r, 2_003, v)
	bag, err := text.NewBagOfWords(ids, v, text.BagOfWordsConfig{Order: order, Alpha: 0.1})
	require.NoError(t, err)
	bigram, err := text.NewNGram(ids, v, text.NGramConfig{Order: 2, Alpha: 0.1})
	require.NoError(t, err)
	means := func(m text.LanguageModel, shuffle bool) (mean float64) {
		r := rand.New(rand.NewPCG(1, 1))
		for i := order - 1; i < len(ids); i++ {
			history := append([]int32{}, ids[i-order+1:i]...)
			if shuffle {
				r.Shuffle(len(history), func(a, b int) { history[a], history[b] = history[b], history[a] })
			}
			logProb, err := m.LogProb(history, ids[i])
			require.NoError(t, err)
			mean -= logProb / float64(len(ids)-order+1)
		}
		return mean
	}
	assert.Equal(t, means(bag, false), means(bag, true))
	assert.Greater(t, means(bigram, true), means(bigram, false)+0.5, "in nats")
	assert.Greater(t, means(bag, false), means(bigram, false)+0.1, "here the order matters, and the bag has lost it")
}

func TestBagOfWordsIsItsFormula(t *testing.T) {
	for seed := range uint64(37) {
		r := rand.New(rand.NewPCG(seed, 13))
		v, order := 2+r.IntN(6), 2+r.IntN(4)
		ids := randomText(r, 11+r.IntN(43), v)
		alpha := 0.01 + r.Float64()
		m, err := text.NewBagOfWords(ids, v, text.BagOfWordsConfig{Order: order, Alpha: alpha})
		require.NoError(t, err)
		history := randomText(r, order-1, v)
		p, err := m.Distribution(history)
		require.NoError(t, err)
		sum := 0.0
		for token, got := range p {
			sum += got
			together, total := 0.0, 0.0
			for i := order - 1; i < len(ids); i++ {
				for _, before := range ids[i-order+1 : i] {
					for _, h := range history {
						if before == h {
							total++
							if ids[i] == int32(token) {
								together++
							}
						}
					}
				}
			}
			require.InDelta(t, (together+alpha)/(total+alpha*float64(v)), got, 1e-12, "seed %d", seed)
		}
		require.InDelta(t, 1, sum, 1e-12)
	}
}

// A bag of one word has an order: it is the bigram.
func TestBagOfOneWordIsTheBigram(t *testing.T) {
	ids := randomText(rand.New(rand.NewPCG(9, 9)), 307, 5)
	bag, err := text.NewBagOfWords(ids, 5, text.BagOfWordsConfig{Order: 2, Alpha: 0.1})
	require.NoError(t, err)
	bigram, err := text.NewNGram(ids, 5, text.NGramConfig{Order: 2, Alpha: 0.1})
	require.NoError(t, err)
	a, err := text.Score(bag, ids)
	require.NoError(t, err)
	b, err := text.Score(bigram, ids)
	require.NoError(t, err)
	assert.InDelta(t, b.NLL, a.NLL, 1e-12)
}
