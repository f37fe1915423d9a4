package vae

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/support/exceptions"

	"courselab/coursekit/convolution"
)

// ConvolutionalConfig describes a VAE of images: convolutions that halve height and width, a dense layer to the posterior, and
// the way back. Start from DefaultConvolutionalConfig.
type ConvolutionalConfig struct {
	// Height and Width of the images in pixels, multiples of 2 to the number of Filters.
	Height, Width int
	// Channels is C, 1 for grey images and 3 for colours.
	Channels int
	// Filters are the channels that the encoder's convolutions put out, first to last; the decoder has them in reverse.
	Filters []int
	// Latent is Z, the number of latent dimensions.
	Latent int
	// Likelihood of the decoder. For Gaussian, the means are the sigmoid of the last layer, as pixels are in [0, 1].
	Likelihood Likelihood
	// Beta is the weight of the KL term: 1 for the ELBO, 0 for none.
	Beta float64
}

// DefaultConvolutionalConfig is for CIFAR-10: 32×32×3, convolutions to 32, 64 and 128 channels, Z 128, Gaussian, beta 1.
func DefaultConvolutionalConfig() ConvolutionalConfig {
	return ConvolutionalConfig{Height: 32, Width: 32, Channels: 3, Filters: []int{32, 64, 128}, Latent: 128, Likelihood: Gaussian, Beta: 1}
}

// Validate returns nil if the model can be built, else every rule that is broken, joined.
func (c ConvolutionalConfig) Validate() error {
	var broken []error
	rule := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, fmt.Errorf("vae: "+format, args...))
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
	rule(c.Latent >= 1, "Latent is %d, must be at least 1", c.Latent)
	rule(c.Likelihood == Bernoulli || c.Likelihood == Gaussian, "Likelihood is %s, must be Bernoulli or Gaussian", c.Likelihood)
	rule(c.Beta >= 0 && !math.IsInf(c.Beta, 0), "Beta is %g, must be finite and at least 0", c.Beta)
	return errors.Join(broken...)
}

// NewConvolutional returns the model of images [B, Y, X, C] whose variables lie in encoder (conv_0, conv_1, ..., output) and
// decoder (input, conv_0, ..., output) under scope. Matrices and kernels start Xavier uniform, biases at 0.
// It panics if the configuration is not valid.
func NewConvolutional(scope *model.Scope, config ConvolutionalConfig) *VAE {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	scope = scope.WithInitializer(initializer.XavierUniformFn(scope))
	return &VAE{
		encode: func(x *graph.Node) *graph.Node { return config.encode(scope.At("encoder"), x) },
		decode: func(z *graph.Node) *graph.Node { return config.decode(scope.At("decoder"), z) },
		latent: config.Latent, likelihood: config.Likelihood, beta: config.Beta,
	}
}

func (c ConvolutionalConfig) encode(scope *model.Scope, x *graph.Node) *graph.Node {
	if x.Rank() != 4 || x.Shape().Dimensions[1] != c.Height || x.Shape().Dimensions[2] != c.Width || x.Shape().Dimensions[3] != c.Channels {
		exceptions.Panicf("vae: examples must be [B, %d, %d, %d], got %s", c.Height, c.Width, c.Channels, x.Shape())
	}
	for i, filters := range c.Filters {
		x = activation.Relu(convolution.Layer(scope.At("conv_%d", i), x, convolution.Halve(filters))) // [B, Y/2^(i+1), X/2^(i+1), filters]
	}
	x = graph.Reshape(x, x.Shape().Dimensions[0], -1)
	return layers.DenseWithBias(scope.At("output"), x, 2*c.Latent) // [B, 2Z]
}

func (c ConvolutionalConfig) decode(scope *model.Scope, z *graph.Node) *graph.Node {
	n := len(c.Filters)
	height, width, filters := c.Height>>n, c.Width>>n, c.Filters[n-1]
	x := activation.Relu(layers.DenseWithBias(scope.At("input"), z, height*width*filters))
	x = graph.Reshape(x, z.Shape().Dimensions[0], height, width, filters)
	for i := range n - 1 {
		x = activation.Relu(convolution.TransposeLayer(scope.At("conv_%d", i), x, convolution.Halve(c.Filters[n-2-i])))
	}
	x = convolution.TransposeLayer(scope.At("output"), x, convolution.Halve(c.Channels)) // [B, Y, X, C]
	if c.Likelihood == Gaussian {
		x = graph.Sigmoid(x)
	}
	return x
}
