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
	if l.kind == GRU {
		w.reset = node("hidden_biases", l.hidden)
	}
	return w
}

// project is what x [N, D] adds to the gates, with the biases: [N, G·H].
func (w weights) project(x *graph.Node) *graph.Node {
	return addRow(graph.MatMul(x, w.input), w.bias)
}

// step is the cell, from the projected input [B, G·H] and a state to the next state.
func (l *Layer) step(w weights, projected *graph.Node, state State) State {
	fromHidden := graph.MatMul(state.Hidden, w.hidden) // [B, G·H]
	switch l.kind {
	case LSTM:
		gates := graph.Add(projected, fromHidden)
		i, f := graph.Sigmoid(l.gate(gates, 0)), graph.Sigmoid(l.gate(gates, 1))
		g, o := graph.Tanh(l.gate(gates, 2)), graph.Sigmoid(l.gate(gates, 3))
		cell := graph.Add(graph.Mul(f, state.Cell), graph.Mul(i, g))
		return State{Hidden: graph.Mul(o, graph.Tanh(cell)), Cell: cell}
	case GRU:
		r := graph.Sigmoid(graph.Add(l.gate(projected, 0), l.gate(fromHidden, 0)))
		z := graph.Sigmoid(graph.Add(l.gate(projected, 1), l.gate(fromHidden, 1)))
		n := graph.Tanh(graph.Add(l.gate(projected, 2), graph.Mul(r, addRow(l.gate(fromHidden, 2), w.reset))))
		return State{Hidden: graph.Add(n, graph.Mul(z, graph.Sub(state.Hidden, n)))} // (1-z)·n + z·h
	default:
		return State{Hidden: l.activation(graph.Add(projected, fromHidden))}
	}
}

// gate returns the columns of gate i, [B, H], of all gates [B, G·H].
func (l *Layer) gate(gates *graph.Node, i int) *graph.Node {
	return graph.SliceAxis(gates, 1, graph.AxisRange(i*l.hidden, (i+1)*l.hidden))
}

// addRow adds row [N] to each row of x [M, N].
func addRow(x, row *graph.Node) *graph.Node {
	return graph.Add(x, graph.BroadcastToDims(graph.InsertAxes(row, 0), x.Shape().Dimensions...))
}

// unstack returns the L parts [B, N] of x [L, B, N]. It halves x again and again: the gradient of a slice is as large as
// what it was cut from, so that L slices of the whole would cost L², and this costs L·log L.
func unstack(x *graph.Node) []*graph.Node {
	dims := x.Shape().Dimensions
	if dims[0] == 1 {
		return []*graph.Node{graph.Reshape(x, dims[1:]...)}
	}
	half := dims[0] / 2
	return append(unstack(graph.SliceAxis(x, 0, graph.AxisRange(0, half))), unstack(graph.SliceAxis(x, 0, graph.AxisRange(half)))...)
}
