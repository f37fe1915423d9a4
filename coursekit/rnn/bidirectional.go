package rnn

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Bidirectional runs one layer from left to right and another from right to left over x [B, L, D], and returns their
// outputs side by side, [B, L, 2H], forward first, and both last states: that of the backward layer is the one at the
// first position. lengths [B] is as for [Layer.WithLengths], or nil: the backward layer begins at each sequence's own end,
// with zeros. The variables lie in the scopes forward and backward.
//
// Past a sequence's end, both halves hold the last state of their layer.
func Bidirectional(scope *model.Scope, kind Kind, hidden int, x, lengths *graph.Node) (outputs *graph.Node, forward, backward State) {
	left, forward := New(scope.In("forward"), kind, hidden).WithLengths(lengths).Apply(x)
	right, backward := New(scope.In("backward"), kind, hidden).WithLengths(lengths).Apply(Reverse(x, lengths))
	return graph.Concatenate([]*graph.Node{left, Reverse(right, lengths)}, 2), forward, backward
}

// Reverse turns each sequence of x [B, L, D] around within its length: position j < n goes to n-1-j, and what stands after
// the end stays. lengths is an integer [B], or nil if all are of length L; lengths above L count as L.
func Reverse(x, lengths *graph.Node) *graph.Node {
	if x.Rank() != 3 {
		exceptions.Panicf("rnn: want x [B, L, D] to reverse, got %s", x.Shape())
	}
	if lengths == nil {
		return graph.Reverse(x, 1)
	}
	checkLengths(x, lengths)
	g, dims := x.Graph(), x.Shape().Dimensions
	batch, length, width := dims[0], dims[1], dims[2]
	lengths = graph.MinScalar(graph.ConvertDType(lengths, dtypes.Int32), length)
	square := shapes.Make(dtypes.Int32, batch, length)
	row, position := graph.Iota(g, square, 0), graph.Iota(g, square, 1)
	ends := graph.BroadcastToDims(graph.InsertAxes(lengths, -1), batch, length)
	source := graph.Where(within(lengths, length), graph.Sub(graph.AddScalar(ends, -1), position), position)
	// Rows of x as a table of B·L, since a gather along the first axis has the right gradient on every backend.
	source = graph.Reshape(graph.Add(graph.MulScalar(row, length), source), batch*length, 1)
	return graph.Reshape(graph.Gather(graph.Reshape(x, batch*length, width), source), dims...)
}
