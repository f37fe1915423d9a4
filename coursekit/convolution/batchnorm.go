package convolution

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/support/exceptions"
)

// BatchNormConfig describes a batch normalisation. Start from DefaultBatchNorm.
type BatchNormConfig struct {
	// Momentum is the share of a new batch in the running averages, in (0, 1]. (TensorFlow and GoMLX call its complement so.)
	Momentum float64
	// Epsilon is added to the variance inside the root, in squared units of x.
	Epsilon float64
}

// DefaultBatchNorm is torch's: momentum 0.1, epsilon 1e-5.
func DefaultBatchNorm() BatchNormConfig { return BatchNormConfig{Momentum: 0.1, Epsilon: 1e-5} }

// Validate returns nil or every rule that is broken, joined.
func (c BatchNormConfig) Validate() error {
	var broken []error
	if !(c.Momentum > 0 && c.Momentum <= 1) {
		broken = append(broken, fmt.Errorf("convolution: batch norm: Momentum is %g, must be in (0, 1]", c.Momentum))
	}
	if !(c.Epsilon > 0) {
		broken = append(broken, fmt.Errorf("convolution: batch norm: Epsilon is %g, must be more than 0", c.Epsilon))
	}
	return errors.Join(broken...)
}

// BatchNorm normalises each channel of x [..., C] over all other axes (the lecture's LayerNorm does so for each example over
// its channels):
//
//	y = (x - mean) / sqrt(variance + ε) · gain + offset
//
// In a graph that is marked as training (model.Store.SetTraining), mean and variance (divided by N) are those of the batch, the gradient
// flows through them, and the running averages move towards them: r ← (1-Momentum)·r + Momentum·batch, the variance divided
// by N-1 for this purpose, as torch does. Otherwise they are the running averages. An example's output thus depends on its batch while
// training.
//
// The variables gain, offset, running_mean and running_variance, [C] each, lie in scope; the last two are not trainable. It may be called more than
// once in a graph: the variables are shared, and each call moves the averages. It panics if the configuration is not valid, or
// if it is training and there are fewer than two values to a channel.
//
// Source: Ioffe and Szegedy 2015, algorithm 1. GoMLX's layer has a wrong gradient or none (see the package).
func BatchNorm(scope *model.Scope, x *graph.Node, config BatchNormConfig) *graph.Node {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	if x.Rank() < 2 || !x.DType().IsFloat() {
		exceptions.Panicf("convolution: batch norm wants x [..., C] of a floating point type, got %s", x.Shape())
	}
	dims := x.Shape().Dimensions
	channels := dims[len(dims)-1]
	n := x.Shape().Size() / channels
	vector := shapes.Make(x.DType(), channels)
	ones, zeros := scope.WithInitializer(initializer.One), scope.WithInitializer(initializer.Zero)
	gain, offset := variable(ones, "gain", vector, x), variable(zeros, "offset", vector, x)
	variable(zeros, "running_mean", vector, x)
	variable(ones, "running_variance", vector, x)
	runningMean := scope.GetVariable("running_mean").SetTrainable(false)
	runningVariance := scope.GetVariable("running_variance").SetTrainable(false)

	flat := graph.Reshape(x, n, channels)
	mean, variance := runningMean.NodeValue(x.Graph()), runningVariance.NodeValue(x.Graph())
	centred := graph.Sub(flat, overChannels(mean, flat))
	if scope.IsTraining(x.Graph()) {
		if n < 2 {
			exceptions.Panicf("convolution: batch norm of %s: the variance of one value a channel says nothing", x.Shape())
		}
		batchMean := graph.ReduceMean(flat, 0)
		centred = graph.Sub(flat, overChannels(batchMean, flat)) // [N, C]
		batchVariance := graph.ReduceMean(graph.Square(centred), 0)
		move := func(v *model.Variable, from, to *graph.Node) {
			v.SetNodeValue(graph.Add(graph.MulScalar(from, 1-config.Momentum), graph.MulScalar(graph.StopGradient(to), config.Momentum)))
		}
		move(runningMean, mean, batchMean)
		move(runningVariance, variance, graph.MulScalar(batchVariance, float64(n)/float64(n-1)))
		variance = batchVariance
	}
	scale := graph.Div(gain, graph.Sqrt(graph.AddScalar(variance, config.Epsilon))) // [C]; Rsqrt has no gradient in GoMLX
	y := graph.Add(graph.Mul(centred, overChannels(scale, flat)), overChannels(offset, flat))
	return graph.Reshape(y, dims...)
}
