package text

import (
	"fmt"
	"math"

	"courselab/coursekit/metric"
)

// LanguageModel says how likely a token is after the tokens before it.
type LanguageModel interface {
	// Order is n: the model looks at the n-1 tokens before the one that it predicts.
	Order() int
	// LogProb returns the natural logarithm of the probability of token after history, at most 0. Of a longer history it
	// uses the end; a shorter one is used as it is. It returns an error for an id outside [0, V).
	LogProb(history []int32, token int32) (float64, error)
	// Distribution returns the probability of every token after history, [V], with the sum 1. Errors as LogProb.
	Distribution(history []int32) ([]float64, error)
	// Cells is the number of cells of the model's full table: a power of V.
	Cells() float64
}

// Likelihood is how well a model predicts a text.
type Likelihood struct {
	Tokens     int     // that were predicted
	NLL        float64 // mean negative log-likelihood of a token, in nats
	Perplexity float64 // exp of it
}

// Score returns the likelihood of the tokens that have a full history: all but the first n-1.
//
// It returns an error if there are none, or for an id outside the vocabulary.
func Score(m LanguageModel, ids []int32) (Likelihood, error) {
	before := m.Order() - 1
	if len(ids) <= before {
		return Likelihood{}, fmt.Errorf("text: %d tokens to score, a model of order %d needs at least %d", len(ids), m.Order(), m.Order())
	}
	nats := make([]float64, 0, len(ids)-before)
	for i := before; i < len(ids); i++ {
		logProb, err := m.LogProb(ids[i-before:i], ids[i])
		if err != nil {
			return Likelihood{}, fmt.Errorf("token %d: %w", i, err)
		}
		nats = append(nats, -logProb)
	}
	perplexity, err := metric.Perplexity(nats)
	return Likelihood{len(nats), math.Log(perplexity), perplexity}, err
}

// NGramConfig is the setting of an NGram.
type NGramConfig struct {
	// Order is n; 1 looks at no history, 2 is the bigram, a Markov chain.
	Order int
	// Alpha is added to the count of every token, seen or not, so that none is impossible.
	Alpha float64
	// Interpolate gives the V·Alpha counts that are added to the tokens as the model of the next lower order would, not
	// to all alike; below order 1 all are alike. After a history that was never seen it thereby backs off.
	Interpolate bool
}

// Validate returns nil or the rule that is broken.
func (c NGramConfig) Validate() error {
	if c.Order < 1 {
		return fmt.Errorf("text: the order of an n-gram model is %d, must be at least 1", c.Order)
	}
	return validAlpha(c.Alpha)
}

func validAlpha(alpha float64) error {
	if !(alpha > 0) || math.IsInf(alpha, 1) {
		return fmt.Errorf("text: Alpha is %g, must be more than 0 and finite", alpha)
	}
	return nil
}

// NGram is a language model of counts: p(w|h) = (c(h,w) + α) / (c(h) + αV), where h are the n-1 tokens before w, c(h,w)
// is how often the training text has h and then w, and c(h) is the sum of that over w. It does not change once made, so
// that several goroutines can use it.
//
// The full table has V^n cells (see Cells); kept are those that are not 0.
//
// Source: lecture 7, "n-gram Model"; the interpolation is MacKay and Peto's hierarchical Dirichlet model.
type NGram struct {
	config     NGramConfig
	vocabulary int
	counts     *gramCounts
}

// gramCounts is a tree: a node for each sequence of at most depth tokens that occurs, the empty one first.
type gramCounts struct {
	depth    int
	children map[uint64]int32 // of a node and a token
	seen     []int32          // how often a node's sequence occurs
	followed []int32          // how often with another token after it
}

func child(node, token int32) uint64 { return uint64(node)<<32 | uint64(token) }

// NewNGram counts the tokens of a text, ids in [0, vocabulary).
//
// It returns an error for a bad setting, for a text that is shorter than the order, or for an id outside the vocabulary.
func NewNGram(ids []int32, vocabulary int, config NGramConfig) (*NGram, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if err := validTraining(ids, vocabulary, config.Order); err != nil {
		return nil, err
	}
	counts := &gramCounts{depth: config.Order, children: map[uint64]int32{}, seen: make([]int32, 1), followed: make([]int32, 1)}
	for start := range ids {
		node := int32(0)
		for _, token := range ids[start:min(start+config.Order, len(ids))] {
			counts.followed[node]++
			next, ok := counts.children[child(node, token)]
			if !ok {
				next = int32(len(counts.seen))
				counts.children[child(node, token)] = next
				counts.seen, counts.followed = append(counts.seen, 0), append(counts.followed, 0)
			}
			node = next
			counts.seen[node]++
		}
	}
	return &NGram{config, vocabulary, counts}, nil
}

// With returns a model of the same counts with another setting, without counting again. Its order must not be higher than
// the one that was counted.
func (m *NGram) With(config NGramConfig) (*NGram, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if config.Order > m.counts.depth {
		return nil, fmt.Errorf("text: order %d of counts up to order %d", config.Order, m.counts.depth)
	}
	return &NGram{config, m.vocabulary, m.counts}, nil
}

// Order implements LanguageModel.
func (m *NGram) Order() int { return m.config.Order }

// Cells returns V^n, the size of the full table.
func (m *NGram) Cells() float64 { return math.Pow(float64(m.vocabulary), float64(m.config.Order)) }

// LogProb implements LanguageModel.
func (m *NGram) LogProb(history []int32, token int32) (float64, error) {
	history = last(history, m.config.Order-1)
	if err := validIDs(m.vocabulary, token, history); err != nil {
		return 0, err
	}
	return min(math.Log(m.probability(history, token)), 0), nil
}

// Distribution implements LanguageModel.
func (m *NGram) Distribution(history []int32) ([]float64, error) {
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

func (m *NGram) probability(history []int32, token int32) float64 {
	v := float64(m.vocabulary)
	lower := 1 / v
	if m.config.Interpolate {
		for from := len(history); from > 0; from-- {
			lower = m.smoothed(history[from:], token, lower)
		}
	}
	return m.smoothed(history, token, lower)
}

// smoothed is (c(h,w) + αV·lower) / (c(h) + αV); with lower = 1/V that is adding α.
func (m *NGram) smoothed(history []int32, token int32, lower float64) float64 {
	added := m.config.Alpha * float64(m.vocabulary)
	node, ok := int32(0), true
	for _, id := range history {
		if node, ok = m.counts.children[child(node, id)]; !ok {
			return lower
		}
	}
	count := 0.0
	if leaf, ok := m.counts.children[child(node, token)]; ok {
		count = float64(m.counts.seen[leaf])
	}
	return (count + added*lower) / (float64(m.counts.followed[node]) + added)
}

func last(history []int32, n int) []int32 { return history[max(0, len(history)-n):] }

func validIDs(vocabulary int, token int32, history []int32) error {
	if token < 0 || int(token) >= vocabulary {
		return fmt.Errorf("text: id %d is not in a vocabulary of %d", token, vocabulary)
	}
	for _, id := range history {
		if id < 0 || int(id) >= vocabulary {
			return fmt.Errorf("text: id %d of the history is not in a vocabulary of %d", id, vocabulary)
		}
	}
	return nil
}

func validTraining(ids []int32, vocabulary, order int) error {
	if vocabulary < 1 {
		return fmt.Errorf("text: a vocabulary of %d, must be at least 1", vocabulary)
	}
	if len(ids) < order || len(ids) > math.MaxInt32/order {
		return fmt.Errorf("text: %d tokens to count, a model of order %d needs from %d to %d", len(ids), order, order, math.MaxInt32/order)
	}
	for i, id := range ids {
		if err := validIDs(vocabulary, id, nil); err != nil {
			return fmt.Errorf("token %d: %w", i, err)
		}
	}
	return nil
}
