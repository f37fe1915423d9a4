package rnn

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// scan runs step for t = 0..length-1, or from the last to the first if backwards. It has no gradient.
//
// In the step nothing from outside may be used: XLA's loops in GoMLX v0.28 see their own parameters only. Neither may
// reductions, nor functions that make a scalar constant, as MulScalar and ZerosLike do: GoMLX keeps one of each for a whole
// graph, and if it was made inside of a loop, it cannot be used outside, and the other way around.
type scan struct {
	length    int
	backwards bool
	unrolled  bool // even where the backend has loops

	constants []*graph.Node  // the same for all steps
	inputs    []*graph.Node  // [length, ...], of which step t gets row t, [...]
	outputs   []shapes.Shape // of a step
	step      func(constants, carry, rows []*graph.Node) (next, outputs []*graph.Node)
}

// run returns what the last step hands on, if the first one gets carry, and the outputs by t, [length, ...].
func (s scan) run(carry ...*graph.Node) (last, outputs []*graph.Node) {
	has := carry[0].Graph().Backend().Capabilities().Operations
	if s.unrolled || !has[compute.OpTypeDynamicSlice] || !has[compute.OpTypeDynamicUpdateSlice] {
		return s.unroll(carry)
	}
	return s.loop(carry)
}

func (s scan) unroll(carry []*graph.Node) (last, outputs []*graph.Node) {
	stacks := make([][]*graph.Node, len(s.outputs))
	for i := range s.length {
		t := i
		if s.backwards {
			t = s.length - 1 - i
		}
		rows := make([]*graph.Node, len(s.inputs))
		for j, x := range s.inputs {
			rows[j] = graph.Reshape(graph.SliceAxis(x, 0, graph.AxisElem(t)), x.Shape().Dimensions[1:]...)
		}
		var out []*graph.Node
		carry, out = s.step(s.constants, carry, rows)
		for j, y := range out {
			stacks[j] = append(stacks[j], y)
		}
	}
	for _, stack := range stacks {
		if s.backwards {
			slices.Reverse(stack)
		}
		outputs = append(outputs, graph.Stack(stack, 0))
	}
	return carry, outputs
}

func (s scan) loop(carry []*graph.Node) (last, outputs []*graph.Node) {
	g := carry[0].Graph()
	zero := func(g *graph.Graph) *graph.Node { return graph.Const(g, int32(0)) }
	var stacks []*graph.Node
	for _, y := range s.outputs {
		stacks = append(stacks, graph.Zeros(g, shapes.Make(y.DType, append([]int{s.length}, y.Dimensions...)...)))
	}
	state := slices.Concat([]*graph.Node{zero(g)}, carry, stacks, s.constants, s.inputs)
	parameters := func(g *graph.Graph) (i *graph.Node, parts [][]*graph.Node) {
		list := make([]*graph.Node, len(state))
		for j, x := range state {
			list[j] = graph.Parameter(g, "", x.Shape())
		}
		i, list = list[0], list[1:]
		for _, part := range [][]*graph.Node{carry, stacks, s.constants, s.inputs} {
			parts, list = append(parts, list[:len(part)]), list[len(part):]
		}
		return i, parts
	}
	condition := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		i, _ := parameters(g)
		return []*graph.Node{graph.LessThan(i, graph.Const(g, int32(s.length)))}
	})
	body := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		i, parts := parameters(g)
		carry, stacks, constants, inputs := parts[0], parts[1], parts[2], parts[3]
		t := i
		if s.backwards {
			t = graph.Sub(graph.Const(g, int32(s.length-1)), i)
		}
		row := func(x *graph.Node) []*graph.Node { // where row t of x begins
			start := slices.Repeat([]*graph.Node{zero(g)}, x.Rank())
			start[0] = t
			return start
		}
		rows := make([]*graph.Node, len(inputs))
		for j, x := range inputs {
			dims := x.Shape().Dimensions[1:]
			rows[j] = graph.Reshape(graph.DynamicSlice(x, row(x), append([]int{1}, dims...)), dims...)
		}
		next, out := s.step(constants, carry, rows)
		for j, y := range out {
			stacks[j] = graph.DynamicUpdateSlice(stacks[j], graph.InsertAxes(y, 0), row(stacks[j]))
		}
		return slices.Concat([]*graph.Node{graph.Add(i, graph.Const(g, int32(1)))}, next, stacks, constants, inputs)
	})
	state = graph.While(condition, body, state...)[1:]
	return state[:len(carry)], state[len(carry):][:len(stacks)]
}
