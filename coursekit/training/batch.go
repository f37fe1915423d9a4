package training

import (
	"math/rand/v2"

	"github.com/gomlx/gomlx/core/tensors"
)

// Batches makes the batch of one step: the tensors that the Objective gets as its inputs, always of the same
// shapes, for a new shape means a new compilation.
//
// It must be a pure function of its arguments. rng is freshly seeded from the run's seed and the step, and is
// the only source of randomness it may use; step counts from 1. The loop frees the tensors after the step, so
// a batch that is used again must be made again (or cloned), unless Config.KeepBatches is set.
type Batches func(rng *rand.Rand, step int) ([]*tensors.Tensor, error)

// Rand returns the generator that step (from 1) of a run with this seed draws its batch from.
//
// Streams of different (seed, step) are independent for all practical purposes: both words seed a PCG, whose
// state transition is a bijection of 128 bits, after mixing by SplitMix64's finaliser, without which
// neighbouring steps would begin with related draws.
func Rand(seed int64, step int) *rand.Rand {
	return rand.New(rand.NewPCG(mix(uint64(seed)), mix(uint64(step)^0x9E3779B97F4A7C15)))
}

// mix is SplitMix64's finaliser (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
func mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// Shuffle says which examples make up a batch when a data set of n examples is read in epochs, each epoch in a
// fresh order: every example once an epoch, except those left over at its end (fewer than batch), which are
// dropped so that the shape stays fixed. It remembers the current epoch's order, which is itself a function of
// (seed, epoch); one Shuffle must not be used by two goroutines at once.
type Shuffle struct {
	seed     int64
	examples int
	batch    int
	epoch    int
	order    []int
}

// NewShuffle reads examples examples in batches of batch. It panics if there is not one whole batch.
func NewShuffle(seed int64, examples, batch int) *Shuffle {
	if batch < 1 || examples < batch {
		panic(errorf("shuffle: %d examples do not fill one batch of %d", examples, batch))
	}
	return &Shuffle{seed: seed, examples: examples, batch: batch, epoch: -1}
}

// StepsPerEpoch is the number of whole batches in the data set.
func (s *Shuffle) StepsPerEpoch() int { return s.examples / s.batch }

// At returns the indices of the examples in the batch of this step (from 1), in [0, examples). The slice is
// valid until the next call.
func (s *Shuffle) At(step int) []int {
	epoch, position := (step-1)/s.StepsPerEpoch(), (step-1)%s.StepsPerEpoch()
	if epoch != s.epoch {
		// Negative steps are never trained, so that epochs cannot share a stream with batches.
		s.order = Rand(s.seed, -1-epoch).Perm(s.examples)
		s.epoch = epoch
	}
	return s.order[position*s.batch : (position+1)*s.batch]
}
