package transformer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Epsilon is the ε of the two normalizations in Block.
const Epsilon = 1e-5

// FeedForward is max(0, x·W_1 + b_1)·W_2 + b_2, for every token by itself (task block).
//
//	x   [B, L, D]
//	w1  [D, F], b1 [F]
//	w2  [F, D], b2 [D]
//	->  [B, L, D]
func FeedForward(x, w1, b1, w2, b2 *Node) *Node {
	// BEGIN SOLUTION
	inner := Add(Einsum("bld,df->blf", x, w1), ExpandLeftToRank(b1, 3))
	inner = MaxScalar(inner, 0)
	return Add(Einsum("blf,fd->bld", inner, w2), ExpandLeftToRank(b2, 3))
	// END SOLUTION
}

// Block is one layer of a pre-LN Transformer (task block): two sub-layers, each of which reads a normalized copy and adds
// what it finds to the stream that runs past it.
//
//	y      = x + attend(LN_1(x))
//	result = y + FF(LN_2(y))
//
//	x            [B, L, D]
//	norm1        γ and β of LN_1, each [D]
//	attention    W_Q, W_K, W_V, W_O, as attend takes them
//	norm2        γ and β of LN_2, each [D]
//	feedForward  W_1, b_1, W_2, b_2, as FeedForward takes them
//	->           [B, L, D]
//
// The paper and the lecture's figure normalize after the sum instead (post-LN). Pre-LN is what most models do since GPT-2:
// nothing stands between x and the result but two additions, so that gradients reach every layer undamped.
//
// Use what you wrote, and attend, which is given in attention.go. ε is Epsilon.
func Block(x *Node, norm1, attention, norm2, feedForward []*Node) *Node {
	// BEGIN SOLUTION
	x = Add(x, attend(LayerNorm(x, norm1[0], norm1[1], Epsilon), attention))
	normalized := LayerNorm(x, norm2[0], norm2[1], Epsilon)
	return Add(x, FeedForward(normalized, feedForward[0], feedForward[1], feedForward[2], feedForward[3]))
	// END SOLUTION
}
