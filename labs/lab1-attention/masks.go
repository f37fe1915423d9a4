package attention

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Causal is the mask of left-to-right decoding (task masks): position q may attend to itself and to everything before it,
// to nothing after it.
//
// It returns Bool [1, 1, length, length], queries on axis 2, keys on axis 3; the two axes of size 1 broadcast over
// batch and heads.
//
// Hint: Iota counts along an axis; compare the count over queries with the count over keys.
func Causal(g *Graph, length int) *Node {
	// BEGIN SOLUTION
	shape := shapes.Make(dtypes.Int32, 1, 1, length, length)
	return LessOrEqual(Iota(g, shape, 3), Iota(g, shape, 2))
	// END SOLUTION
}

// Padding is the mask that keeps every query away from padding (task masks): a key may be attended unless its token is pad.
//
//	ids  Int32 [B, L]  token ids, as in the lecture's batch with PAD = 999
//
// It returns Bool [B, 1, 1, L]: the last axis counts keys, and every head and every query sees the same keys.
//
// Hint: compare, then give the result its two axes of size 1 (InsertAxes or Reshape).
func Padding(ids *Node, pad int) *Node {
	// BEGIN SOLUTION
	isToken := NotEqual(ids, ConstAs(ids, pad)) // [B, L]
	return InsertAxes(isToken, 1, 1)            // [B, 1, 1, L]
	// END SOLUTION
}

// Combine is the mask that allows only what both masks allow (task masks). nil stands for "no mask": it allows everything,
// so Combine(a, nil) is a and Combine(nil, b) is b. They are never both nil.
//
// Axes are either equal or of size 1, in which case they broadcast:
// Bool [B, 1, 1, L] with Bool [1, 1, L, L] gives Bool [B, 1, L, L].
func Combine(a, b *Node) *Node {
	// BEGIN SOLUTION
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	return LogicalAnd(a, b)
	// END SOLUTION
}
