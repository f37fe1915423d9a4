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

// impossible is the log-probability of what must not come. Finite: a difference of two is a number.
const impossible = -1e9

// BeamLoop is beam search done by the backend, on XLA by one graph with a loop in it: the fastest, for many short searches.
//
// It is not quite [Beam]. A sequence that has ended keeps one of the Width places as long as it is among the Width most
// likely of all, ended or not, where Beam sets it aside; the results are those that hold a place at the end; there is no
// length penalty; log-probabilities are summed in the model's own type. What both find best is the same unless it loses
// its place to Width likelier beginnings that all come to less.
//
// It keeps its compiled graphs: make one and use it for many batches of the same shape. Not for use by two goroutines at
// once.
type BeamLoop struct {
	config BeamConfig
	loop   *loop
}

// NewBeamLoop prepares beam search with m, whose trained variables are in store. Config.Alpha must be 0.
func NewBeamLoop(backend compute.Backend, store *model.Store, m Incremental, config BeamConfig) (*BeamLoop, error) {
	broken := config.Validate()
	if config.Alpha != 0 {
		broken = errors.Join(broken, fmt.Errorf("decode: Alpha is %v, a BeamLoop has no length penalty: it must be 0", config.Alpha))
	}
	if broken != nil {
		return nil, broken
	}
	b := &BeamLoop{config: config}
	var err error
	b.loop, err = newLoop(backend, store, config.Length, 2, func(scope *model.Scope, inputs []*graph.Node) (fixed, state []*graph.Node) {
		return b.begin(scope, m, inputs)
	}, func(scope *model.Scope, fixed, state []*graph.Node, position *graph.Node) []*graph.Node {
		return b.step(scope, m, fixed, state, position)
	})
	return b, err
}

// Decode returns for each row of the inputs the Best most likely sequences found, the most likely first. Their Score is
// their LogProb. The first axis of every input is the batch.
func (b *BeamLoop) Decode(inputs ...*tensors.Tensor) ([][]Hypothesis, error) {
	batch, err := encoder{copies: b.config.Width}.batch(inputs)
	if err != nil {
		return nil, err
	}
	outputs, err := b.loop.call(inputs)
	if err != nil {
		return nil, err
	}
	defer outputs[0].MustFinalizeAll()
	defer outputs[1].MustFinalizeAll()
	tokens, scores := tensors.MustCopyFlatData[int32](outputs[0]), tensors.MustCopyFlatData[float64](outputs[1])
	width, length := b.config.Width, b.config.Length+1
	result := make([][]Hypothesis, batch)
	for row := range result {
		for k := range b.config.Best {
			at := row*width + k
			if scores[at] <= impossible/2 {
				break // fewer sequences exist
			}
			found := Hypothesis{Sequence{Tokens: []int32{}, LogProb: scores[at]}, scores[at]}
			for _, token := range tokens[at*length+1 : (at+1)*length] {
				if found.Ended = token == int32(b.config.End); found.Ended {
					break
				}
				found.Tokens = append(found.Tokens, token)
			}
			result[row] = append(result[row], found)
		}
	}
	return result, nil
}

// The state of the search, R = B·Width: rows that run, a scalar; tokens [R, T]; scores [R]; last tokens [R]; whether a row
// runs, [R]; then the model's.

func (b *BeamLoop) begin(scope *model.Scope, m Incremental, inputs []*graph.Node) (fixed, state []*graph.Node) {
	g, c := inputs[0].Graph(), b.config
	fill := filler(g)
	rows, length := inputs[0].Shape().Dimensions[0]*c.Width, c.Length+1
	// All beams of a row are the same empty sequence, of which one is enough.
	place := graph.Reshape(graph.Iota(g, shapes.Make(dtypes.Int32, rows/c.Width, c.Width), 1), rows)
	first := graph.ConvertDType(graph.Equal(place, fill(0)), dtypes.Float64)
	scores := graph.MulScalar(graph.OneMinus(first), impossible) // [R]
	columns := graph.Iota(g, shapes.Make(dtypes.Int32, rows, length), 1)
	tokens := graph.Where(graph.Equal(columns, fill(0)), fill(c.Start, rows, length), fill(c.Pad, rows, length))
	fixed, state = m.Begin(scope.ResetVisited(), m.Encode(scope, inputs), c.Length)
	all := []*graph.Node{fill(rows), tokens, scores, fill(c.Start, rows), fill(1, rows)}
	for _, x := range state {
		all = append(all, repeat(x, rows/c.Width, c.Width))
	}
	for i, x := range fixed {
		fixed[i] = repeat(x, rows/c.Width, c.Width)
	}
	return fixed, all
}

func (b *BeamLoop) step(scope *model.Scope, m Incremental, fixed, state []*graph.Node, position *graph.Node) []*graph.Node {
	g, c := position.Graph(), b.config
	fill := filler(g)
	tokens, scores, last, running := state[1], state[2], state[3], state[4]
	rows := last.Shape().Dimensions[0]
	logits, next := m.Next(scope.ResetVisited(), fixed, state[5:], last, position)
	checkState(state[5:], next)
	vocabulary := logits.Shape().Dimensions[1]

	logProbs := graph.ConvertDType(graph.LogSoftmax(logits, -1), scores.DType()) // [R, V]
	// An ended sequence goes on with padding, at no cost.
	isPad := graph.Equal(graph.Iota(g, shapes.Make(dtypes.Int32, rows, vocabulary), 1), fill(c.Pad))
	padding := graph.MulScalar(graph.OneMinus(graph.ConvertDType(isPad, scores.DType())), impossible)
	runs := graph.BroadcastToDims(graph.InsertAxes(graph.Equal(running, fill(1)), -1), rows, vocabulary)
	total := graph.Add(graph.InsertAxes(scores, -1), graph.Where(runs, logProbs, padding)) // [R, V]

	scores, best := mostLikely(graph.Reshape(total, rows/c.Width, c.Width*vocabulary), c.Width) // [B, W]
	parent := graph.Div(best, fill(vocabulary))
	token := graph.Reshape(graph.Sub(best, graph.Mul(parent, fill(vocabulary))), rows)
	offset := graph.MulScalar(graph.Iota(g, shapes.Make(dtypes.Int32, rows/c.Width, c.Width), 0), c.Width)
	chosen := choose(append([]*graph.Node{tokens, running}, next...), graph.Reshape(graph.Add(parent, offset), rows))

	tokens, running = chosen[0], chosen[1]
	write := graph.Equal(graph.Iota(g, tokens.Shape(), 1), graph.AddScalar(position, 1))
	tokens = graph.Where(write, graph.BroadcastToDims(graph.InsertAxes(token, -1), tokens.Shape().Dimensions...), tokens)
	running = graph.Mul(running, graph.ConvertDType(graph.NotEqual(token, fill(c.End)), dtypes.Int32))
	return append([]*graph.Node{graph.ReduceAllSum(running), tokens, graph.Reshape(scores, rows), token, running}, chosen[2:]...)
}

// mostLikely returns the k largest of each row of x [B, N], the largest first, and where they stand, int32 [B, k] each; of
// equal ones that which stands first. One after the other, which for a few is faster than sorting the row.
func mostLikely(x *graph.Node, k int) (values, indices *graph.Node) {
	var largest, where []*graph.Node
	places := graph.Iota(x.Graph(), shapes.Make(dtypes.Int32, x.Shape().Dimensions...), 1)
	for range k {
		place := graph.InsertAxes(graph.ArgMax(x, -1, dtypes.Int32), -1) // [B, 1]
		largest, where = append(largest, graph.ReduceAndKeep(x, graph.ReduceMax, -1)), append(where, place)
		x = graph.Where(graph.Equal(places, place), graph.AddScalar(graph.ZerosLike(x), 2*impossible), x)
	}
	return graph.Concatenate(largest, 1), graph.Concatenate(where, 1)
}
