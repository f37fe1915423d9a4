// Package attention is the lecture's Attention(Q, K, V) and what is built on it: masks and several heads.
//
// The letters in the shapes: B batch, L length (Lq of queries, Lk of keys and values), D model width, H heads, K width of
// a head. A mask is a boolean tensor; true means "may attend".
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
	last := query.Rank() - 1
	batch := leadingAxes(query)
	keyWidth := float64(query.Shape().Dimensions[last])

	scores := graph.DotGeneral(query, []int{last}, batch, key, []int{last}, batch) // [..., Lq, Lk]
	scores = graph.MulScalar(scores, 1/math.Sqrt(keyWidth))
	weights = softmax(scores, mask)                                                       // [..., Lq, Lk]
	output = graph.DotGeneral(weights, []int{last}, batch, value, []int{last - 1}, batch) // [..., Lq, Kv]
	return output, weights
}

// softmax over the last axis of scores [..., Lq, Lk], of the allowed keys only.
func softmax(scores, mask *graph.Node) *graph.Node {
	if mask == nil {
		return graph.Softmax(scores, -1)
	}
	allowed := broadcast(mask, scores)
	// The lowest finite score, not -Inf: in a row without any allowed key it would give Inf-Inf = NaN. Beside any allowed
	// score its exponential is exactly zero, so that a hidden key cannot leak, not even by rounding.
	weights := graph.Softmax(graph.Where(allowed, scores, lowest(scores)), -1)
	return graph.Where(allowed, weights, graph.ScalarZero(scores.Graph(), scores.DType())) // a row of no keys is now zero, not uniform
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

// broadcast repeats mask along missing leading axes and axes of size 1 to the shape of scores.
func broadcast(mask, scores *graph.Node) *graph.Node {
	if mask.DType() != dtypes.Bool {
		exceptions.Panicf("attention: the mask must be boolean (true = may attend), got %s", mask.Shape())
	}
	want := scores.Shape().Dimensions
	if mask.Rank() > len(want) {
		exceptions.Panicf("attention: the mask %s has more axes than the scores %s", mask.Shape(), scores.Shape())
	}
	mask = graph.ExpandLeftToRank(mask, len(want))
	for axis, size := range mask.Shape().Dimensions {
		if size != 1 && size != want[axis] {
			exceptions.Panicf("attention: the mask %s does not broadcast to the scores %s: axis %d has %d, not 1 or %d",
				mask.Shape(), scores.Shape(), axis, size, want[axis])
		}
	}
	return graph.BroadcastToDims(mask, want...)
}

func leadingAxes(x *graph.Node) []int {
	axes := make([]int, x.Rank()-2)
	for i := range axes {
		axes[i] = i
	}
	return axes
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
