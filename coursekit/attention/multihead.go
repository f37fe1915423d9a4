package attention

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/regularizer"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// MultiHead is attention with several heads: each head has its own W_Q, W_K and W_V, and W_O mixes what they found. The
// four matrices are variables named query, key, value and output in the scope given to [New].
//
// The lecture says that the heads are "all added": with the concatenation split into its heads,
// concat(head_1..head_H)·W_O = Σ head_i·W_O,i, so they are, after W_O.
type MultiHead struct {
	scope           *model.Scope
	dim, heads      int
	projectionsBias bool
	rotation        func(heads *graph.Node) *graph.Node // nil: none
}

// New returns attention over H heads, for inputs of width D = dim; each head is D/H wide. The projections have biases
// unless [MultiHead.WithBias] says otherwise. It panics if heads does not divide dim.
func New(scope *model.Scope, dim, heads int) *MultiHead {
	if heads < 1 || dim < 1 || dim%heads != 0 {
		exceptions.Panicf("attention: the number of heads must divide the model width, got %d heads and width %d", heads, dim)
	}
	return &MultiHead{scope: scope, dim: dim, heads: heads, projectionsBias: true}
}

// WithBias says if the four projections add a bias. Default: true.
func (m *MultiHead) WithBias(bias bool) *MultiHead {
	m.projectionsBias = bias
	return m
}

// WithRotation turns queries and keys, [B, H, L, K] each, after their projection: rotary positions, as position.Rotary.
// The function must keep the shape. Default: nil, none.
func (m *MultiHead) WithRotation(rotation func(heads *graph.Node) *graph.Node) *MultiHead {
	m.rotation = rotation
	return m
}

// Apply attends from query [B, Lq, Dq] to key and value [B, Lk, Dk]. It returns [B, Lq, D] and the weights [B, H, Lq, Lk].
// The mask is as in [ScaledDotProduct], for scores [B, H, Lq, Lk].
//
// Self-attention is Apply(x, x, x, mask), encoder-decoder attention Apply(d, e, e, mask). Projections of the same node are
// computed as one product, of the matrices side by side.
func (m *MultiHead) Apply(query, key, value, mask *graph.Node) (output, weights *graph.Node) {
	switch {
	case query == key && key == value:
		heads := m.project(query, "query", "key", "value")
		return m.Attend(m.rotate(heads[0]), m.rotate(heads[1]), heads[2], mask)
	case key == value:
		heads := m.project(key, "key", "value")
		return m.Attend(m.Query(query), m.rotate(heads[0]), heads[1], mask)
	}
	return m.Attend(m.Query(query), m.Key(key), m.Value(value), mask)
}

// Attend is [MultiHead.Apply] after the projections: for keys and values that were computed before, such as those of the
// encoder, which are the same at every step of decoding, or of a decoder's earlier positions (a KV cache).
func (m *MultiHead) Attend(query, key, value, mask *graph.Node) (output, weights *graph.Node) {
	heads, weights := ScaledDotProduct(query, key, value, mask) // [B, H, Lq, K], [B, H, Lq, Lk]
	return m.Output(heads), weights                             // [B, Lq, D]
}

// Query returns the queries of all heads, [B, H, L, K], of x [B, L, Dx].
func (m *MultiHead) Query(x *graph.Node) *graph.Node { return m.rotate(m.project(x, "query")[0]) }

// Key returns the keys of all heads, [B, H, L, K], of x [B, L, Dx].
func (m *MultiHead) Key(x *graph.Node) *graph.Node { return m.rotate(m.project(x, "key")[0]) }

// Value returns the values of all heads, [B, H, L, K], of x [B, L, Dx].
func (m *MultiHead) Value(x *graph.Node) *graph.Node { return m.project(x, "value")[0] }

// Output merges the heads [B, H, L, K] and mixes them by W_O into [B, L, D].
func (m *MultiHead) Output(heads *graph.Node) *graph.Node {
	x := MergeHeads(heads) // [B, L, D]
	dims := x.Shape().Dimensions
	mixed := layers.Dense(m.scope.In("output"), graph.Reshape(x, -1, dims[2]), m.projectionsBias, m.dim)
	return graph.Reshape(mixed, dims[0], dims[1], m.dim)
}

func (m *MultiHead) rotate(heads *graph.Node) *graph.Node {
	if m.rotation == nil {
		return heads
	}
	return m.rotation(heads)
}

// project returns the named projections of x [B, L, Dx], [B, H, L, K] each, with one product of all of [B·L, Dx]: XLA's
// gradient of a product of three axes and a matrix is much slower than that of two matrices. The variables are those of
// GoMLX's dense layers of these names.
func (m *MultiHead) project(x *graph.Node, names ...string) []*graph.Node {
	if x.Rank() != 3 {
		exceptions.Panicf("attention: multi-head attention needs [B, L, D], got %s", x.Shape())
	}
	g, dtype, dims := x.Graph(), x.DType(), x.Shape().Dimensions
	var weights, biases []*graph.Node
	for _, name := range names {
		scope := m.scope.In("%s", name).In("dense")
		matrix := scope.VariableWithShape("weights", shapes.Make(dtype, dims[2], m.dim))
		if regularize := regularizer.FromScope(scope); regularize != nil {
			regularize(g, matrix)
		}
		weights = append(weights, matrix.NodeValue(g))
		if m.projectionsBias {
			biases = append(biases, scope.VariableWithShape("biases", shapes.Make(dtype, m.dim)).NodeValue(g))
		}
	}
	n := len(names)
	flat := graph.Dot(graph.Reshape(x, -1, dims[2]), sideBySide(weights, 1)).MatMul() // [B·L, n·D]
	if m.projectionsBias {
		flat = graph.Add(flat, graph.ExpandLeftToRank(sideBySide(biases, 0), 2))
	}
	heads := graph.Reshape(flat, dims[0], dims[1], n, m.heads, m.dim/m.heads) // [B, L, n, H, K]
	heads = graph.TransposeAllDims(heads, 2, 0, 3, 1, 4)                      // [n, B, H, L, K]
	parts := make([]*graph.Node, n)
	for i := range parts {
		parts[i] = graph.Squeeze(graph.SliceAxis(heads, 0, graph.AxisElem(i)), 0) // [B, H, L, K]
	}
	return parts
}

// sideBySide concatenates if there is more than one.
func sideBySide(parts []*graph.Node, axis int) *graph.Node {
	if len(parts) == 1 {
		return parts[0]
	}
	return graph.Concatenate(parts, axis)
}

// SplitHeads returns x [B, L, D] as H heads [B, H, L, K]: head h holds the columns h·K..(h+1)·K-1.
// It panics if heads does not divide D.
func SplitHeads(x *graph.Node, heads int) *graph.Node {
	if x.Rank() != 3 || heads < 1 || x.Shape().Dimensions[2]%heads != 0 {
		exceptions.Panicf("attention: cannot split %s into %d heads; want [B, L, D] with D a multiple of the heads", x.Shape(), heads)
	}
	dims := x.Shape().Dimensions
	x = graph.Reshape(x, dims[0], dims[1], heads, dims[2]/heads) // [B, L, H, K]
	return graph.TransposeAllDims(x, 0, 2, 1, 3)                 // [B, H, L, K]
}

// MergeHeads is the inverse of [SplitHeads]: heads [B, H, L, K] become [B, L, D].
func MergeHeads(heads *graph.Node) *graph.Node {
	if heads.Rank() != 4 {
		exceptions.Panicf("attention: cannot merge heads of %s; want [B, H, L, K]", heads.Shape())
	}
	dims := heads.Shape().Dimensions
	x := graph.TransposeAllDims(heads, 0, 2, 1, 3)             // [B, L, H, K]
	return graph.Reshape(x, dims[0], dims[2], dims[1]*dims[3]) // [B, L, D]
}
