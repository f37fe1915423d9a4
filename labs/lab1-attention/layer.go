package attention

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// SelfAttention is the whole layer, Attention(X, X, X) with several heads (task layer): project x to queries, keys and
// values, split them into heads, attend in every head at once, and project the heads back.
//
//	x              [B, L, D]
//	wQ, wK, wV, wO [D, D]        used from the right: q = x·W_Q; no bias
//	heads          H, a divisor of D; head h reads the columns h·K to h·K+K-1 of wQ, wK and wV
//	mask           as in ScaledDotProduct, or nil
//
// It returns
//
//	output  [B, L, D]
//	weights [B, H, L, L]
//
// Without a mask it does not know the order of its tokens: shuffle the rows of x and the rows of output shuffle along.
// Use what you wrote in the tasks attention and heads.
func SelfAttention(x, wQ, wK, wV, wO *Node, heads int, mask *Node) (output, weights *Node) {
	// BEGIN SOLUTION
	project := func(w *Node) *Node {
		return SplitHeads(Einsum("bld,de->ble", x, w), heads) // [B, H, L, K]
	}
	attended, weights := ScaledDotProduct(project(wQ), project(wK), project(wV), mask) // [B, H, L, K]
	return ProjectHeads(attended, wO), weights
	// END SOLUTION
}
