package embed

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"courselab/coursekit/training"
)

// count returns how often each word occurs, [V].
func count(sentences [][]int32, vocabulary int) ([]float64, error) {
	if vocabulary < 2 {
		return nil, fmt.Errorf("embed: a vocabulary of %d words, must be at least 2", vocabulary)
	}
	counts := make([]float64, vocabulary)
	for i, sentence := range sentences {
		for j, id := range sentence {
			if id < 0 || int(id) >= vocabulary {
				return nil, fmt.Errorf("embed: sentence %d, word %d has id %d, must be in [0, %d)", i, j, id, vocabulary)
			}
			counts[id]++
		}
	}
	return counts, nil
}

// pairs are those of all sentences after subsampling.
func (c Config) pairs(sentences [][]int32, counts []float64) []Pair {
	total := 0.
	for _, n := range counts {
		total += n
	}
	rng := training.Rand(c.Training.Seed, -1) // steps count from 1
	var pairs []Pair
	for _, sentence := range sentences {
		if c.Subsample > 0 {
			var kept []int32
			for _, id := range sentence {
				if rng.Float64() < math.Sqrt(c.Subsample*total/counts[id]) {
					kept = append(kept, id)
				}
			}
			sentence = kept
		}
		pairs = append(pairs, Pairs(sentence, c.Window)...)
	}
	return pairs
}

// sampler draws words in proportion to count^power.
type sampler struct{ cumulative []float64 }

func newSampler(counts []float64, power float64) sampler {
	s := sampler{make([]float64, len(counts))}
	sum := 0.
	for i, n := range counts {
		if n > 0 {
			sum += math.Pow(n, power)
		}
		s.cumulative[i] = sum
	}
	return s
}

func (s sampler) draw(rng *rand.Rand) int32 {
	x := rng.Float64() * s.cumulative[len(s.cumulative)-1]
	return int32(sort.Search(len(s.cumulative)-1, func(i int) bool { return s.cumulative[i] > x }))
}
