package decode

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// encoder runs a model's Encode.
type encoder struct {
	exec   *model.Exec
	copies int
}

// newEncoder prepares m for `copies` rows of tokens for each row of the inputs.
func newEncoder(backend compute.Backend, store *model.Store, m Model, copies int) (encoder, error) {
	exec, err := model.NewExec(backend, store, func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		repeated := make([]*graph.Node, len(inputs))
		for i, input := range inputs {
			repeated[i] = repeat(input, rowsOf(input), copies)
		}
		// A graph must have an output, an encoding need not: here is one, which call takes off again.
		return append(slices.Clone(m.Encode(scope, repeated)), graph.Scalar(inputs[0].Graph(), dtypes.Int32, 0))
	})
	if err != nil {
		return encoder{}, fmt.Errorf("decode: %w", err)
	}
	return encoder{exec.WithName("encode"), copies}, nil
}

// repeat returns [B·copies·m, ...] for x [B·m, ...], B rows of m each: each row, then its copies.
func repeat(x *graph.Node, rows, copies int) *graph.Node {
	if copies == 1 {
		return x
	}
	dims := x.Shape().Dimensions
	x = split(x, rows)
	repeated := append([]int{rows, copies}, x.Shape().Dimensions[1:]...)
	flat := append([]int{dims[0] * copies}, dims[1:]...)
	return graph.Reshape(graph.BroadcastToDims(graph.InsertAxes(x, 1), repeated...), flat...)
}

// split returns x [R·m, ...] as [R, m, ...].
func split(x *graph.Node, rows int) *graph.Node {
	dims := x.Shape().Dimensions
	return graph.Reshape(x, append([]int{rows, dims[0] / rows}, dims[1:]...)...)
}

// rowsOf is the size of the first axis.
func rowsOf(x *graph.Node) int { return x.Shape().Dimensions[0] }

// batch is the first axis of the first input and, where rows are copied, of every input.
func (e encoder) batch(inputs []*tensors.Tensor) (int, error) {
	if len(inputs) == 0 || inputs[0].Shape().Rank() == 0 {
		return 0, errors.New("decode: the first input must have the batch as its first axis")
	}
	batch := inputs[0].Shape().Dimensions[0]
	for i, input := range inputs {
		if shape := input.Shape(); e.copies > 1 && (shape.Rank() == 0 || shape.Dimensions[0] != batch) {
			return 0, fmt.Errorf("decode: input %d is %s, its first axis must be the batch, %d, as in the first input", i, shape, batch)
		}
	}
	return batch, nil
}

// call returns the encoding, and the batch.
func (e encoder) call(inputs []*tensors.Tensor) (encoded []*tensors.Tensor, batch int, err error) {
	if batch, err = e.batch(inputs); err != nil {
		return nil, 0, err
	}
	encoded, err = e.exec.Call(anys(inputs)...)
	if err != nil {
		return nil, 0, fmt.Errorf("decode: encoding: %w", err)
	}
	return encoded[:len(encoded)-1], batch, nil
}

func anys(list []*tensors.Tensor) []any {
	result := make([]any, len(list))
	for i, tensor := range list {
		result[i] = tensor
	}
	return result
}
