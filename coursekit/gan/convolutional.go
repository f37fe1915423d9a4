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

	"courselab/coursekit/convolution"
)

// Convolutional is a pair of players for images in the manner of DCGAN: the generator doubles height and width by transposed
// convolutions, the discriminator halves them by convolutions, and no layer pools. Start from DefaultConvolutional.
//
// Source: Radford et al. 2016, "Unsupervised Representation Learning with Deep Convolutional GANs", section 3.
type Convolutional struct {
	// Height and Width of the images in pixels, multiples of 2 to the number of Filters.
	Height, Width int
	// Channels is C, 1 for grey images and 3 for colours. Pixels are in [-1, 1], the range of the generator's tanh.
	Channels int
	// Filters are the channels that the discriminator's convolutions put out, first to last; the generator has them in reverse.
	Filters []int
	// BatchNorm normalises over the batch in all but the first and last layer of the discriminator, and all but the last of the
	// generator. Real and generated images must then be judged apart: set Config.Separate. The running averages, which are
	// not trained, move whenever a player is used, in the other's updates too.
	BatchNorm bool
}

// slope of the discriminator's activations below 0.
const slope = 0.2

// DefaultConvolutional is for MNIST: 28×28×1, 64 and 128 channels, no batch normalisation.
func DefaultConvolutional() Convolutional {
	return Convolutional{Height: 28, Width: 28, Channels: 1, Filters: []int{64, 128}}
}

// Validate returns nil or every rule that is broken.
func (c Convolutional) Validate() error {
	var broken []error
	rule := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, fmt.Errorf("gan: "+format, args...))
		}
	}
	rule(len(c.Filters) >= 1 && len(c.Filters) <= 16, "Filters is %v, must be 1 to 16 numbers", c.Filters)
	for i, width := range c.Filters {
		rule(width >= 1, "Filters[%d] is %d, must be at least 1", i, width)
	}
	scale := 1 << min(len(c.Filters), 16)
	rule(c.Height >= 1 && c.Height%scale == 0 && c.Width >= 1 && c.Width%scale == 0,
		"Height is %d, Width %d, must be multiples of %d: each of the Filters halves them", c.Height, c.Width, scale)
	rule(c.Channels >= 1, "Channels is %d, must be at least 1", c.Channels)
	return errors.Join(broken...)
}

// Generator returns the network from noise [B, Z] to images [B, H, W, C] in [-1, 1]; its variables are input, conv_0, ...,
// output. It panics if the configuration is not valid.
func (c Convolutional) Generator() Network {
	c.mustBeValid()
	return func(scope *model.Scope, z *graph.Node) *graph.Node {
		if z.Rank() != 2 {
			exceptions.Panicf("gan: noise must be [B, Z], got %s", z.Shape())
		}
		scope = scope.WithInitializer(initializer.XavierUniformFn(scope))
		n := len(c.Filters)
		height, width, filters := c.Height>>n, c.Width>>n, c.Filters[n-1]
		x := layers.DenseWithBias(scope.At("input"), z, height*width*filters)
		x = graph.Reshape(x, z.Shape().Dimensions[0], height, width, filters)
		x = activation.Relu(c.normalise(scope.At("input"), x))
		for i := range n - 1 {
			at := scope.At("conv_%d", i)
			x = convolution.TransposeLayer(at, x, convolution.Halve(c.Filters[n-2-i]))
			x = activation.Relu(c.normalise(at, x))
		}
		return graph.Tanh(convolution.TransposeLayer(scope.At("output"), x, convolution.Halve(c.Channels)))
	}
}

// Discriminator returns the network from images [B, H, W, C], or packs [B/P, H, W, P·C], to logits [B, 1]; its variables are
// conv_0, conv_1, ..., output. It panics if the configuration is not valid.
func (c Convolutional) Discriminator() Network {
	c.mustBeValid()
	return func(scope *model.Scope, x *graph.Node) *graph.Node {
		if x.Rank() != 4 || x.Shape().Dimensions[1] != c.Height || x.Shape().Dimensions[2] != c.Width {
			exceptions.Panicf("gan: images must be [B, %d, %d, C], got %s", c.Height, c.Width, x.Shape())
		}
		scope = scope.WithInitializer(initializer.XavierUniformFn(scope))
		for i, filters := range c.Filters {
			at := scope.At("conv_%d", i)
			x = convolution.Layer(at, x, convolution.Halve(filters))
			if i > 0 {
				x = c.normalise(at, x)
			}
			x = leaky(x, slope)
		}
		x = graph.Reshape(x, x.Shape().Dimensions[0], -1)
		return layers.DenseWithBias(scope.At("output"), x, 1)
	}
}

func (c Convolutional) normalise(scope *model.Scope, x *graph.Node) *graph.Node {
	if !c.BatchNorm {
		return x
	}
	return convolution.BatchNorm(scope.At("batch_norm"), x, convolution.DefaultBatchNorm())
}

func (c Convolutional) mustBeValid() {
	if err := c.Validate(); err != nil {
		panic(err)
	}
}
