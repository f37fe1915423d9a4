package gan

import (
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Perceptron is a network of dense layers, either player, for points and other vectors.
type Perceptron struct {
	// Hidden are the widths of the hidden layers, first to last.
	Hidden []int
	// Outputs is the width of the linear output layer: X for a generator, 1 for a discriminator.
	Outputs int
	// Slope of the activation below 0: 0 is ReLU, 0.2 the usual leaky one.
	Slope float64
	// Deviation lets a discriminator see the deviation over its batch, by [WithDeviation] before the last layer.
	Deviation bool
}

// Validate returns nil or every rule that is broken.
func (p Perceptron) Validate() error {
	var broken []error
	for i, width := range p.Hidden {
		if width < 1 {
			broken = append(broken, fmt.Errorf("gan: Hidden[%d] is %d, must be at least 1", i, width))
		}
	}
	if p.Outputs < 1 {
		broken = append(broken, fmt.Errorf("gan: Outputs is %d, must be at least 1", p.Outputs))
	}
	if !(p.Slope >= 0 && p.Slope < 1) {
		broken = append(broken, fmt.Errorf("gan: Slope is %g, must be in [0, 1)", p.Slope))
	}
	return errors.Join(broken...)
}

// Network returns the perceptron as a graph function of [B, ...], flattened to [B, X]; its variables are hidden_0, hidden_1,
// ..., output. Matrices start Xavier uniform, biases at 0. It panics if the configuration is not valid.
func (p Perceptron) Network() Network {
	if err := p.Validate(); err != nil {
		panic(err)
	}
	return func(scope *model.Scope, x *graph.Node) *graph.Node {
		if x.Rank() < 2 {
			exceptions.Panicf("gan: the input of a network must be [B, ...], got %s", x.Shape())
		}
		scope = scope.WithInitializer(initializer.XavierUniformFn(scope))
		x = graph.Reshape(x, x.Shape().Dimensions[0], -1)
		for i, width := range p.Hidden {
			x = leaky(layers.DenseWithBias(scope.At("hidden_%d", i), x, width), p.Slope) // [B, width]
		}
		if p.Deviation {
			x = WithDeviation(x)
		}
		return layers.DenseWithBias(scope.At("output"), x, p.Outputs) // [B, Outputs]
	}
}

// leaky returns x above 0, slope·x below.
func leaky(x *graph.Node, slope float64) *graph.Node {
	if slope == 0 {
		return activation.Relu(x)
	}
	return graph.Where(graph.GreaterThan(x, graph.ZerosLike(x)), x, graph.MulScalar(x, slope))
}
