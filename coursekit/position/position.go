// Package position tells a Transformer where a token stands: attention itself treats its input as a set.
//
// Three ways: a table of sines and cosines that is added (Sinusoidal), a trained table that is added (Learned), and queries
// and keys that are turned (Rotary).
//
// Source: lecture 7, "Sequences: what is a positional encoding?"; Vaswani et al. 2017, section 3.5.
package position

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Base is the n of Vaswani et al.; the lecture's table uses 100, so that four columns show something.
const Base = 10000

// Table returns the sinusoidal encoding of the positions 0..length-1 as [length][dim]:
//
//	P(k, 2i) = sin(k / n^(2i/d)),  P(k, 2i+1) = cos(k / n^(2i/d))
//
// with k the position, d = dim and n = base. It panics if dim is odd (each frequency has a sine and a cosine column) or if
// an argument is not positive.
func Table(length, dim int, base float64) [][]float64 {
	checkTable(length, dim, base)
	table := make([][]float64, length)
	for k := range table {
		table[k] = make([]float64, dim)
		for i := range dim / 2 {
			angle := float64(k) * frequency(i, dim, base)
			table[k][2*i], table[k][2*i+1] = math.Sin(angle), math.Cos(angle)
		}
	}
	return table
}

// frequency of the i-th pair of columns, in radians per position.
func frequency(i, dim int, base float64) float64 {
	return 1 / math.Pow(base, float64(2*i)/float64(dim))
}

func checkTable(length, dim int, base float64) {
	if length < 1 || dim < 2 || dim%2 != 0 || !(base > 0) || math.IsInf(base, 0) {
		exceptions.Panicf("position: want length >= 1, an even dim >= 2 and base > 0, got length %d, dim %d, base %v", length, dim, base)
	}
}

// Sinusoidal returns [Table] as a constant of the graph, [L, D]. It is computed in float64 and rounded once, so that
// it is the same on every backend. It panics as Table does.
func Sinusoidal(g *Graph, dtype dtypes.DType, length, dim int, base float64) *Node {
	return ConstAsDType(g, dtype, Table(length, dim, base)) // [L, D]
}

// Rotation returns the matrix R(offset) [dim][dim] that takes the encoding of any position k to that of k+offset:
//
//	P(k+offset) = R(offset)·P(k)
//
// Each pair of columns turns by an angle of its own. This is what positions keep exactly: the way from one position to
// another depends on their distance alone. It panics as [Table] does.
func Rotation(offset, dim int, base float64) [][]float64 {
	checkTable(1, dim, base)
	r := make([][]float64, dim)
	for i := range r {
		r[i] = make([]float64, dim)
	}
	for i := 0; i < dim; i += 2 {
		sin, cos := math.Sincos(float64(offset) * frequency(i/2, dim, base))
		r[i][i], r[i][i+1] = cos, sin
		r[i+1][i], r[i+1][i+1] = -sin, cos
	}
	return r
}

// Learned returns a trained encoding [L, D]: the first L of maxLength rows of the variable "positions" in the scope.
// It panics if length is more than maxLength: a learned encoding knows nothing of positions it has not seen.
//
// Source: Devlin et al. 2019 (BERT), section 3.
func Learned(scope *model.Scope, g *Graph, dtype dtypes.DType, length, maxLength, dim int) *Node {
	if length < 1 || length > maxLength {
		exceptions.Panicf("position: learned positions go up to length %d, got %d; build the model with a larger maximum", maxLength, length)
	}
	rows := scope.VariableWithShape("positions", shapes.Make(dtype, maxLength, dim)).NodeValue(g) // [maxLength, D]
	return Slice(rows, AxisRange(0, length))                                                      // [L, D]
}

// Similarity returns the dot products and the Euclidean distances between row 0 and every row of a [Table].
//
// The lecture says that "nearness" is preserved. It is, for the first few positions; with d = 4 and n = 100 the distance
// falls again after k = 3, and position 6 is nearer to position 0 than position 1 is.
func Similarity(table [][]float64) (dots, distances []float64) {
	dots, distances = make([]float64, len(table)), make([]float64, len(table))
	for k, row := range table {
		var square float64
		for i, x := range row {
			dots[k] += table[0][i] * x
			square += (table[0][i] - x) * (table[0][i] - x)
		}
		distances[k] = math.Sqrt(square)
	}
	return dots, distances
}
