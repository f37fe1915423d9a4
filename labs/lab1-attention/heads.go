package attention

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// SplitHeads deals the features of every token out to the heads (task heads): head h gets the features h·K to h·K+K-1,
// in order.
//
//	x [B, L, D]  ->  [B, H, L, K], H = heads, K = D/heads
//
// D is a multiple of heads; if it were not, Reshape would panic and name both shapes.
//
// Hint: a token's features lie side by side in memory, so split the last axis first, then move the axis of heads.
// One Reshape alone gives the right shape with the wrong numbers in it.
func SplitHeads(x *Node, heads int) *Node {
	// BEGIN SOLUTION
	x.AssertRank(3)
	batch, length, dim := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2)
	x = Reshape(x, batch, length, heads, dim/heads) // [B, L, H, K]
	return TransposeAllAxes(x, 0, 2, 1, 3)          // [B, H, L, K]
	// END SOLUTION
}

// MergeHeads undoes SplitHeads (task heads): it puts the heads of every token side by side again, head 0 first.
//
//	x [B, H, L, K]  ->  [B, L, D], D = H·K
func MergeHeads(x *Node) *Node {
	// BEGIN SOLUTION
	x.AssertRank(4)
	batch, heads, length, headDim := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2), x.Shape().Dim(3)
	x = TransposeAllAxes(x, 0, 2, 1, 3) // [B, L, H, K]
	return Reshape(x, batch, length, heads*headDim)
	// END SOLUTION
}

// ProjectHeads is concat(head_0, ..., head_{H-1})·W_O, what a multi-head layer hands on (task heads).
//
//	heads [B, H, L, K]
//	wO    [H·K, D]        rows h·K to h·K+K-1 belong to head h
//	->    [B, L, D]
//
// The lecture says that the heads are "all added". They are, once each head went through its own rows of W_O:
// concat·W_O = Σ_h head_h·W_O[h·K : h·K+K]. Compute it in either form.
func ProjectHeads(heads, wO *Node) *Node {
	// BEGIN SOLUTION
	return Einsum("bld,de->ble", MergeHeads(heads), wO)
	// END SOLUTION
}
