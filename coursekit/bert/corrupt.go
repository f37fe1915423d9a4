package bert

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Corrupter hides tokens for the masked-LM task. Start from DefaultCorrupter.
//
// The rule is that of google-research/bert's create_pretraining_data.py: of a sequence of n tokens, special ones counted,
// max(1, round(Share·n)) are chosen, at most MaxChosen, among those that are not special, without replacement. Each
// chosen one becomes [MASK] with probability MaskShare, a random token with RandomShare, and stays with what is left. One
// draw decides between the three, so that their shares add up: two independent draws for "random" and "stays" would give
// 81, 10 and 9 %.
//
// Different from there: a random token is never a special one.
//
// Source: lecture 7, "BERT: masked language model"; Devlin et al. 2019, section 3.1, task 1.
type Corrupter struct {
	// Vocabulary is V: random tokens are drawn from [0, V).
	Vocabulary int
	// Mask is the id of [MASK].
	Mask int32
	// Special are the ids that are neither chosen nor drawn; Mask must be one of them.
	Special []int32
	// Share of the tokens that are chosen, in (0, 1].
	Share float64
	// MaskShare and RandomShare of the chosen ones are masked and replaced; their sum is at most 1.
	MaskShare, RandomShare float64
	// MaxChosen is P, the most tokens chosen in a sequence.
	MaxChosen int
	// Continues, if set, says that a token continues the word of the token before it, as "##ing" does: words are then
	// chosen whole, each of their tokens meeting its own fate. A word that would exceed the number is passed over.
	Continues func(id int32) bool
}

// DefaultCorrupter chooses 15 % of the tokens, at most 20, and masks 80 % and replaces 10 % of them.
func DefaultCorrupter(vocabulary int, specials Specials) Corrupter {
	return Corrupter{
		Vocabulary: vocabulary, Mask: specials.Mask, Special: specials.IDs(),
		Share: 0.15, MaskShare: 0.8, RandomShare: 0.1, MaxChosen: 20,
	}
}

// Validate returns nil or every rule that is broken, joined.
func (c Corrupter) Validate() error {
	var broken []error
	rule := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, fmt.Errorf("bert: corrupter: "+format, args...))
		}
	}
	rule(slices.Contains(c.Special, c.Mask), "Mask is %d, must be one of Special, which are %v", c.Mask, c.Special)
	rule(c.plain() >= 1, "Vocabulary is %d, must have tokens beside the special ones %v", c.Vocabulary, c.Special)
	rule(c.Share > 0 && c.Share <= 1, "Share is %g, must be in (0, 1]", c.Share)
	rule(c.MaskShare >= 0 && c.RandomShare >= 0 && c.MaskShare+c.RandomShare <= 1+1e-12,
		"MaskShare is %g and RandomShare %g, must be at least 0 and add up to 1 at most", c.MaskShare, c.RandomShare)
	rule(c.MaxChosen >= 1, "MaxChosen is %d, must be at least 1", c.MaxChosen)
	return errors.Join(broken...)
}

// plain is the number of ids in the vocabulary that are not special.
func (c Corrupter) plain() int {
	n := c.Vocabulary
	for i, id := range c.Special {
		if id >= 0 && int(id) < c.Vocabulary && !slices.Contains(c.Special[:i], id) {
			n--
		}
	}
	return n
}

// Corruption is a sequence with tokens hidden, and what they were.
type Corruption struct {
	IDs       []int32 // [L], as the model reads them
	Positions []int32 // of the chosen tokens, ascending, at most MaxChosen
	Labels    []int32 // the tokens that stood there
}

// Corrupt hides tokens of ids, which it leaves as they are. A sequence of special tokens only comes back with none chosen.
// It returns an error for a bad setting and for an id outside the vocabulary.
func (c Corrupter) Corrupt(rng *rand.Rand, ids []int32) (Corruption, error) {
	if err := c.Validate(); err != nil {
		return Corruption{}, err
	}
	var candidates [][]int32 // a word's positions each
	inWord := false
	for i, id := range ids {
		if id < 0 || int(id) >= c.Vocabulary {
			return Corruption{}, fmt.Errorf("bert: token %d is %d, not in a vocabulary of %d", i, id, c.Vocabulary)
		}
		switch {
		case slices.Contains(c.Special, id):
			inWord = false
		case inWord && c.Continues != nil && c.Continues(id):
			candidates[len(candidates)-1] = append(candidates[len(candidates)-1], int32(i))
		default:
			candidates, inWord = append(candidates, []int32{int32(i)}), true
		}
	}
	rng.Shuffle(len(candidates), func(i, j int) { candidates[i], candidates[j] = candidates[j], candidates[i] })

	result := Corruption{IDs: slices.Clone(ids)}
	wanted := min(c.MaxChosen, max(1, int(math.RoundToEven(c.Share*float64(len(ids))))))
	for _, word := range candidates {
		if len(result.Positions)+len(word) <= wanted {
			result.Positions = append(result.Positions, word...)
		}
	}
	slices.Sort(result.Positions)
	for _, at := range result.Positions {
		result.Labels = append(result.Labels, ids[at])
		switch fate := rng.Float64(); {
		case fate < c.MaskShare:
			result.IDs[at] = c.Mask
		case fate < c.MaskShare+c.RandomShare:
			result.IDs[at] = c.draw(rng)
		}
	}
	return result, nil
}

// draw returns a token that is not special.
func (c Corrupter) draw(rng *rand.Rand) int32 {
	for {
		if id := int32(rng.IntN(c.Vocabulary)); !slices.Contains(c.Special, id) {
			return id
		}
	}
}

// MaskedBatch is a batch for the masked-LM task: rows with tokens hidden, and where and what to predict.
type MaskedBatch struct {
	Batch
	Positions [][]int32 // [B, P]; 0 where fewer are chosen
	Labels    [][]int32 // [B, P]
	Chosen    [][]bool  // [B, P], true where there is something to predict
}

// CorruptBatch hides tokens of every row of a batch; P is MaxChosen.
func (c Corrupter) CorruptBatch(rng *rand.Rand, b Batch) (MaskedBatch, error) {
	masked := MaskedBatch{Batch: Batch{Segments: b.Segments, Mask: b.Mask}}
	for i, row := range b.IDs {
		n := 0
		for n < len(row) && b.Mask[i][n] {
			n++
		}
		hidden, err := c.Corrupt(rng, row[:n]) // padding does not count
		if err != nil {
			return masked, fmt.Errorf("row %d: %w", i, err)
		}
		positions, labels, chosen := make([]int32, c.MaxChosen), make([]int32, c.MaxChosen), make([]bool, c.MaxChosen)
		copy(positions, hidden.Positions)
		copy(labels, hidden.Labels)
		for k := range hidden.Positions {
			chosen[k] = true
		}
		masked.IDs = append(masked.IDs, append(hidden.IDs, row[n:]...))
		masked.Positions, masked.Labels, masked.Chosen = append(masked.Positions, positions), append(masked.Labels, labels), append(masked.Chosen, chosen)
	}
	return masked, nil
}
