// Package decode turns a trained sequence model into sequences.
//
// Every graph has a fixed shape, [B, Length+1] tokens, of which those not yet written are padding: XLA compiles one
// graph for the inputs and one for a step, whatever the lengths of the outputs, and the pure-Go backend, which has no
// dynamic shapes, runs the same code. The price is that each step computes all positions.
//
// Source: lecture 7, "Supervision: sequences": at inference the decoder's inputs are its own previous outputs.
package decode

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Model is what can be decoded: something that says, given the tokens so far, how likely each next token is.
type Model interface {
	// Encode computes once a batch what all steps need of the inputs: nodes of any shapes, possibly none.
	Encode(scope *model.Scope, inputs []*Node) []*Node

	// Logits returns [B, L, V] for tokens [B, L]: at position t the unnormalised log-probabilities of the token at
	// position t+1, given those at 0..t. What stands after t, padding, must not matter.
	Logits(scope *model.Scope, encoded []*Node, tokens *Node) *Node
}

// Config says how sequences begin and end.
type Config struct {
	// Start is the token at position 0 of every sequence.
	Start int
	// End is the token that ends a sequence.
	End int
	// Pad fills the positions that are not written.
	Pad int
	// Length is the largest number of tokens to write, End included. At least 1.
	Length int
}

// Validate returns nil or every rule that is broken.
func (c Config) Validate() error {
	var broken []error
	if c.Length < 1 {
		broken = append(broken, fmt.Errorf("decode: Length is %d, must be at least 1", c.Length))
	}
	if c.End == c.Pad {
		broken = append(broken, fmt.Errorf("decode: End and Pad are both %d, must differ", c.End))
	}
	if c.Start == c.End {
		broken = append(broken, fmt.Errorf("decode: Start and End are both %d, must differ", c.End))
	}
	return errors.Join(broken...)
}

// Greedy writes the most likely token at each step. It keeps its compiled graphs: make one and use it for many batches
// of the same shape. Not for use by two goroutines at once.
type Greedy struct {
	config       Config
	encode, step *model.Exec
}

// NewGreedy prepares greedy decoding of m, whose trained variables are in store.
func NewGreedy(backend compute.Backend, store *model.Store, m Model, config Config) (*Greedy, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	encode, err := model.NewExec(backend, store, m.Encode)
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	encode.WithName("encode")
	step, err := model.NewExec(backend, store, func(scope *model.Scope, inputs []*Node) (*Node, *Node) {
		tokens, position, encoded := inputs[0], inputs[1], inputs[2:]
		return greedyStep(tokens, position, m.Logits(scope, encoded, tokens), config)
	})
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	step.WithName("greedy step")
	return &Greedy{config: config, encode: encode, step: step}, nil
}

// greedyStep writes the token at position+1 of every row, Pad where the row has ended.
//
// tokens [B, T], position scalar, logits [B, T, V]; it returns the new tokens and how many rows have not ended.
func greedyStep(tokens, position, logits *Node, config Config) (next, running *Node) {
	g := tokens.Graph()
	batch, length := tokens.Shape().Dimensions[0], tokens.Shape().Dimensions[1]
	logits.AssertDims(batch, length, -1)

	// The logits at this position, as a masked sum: the Go backend has no dynamic slice.
	here := Equal(Iota(g, shapes.Make(dtypes.Int32, 1, length, 1), 1), position)
	row := ReduceSum(Where(BroadcastToDims(here, logits.Shape().Dimensions...), logits, ZerosLike(logits)), 1) // [B, V]
	token := InsertAxes(ArgMax(row, -1, tokens.DType()), -1)                                                   // [B, 1]

	end, pad := Scalar(g, tokens.DType(), config.End), Scalar(g, tokens.DType(), config.Pad)
	ended := ReduceAndKeep(ConvertDType(Equal(tokens, end), dtypes.Int32), ReduceMax, 1) // [B, 1]
	isEnded := Equal(ended, Scalar(g, dtypes.Int32, 1))
	token = Where(isEnded, BroadcastToDims(pad, batch, 1), token)

	write := Equal(Iota(g, shapes.Make(dtypes.Int32, batch, length), 1), AddScalar(position, 1)) // [B, T]
	next = Where(write, BroadcastToDims(token, batch, length), tokens)
	stillRunning := LogicalAnd(LogicalNot(isEnded), NotEqual(token, end))
	return next, ReduceAllSum(ConvertDType(stillRunning, dtypes.Int32))
}

// Decode returns one sequence for each row of the inputs: its tokens after Start and before End, at most
// Config.Length. The first axis of inputs[0] is the batch.
func (d *Greedy) Decode(inputs ...*tensors.Tensor) ([][]int32, error) {
	if len(inputs) == 0 || inputs[0].Shape().Rank() == 0 {
		return nil, errors.New("decode: the first input must have the batch as its first axis")
	}
	batch, length := inputs[0].Shape().Dimensions[0], d.config.Length+1
	start := make([]int32, batch*length)
	for i := range start {
		start[i] = int32(d.config.Pad)
		if i%length == 0 {
			start[i] = int32(d.config.Start)
		}
	}
	encoded, err := d.encode.Call(anys(inputs)...)
	if err != nil {
		return nil, fmt.Errorf("decode: encoding: %w", err)
	}
	tokens := tensors.FromFlatDataAndDimensions(start, batch, length)
	for position := range d.config.Length {
		args := append([]any{tokens, int32(position)}, anys(encoded)...)
		outputs, err := d.step.Call(args...)
		if err != nil {
			return nil, fmt.Errorf("decode: step %d: %w", position, err)
		}
		tokens.MustFinalizeAll()
		tokens = outputs[0]
		if tensors.ToScalar[int32](outputs[1]) == 0 {
			break
		}
	}
	return d.sequences(tensors.MustCopyFlatData[int32](tokens), length), nil
}

// sequences cuts the rows of a flat [B, length] after Start and before End.
func (d *Greedy) sequences(flat []int32, length int) [][]int32 {
	var result [][]int32
	for ; len(flat) > 0; flat = flat[length:] {
		sequence := []int32{}
		for _, token := range flat[1:length] {
			if token == int32(d.config.End) {
				break
			}
			sequence = append(sequence, token)
		}
		result = append(result, sequence)
	}
	return result
}

func anys(list []*tensors.Tensor) []any {
	result := make([]any, len(list))
	for i, tensor := range list {
		result[i] = tensor
	}
	return result
}
