package synth

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Split says which inputs a generator may draw.
type Split int

const (
	// All draws any input.
	All Split = iota
	// Train draws inputs that are not held out.
	Train
	// Test draws held-out inputs only.
	Test
)

// String returns "all", "train" or "test".
func (s Split) String() string {
	if s < All || s > Test {
		return fmt.Sprintf("Split(%d)", int(s))
	}
	return [...]string{"all", "train", "test"}[s]
}

// Letters is the lecture's task a -> 1, b -> 2, ... (section "How Would We Train a Transformer?").
//
// Process: a length L, uniform in [MinLength, MaxLength]; L different letters, uniform; in an order drawn uniformly.
// The target is the number of every letter, 1 for a: in the order of the input if Sequence is set, else from the
// largest down, as the lecture writes {a, c, d} -> {4, 3, 1}. A set has no order: score it with SameSet.
//
// Whether an input is held out depends on a hash of its set of letters alone: no set is in both splits in any order, the
// split is the same for every seed and on every machine, and sets and sequences share it.
//
// Truth: exact match 1 is reachable. Blind to the order of the input, a model reaches 1/L! on sequences.
type Letters struct {
	Alphabet             int     // letters in use, 1 to 26
	MinLength, MaxLength int     // letters of an input
	Sequence             bool    // keep the order of the input
	Held                 float64 // share of sets that are held out, in [0, 1]
	Split                Split   // which inputs are drawn
}

// DefaultLetters returns 26 letters, 3 to 6 in an input, as sets, a tenth of the sets held out.
func DefaultLetters() Letters {
	return Letters{Alphabet: 26, MinLength: 3, MaxLength: 6, Held: 0.1}
}

// LetterPair is an input and its target.
type LetterPair struct {
	Letters []int // [L] 0 for a, 1 for b, ...
	Numbers []int // [L] 1 for a, 2 for b, ...
	Ordered bool  // the order counts
}

// String returns "{a, c, d} -> {4, 3, 1}" or "[a, c, d] -> [1, 3, 4]".
func (p LetterPair) String() string {
	letters, numbers := make([]string, len(p.Letters)), make([]string, len(p.Numbers))
	for i, l := range p.Letters {
		letters[i] = string(rune('a' + l))
	}
	for i, n := range p.Numbers {
		numbers[i] = strconv.Itoa(n)
	}
	open, end := "{", "}"
	if p.Ordered {
		open, end = "[", "]"
	}
	return open + strings.Join(letters, ", ") + end + " -> " + open + strings.Join(numbers, ", ") + end
}

// maxTries bounds the search for an input of the split. With 1 set in 1000 held out it fails once in 10^43 draws.
const maxTries = 100_000

// Validate implements Generator. It also fails if the split has no input at all.
func (g Letters) Validate() error {
	if err := g.ranges(); err != nil {
		return err
	}
	_, err := g.draw(0, 0)
	return err
}

func (g Letters) ranges() error {
	switch {
	case g.Alphabet < 1 || g.Alphabet > 26:
		return fmt.Errorf("synth: Letters.Alphabet %d, want 1 to 26", g.Alphabet)
	case g.MinLength < 1 || g.MaxLength < g.MinLength || g.MaxLength > g.Alphabet:
		return fmt.Errorf("synth: Letters of %d to %d, want 1 <= MinLength <= MaxLength <= Alphabet %d", g.MinLength, g.MaxLength, g.Alphabet)
	case !(g.Held >= 0 && g.Held <= 1):
		return fmt.Errorf("synth: Letters.Held %v, want a share in [0, 1]", g.Held)
	case g.Split < All || g.Split > Test:
		return fmt.Errorf("synth: Letters.Split %d, want All, Train or Test", g.Split)
	}
	return nil
}

// At implements Generator.
func (g Letters) At(seed uint64, index int) LetterPair {
	must(g.ranges())
	pair, err := g.draw(seed, index)
	must(err)
	return pair
}

func (g Letters) draw(seed uint64, index int) (LetterPair, error) {
	rng := source(lettersStream, seed, index)
	for range maxTries {
		letters := rng.Perm(g.Alphabet)[:between(rng, g.MinLength, g.MaxLength)]
		if g.Split != All && (g.Split == Test) != g.HeldOut(letters) {
			continue
		}
		return g.Pair(letters), nil
	}
	return LetterPair{}, fmt.Errorf("synth: Letters: no input of %d to %d of %d letters is in the %s split with %v held out",
		g.MinLength, g.MaxLength, g.Alphabet, g.Split, g.Held)
}

// Pair returns the truth for letters (0 for a), which it does not keep.
func (g Letters) Pair(letters []int) LetterPair {
	pair := LetterPair{Letters: slices.Clone(letters), Numbers: make([]int, len(letters)), Ordered: g.Sequence}
	for i, l := range letters {
		pair.Numbers[i] = l + 1
	}
	if !g.Sequence {
		slices.Sort(pair.Numbers)
		slices.Reverse(pair.Numbers)
	}
	return pair
}

// HeldOut returns whether the set of these letters belongs to the test split, whatever the order.
func (g Letters) HeldOut(letters []int) bool {
	var set uint64
	for _, l := range letters {
		set |= 1 << l
	}
	const buckets = 1 << 20
	return float64(mix(set)%buckets) < g.Held*buckets
}

// SameSet returns whether two lists hold the same elements equally often.
func SameSet(a, b []int) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}
