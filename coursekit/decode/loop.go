package decode

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// canLoop says if the backend runs loops. GoMLX's Go backend (v0.28, compute v0.1.2) has them, but compiles what is in a loop
// before it rewrites broadcasts, in there too, and then fails with "input 1 for node Add not computed yet".
func canLoop(backend compute.Backend) bool {
	return backend.Capabilities().Functions && backend.Capabilities().Operations[compute.OpTypeDynamicUpdateSlice]
}

// loop is the steps of decoding inside of the backend: a graph for the first, and one with a loop in it for the rest.
//
// Why two, and why all goes through the loop's parameters: GoMLX (v0.28) cannot make a variable inside of a loop, use a
// reduction there that was used outside, or, on XLA, refer to anything outside, be it a scalar that the graph remembers.
//
// Where the backend has no loops, rest is one step, called again and again.
type loop struct {
	first, rest *model.Exec
	loops       bool
	fixed       int      // how many of the first graph's outputs are the same for all steps
	variables   []string // what the first graph uses
	times       int
	results     int
}

// loopBody is one step: it returns the state with state[0] a scalar int32, how many rows still run, at which it does not
// look itself; position counts from 0.
type loopBody func(scope *model.Scope, fixed, state []*graph.Node, position *graph.Node) []*graph.Node

// newLoop prepares `times` steps. begin returns what is the same for all steps and the state before the first; the first
// `results` tensors of the state after state[0] are what call returns.
func newLoop(backend compute.Backend, store *model.Store, times, results int, begin func(scope *model.Scope, inputs []*graph.Node) (fixed, state []*graph.Node), body loopBody) (*loop, error) {
	l := &loop{times: times, results: results, loops: canLoop(backend)}
	var err error
	l.first, err = model.NewExec(backend, store, func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		fixed, state := begin(scope, inputs)
		l.fixed = len(fixed)
		state = body(scope, fixed, state, graph.Scalar(inputs[0].Graph(), dtypes.Int32, 0))
		l.variables = nil
		for v := range store.IterVariables() {
			if v.InUseByGraph(inputs[0].Graph()) {
				l.variables = append(l.variables, v.Path())
			}
		}
		return append(append([]*graph.Node{}, fixed...), state...)
	})
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	l.first.WithName("first step")
	l.rest, err = model.NewExec(backend, store, func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		if l.loops {
			return l.while(scope, store, inputs, body)
		}
		position, fixed, state := inputs[0], inputs[1:1+l.fixed], inputs[1+l.fixed:]
		return body(scope, fixed, append([]*graph.Node{nil}, state...), position)
	})
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	l.rest.WithName("other steps")
	return l, nil
}

// while is the second graph. Its inputs are 0, 1 and the number of steps, the position, and the first graph's outputs.
func (l *loop) while(scope *model.Scope, store *model.Store, inputs []*graph.Node, body loopBody) []*graph.Node {
	const zero, one, times, position, others = 0, 1, 2, 3, 4 // where what stands
	g := inputs[0].Graph()
	state := append([]*graph.Node{}, inputs...)
	variables := make([]*model.Variable, len(l.variables))
	for i, path := range l.variables {
		variables[i] = store.GetVariable(path)
		state = append(state, variables[i].NodeValue(g))
	}
	parameters := func(g *graph.Graph) []*graph.Node {
		inside := make([]*graph.Node, len(state))
		for i, x := range state {
			inside[i] = graph.Parameter(g, fmt.Sprintf("state_%d", i), x.Shape())
		}
		return inside
	}
	step := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		next := parameters(g)
		for i, v := range variables {
			outside := v.NodeValue(g)
			v.SetNodeValue(next[len(inputs)+i])
			defer v.SetNodeValue(outside)
		}
		changing := others + l.fixed
		after := body(scope, next[others:changing], next[changing:len(inputs)], next[position])
		next[position] = graph.Add(next[position], next[one])
		copy(next[changing:], after)
		return next
	})
	condition := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		inside := parameters(g)
		running := graph.GreaterThan(inside[others+l.fixed], inside[zero])
		return []*graph.Node{graph.LogicalAnd(graph.LessThan(inside[position], inside[times]), running)}
	})
	return graph.While(condition, step, state...)[others+l.fixed+1:][:l.results]
}

// call runs all steps.
func (l *loop) call(inputs []*tensors.Tensor) ([]*tensors.Tensor, error) {
	outputs, err := l.first.Call(anys(inputs)...)
	if err != nil {
		return nil, fmt.Errorf("decode: first step: %w", err)
	}
	release := func(list []*tensors.Tensor) {
		for _, t := range list {
			t.MustFinalizeAll()
		}
	}
	fixed, state := outputs[:l.fixed], outputs[l.fixed:]
	defer release(fixed)
	if l.loops && l.times > 1 {
		defer release(state)
		found, err := l.rest.Call(append([]any{int32(0), int32(1), int32(l.times), int32(1)}, anys(outputs)...)...)
		if err != nil {
			return nil, fmt.Errorf("decode: other steps: %w", err)
		}
		return found, nil
	}
	for position := 1; position < l.times && tensors.ToScalar[int32](state[0]) > 0; position++ {
		next, err := l.rest.Call(append([]any{int32(position)}, anys(append(fixed[:l.fixed:l.fixed], state[1:]...))...)...)
		release(state)
		if err != nil {
			return nil, fmt.Errorf("decode: step %d: %w", position, err)
		}
		state = next
	}
	release(state[1+l.results:])
	return state[1 : 1+l.results], nil
}

// newGreedyLoop prepares greedy decoding, whose result is the tokens [B, Length+1].
func newGreedyLoop(backend compute.Backend, store *model.Store, m Incremental, config Config) (*loop, error) {
	length := config.Length + 1
	columns := func(batch int, g *graph.Graph) *graph.Node {
		return graph.Iota(g, shapes.Make(dtypes.Int32, batch, length), 1)
	}
	begin := func(scope *model.Scope, inputs []*graph.Node) (fixed, state []*graph.Node) {
		g, batch := inputs[0].Graph(), inputs[0].Shape().Dimensions[0]
		fill := filler(g)
		tokens := graph.Where(graph.Equal(columns(batch, g), fill(0)), fill(config.Start, batch, length), fill(config.Pad, batch, length))
		fixed, state = m.Begin(scope.ResetVisited(), m.Encode(scope, inputs), config.Length)
		return fixed, append([]*graph.Node{fill(batch), tokens, fill(config.Start, batch), fill(1, batch)}, state...)
	}
	body := func(scope *model.Scope, fixed, state []*graph.Node, position *graph.Node) []*graph.Node {
		tokens, last, running := state[1], state[2], state[3]
		g, batch := position.Graph(), tokens.Shape().Dimensions[0]
		fill := filler(g)
		logits, next := m.Next(scope.ResetVisited(), fixed, state[4:], last, position)
		logits.AssertDims(batch, -1)
		checkState(state[4:], next)
		token := graph.Where(graph.Equal(running, fill(1)), graph.ArgMax(logits, -1, dtypes.Int32), fill(config.Pad, batch)) // [B]
		running = graph.Mul(running, graph.ConvertDType(graph.NotEqual(token, fill(config.End)), dtypes.Int32))
		write := graph.Equal(columns(batch, g), graph.AddScalar(position, 1)) // [B, T]
		tokens = graph.Where(write, graph.BroadcastToDims(graph.InsertAxes(token, -1), batch, length), tokens)
		return append([]*graph.Node{graph.ReduceAllSum(running), tokens, token, running}, next...)
	}
	return newLoop(backend, store, config.Length, 1, begin, body)
}

// filler makes int32 tensors of one value.
func filler(g *graph.Graph) func(value int, dims ...int) *graph.Node {
	return func(value int, dims ...int) *graph.Node {
		return graph.BroadcastToDims(graph.Scalar(g, dtypes.Int32, value), dims...)
	}
}
