package experiment

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"courselab/coursekit/bert"
	"courselab/coursekit/transformer"
)

// bertWords gives the words of generated sentences ids for a small BERT, after the special tokens.
type bertWords struct {
	ids map[string]int32
}

// newBertWords numbers the words of the sentences by the alphabet.
func newBertWords(sentences [][]string) bertWords {
	w := bertWords{map[string]int32{}}
	for _, sentence := range sentences {
		for _, word := range sentence {
			w.ids[word] = 0
		}
	}
	for i, word := range slices.Sorted(maps.Keys(w.ids)) {
		w.ids[word] = int32(len(maskingSpecials.IDs()) + i)
	}
	return w
}

func (w bertWords) size() int { return len(w.ids) + len(maskingSpecials.IDs()) }

// sequence is [CLS] words [SEP], at most length long.
func (w bertWords) sequence(words []string, length int) (bert.Sequence, error) {
	ids := make([]int32, len(words))
	for i, word := range words {
		id, found := w.ids[word]
		if !found {
			return bert.Sequence{}, fmt.Errorf("the word %q is not in the corpus that was pre-trained on", word)
		}
		ids[i] = id
	}
	return maskingSpecials.Single(ids, length)
}

// unigramEntropy is the entropy of the distribution of words, in nats: what a model that knows frequencies only would
// lose at a hidden word.
func unigramEntropy(sentences [][]string) float64 {
	counts, total := map[string]int{}, 0
	for _, sentence := range sentences {
		for _, word := range sentence {
			counts[word]++
			total++
		}
	}
	entropy := 0.0
	for _, word := range slices.Sorted(maps.Keys(counts)) { // in one order: floating point sums
		p := float64(counts[word]) / float64(total)
		entropy -= p * math.Log(p)
	}
	return entropy
}

// smallBert is a BERT of two layers for generated sentences.
func smallBert(vocabulary, width, length int) bert.Config {
	c := bert.DefaultConfig()
	c.Vocabulary, c.ModelDim, c.FFDim, c.Layers, c.Heads, c.MaxLength, c.Segments = vocabulary, width, 2*width, 2, 4, length, 1
	c.Activation, c.Dropout, c.InitialDeviation = transformer.GELU, 0, 0.1
	return c
}
