// Package attention is the lecture's Attention(Q, K, V) and what is built on it: masks and several heads.
//
// The letters in the shapes: B batch, L length (Lq of queries, Lk of keys and values), D model width, H heads, K width of
// a head. A mask is a boolean tensor; true means "may attend".
//
// GoMLX has attention of its own (ml/layers/attention), and the tests show that the two agree. This one is short enough
// to be read beside the lecture, always returns the weights, which the notebooks draw, and combines masks of any kind.
//
// Source: lecture 7, "Scaled dot-product attention" and "Multi-headed attention"; Vaswani et al. 2017, "Attention Is All
// You Need", equation 1 and section 3.2.
package attention

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// ScaledDotProduct returns softmax(QKᵀ/√K)·V and the weights it mixed the values with.
//
// Shapes: query [..., Lq, K], key [..., Lk, K], value [..., Lk, Kv] give output [..., Lq, Kv] and weights [..., Lq, Lk];
// the leading axes of the three must be equal. mask is nil or boolean and broadcasts to [..., Lq, Lk]: missing leading
// axes and axes of size 1 are repeated.
//
// Each row of the weights is a probability distribution over the keys, except a row that may attend to nothing: it gets
// zero weights, a zero output and a zero gradient, never NaN.
//
// It panics, naming the shapes, if they do not fit.
func ScaledDotProduct(query, key, value, mask *graph.Node) (output, weights *graph.Node) {
	checkShapes(query, key, value)
	q, k, v := query.Shape().Dimensions, key.Shape().Dimensions, value.Shape().Dimensions
	last := len(q) - 1
	leading, queries, keys := q[:last-1], q[last-1], k[last-1]

	// All leading axes as one, N: one batched product takes a quarter less time on XLA's CPU than one over several batch axes.
	query, key, value = asBatch(query), asBatch(key), asBatch(value) // [N, L, K]

	// Q/√K instead of QKᵀ/√K: the same number. Scaled after the product, XLA computes score·scale - maximum with one rounding
	// where the maximum had two, and scores beyond 1e9 make softmax overflow to NaN.
	query = graph.MulScalar(query, 1/math.Sqrt(float64(q[last])))
	scores := graph.DotGeneral(query, []int{2}, []int{0}, key, []int{2}, []int{0})    // QKᵀ/√K [N, Lq, Lk]
	weights = softmax(scores, broadcast(mask, shape(leading, queries, keys)))         // [N, Lq, Lk]
	output = graph.DotGeneral(weights, []int{2}, []int{0}, value, []int{1}, []int{0}) // [N, Lq, Kv]

	output = graph.Reshape(output, shape(leading, queries, v[last])...) // [..., Lq, Kv]
	weights = graph.Reshape(weights, shape(leading, queries, keys)...)  // [..., Lq, Lk]
	return output, weights
}

// softmax over the last axis of scores [N, Lq, Lk], of the allowed keys only; allowed is nil or has the shape of scores.
func softmax(scores, allowed *graph.Node) *graph.Node {
	if allowed == nil {
		return graph.Softmax(scores, -1)
	}
	// The lowest finite score, not -Inf: in a row without any allowed key that would become Inf-Inf = NaN. Beside any
	// allowed score its exponential is exactly zero, so that a hidden key cannot leak, not even by rounding.
	weights := graph.Softmax(graph.Where(allowed, scores, lowest(scores)), -1)
	// A row without any allowed key is uniform now, and must be zero.
	return graph.Where(allowed, weights, graph.ScalarZero(scores.Graph(), scores.DType()))
}

// asBatch returns x [..., L, K] as [N, L, K].
func asBatch(x *graph.Node) *graph.Node {
	dims := x.Shape().Dimensions
	return graph.Reshape(x, -1, dims[len(dims)-2], dims[len(dims)-1])
}

// shape returns the dimensions leading..., rows, columns.
func shape(leading []int, rows, columns int) []int {
	return append(append([]int{}, leading...), rows, columns)
}

// lowest returns the lowest finite value that the type of x holds, as a scalar.
func lowest(x *graph.Node) *graph.Node {
	value := -math.MaxFloat32
	switch x.DType() {
	case dtypes.Float64:
		value = -math.MaxFloat64
	case dtypes.Float16:
		value = -65504
	case dtypes.BFloat16:
		value = -3.3895313892515355e38
	}
	return graph.Scalar(x.Graph(), x.DType(), value)
}

// broadcast repeats mask along missing leading axes and axes of size 1 to the shape want, [..., Lq, Lk], and returns it
// as [N, Lq, Lk]. No mask stays nil.
func broadcast(mask *graph.Node, want []int) *graph.Node {
	if mask == nil {
		return nil
	}
	if mask.DType() != dtypes.Bool {
		exceptions.Panicf("attention: the mask must be boolean (true = may attend), got %s", mask.Shape())
	}
	if mask.Rank() > len(want) {
		exceptions.Panicf("attention: the mask %s has more axes than the scores %v", mask.Shape(), want)
	}
	got := mask.Shape()
	mask = graph.ExpandLeftToRank(mask, len(want))
	for axis, size := range mask.Shape().Dimensions {
		if size != 1 && size != want[axis] {
			exceptions.Panicf("attention: the mask %s does not broadcast to the scores %v: axis %d has %d, not 1 or %d",
				got, want, axis, size, want[axis])
		}
	}
	return asBatch(graph.BroadcastToDims(mask, want...))
}

func checkShapes(query, key, value *graph.Node) {
	rank := query.Rank()
	fail := func(why string) {
		exceptions.Panicf("attention: %s: query %s, key %s, value %s; want [..., Lq, K], [..., Lk, K], [..., Lk, Kv]",
			why, query.Shape(), key.Shape(), value.Shape())
	}
	if rank < 2 || key.Rank() != rank || value.Rank() != rank {
		fail("query, key and value need the same number of axes, two or more")
	}
	q, k, v := query.Shape().Dimensions, key.Shape().Dimensions, value.Shape().Dimensions
	for axis := range rank - 2 {
		if q[axis] != k[axis] || q[axis] != v[axis] {
			fail("the leading axes differ")
		}
	}
	if q[rank-1] != k[rank-1] {
		fail("queries and keys have different widths")
	}
	if k[rank-2] != v[rank-2] {
		fail("there must be one value for each key")
	}
}
