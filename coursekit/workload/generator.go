// Package workload holds the training and generation workloads by which coursekit is compared with JAX and PyTorch.
//
// A workload's parameters and data come from names, by a generator that is a few lines in any language, so that three
// frameworks compute the same numbers: the first losses must agree with golden ones before a time means anything.
package workload

import "math"

// Generator makes the numbers that belong to a name: FNV-1a hashes the name, SplitMix64 makes the stream.
type Generator struct{ start uint64 }

// Named returns the generator of a name, such as "W1/out.w".
func Named(name string) Generator {
	h := uint64(0xCBF29CE484222325)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 0x100000001B3
	}
	return Generator{h}
}

// Uniform is number i of the stream, in [0, 1), a multiple of 2^-24.
func (g Generator) Uniform(i int) float64 {
	x := g.start + uint64(i+1)*0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	x ^= x >> 31
	return float64(x>>40) / (1 << 24)
}

// Uniforms are the first n numbers of the stream.
func (g Generator) Uniforms(n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(g.Uniform(i))
	}
	return values
}

// Integers are n numbers in lo..hi-1.
func (g Generator) Integers(n, lo, hi int) []int32 {
	values := make([]int32, n)
	for i := range values {
		values[i] = int32(lo + int(math.Floor(g.Uniform(i)*float64(hi-lo))))
	}
	return values
}

// Normals are n numbers of mean 0 and variance 1: sums of twelve uniform ones, less six.
func (g Generator) Normals(n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		sum := -6.0
		for j := range 12 {
			sum += g.Uniform(12*i + j)
		}
		values[i] = float32(sum)
	}
	return values
}

// Glorot are the first weights of a layer with n of them, uniform in ±√(6/(fanIn+fanOut)).
func (g Generator) Glorot(n, fanIn, fanOut int) []float32 {
	bound := math.Sqrt(6 / float64(fanIn+fanOut))
	values := make([]float32, n)
	for i := range values {
		values[i] = float32((2*g.Uniform(i) - 1) * bound)
	}
	return values
}

// GlorotOf are the weights of a layer of these axes: [in, out], or [height, width, in, out] of a convolution's kernel.
func (g Generator) GlorotOf(dims ...int) []float32 {
	patch := 1
	for _, d := range dims[:len(dims)-2] {
		patch *= d
	}
	in, out := patch*dims[len(dims)-2], patch*dims[len(dims)-1]
	return g.Glorot(in*dims[len(dims)-1], in, out)
}

// Embedding are the first values of an embedding table, uniform with standard deviation 0.02.
func (g Generator) Embedding(n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32((2*g.Uniform(i) - 1) * 0.02 * math.Sqrt(3))
	}
	return values
}
