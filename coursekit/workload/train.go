package workload

import (
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/training"
)

// prepareFunc is the type of Workload.prepare.
type prepareFunc func(b compute.Backend, store *model.Store, inputs inputs) (step, error)

// unclipped is the configuration of a training whose gradient is not clipped, and so has no length to be computed either.
func unclipped() training.Config {
	c := training.DefaultConfig()
	c.NoGradientNorm = true
	return c
}

// train prepares the steps of a training loop that minimises one loss.
func train(config training.Config, objective training.Objective) prepareFunc {
	return trainBy(config, func(b compute.Backend, store *model.Store, config training.Config, batches training.Batches) (*training.Loop, error) {
		return training.New(b, store, config, func(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
			return objective(scope.WithInitializer(zeros), batch)
		}, batches)
	})
}

// trainUpdate prepares the steps of a training loop with several losses: that of the update, then its metrics of these names.
func trainUpdate(config training.Config, update training.Update, metrics ...string) prepareFunc {
	return trainBy(config, func(b compute.Backend, store *model.Store, config training.Config, batches training.Batches) (*training.Loop, error) {
		return training.NewUpdate(b, store, config, func(scope *model.Scope, batch []*Node, optimizer training.Optimizer) (*Node, []training.Metric) {
			return update(scope.WithInitializer(zeros), batch, optimizer)
		}, batches)
	}, metrics...)
}

func trainBy(config training.Config, newLoop func(compute.Backend, *model.Store, training.Config, training.Batches) (*training.Loop, error), metrics ...string) prepareFunc {
	return func(b compute.Backend, store *model.Store, inputs inputs) (step, error) {
		config.Steps, config.Quiet, config.KeepBatches = math.MaxInt, true, true
		loop, err := newLoop(b, store, config, func(_ *rand.Rand, step int) ([]*tensors.Tensor, error) { return inputs(step - 1), nil })
		if err != nil {
			return nil, err
		}
		return func(int) (Output, error) {
			point, err := loop.Next()
			out := Output{Losses: []float64{point.Loss}}
			for _, name := range metrics {
				out.Losses = append(out.Losses, point.Metrics[name])
			}
			return out, err
		}, nil
	}
}

// zeros is the cheapest initial value: all parameters get their values later.
func zeros(g *Graph, shape shapes.Shape) *Node { return Zeros(g, shape) }

// ids is a tensor of token ids.
func ids(values []int32, dims ...int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(values, dims...)
}

// nextTokens is a batch of rows of length+1 tokens of a stream: the first ones are the input, the last ones what to predict.
func nextTokens(stream string, rows, length, vocabulary int) []*tensors.Tensor {
	tokens := Named(stream).Integers(rows*(length+1), 0, vocabulary)
	var input, next []int32
	for r := range rows {
		row := tokens[r*(length+1):][:length+1]
		input, next = append(input, row[:length]...), append(next, row[1:]...)
	}
	return []*tensors.Tensor{ids(input, rows, length), ids(next, rows, length)}
}

// crossEntropy is the mean over the allowed targets of -log softmax(logits)[target]: logits [B, L, V], target [B, L];
// allowed is boolean [B, L] or nil.
func crossEntropy(logits, target, allowed *Node) *Node {
	vocabulary := logits.Shape().Dimensions[logits.Rank()-1]
	right := OneHot(target, vocabulary, logits.DType())
	loss := Neg(ReduceSum(Mul(LogSoftmax(logits, -1), right), -1)) // [B, L]
	if allowed == nil {
		return ReduceAllMean(loss)
	}
	weight := ConvertDType(allowed, dtypes.Float32)
	return Div(ReduceAllSum(Mul(loss, weight)), ReduceAllSum(weight))
}
