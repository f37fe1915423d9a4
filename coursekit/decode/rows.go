package decode

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Sequence is what was written for a row of the inputs.
type Sequence struct {
	// Tokens are those after Start and before End, at most Config.Length.
	Tokens []int32
	// LogProb is the log-probability of the tokens, and of End if it was written, under the model itself: in nats,
	// without temperature, truncation or length penalty.
	LogProb float64
	// Ended is whether End was written. Otherwise the sequence was cut off at Config.Length.
	Ended bool
}

// rows computes, for rows of tokens that the host keeps, how likely each next token is: all positions in each step, or,
// if the model is [Incremental], one.
type rows struct {
	encoder
	config Config
	step   *model.Exec
	cached *cached // nil if the model is not Incremental
}

// newRows prepares m for `copies` rows of tokens for each row of the inputs.
func newRows(backend compute.Backend, store *model.Store, m Model, config Config, copies int) (*rows, error) {
	encoder, err := newEncoder(backend, store, m, copies)
	if err != nil {
		return nil, err
	}
	r := &rows{encoder: encoder, config: config}
	if m, ok := m.(Incremental); ok {
		r.cached, err = newCached(backend, store, m, config.Length, copies)
		return r, err
	}
	step, err := model.NewExec(backend, store, func(scope *model.Scope, inputs []*graph.Node) *graph.Node {
		tokens, position, encoded := inputs[0], inputs[1], inputs[2:]
		logits := m.Logits(scope, encoded, tokens) // [R, T, V]
		logits.AssertDims(tokens.Shape().Dimensions[0], tokens.Shape().Dimensions[1], -1)
		return graph.ConvertDType(atPosition(logits, position), dtypes.Float64) // [R, V]
	})
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	r.step = step.WithName("logits of one position")
	return r, nil
}

// next computes the logits [V] of the token at position+1 for each row of tokens, a flat [R, Length+1]. Positions count up
// from 0; a row goes on from the row of the step before that parents, [R], names.
type next func(tokens []int32, position int, parents []int32) ([][]float64, error)

// start begins a call of Decode: how to go on, the batch, and what to call at the end.
func (r *rows) start(inputs []*tensors.Tensor) (next next, batch int, end func(), err error) {
	if batch, err = r.batch(inputs); err != nil {
		return nil, 0, nil, err
	}
	var step func(tokens []int32, position int, parents []int32) (*tensors.Tensor, error)
	if r.cached != nil {
		session, err := r.cached.start(inputs)
		if err != nil {
			return nil, 0, nil, err
		}
		end = session.free
		step = func(tokens []int32, position int, parents []int32) (*tensors.Tensor, error) {
			last := make([]int32, len(parents))
			for row := range last {
				last[row] = tokens[row*(r.config.Length+1)+position]
			}
			return session.logits(last, position, parents)
		}
	} else {
		encoded, _, err := r.call(inputs)
		if err != nil {
			return nil, 0, nil, err
		}
		end = func() {}
		step = func(tokens []int32, position int, parents []int32) (*tensors.Tensor, error) {
			input := tensors.FromFlatDataAndDimensions(tokens, len(parents), r.config.Length+1)
			defer input.MustFinalizeAll()
			outputs, err := r.step.Call(append([]any{input, int32(position)}, anys(encoded)...)...)
			if err != nil {
				return nil, err
			}
			return outputs[0], nil
		}
	}
	return func(tokens []int32, position int, parents []int32) ([][]float64, error) {
		logits, err := step(tokens, position, parents)
		if err != nil {
			return nil, fmt.Errorf("decode: step %d: %w", position, err)
		}
		defer logits.MustFinalizeAll()
		vocabulary := logits.Shape().Dimensions[1]
		flat := tensors.MustCopyFlatData[float64](logits)
		var result [][]float64
		for ; len(flat) > 0; flat = flat[vocabulary:] {
			result = append(result, flat[:vocabulary])
		}
		return result, nil
	}, batch, end, nil
}

// themselves are parents when each row goes on from itself.
func themselves(rows int) []int32 {
	parents := make([]int32, rows)
	for i := range parents {
		parents[i] = int32(i)
	}
	return parents
}
