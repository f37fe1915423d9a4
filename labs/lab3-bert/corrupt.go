package bert

import (
	"math"
	"slices"
	"strings"
)

// The rates of masked language modelling.
const (
	Share     = 0.15 // of the tokens are chosen
	MaxChosen = 20   // tokens of a sequence at most
)

// Words groups the positions of a sequence of word pieces into whole words (task corruption): a piece that begins with "##"
// goes on with the word of the piece before it. Special tokens (see isSpecial) belong to no word, and no word goes on
// across them.
//
// [CLS] spi ##der [SEP] gives {1, 2}. It returns one slice of ascending positions a word, in the order of the words.
func Words(tokens []string) [][]int {
	// BEGIN SOLUTION
	var words [][]int
	inWord := false
	for position, token := range tokens {
		switch {
		case isSpecial(token):
			inWord = false
		case inWord && strings.HasPrefix(token, "##"):
			last := len(words) - 1
			words[last] = append(words[last], position)
		default:
			words, inWord = append(words, []int{position}), true
		}
	}
	return words
	// END SOLUTION
}

// Choose says which positions of a sequence are to be predicted (task corruption), by the rule of create_pretraining_data.py
// with whole words: of a sequence of length tokens, special ones counted,
//
//	wanted = Share·length, rounded, but at least 1 and at most MaxChosen
//
// positions are wanted. The words are taken in the order that is given, a shuffled one, each with all its positions; a word
// that would lead beyond what is wanted is passed over, and shorter ones after it may still be taken.
//
//	words   as Words returns them
//	order   a permutation of 0, ..., len(words)-1
//	length  of the sequence, in tokens
//
// It returns the chosen positions, ascending. Rounding goes to the nearest integer, halves to the even one, as Python's round
// does (math.RoundToEven).
func Choose(words [][]int, order []int, length int) []int {
	// BEGIN SOLUTION
	wanted := min(MaxChosen, max(1, int(math.RoundToEven(Share*float64(length)))))
	var chosen []int
	for _, word := range order {
		if len(chosen)+len(words[word]) <= wanted {
			chosen = append(chosen, words[word]...)
		}
	}
	slices.Sort(chosen)
	return chosen
	// END SOLUTION
}

// Corrupt hides the chosen tokens (task corruption), each by its own uniform draw from [0, 1):
//
//	fate in [0, 0.8)    becomes MaskID
//	fate in [0.8, 0.9)  becomes the random token drawn for it
//	fate in [0.9, 1)    stays
//
//	ids        the sequence
//	positions  the chosen ones, P of them
//	fates      P draws; fates[i] belongs to positions[i]
//	random     P token ids; random[i] belongs to positions[i], needed or not
//
// It returns the sequence as the model reads it, and the P labels that it is to say: what stood at the chosen positions, the
// tokens that stay included, for the model is not told which ones those are. One draw decides among the three: with a draw
// each for "mask" and "random", the shares would be other ones.
func Corrupt(ids, positions []int, fates []float64, random []int) (corrupted, labels []int) {
	// BEGIN SOLUTION
	corrupted = slices.Clone(ids)
	for i, position := range positions {
		labels = append(labels, ids[position])
		switch {
		case fates[i] < 0.8:
			corrupted[position] = MaskID
		case fates[i] < 0.9:
			corrupted[position] = random[i]
		}
	}
	return corrupted, labels
	// END SOLUTION
}
