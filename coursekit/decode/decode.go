// Package decode turns a trained sequence model into sequences.
//
// Every graph has a fixed shape, [B, Length+1] tokens, of which those not yet written are padding: XLA compiles one
// graph for the inputs and one for a step, whatever the lengths of the outputs, and the pure-Go backend, which has no
// dynamic shapes, runs the same code. The price is that each step computes all positions.
//
// [Greedy] writes the most likely token, [Sampler] draws one, [Beam] looks for a likely sequence. The last two choose on
// the host from the logits of one position, so that their choices are the same on every backend that computes the same
// logits.
//
// Source: lecture 7, "Supervision: sequences": at inference the decoder's inputs are its own previous outputs.
package decode

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Model is what can be decoded: something that says, given the tokens so far, how likely each next token is.
type Model interface {
	// Encode computes once a batch what all steps need of the inputs: nodes of any shapes, possibly none.
	Encode(scope *model.Scope, inputs []*graph.Node) []*graph.Node

	// Logits returns [B, L, V] for tokens [B, L]: at position t the unnormalised log-probabilities of the token at
	// position t+1, given those at 0..t. What stands after t, padding, must not matter.
	Logits(scope *model.Scope, encoded []*graph.Node, tokens *graph.Node) *graph.Node
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
	config  Config
	encoder encoder
	step    *model.Exec
}

// NewGreedy prepares greedy decoding of m, whose trained variables are in store.
func NewGreedy(backend compute.Backend, store *model.Store, m Model, config Config) (*Greedy, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	encoder, err := newEncoder(backend, store, m, 1)
	if err != nil {
		return nil, err
	}
	step, err := model.NewExec(backend, store, func(scope *model.Scope, inputs []*graph.Node) (*graph.Node, *graph.Node) {
		tokens, position, encoded := inputs[0], inputs[1], inputs[2:]
		return greedyStep(tokens, position, m.Logits(scope, encoded, tokens), config)
	})
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	step.WithName("greedy step")
	return &Greedy{config: config, encoder: encoder, step: step}, nil
}

// greedyStep writes the token at position+1 of every row, Pad where the row has ended.
//
// tokens [B, T], position scalar, logits [B, T, V]; it returns the new tokens and how many rows have not ended.
func greedyStep(tokens, position, logits *graph.Node, config Config) (next, running *graph.Node) {
	g := tokens.Graph()
	batch, length := tokens.Shape().Dimensions[0], tokens.Shape().Dimensions[1]
	logits.AssertDims(batch, length, -1)

	row := atPosition(logits, position)                                  // [B, V]
	token := graph.InsertAxes(graph.ArgMax(row, -1, tokens.DType()), -1) // [B, 1]

	end, pad := graph.Scalar(g, tokens.DType(), config.End), graph.Scalar(g, tokens.DType(), config.Pad)
	ended := graph.ReduceAndKeep(graph.ConvertDType(graph.Equal(tokens, end), dtypes.Int32), graph.ReduceMax, 1) // [B, 1]
	isEnded := graph.Equal(ended, graph.Scalar(g, dtypes.Int32, 1))
	token = graph.Where(isEnded, graph.BroadcastToDims(pad, batch, 1), token)

	write := graph.Equal(graph.Iota(g, shapes.Make(dtypes.Int32, batch, length), 1), graph.AddScalar(position, 1)) // [B, T]
	next = graph.Where(write, graph.BroadcastToDims(token, batch, length), tokens)
	stillRunning := graph.LogicalAnd(graph.LogicalNot(isEnded), graph.NotEqual(token, end))
	return next, graph.ReduceAllSum(graph.ConvertDType(stillRunning, dtypes.Int32))
}

// atPosition returns [B, V], the logits [B, T, V] at a position, a scalar, as a masked sum: the Go backend has no dynamic
// slice.
func atPosition(logits, position *graph.Node) *graph.Node {
	here := graph.Equal(graph.Iota(logits.Graph(), shapes.Make(dtypes.Int32, 1, logits.Shape().Dimensions[1], 1), 1), position)
	return graph.ReduceSum(graph.Where(graph.BroadcastToDims(here, logits.Shape().Dimensions...), logits, graph.ZerosLike(logits)), 1)
}

// Decode returns one sequence for each row of the inputs: its tokens after Start and before End, at most
// Config.Length. The first axis of inputs[0] is the batch.
func (d *Greedy) Decode(inputs ...*tensors.Tensor) ([][]int32, error) {
	encoded, batch, err := d.encoder.call(inputs)
	if err != nil {
		return nil, err
	}
	length := d.config.Length + 1
	tokens := tensors.FromFlatDataAndDimensions(d.config.begun(batch), batch, length)
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

// begun returns the tokens of rows that are only begun: a flat [rows, Length+1], Start and then Pad.
func (c Config) begun(rows int) []int32 {
	length := c.Length + 1
	tokens := make([]int32, rows*length)
	for i := range tokens {
		tokens[i] = int32(c.Pad)
		if i%length == 0 {
			tokens[i] = int32(c.Start)
		}
	}
	return tokens
}
