// Package rnn is recurrent networks: a vanilla cell, the LSTM and the GRU, one step at a time or over a sequence,
// in one direction or both, with back-propagation through all of time or the last k steps of it.
//
//	y, last := rnn.New(scope.In("lstm"), rnn.LSTM, 256).Apply(x)
//
// The letters in the shapes: B batch, L length, D width of the input, H width of the state.
//
// Where the backend has loops (XLA), the graph is a loop over time and does not grow with L; on the pure-Go backend it holds
// every step. What does not depend on the state, the product of the inputs with their weights, is computed for all steps at
// once, and so is the gradient of the weights; back-propagation through time is written by hand.
//
// GoMLX has an LSTM of its own (ml/layers/lstm), with ONNX's layout of weights, and neither GRU nor truncation.
//
// Source: Elman 1990; Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000; Cho et al. 2014. The formulas
// and the order of the gates are PyTorch's.
package rnn

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Kind is the formula of a step.
type Kind int

const (
	// Vanilla is h' = tanh(W_x·x + W_h·h + b).
	Vanilla Kind = iota
	// LSTM has the gates i, f, g, o, in this order: c' = σ(f)·c + σ(i)·tanh(g), h' = σ(o)·tanh(c').
	LSTM
	// GRU has the gates r, z, n, in this order: n = tanh(W_n·x + b_n + σ(r)·(U_n·h + b_hn)), h' = (1-σ(z))·n + σ(z)·h.
	// The reset gate r stands after the product, as in PyTorch and cuDNN; in Cho et al. it stands before.
	GRU
)

// String returns the name of the kind.
func (k Kind) String() string {
	switch k {
	case Vanilla:
		return "vanilla RNN"
	case LSTM:
		return "LSTM"
	case GRU:
		return "GRU"
	}
	return "unknown kind of RNN"
}

// gates is the number of vectors of width H that a step computes from x and h.
func (k Kind) gates() int {
	switch k {
	case LSTM:
		return 4
	case GRU:
		return 3
	}
	return 1
}

// seen is the number of vectors of width H that the nonlinearities of a step see.
func (k Kind) seen() int {
	if k == GRU {
		return 4
	}
	return k.gates()
}

// State is what a step hands to the next one.
type State struct {
	Hidden *graph.Node // [B, H], also the output of the step
	Cell   *graph.Node // [B, H], the memory of an LSTM; nil for the others
}

// Layer is a recurrent layer. Its variables lie in the scope given to [New], G gates side by side:
//
//	input_weights  [D, G·H]
//	hidden_weights [H, G·H]
//	biases         [G·H]     one a gate; PyTorch adds two, of which one would do
//	hidden_biases  [H]       GRU only: b_hn, which r multiplies, so that no other bias replaces it
//
// All calls of [Layer.Apply] and [Layer.Step] use the same variables.
type Layer struct {
	scope      *model.Scope
	kind       Kind
	hidden     int
	activation func(*graph.Node) *graph.Node // of Vanilla
	initial    *State
	lengths    *graph.Node
	truncation int
	unrolled   bool // even where the backend has loops
}

// New returns a recurrent layer with a state of width H = hidden. It panics if hidden is less than 1.
func New(scope *model.Scope, kind Kind, hidden int) *Layer {
	if hidden < 1 || kind < Vanilla || kind > GRU {
		exceptions.Panicf("rnn: want a kind among Vanilla, LSTM and GRU and a state of width 1 or more, got %d and width %d", int(kind), hidden)
	}
	return &Layer{scope: scope, kind: kind, hidden: hidden, activation: func(x *graph.Node) *graph.Node { return graph.Tanh(x) }}
}

// WithActivation replaces the tanh of [Vanilla] by a function of each unit by itself; nil means none, a linear RNN. With a
// function, the graph holds every step, as on the pure-Go backend. It panics for the other kinds.
func (l *Layer) WithActivation(f func(*graph.Node) *graph.Node) *Layer {
	if l.kind != Vanilla {
		exceptions.Panicf("rnn: only a vanilla RNN has an activation to choose, not a %s", l.kind)
	}
	l.unrolled = f != nil // what is in it may not be fit for a loop
	if f == nil {
		f = func(x *graph.Node) *graph.Node { return x }
	}
	l.activation = f
	return l
}

// WithInitial sets the state before the first step. Default: zeros.
func (l *Layer) WithInitial(state State) *Layer {
	l.initial = &state
	return l
}

// WithLengths says how long the sequences are: lengths is an integer [B]. From its end on, a sequence's state stays as it
// is, so that the last output is that of the last step in it, or the initial state where the length is 0. What x holds
// there has no influence, even if it is NaN. Lengths above L count as L. nil, the default, means that all are of length L.
//
// (PyTorch's packed sequences give zeros past the end instead; the last state is the same.)
func (l *Layer) WithLengths(lengths *graph.Node) *Layer {
	l.lengths = lengths
	return l
}

// WithTruncation cuts back-propagation through time: before the steps k, 2k, 3k, ... the state counts as a constant, so
// that a gradient goes back at most k steps. The outputs stay the same. 0, the default, cuts nothing, nor does k ≥ L.
//
// It panics if k is negative. Source: Williams & Peng 1990, with chunks that do not overlap.
func (l *Layer) WithTruncation(k int) *Layer {
	if k < 0 {
		exceptions.Panicf("rnn: truncation after k steps needs k >= 0, got %d", k)
	}
	l.truncation = k
	return l
}

// Zero returns the state of zeros for a batch of B sequences.
func (l *Layer) Zero(g *graph.Graph, dtype dtypes.DType, batch int) State {
	zero := graph.Zeros(g, shapes.Make(dtype, batch, l.hidden))
	if l.kind == LSTM {
		return State{Hidden: zero, Cell: zero}
	}
	return State{Hidden: zero}
}

// Apply runs over x [B, L, D] and returns the hidden state after each step, [B, L, H], and the state after the last one.
//
// It panics, naming the shapes, if x is not of three axes or floating point, or if the initial state, the lengths or the
// variables do not fit to it.
func (l *Layer) Apply(x *graph.Node) (outputs *graph.Node, last State) {
	if x.Rank() != 3 || !x.DType().IsFloat() {
		exceptions.Panicf("rnn: want floating point x [B, L, D], got %s", x.Shape())
	}
	dims := x.Shape().Dimensions
	batch, length, width := dims[0], dims[1], dims[2]
	state := l.Zero(x.Graph(), x.DType(), batch)
	if l.initial != nil {
		state = *l.initial
		l.checkState(x, state)
	}
	if l.lengths != nil {
		checkLengths(x, l.lengths)
		// Zeros past the end: the outputs do not see them, but a NaN would come back in the gradient, as 0·NaN.
		within := graph.BroadcastToDims(graph.InsertAxes(within(l.lengths, length), -1), dims...)
		x = graph.Where(within, x, graph.ZerosLike(x))
	}
	w := l.weights(x)

	x = graph.Reshape(graph.TransposeAllDims(x, 1, 0, 2), length*batch, width)       // step by step
	projected := graph.Reshape(w.project(x), length, batch, l.kind.gates()*l.hidden) // [L, B, G·H]
	hidden, last := l.through(w, projected, state)
	outputs = graph.TransposeAllDims(hidden, 1, 0, 2) // [B, L, H]
	outputs.AssertDims(batch, length, l.hidden)
	return outputs, last
}

// Step is one step by itself, the cell: from x [B, D] and a state to the next state. It is for generating, where the next
// input depends on the last output. Lengths, truncation and the initial state of the layer play no part in it.
func (l *Layer) Step(x *graph.Node, state State) State {
	if x.Rank() != 2 || !x.DType().IsFloat() {
		exceptions.Panicf("rnn: want floating point x [B, D] of one step, got %s", x.Shape())
	}
	l.checkState(x, state)
	w := l.weights(x)
	return l.next(l.see(w, w.project(x), state.Hidden), state)
}

// apply returns the state with f applied to its parts.
func (s State) apply(f func(*graph.Node) *graph.Node) State {
	s.Hidden = f(s.Hidden)
	if s.Cell != nil {
		s.Cell = f(s.Cell)
	}
	return s
}

func (l *Layer) checkState(x *graph.Node, state State) {
	want := shapes.Make(x.DType(), x.Shape().Dimensions[0], l.hidden)
	if state.Hidden == nil || (state.Cell != nil) != (l.kind == LSTM) {
		exceptions.Panicf("rnn: the state of a %s needs a hidden part, and a cell part if and only if it is an LSTM; want %s for x %s",
			l.kind, want, x.Shape())
	}
	state.apply(func(part *graph.Node) *graph.Node {
		if !part.Shape().Equal(want) {
			exceptions.Panicf("rnn: the state %s does not fit to x %s and width %d; want %s", part.Shape(), x.Shape(), l.hidden, want)
		}
		return part
	})
}

func checkLengths(x, lengths *graph.Node) {
	if lengths.Rank() != 1 || !lengths.DType().IsInt() || lengths.Shape().Dimensions[0] != x.Shape().Dimensions[0] {
		exceptions.Panicf("rnn: the lengths %s do not fit to x %s; want integers [%d]", lengths.Shape(), x.Shape(), x.Shape().Dimensions[0])
	}
}

// within is true at the positions before each sequence's end: [B, L].
func within(lengths *graph.Node, length int) *graph.Node {
	batch := lengths.Shape().Dimensions[0]
	position := graph.Iota(lengths.Graph(), shapes.Make(lengths.DType(), batch, length), 1)
	return graph.LessThan(position, graph.BroadcastToDims(graph.InsertAxes(lengths, -1), batch, length))
}
