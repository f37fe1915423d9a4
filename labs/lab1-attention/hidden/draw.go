package hidden

import (
	"math/rand/v2"

	"courselab/autograde/check"
)

// arrayOf copies a tensor of any dtype into an array of float64.
func arrayOf(x check.Tensor) array { return array{shape: x.Shape, data: x.Float64s()} }

// tensor is the array as a Float64 tensor.
func (a array) tensor() check.Tensor { return check.Of(a.data, a.shape...) }

// tensor is the mask as a Bool tensor.
func (m *mask) tensor() check.Tensor { return check.Of(m.data, m.shape...) }

// argument is the mask as an argument of a call; a nil mask is check.Nil.
func (m *mask) argument() any {
	if m == nil {
		return check.Nil
	}
	return m.tensor()
}

// primes draws n different primes up to 13, so that no two axes can be taken for each other.
func primes(rng *rand.Rand, n int) []int {
	all := []int{2, 3, 5, 7, 11, 13}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:n]
}

// randomMask draws a mask of the shape, true with the given probability, in which every row over the last axis has at
// least one true.
func randomMask(rng *rand.Rand, probability float64, shape ...int) *mask {
	m := &mask{shape: shape, data: make([]bool, len(newArray(shape...).data))}
	keys := shape[len(shape)-1]
	for i := range m.data {
		m.data[i] = rng.Float64() < probability
	}
	for row := 0; row < len(m.data); row += keys {
		m.data[row+rng.IntN(keys)] = true
	}
	return m
}

// causalMask is the true causal mask [1, 1, length, length].
func causalMask(length int) *mask {
	m := &mask{shape: []int{1, 1, length, length}, data: make([]bool, length*length)}
	for q := range length {
		for k := range length {
			m.data[q*length+k] = k <= q
		}
	}
	return m
}

// spread draws a Float32 tensor of values in [low, high) that differ: the multiples of one step, shuffled.
func spread(t *check.T, low, high float64, shape ...int) check.Tensor {
	values := make([]float32, len(newArray(shape...).data))
	for i := range values {
		values[i] = float32(low + (high-low)*float64(i)/float64(len(values)))
	}
	t.Rand().Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
	return check.Of(values, shape...)
}
