package position

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Rotary turns the vectors x [..., L, K] by angles that grow with their positions 0..L-1, and returns the shape of x. At
// position k the pair of columns 2i and 2i+1 turns by the angle a = k / n^(2i/K), n = base, as in [Table]:
//
//	y(2i) = x(2i)·cos a - x(2i+1)·sin a,  y(2i+1) = x(2i)·sin a + x(2i+1)·cos a
//
// Applied to queries and keys it makes their dot products depend on the distance of the two positions and on nothing
// else of them; values stay as they are. No length changes, and position 0 is not turned.
//
// It panics if x has less than two axes or K is odd.
//
// Source: Su et al. 2021, "RoFormer", equations 34 and 15. Llama, and GoMLX by default, turn the columns i and i+K/2
// together: the same model with the columns of W_Q and W_K in another order, so that weights do not carry over as they are.
func Rotary(x *Node, base float64) *Node {
	length, dim := checkRotary(x)
	cos, sin := RotaryTables(x.Graph(), x.DType(), length, dim, base)
	return Rotate(x, cos, sin)
}

// RotaryTables returns the cosines and the sines of the angles of [Rotary] for the positions 0..length-1, [L, K] each.
// Computed in float64 and rounded once. It panics as [Table] does.
func RotaryTables(g *Graph, dtype dtypes.DType, length, dim int, base float64) (cos, sin *Node) {
	table := Table(length, dim, base)
	cosines, sines := make([][]float64, length), make([][]float64, length)
	for k, row := range table {
		cosines[k], sines[k] = make([]float64, dim), make([]float64, dim)
		for i := 0; i < dim; i += 2 {
			sines[k][i], sines[k][i+1] = row[i], row[i]
			cosines[k][i], cosines[k][i+1] = row[i+1], row[i+1]
		}
	}
	return ConstAsDType(g, dtype, cosines), ConstAsDType(g, dtype, sines)
}

// Rotate is [Rotary] with given rows of [RotaryTables], [L, K] each: for vectors that do not begin at position 0.
func Rotate(x, cos, sin *Node) *Node {
	length, dim := checkRotary(x)
	cos.AssertDims(length, dim)
	sin.AssertDims(length, dim)
	dims := x.Shape().Dimensions
	pairs := Reshape(x, -1, 2) // [..·L·K/2, 2]
	turned := Concatenate([]*Node{Neg(SliceAxis(pairs, 1, AxisRange(1, 2))), SliceAxis(pairs, 1, AxisRange(0, 1))}, 1)
	across := Reshape(turned, dims...)                                                                     // (-x(2i+1), x(2i))
	rows := func(table *Node) *Node { return BroadcastToDims(ExpandLeftToRank(table, x.Rank()), dims...) } // [..., L, K]
	return Add(Mul(x, rows(cos)), Mul(across, rows(sin)))
}

func checkRotary(x *Node) (length, dim int) {
	if x.Rank() < 2 || x.Shape().Dimensions[x.Rank()-1]%2 != 0 {
		exceptions.Panicf("position: rotary positions need vectors [..., L, K] with an even K, got %s", x.Shape())
	}
	return x.Shape().Dimensions[x.Rank()-2], x.Shape().Dimensions[x.Rank()-1]
}
