package synth

import (
	"fmt"
	"math"
	"slices"
)

// Reversal is the task of turning a sequence round: the alignment of input and output is known, position i with L-1-i.
//
// Process: a length L, uniform in [MinLength, MaxLength]; L symbols, uniform and independent, 0 to Symbols-1.
//
// Truth: exact match 1 is reachable. A model that only knows the symbols' counts cannot do better than one over the
// number of their orders.
type Reversal struct {
	Symbols              int // at least 2
	MinLength, MaxLength int
}

// DefaultReversal returns 10 symbols and lengths 5 to 20.
func DefaultReversal() Reversal { return Reversal{Symbols: 10, MinLength: 5, MaxLength: 20} }

// SequencePair is an input sequence and its target.
type SequencePair struct {
	Input  []int
	Target []int
}

// Validate implements Generator.
func (g Reversal) Validate() error {
	if g.Symbols < 2 || g.MinLength < 1 || g.MaxLength < g.MinLength {
		return fmt.Errorf("synth: Reversal of %d symbols, length %d to %d, want Symbols >= 2 and 1 <= MinLength <= MaxLength",
			g.Symbols, g.MinLength, g.MaxLength)
	}
	return nil
}

// At implements Generator.
func (g Reversal) At(seed uint64, index int) SequencePair {
	must(g.Validate())
	rng := source(reversalStream, seed, index)
	pair := SequencePair{Input: make([]int, between(rng, g.MinLength, g.MaxLength))}
	for i := range pair.Input {
		pair.Input[i] = rng.IntN(g.Symbols)
	}
	pair.Target = slices.Clone(pair.Input)
	slices.Reverse(pair.Target)
	return pair
}

// Adding is the adding problem: sum two marked numbers of a long list (S. Hochreiter, J. Schmidhuber, "Long short-term memory",
// 1997, section 5.4; here with values in [0, 1] and one mark in each half, as later papers have it).
//
// Process: Length values, uniform in [0, 1) and independent; one mark at a position uniform in the first half [0,
// Length/2), one in the rest.
//
// Truth: Target is the sum. The best constant answer is 1 with a mean squared error of 1/6 (Baseline).
type Adding struct {
	Length int // at least 2
}

// DefaultAdding returns length 50.
func DefaultAdding() Adding { return Adding{Length: 50} }

// Addition is one item of Adding.
type Addition struct {
	Values []float64 // [L] in [0, 1)
	Marks  []float64 // [L] 1 at two positions, else 0
	Target float64   // sum of the marked values
}

// Validate implements Generator.
func (g Adding) Validate() error {
	if g.Length < 2 {
		return fmt.Errorf("synth: Adding.Length %d, want at least 2", g.Length)
	}
	return nil
}

// At implements Generator.
func (g Adding) At(seed uint64, index int) Addition {
	must(g.Validate())
	rng := source(addingStream, seed, index)
	a := Addition{Values: make([]float64, g.Length), Marks: make([]float64, g.Length)}
	first, second := rng.IntN(g.Length/2), between(rng, g.Length/2, g.Length-1)
	for i := range a.Values {
		a.Values[i] = rng.Float64()
	}
	a.Marks[first], a.Marks[second] = 1, 1
	a.Target = a.Values[first] + a.Values[second]
	return a
}

// Baseline returns the mean squared error of always answering 1: twice the variance of a uniform number, 1/6.
func (g Adding) Baseline() float64 { return 1.0 / 6 }

// Copy is the copying problem: read symbols, wait, write them (Hochreiter and Schmidhuber 1997; in the form of M.
// Arjovsky, A. Shah, Y. Bengio, "Unitary evolution recurrent neural networks", 2016, section 4.1).
//
// Process: Length symbols, uniform and independent, 1 to Symbols; Delay blanks (0), the last of which is replaced by the
// signal Symbols+1; Length more blanks. The target is blank until the signal has passed, then the symbols.
//
// Truth: between reading a symbol and writing it lie Length+Delay steps: back-propagation truncated at fewer cannot learn it.
// Without memory, the best mean cross-entropy is Baseline.
type Copy struct {
	Symbols int // at least 2
	Length  int // symbols to remember, at least 1
	Delay   int // at least 1
}

// DefaultCopy returns 8 symbols, 10 of them to remember, over a delay of 20.
func DefaultCopy() Copy { return Copy{Symbols: 8, Length: 10, Delay: 20} }

// Validate implements Generator.
func (g Copy) Validate() error {
	if g.Symbols < 2 || g.Length < 1 || g.Delay < 1 {
		return fmt.Errorf("synth: Copy of %d symbols, length %d, delay %d, want Symbols >= 2, Length >= 1, Delay >= 1", g.Symbols, g.Length, g.Delay)
	}
	return nil
}

// At implements Generator. Input and Target have 2*Length+Delay elements, 0 to Symbols+1.
func (g Copy) At(seed uint64, index int) SequencePair {
	must(g.Validate())
	rng := source(copyStream, seed, index)
	steps := 2*g.Length + g.Delay
	pair := SequencePair{Input: make([]int, steps), Target: make([]int, steps)}
	for i := range g.Length {
		pair.Input[i] = between(rng, 1, g.Symbols)
		pair.Target[g.Length+g.Delay+i] = pair.Input[i]
	}
	pair.Input[g.Length+g.Delay-1] = g.Symbols + 1
	return pair
}

// Baseline returns the mean cross-entropy, in nats a step, of a model that knows when to write but not what: Length
// ln(Symbols) / (2 Length + Delay).
func (g Copy) Baseline() float64 {
	return float64(g.Length) * math.Log(float64(g.Symbols)) / float64(2*g.Length+g.Delay)
}
