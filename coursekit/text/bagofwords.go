package text

import (
	"fmt"
	"math"
)

// BagOfWordsConfig is the setting of a BagOfWords.
type BagOfWordsConfig struct {
	// Order is n: the bag holds the n-1 tokens before the predicted one. Order 2 is the bigram.
	Order int
	// Alpha is added to the count of every token.
	Alpha float64
}

// Validate returns nil or the rule that is broken.
func (c BagOfWordsConfig) Validate() error {
	if c.Order < 2 {
		return fmt.Errorf("text: the order of a bag-of-words model is %d, must be at least 2", c.Order)
	}
	return validAlpha(c.Alpha)
}

// BagOfWords is a language model that knows which tokens occur in the n-1 before, but not in which order. Its table has
// V² cells for every n: c(h,w) is how often w has h among the n-1 tokens to its left. The history is a multiset, each of
// its tokens has a vote for each time that it occurs:
//
//	p(w|h1 ... hk) = (Σ c(hi,w) + α) / (Σ c(hi) + αV), c(h) the sum of c(h,w) over w
//
// It does not change once made. It differs from a table of whole bags, which would have more than V² cells.
//
// Source: lecture 7, "Bag-of-Words Model".
type BagOfWords struct {
	config     BagOfWordsConfig
	vocabulary int
	counts     map[uint64]int32 // of h and w
	totals     []int            // [V], c(h)
}

// NewBagOfWords counts the tokens of a text, ids in [0, vocabulary). As in NewNGram, tokens without a full history are
// not learnt from. Errors as NewNGram.
func NewBagOfWords(ids []int32, vocabulary int, config BagOfWordsConfig) (*BagOfWords, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if err := validTraining(ids, vocabulary, config.Order); err != nil {
		return nil, err
	}
	m := &BagOfWords{config, vocabulary, map[uint64]int32{}, make([]int, vocabulary)}
	for i := config.Order - 1; i < len(ids); i++ {
		for _, h := range ids[i-config.Order+1 : i] {
			m.counts[child(h, ids[i])]++
			m.totals[h]++
		}
	}
	return m, nil
}

// Order implements LanguageModel.
func (m *BagOfWords) Order() int { return m.config.Order }

// Cells returns V², the size of the full table.
func (m *BagOfWords) Cells() float64 { return float64(m.vocabulary) * float64(m.vocabulary) }

// LogProb implements LanguageModel. The order of the history does not matter, except for which n-1 tokens are its last.
func (m *BagOfWords) LogProb(history []int32, token int32) (float64, error) {
	history = last(history, m.config.Order-1)
	if err := validIDs(m.vocabulary, token, history); err != nil {
		return 0, err
	}
	return math.Log(m.probability(history, token)), nil
}

// Distribution implements LanguageModel.
func (m *BagOfWords) Distribution(history []int32) ([]float64, error) {
	history = last(history, m.config.Order-1)
	if err := validIDs(m.vocabulary, 0, history); err != nil {
		return nil, err
	}
	p := make([]float64, m.vocabulary) // [V]
	for token := range p {
		p[token] = m.probability(history, int32(token))
	}
	return p, nil
}

func (m *BagOfWords) probability(history []int32, token int32) float64 {
	count, total := 0, 0 // whole numbers: their sum is the same in every order
	for _, h := range history {
		count += int(m.counts[child(h, token)])
		total += m.totals[h]
	}
	return (float64(count) + m.config.Alpha) / (float64(total) + m.config.Alpha*float64(m.vocabulary))
}
