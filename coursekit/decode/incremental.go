package decode

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Incremental is a Model that can go on from what it has computed for the tokens so far: the keys and values of a
// Transformer (a KV cache), or the state of a recurrent network. [Greedy], [Sampler] and [Beam] then compute one position
// a step, instead of all. Its logits must be those of Logits.
//
// The first axis of all nodes is the rows of tokens, R, or R·m if each row has m entries there, such as one a head. Their
// shapes never change: XLA compiles one step.
type Incremental interface {
	Model

	// Begin returns, from what Encode returned, what is the same for all steps and the state before the first token.
	// length is the largest number of steps. The positions may start at any number that the model adds to those of Next.
	Begin(scope *model.Scope, encoded []*graph.Node, length int) (fixed, state []*graph.Node)

	// Next returns [R, V] for tokens [R] at position, a scalar: the unnormalised log-probabilities of the tokens at
	// position+1; and the state, of the same shapes as before, that has seen the tokens.
	Next(scope *model.Scope, fixed, state []*graph.Node, tokens, position *graph.Node) (logits *graph.Node, next []*graph.Node)
}

// cached computes logits for rows of tokens that the host keeps, step by step from a state that stays on the backend.
type cached struct {
	begin, step *model.Exec
	fixed       int // how many of begin's outputs are the same for all steps
}

// newCached prepares m for `copies` rows of tokens for each row of the inputs.
func newCached(backend compute.Backend, store *model.Store, m Incremental, length, copies int) (*cached, error) {
	c := &cached{}
	var err error
	c.begin, err = model.NewExec(backend, store, func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		fixed, state := m.Begin(scope.ResetVisited(), m.Encode(scope, inputs), length)
		c.fixed = len(fixed)
		var outputs []*graph.Node
		for _, x := range append(slices.Clone(fixed), state...) {
			outputs = append(outputs, repeat(x, rowsOf(inputs[0]), copies))
		}
		return append(outputs, graph.Scalar(inputs[0].Graph(), dtypes.Int32, 0)) // a graph must have an output
	})
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	c.begin.WithName("beginning")
	c.step, err = model.NewExec(backend, store, func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		tokens, position, parents := inputs[0], inputs[1], inputs[2]
		fixed, state := inputs[3:3+c.fixed], inputs[3+c.fixed:]
		if copies > 1 {
			state = choose(state, parents)
		}
		logits, next := m.Next(scope, fixed, state, tokens, position)
		logits.AssertDims(tokens.Shape().Dimensions[0], -1)
		checkState(state, next)
		outputs := append([]*graph.Node{graph.ConvertDType(logits, dtypes.Float64)}, next...)
		// The Go backend fails if an input is not used, and not every model asks for the position.
		return append(outputs, graph.Add(position, graph.ReduceAllSum(parents)))
	})
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	c.step.WithName("step from a cache")
	return c, nil
}

// choose returns the rows parents [R] of each tensor [R·m, ...].
func choose(list []*graph.Node, parents *graph.Node) []*graph.Node {
	chosen := make([]*graph.Node, len(list))
	for i, x := range list {
		rows := graph.Gather(split(x, rowsOf(parents)), graph.InsertAxes(parents, -1))
		chosen[i] = graph.Reshape(rows, x.Shape().Dimensions...)
	}
	return chosen
}

func checkState(before, after []*graph.Node) {
	if len(before) != len(after) {
		exceptions.Panicf("decode: Next returned a state of %d tensors, it was given %d", len(after), len(before))
	}
	for i := range before {
		if !before[i].Shape().Equal(after[i].Shape()) {
			exceptions.Panicf("decode: Next returned %s as tensor %d of the state, it was given %s", after[i].Shape(), i, before[i].Shape())
		}
	}
}

// session is one call of Decode.
type session struct {
	*cached
	fixed, state []*tensors.Tensor
}

// start begins with the inputs.
func (c *cached) start(inputs []*tensors.Tensor) (*session, error) {
	outputs, err := c.begin.Call(anys(inputs)...)
	if err != nil {
		return nil, fmt.Errorf("decode: encoding: %w", err)
	}
	return &session{c, outputs[:c.fixed], outputs[c.fixed : len(outputs)-1]}, nil
}

// logits returns the logits [V] of the token at position+1 for each row, whose token at position is given, and which
// goes on from the state of its parent, a row of the step before.
func (s *session) logits(tokens []int32, position int, parents []int32) (*tensors.Tensor, error) {
	last, rows := tensors.FromFlatDataAndDimensions(tokens, len(tokens)), tensors.FromFlatDataAndDimensions(parents, len(parents))
	defer last.MustFinalizeAll()
	defer rows.MustFinalizeAll()
	args := append([]any{last, int32(position), rows}, append(anys(s.fixed), anys(s.state)...)...)
	outputs, err := s.step.Call(args...)
	if err != nil {
		return nil, err
	}
	s.free()
	s.state = outputs[1 : len(outputs)-1]
	return outputs[0], nil
}

// free frees the state.
func (s *session) free() {
	for _, t := range s.state {
		t.MustFinalizeAll()
	}
	s.state = nil
}
