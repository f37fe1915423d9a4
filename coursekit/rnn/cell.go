package rnn

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// weights are the values of a layer's variables in one graph.
type weights struct {
	input  *graph.Node // [D, G·H]
	hidden *graph.Node // [H, G·H]
	bias   *graph.Node // [G·H]
	reset  *graph.Node // [H], b_hn of the GRU

	transposed *graph.Node // hidden's transpose, [G·H, H]: XLA multiplies a short matrix faster with it
}

// weights returns the layer's variables for inputs [..., D] like x.
func (l *Layer) weights(x *graph.Node) weights {
	width, gates := x.Shape().Dimensions[x.Rank()-1], l.kind.gates()*l.hidden
	node := func(name string, dims ...int) *graph.Node {
		want := shapes.Make(x.DType(), dims...)
		if v := l.scope.GetVariable(name); v != nil && !v.Shape().Equal(want) {
			exceptions.Panicf("rnn: the variable %s is %s, but x %s needs %s", v.Path(), v.Shape(), x.Shape(), want)
		}
		return l.scope.VariableWithShape(name, want).NodeValue(x.Graph())
	}
	w := weights{
		input:  node("input_weights", width, gates),
		hidden: node("hidden_weights", l.hidden, gates),
		bias:   node("biases", gates),
	}
	w.transposed = graph.Transpose(w.hidden, 0, 1)
	if l.kind == GRU {
		w.reset = node("hidden_biases", l.hidden)
	}
	return w
}

// project is what x [N, D] adds to the gates, with the biases: [N, G·H].
func (w weights) project(x *graph.Node) *graph.Node {
	return addRow(graph.MatMul(x, w.input), w.bias)
}

// see returns what the nonlinearities of a step see, from the projected input [B, G·H] and the hidden state [B, H]: the sum of
// what both add to each gate, [B, G·H]. A GRU's gate n multiplies what comes from the state alone, so that there the two
// stand side by side: [B, 4·H], as r, z, n from the input, n from the state.
func (l *Layer) see(w weights, projected, hidden *graph.Node) *graph.Node {
	fromHidden := graph.Dot(hidden, w.transposed).General([]int{1}, nil, []int{1}, nil) // [B, G·H]
	if l.kind != GRU {
		return graph.Add(projected, fromHidden)
	}
	both, n := graph.AxisRange(0, 2*l.hidden), graph.AxisRange(2*l.hidden)
	return graph.Concatenate([]*graph.Node{
		graph.Add(graph.SliceAxis(projected, 1, both), graph.SliceAxis(fromHidden, 1, both)),
		graph.SliceAxis(projected, 1, n),
		addRow(graph.SliceAxis(fromHidden, 1, n), w.reset),
	}, 1)
}

// split is the transpose of see: from the gradient [N, ·] of what it returns, those of what comes from the input and from the
// state, [N, G·H] each.
func (l *Layer) split(gradient *graph.Node) (projected, fromHidden *graph.Node) {
	if l.kind != GRU {
		return gradient, gradient
	}
	part := func(from, to int) *graph.Node {
		return graph.SliceAxis(gradient, 1, graph.AxisRange(from*l.hidden, to*l.hidden))
	}
	return part(0, 3), graph.Concatenate([]*graph.Node{part(0, 2), part(3, 4)}, 1)
}

// next is the rest of a step, without any product of matrices: from what is seen, [..., ·], and a state to the next state.
func (l *Layer) next(seen *graph.Node, state State) State {
	switch l.kind {
	case LSTM:
		i, f := graph.Sigmoid(l.gate(seen, 0)), graph.Sigmoid(l.gate(seen, 1))
		g, o := graph.Tanh(l.gate(seen, 2)), graph.Sigmoid(l.gate(seen, 3))
		cell := graph.Add(graph.Mul(f, state.Cell), graph.Mul(i, g))
		return State{Hidden: graph.Mul(o, graph.Tanh(cell)), Cell: cell}
	case GRU:
		r, z := graph.Sigmoid(l.gate(seen, 0)), graph.Sigmoid(l.gate(seen, 1))
		n := graph.Tanh(graph.Add(l.gate(seen, 2), graph.Mul(r, l.gate(seen, 3))))
		return State{Hidden: graph.Add(n, graph.Mul(z, graph.Sub(state.Hidden, n)))} // (1-z)·n + z·h
	default:
		return State{Hidden: l.activation(seen)}
	}
}

// gate returns the columns of gate i, [..., H], of all gates [..., G·H].
func (l *Layer) gate(gates *graph.Node, i int) *graph.Node {
	return graph.SliceAxis(gates, -1, graph.AxisRange(i*l.hidden, (i+1)*l.hidden))
}

// addRow adds row [N] to each row of x [M, N].
func addRow(x, row *graph.Node) *graph.Node {
	return graph.Add(x, graph.BroadcastToDims(graph.InsertAxes(row, 0), x.Shape().Dimensions...))
}
