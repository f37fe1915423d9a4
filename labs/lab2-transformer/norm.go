// Package transformer is lab 2: what stands around attention in a Transformer, how it is trained to write, and how it
// writes.
//
// The functions on *Node build a computation graph: they are called once for each shape, and a wrong shape panics while
// the graph is built. The functions of the tasks sampling and beam are plain Go.
//
// Letters in the shapes: B batch, L length, D width of the model, F width of the feed-forward layer, V vocabulary.
// Masks are Bool, and true means "a token, not padding".
//
// Source: lecture 7, "Transformers" to "Layer Normalization"; Vaswani et al., Attention Is All You Need (2017), sections
// 3.1 and 3.3; Ba, Kiros and Hinton, Layer Normalization (2016).
package transformer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// LayerNorm is the lecture's y = (x - E[x]) / √(Var[x] + ε) · γ + β (task norm), with mean and variance over the features
// of one token alone.
//
//	x        [..., D]   any rank from 1 on, usually [B, L, D]
//	gamma    [D]        γ, the gain
//	beta     [D]        β, the offset
//	epsilon  ε > 0, added to the variance inside the root
//	->       as x
//
// The variance divides by D, as the slide's σ does, not by D-1. No token and no row of the batch has a say in another's
// result, and training and inference do the same. Float32 and Float64 stay what they are. Inputs far from zero (a mean of
// thousands, a variance of about one) must come out as precisely as others.
//
// Hints: ReduceAndKeep(x, ReduceMean, -1) keeps the last axis, with size 1, so that Sub and Div broadcast. gamma has
// rank 1: ExpandLeftToRank gives it the axes that it lacks.
func LayerNorm(x, gamma, beta *Node, epsilon float64) *Node {
	// BEGIN SOLUTION
	centred := Sub(x, ReduceAndKeep(x, ReduceMean, -1))
	variance := ReduceAndKeep(Square(centred), ReduceMean, -1) // [..., 1]
	normalized := Div(centred, Sqrt(AddScalar(variance, epsilon)))
	scaled := Mul(normalized, ExpandLeftToRank(gamma, x.Rank()))
	return Add(scaled, ExpandLeftToRank(beta, x.Rank()))
	// END SOLUTION
}
