package rnn

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"courselab/coursekit/customgradient"
)

// through runs the steps over the projected inputs [L, B, G·H], and returns the hidden states [L, B, H] and the last state.
//
// Back-propagation through time is written by hand, since GoMLX has no gradient of a loop. It is a second loop, from the end
// to the beginning, with one product a step, that with the transposed hidden weights; all derivatives of the nonlinearities
// are computed before it, and the gradient of the weights is one large product after it.
func (l *Layer) through(w weights, projected *graph.Node, initial State) (hidden *graph.Node, last State) {
	inputs := append([]*graph.Node{projected, w.hidden}, initial.parts()...)
	if l.kind == GRU {
		inputs = append(inputs, w.reset)
	}
	unpack := func(x []*graph.Node) (weights, State) {
		w := weights{hidden: x[1], transposed: graph.Transpose(x[1], 0, 1)}
		if l.kind == GRU {
			w.reset = x[3]
		}
		return w, l.state(x[2:])
	}
	outputs := customgradient.Function{
		Forward: func(x []*graph.Node) (outputs, saved []*graph.Node) {
			w, initial := unpack(x)
			last, stacks := l.forward(w, x[0], initial)
			return append([]*graph.Node{stacks[1]}, last[1:]...), stacks // of the cells only the last one is an output
		},
		Backward: func(x, saved, gradients []*graph.Node) []*graph.Node {
			w, initial := unpack(x)
			return l.backward(w, initial, saved, gradients)
		},
	}.Apply(inputs...)
	hidden = outputs[0]
	dims := hidden.Shape().Dimensions
	end := graph.Reshape(graph.SliceAxis(hidden, 0, graph.AxisElem(dims[0]-1)), dims[1:]...)
	return hidden, l.state(append([]*graph.Node{end}, outputs[1:]...))
}

// forward returns the parts of the last state, and by step what the nonlinearities saw, [L, B, ·], and the parts of the state.
func (l *Layer) forward(w weights, projected *graph.Node, initial State) (last, stacks []*graph.Node) {
	dims := projected.Shape().Dimensions
	length, batch := dims[0], dims[1]
	s := scan{
		length: length, unrolled: l.unrolled,
		constants: []*graph.Node{w.transposed}, inputs: []*graph.Node{projected},
		outputs: []shapes.Shape{shapes.Make(projected.DType(), batch, l.kind.seen()*l.hidden)},
	}
	for _, part := range initial.parts() {
		s.outputs = append(s.outputs, part.Shape())
	}
	if l.kind == GRU {
		s.constants = append(s.constants, w.reset)
	}
	if l.lengths != nil {
		s.inputs = append(s.inputs, l.alive(length))
	}
	s.step = func(constants, carry, rows []*graph.Node) (next, outputs []*graph.Node) {
		w, state := weights{transposed: constants[0]}, l.state(carry)
		if l.kind == GRU {
			w.reset = constants[1]
		}
		seen := l.see(w, rows[0], state.Hidden)
		next = l.next(seen, state).parts()
		if l.lengths != nil {
			for i := range next {
				next[i] = graph.Where(rows[1], next[i], carry[i])
			}
		}
		return next, append([]*graph.Node{seen}, next...)
	}
	return s.run(initial.parts()...)
}

// backward returns the gradients of the inputs of the function in [Layer.through], from what forward returned by step, and
// the gradients of the hidden states [L, B, H] and, of an LSTM, the last cell.
func (l *Layer) backward(w weights, initial State, stacks, gradients []*graph.Node) []*graph.Node {
	dims := stacks[0].Shape().Dimensions
	length, batch := dims[0], dims[1]
	var before []*graph.Node // the parts of the state before each step, [L, B, H]
	for i, start := range initial.parts() {
		start = graph.InsertAxes(start, 0)
		if length > 1 {
			start = graph.Concatenate([]*graph.Node{start, graph.SliceAxis(stacks[1+i], 0, graph.AxisRange(0, length-1))}, 0)
		}
		before = append(before, start)
	}
	zeros := graph.ZerosLike(initial.Hidden)
	s := scan{
		length: length, backwards: true, unrolled: l.unrolled,
		constants: []*graph.Node{w.hidden, zeros},
		inputs:    append([]*graph.Node{gradients[0]}, l.slopes(stacks[0], l.state(before), l.state(stacks[1:]))...),
		outputs:   []shapes.Shape{shapes.Make(zeros.DType(), batch, l.kind.seen()*l.hidden)},
	}
	if l.truncation > 0 {
		s.inputs = append(s.inputs, l.reached(length, zeros))
	}
	s.step = func(constants, carry, rows []*graph.Node) (next, outputs []*graph.Node) {
		after := l.state(carry)
		after.Hidden = graph.Add(after.Hidden, rows[0])
		seen, state := l.pullBack(after, rows[1:])
		_, fromHidden := l.split(seen)
		product := graph.Dot(fromHidden, constants[0]).General([]int{1}, nil, []int{1}, nil) // [B, H]
		if state.Hidden != nil {
			product = graph.Add(product, state.Hidden)
		}
		state.Hidden = product
		next = state.parts()
		if l.truncation > 0 {
			for i := range next {
				next[i] = graph.Where(rows[len(rows)-1], next[i], constants[1])
			}
		}
		return next, []*graph.Node{seen}
	}
	first, seen := s.run(append([]*graph.Node{zeros}, gradients[1:]...)...)

	projected, fromHidden := l.split(graph.Reshape(seen[0], length*batch, l.kind.seen()*l.hidden)) // [L·B, G·H]
	hidden := graph.Reshape(before[0], length*batch, l.hidden)
	result := []*graph.Node{graph.Reshape(projected, length, batch, -1), graph.Dot(hidden, fromHidden).General([]int{0}, nil, []int{0}, nil)}
	result = append(result, first...)
	if l.kind == GRU {
		result = append(result, graph.ReduceSum(graph.SliceAxis(fromHidden, 1, graph.AxisRange(2*l.hidden)), 0))
	}
	return result
}

// alive is true at the steps that a sequence has: [L, B, H].
func (l *Layer) alive(length int) *graph.Node {
	alive := graph.Transpose(within(l.lengths, length), 0, 1) // [L, B]
	return graph.BroadcastToDims(graph.InsertAxes(alive, -1), append(alive.Shape().Dimensions, l.hidden)...)
}

// reached is true at the steps whose state before them gets a gradient, [L, B, H] for a state like that given, in spite of
// truncation: all but k, 2k, 3k, ...
func (l *Layer) reached(length int, state *graph.Node) *graph.Node {
	reached := make([]bool, length)
	for t := range reached {
		reached[t] = t == 0 || t%l.truncation != 0
	}
	dims := append([]int{length}, state.Shape().Dimensions...)
	return graph.BroadcastToDims(graph.InsertAxes(graph.Const(state.Graph(), reached), -1, -1), dims...)
}

// parts are the state as a list, the inverse of [Layer.state].
func (s State) parts() []*graph.Node {
	if s.Cell == nil {
		return []*graph.Node{s.Hidden}
	}
	return []*graph.Node{s.Hidden, s.Cell}
}

func (l *Layer) state(parts []*graph.Node) State {
	if l.kind == LSTM {
		return State{Hidden: parts[0], Cell: parts[1]}
	}
	return State{Hidden: parts[0]}
}
