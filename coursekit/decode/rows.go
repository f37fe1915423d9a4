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

// rows computes, for rows of tokens that the host keeps, how likely each next token is.
type rows struct {
	encoder
	config Config
	step   *model.Exec
}

// newRows prepares m for `copies` rows of tokens for each row of the inputs.
func newRows(backend compute.Backend, store *model.Store, m Model, config Config, copies int) (*rows, error) {
	encoder, err := newEncoder(backend, store, m, copies)
	if err != nil {
		return nil, err
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
	step.WithName("logits of one position")
	return &rows{encoder: encoder, config: config, step: step}, nil
}

// logits returns the logits [V] of the token at position+1, for each row of tokens, a flat [R, Length+1].
func (r *rows) logits(tokens []int32, position int, encoded []*tensors.Tensor) ([][]float64, error) {
	length := r.config.Length + 1
	input := tensors.FromFlatDataAndDimensions(tokens, len(tokens)/length, length)
	defer input.MustFinalizeAll()
	outputs, err := r.step.Call(append([]any{input, int32(position)}, anys(encoded)...)...)
	if err != nil {
		return nil, fmt.Errorf("decode: step %d: %w", position, err)
	}
	defer outputs[0].MustFinalizeAll()
	vocabulary := outputs[0].Shape().Dimensions[1]
	flat := tensors.MustCopyFlatData[float64](outputs[0])
	var result [][]float64
	for ; len(flat) > 0; flat = flat[vocabulary:] {
		result = append(result, flat[:vocabulary])
	}
	return result, nil
}
