package transformer

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// attend is given: causal self-attention with a single head, as in lab 1, so that this lab does not hang on that one.
//
//	x        [B, L, D]
//	weights  W_Q, W_K, W_V, W_O, each [D, D], used from the right
//	->       [B, L, D]; position t has seen the positions up to t
func attend(x *Node, weights []*Node) *Node {
	project := func(w *Node) *Node { return Einsum("bld,de->ble", x, w) }
	query, key, value := project(weights[0]), project(weights[1]), project(weights[2])
	scores := MulScalar(Einsum("bqd,bkd->bqk", query, key), 1/math.Sqrt(float64(x.Shape().Dim(-1))))
	future := GreaterThan(Iota(x.Graph(), scores.Shape(), 2), Iota(x.Graph(), scores.Shape(), 1)) // [B, L, L]
	shares := Softmax(Where(future, ConstAs(scores, -1e9), scores), -1)
	return Einsum("bld,de->ble", Einsum("bqk,bkd->bqd", shares, value), weights[3])
}
