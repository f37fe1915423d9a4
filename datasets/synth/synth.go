// Package synth draws data whose truth is known: for every generator the process is stated, so that what a model should reach,
// and what it cannot, can be computed and not guessed. It is what the course runs on without any download.
//
//	Letters     letters -> numbers, as sets and as sequences      M6
//	Topics      sentences with planted word classes               M4
//	Senses      words with two planted meanings                   M21
//	Agreement   a grammar of number agreement, CoLA-like          M9
//	Sentiment   sentences with a scored opinion, SST-2-like       M9
//	Birds       one drawing, three plumages                       M15
//	Ring        eight Gaussians on a circle                       M16
//	Digits      drawn digits, 28 x 28                             M12, M13, M17
//	Reversal    sequences to be turned round                      M5
//	Adding      add the two marked numbers                        M19
//	Copy        remember symbols over a delay                     M19
//
// Every generator is a small struct with a Default function, Validate, and At(seed, index). Item index depends on the
// configuration, the seed and the index only: items may be drawn in any order, in parallel, or again after a crash, and
// a longer draw begins with the shorter one. Randomness is math/rand/v2's PCG. The items are the same on every machine
// up to the last bit of floating point arithmetic.
package synth

import (
	"fmt"
	"math/rand/v2"
)

// Generator draws items of type T.
type Generator[T any] interface {
	// Validate returns an error that names the first setting that is out of range.
	Validate() error
	// At returns item index (from 0) of the endless list that seed names. It panics if Validate would fail.
	At(seed uint64, index int) T
}

// Draw returns the first n items of seed's list.
func Draw[T any](g Generator[T], seed uint64, n int) ([]T, error) {
	return Range(g, seed, 0, n)
}

// Range returns items from <= i < to of seed's list.
func Range[T any](g Generator[T], seed uint64, from, to int) ([]T, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if from < 0 || to < from {
		return nil, fmt.Errorf("synth: items %d to %d, want 0 <= from <= to", from, to)
	}
	items := make([]T, 0, to-from)
	for i := from; i < to; i++ {
		items = append(items, g.At(seed, i))
	}
	return items, nil
}

// stream numbers keep two generators with one seed apart.
type stream uint64

const (
	lettersStream stream = iota + 1
	topicsStream
	sensesStream
	agreementStream
	sentimentStream
	birdsStream
	ringStream
	digitsStream
	reversalStream
	addingStream
	copyStream
)

// source returns the generator of one item. Both halves of the PCG's state are mixed, since neighbouring states would
// give neighbouring numbers.
func source(s stream, seed uint64, index int) *rand.Rand {
	return rand.New(rand.NewPCG(mix(seed^mix(uint64(s))), mix(mix(seed)+uint64(index))))
}

// mix is the finalizer of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// must is what At does with a bad configuration.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func pick[T any](rng *rand.Rand, items []T) T { return items[rng.IntN(len(items))] }

// between draws uniformly from low..high, both included.
func between(rng *rand.Rand, low, high int) int { return low + rng.IntN(high-low+1) }

// uniform draws from [low, high).
func uniform(rng *rand.Rand, low, high float64) float64 { return low + (high-low)*rng.Float64() }
