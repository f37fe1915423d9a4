// Package attention is lab 1: the attention block of a Transformer, written by hand.
//
// The functions on *Node build a computation graph: they are called once for each shape, they describe what to
// compute, and the backend runs it later. A wrong shape panics while the graph is built, and the message names
// the two shapes that do not fit. PositionalEncoding is plain Go.
//
// Letters in the shapes: B batch, L length (Lq queries, Lk keys), H heads, K width of a head, V width of a value,
// D width of the model, D = H·K. Masks are Bool, and true means "may attend".
//
// Source: lecture 7, "Self-attention" to "Sequences"; Vaswani et al., Attention Is All You Need (2017), section 3.2.
package attention

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// ScaledDotProduct is the lecture's Attention(Q, K, V) = softmax(Q·Kᵀ/√d_k)·V (task attention), with a mask (task masks).
//
//	query  [B, H, Lq, K]
//	key    [B, H, Lk, K]
//	value  [B, H, Lk, V]   V may differ from K
//	mask   nil, or Bool [B or 1, H or 1, Lq or 1, Lk]; true = this query may attend to this key
//
// It returns
//
//	output  [B, H, Lq, V]   for each query, the average of the values under its weights
//	weights [B, H, Lq, Lk]  the very weights that made output, after mask and softmax
//
// Each row of weights is ≥ 0 and sums to 1 over the keys. A masked key has weight exactly 0. A query that may attend
// to no key at all gets weights 0 and output 0, never NaN. Both results have the dtype of query (Float32 or Float64),
// and large scores (thousands) must neither overflow nor let a masked key through.
//
// Hints: where is d_k in the shape of query? Einsum needs no transpose: "bhqk,bhlk->bhql". Softmax of the graph
// package takes the axis and is already stable. Where does not broadcast an axis of size 1: widen the mask first,
// with BroadcastToDims.
func ScaledDotProduct(query, key, value, mask *Node) (output, weights *Node) {
	// BEGIN SOLUTION
	headDim := query.Shape().Dim(-1)
	scores := Einsum("bhqk,bhlk->bhql", query, key) // [B, H, Lq, Lk]
	scores = MulScalar(scores, 1/math.Sqrt(float64(headDim)))
	if mask == nil {
		weights = Softmax(scores, -1)
		return Einsum("bhql,bhlv->bhqv", weights, value), weights
	}
	allowed := BroadcastToDims(mask, scores.Shape().Dimensions...)
	// Far below any real score, so that exp of it is 0; finite, so that a row without any key stays finite too.
	scores = Where(allowed, scores, ConstAs(scores, -1e9))
	weights = Softmax(scores, -1)
	// A row without any key is uniform here: it must be nothing instead.
	weights = Where(allowed, weights, ZerosLike(weights))
	return Einsum("bhql,bhlv->bhqv", weights, value), weights
	// END SOLUTION
}
