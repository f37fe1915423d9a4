package convolution

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Config describes a layer. Start from [Halve] or [Same].
type Config struct {
	// Channels is O, the number of channels that the layer puts out.
	Channels int
	// Kernel is K, the height and width of the kernel in pixels.
	Kernel int
	// Stride is S: a convolution makes pictures S times smaller, a transposed one S times larger.
	Stride int
	// Padding is P, the rows and columns of zeros on each side of what a convolution reads, less than Kernel. A transposed one
	// leaves out as many of what it writes.
	Padding int
	// Bias adds a vector [O] to every pixel.
	Bias bool
}

// Halve is kernel 4, stride 2, padding 1: a convolution halves an even height and width, a transposed one doubles any. Away
// from the border all pixels are read or written equally often, so that no checkerboard comes from the layer itself.
func Halve(channels int) Config {
	return Config{Channels: channels, Kernel: 4, Stride: 2, Padding: 1, Bias: true}
}

// Same is kernel 3, stride 1, padding 1: height and width stay.
func Same(channels int) Config {
	return Config{Channels: channels, Kernel: 3, Stride: 1, Padding: 1, Bias: true}
}

// Validate returns nil if the layer can be built, else every rule that is broken, joined.
func (c Config) Validate() error {
	var broken []error
	rule := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, fmt.Errorf("convolution: "+format, args...))
		}
	}
	rule(c.Channels >= 1, "Channels is %d, must be at least 1", c.Channels)
	rule(c.Kernel >= 1, "Kernel is %d, must be at least 1", c.Kernel)
	rule(c.Stride >= 1, "Stride is %d, must be at least 1", c.Stride)
	rule(c.Padding >= 0 && c.Padding < max(c.Kernel, 1), "Padding is %d, must be at least 0 and less than Kernel, which is %d", c.Padding, c.Kernel)
	return errors.Join(broken...)
}

// Layer is [Convolve] of x [B, Y, X, C] with the variables weights [K, K, C, O] and biases [O] of scope.
// It may be called more than once in a graph: the variables are shared. It panics if the configuration is not valid.
func Layer(scope *model.Scope, x *graph.Node, config Config) *graph.Node {
	weights, biases := variables(scope, x, config)
	return addBias(Convolve(x, weights, config.Stride, config.Padding), biases)
}

// TransposeLayer is [Transpose] of x [B, Y, X, C] with the variables weights [K, K, C, O] and biases [O] of scope.
// It may be called more than once in a graph: the variables are shared. It panics if the configuration is not valid.
func TransposeLayer(scope *model.Scope, x *graph.Node, config Config) *graph.Node {
	weights, biases := variables(scope, x, config)
	return addBias(Transpose(x, weights, config.Stride, config.Padding), biases)
}

// variables are the layer's variables as nodes; biases is nil if there are none.
func variables(scope *model.Scope, x *graph.Node, config Config) (weights, biases *graph.Node) {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	if x.Rank() != 4 {
		exceptions.Panicf("convolution: a layer wants x [B, Y, X, C], got %s", x.Shape())
	}
	want := shapes.Make(x.DType(), config.Kernel, config.Kernel, x.Shape().Dimensions[3], config.Channels)
	weights = variable(scope, "weights", want, x)
	if config.Bias {
		biases = variable(scope, "biases", shapes.Make(x.DType(), config.Channels), x)
	}
	return weights, biases
}

// variable is the value of a variable of scope, made if it is not there.
func variable(scope *model.Scope, name string, want shapes.Shape, x *graph.Node) *graph.Node {
	if v := scope.GetVariable(name); v != nil && !v.Shape().Equal(want) {
		exceptions.Panicf("convolution: the variable %s is %s, but x %s needs %s", v.Path(), v.Shape(), x.Shape(), want)
	}
	return scope.VariableWithShape(name, want).NodeValue(x.Graph())
}

// addBias adds biases [O] to every pixel of x [B, Y, X, O].
func addBias(x, biases *graph.Node) *graph.Node {
	if biases == nil {
		return x
	}
	return graph.Add(x, overChannels(biases, x))
}

// overChannels repeats v [C] for every pixel of x [..., C].
func overChannels(v, x *graph.Node) *graph.Node {
	return graph.BroadcastToDims(graph.ExpandLeftToRank(v, x.Rank()), x.Shape().Dimensions...)
}
