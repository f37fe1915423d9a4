// Package decode turns a trained sequence model into sequences.
//
// Every graph has a fixed shape, whatever the lengths of the outputs: XLA compiles one for the inputs and one for a step,
// and the pure-Go backend, which has no dynamic shapes, runs the same code. What the models of coursekit have in common is
// the interface [Model], from tokens [B, Length+1] to logits, of which each step would compute all positions; those that
// keep a cache are [Incremental], and each step computes one.
//
// [Greedy] writes the most likely token, [Sampler] draws one, [Beam] looks for a likely sequence, [BeamLoop] does the same
// in one graph. The host chooses, from the logits of one position, so that the choices are the same on every backend that
// computes the same logits; where a loop is in the graph, the graph does.
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
	// End is the token that ends a sequence; -1 if there is none, and all have the full Length.
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

// Greedy writes the most likely token at each step, of equally likely ones that of the lowest id. For an [Incremental]
// model all is done by the backend, on XLA by one graph with a loop in it, which ends when all rows have. It keeps its compiled graphs: make
// one and use it for many batches of the same shape. Not for use by two goroutines at once.
type Greedy struct {
	config Config
	rows   *rows
	loop   *loop // nil if the model is not Incremental
}

// NewGreedy prepares greedy decoding of m, whose trained variables are in store.
func NewGreedy(backend compute.Backend, store *model.Store, m Model, config Config) (*Greedy, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	rows, err := newRows(backend, store, m, config, 1)
	if err != nil {
		return nil, err
	}
	d := &Greedy{config: config, rows: rows}
	if m, ok := m.(Incremental); ok {
		d.loop, err = newGreedyLoop(backend, store, m, config)
	}
	return d, err
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
	if d.loop == nil {
		tokens, err := d.steps(inputs)
		return d.sequences(tokens, d.config.Length+1), err
	}
	if _, err := d.rows.batch(inputs); err != nil {
		return nil, err
	}
	outputs, err := d.loop.call(inputs)
	if err != nil {
		return nil, err
	}
	defer outputs[0].MustFinalizeAll()
	return d.sequences(tensors.MustCopyFlatData[int32](outputs[0]), d.config.Length+1), nil
}

// steps returns the tokens, a flat [B, Length+1], written one position a call.
func (d *Greedy) steps(inputs []*tensors.Tensor) ([]int32, error) {
	next, batch, finish, err := d.rows.start(inputs)
	if err != nil {
		return nil, err
	}
	defer finish()
	tokens, length := d.config.begun(batch), d.config.Length+1
	ended := make([]bool, batch)
	for position, running := 0, batch; position < d.config.Length && running > 0; position++ {
		logits, err := next(tokens, position, themselves(batch))
		if err != nil {
			return nil, err
		}
		for row, likely := range logits {
			if ended[row] {
				continue // what stands there is Pad
			}
			token := 0
			for other, logit := range likely {
				if logit > likely[token] {
					token = other
				}
			}
			tokens[row*length+position+1] = int32(token)
			if token == d.config.End {
				ended[row] = true
				running--
			}
		}
	}
	return tokens, nil
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
