package vision

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"courselab/coursekit/convolution"
)

// Kind is what an autoencoder is made of.
type Kind int

const (
	// Linear is one matrix down and one up. At its optimum it spans the same space as the first Z principal components (Baldi and
	// Hornik 1989), though not by the same axes.
	Linear Kind = iota
	// Dense is dense layers with ReLU, and a sigmoid at the end.
	Dense
	// Convolutional is convolutions that halve and transposed ones that double, with ReLU, and a sigmoid at the end.
	Convolutional
)

// String is "linear", "dense" or "convolutional".
func (k Kind) String() string {
	switch k {
	case Linear:
		return "linear"
	case Dense:
		return "dense"
	case Convolutional:
		return "convolutional"
	}
	return fmt.Sprintf("unknown(%d)", int(k))
}

// MarshalText writes the name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// AutoencoderConfig describes an autoencoder. Start from DefaultAutoencoder.
type AutoencoderConfig struct {
	// Kind of the layers.
	Kind Kind
	// Height, Width and Channels of the images.
	Height, Width, Channels int
	// Latent is Z, the number of values that an image is squeezed into.
	Latent int
	// Hidden are the widths of a dense encoder's hidden layers, or the filters of a convolutional one's, first to last; the decoder has
	// them in reverse. Height and width must be multiples of two to the number of filters.
	Hidden []int
	// Initializer gives all variables their first values. Nil means Xavier uniform for weights and 0 for biases.
	Initializer model.VariableInitializer `json:"-"`
}

// DefaultAutoencoder is for digits of 28 by 28: layers of 256 and 128, or 16 and 32 filters.
func DefaultAutoencoder(kind Kind, latent int) AutoencoderConfig {
	config := AutoencoderConfig{Kind: kind, Height: 28, Width: 28, Channels: 1, Latent: latent}
	switch kind {
	case Dense:
		config.Hidden = []int{256, 128}
	case Convolutional:
		config.Hidden = []int{16, 32}
	}
	return config
}

// Validate returns nil if the model can be built, else every rule that is broken, joined.
func (c AutoencoderConfig) Validate() error {
	r := rules{name: "autoencoder"}
	r.must(c.Kind >= Linear && c.Kind <= Convolutional, "Kind is %s, must be Linear, Dense or Convolutional", c.Kind)
	r.must(c.Height >= 1 && c.Width >= 1 && c.Channels >= 1, "Height is %d, Width %d, Channels %d, must be at least 1 each", c.Height, c.Width, c.Channels)
	r.must(c.Latent >= 1, "Latent is %d, must be at least 1", c.Latent)
	r.positive("Hidden", c.Hidden)
	switch c.Kind {
	case Linear:
		r.must(len(c.Hidden) == 0, "Hidden is %v, but a linear autoencoder has no hidden layer", c.Hidden)
	case Convolutional:
		factor := 1 << len(c.Hidden)
		r.must(len(c.Hidden) >= 1, "Hidden is empty, a convolutional autoencoder needs filters")
		r.must(c.Height%factor == 0 && c.Width%factor == 0, "Height is %d and Width %d, must be multiples of %d, for %d layers that halve", c.Height, c.Width, factor, len(c.Hidden))
	}
	return r.err()
}

// Autoencoder is an encoder and a decoder. Make it with [NewAutoencoder].
type Autoencoder struct {
	scope  *model.Scope
	config AutoencoderConfig
}

// NewAutoencoder returns the model whose variables lie in encoder and decoder under scope. It panics if the configuration is not valid.
func NewAutoencoder(scope *model.Scope, config AutoencoderConfig) *Autoencoder {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	if config.Initializer != nil {
		scope = scope.WithInitializer(config.Initializer)
	} else {
		scope = xavier(scope)
	}
	return &Autoencoder{scope: scope, config: config}
}

// Encode returns the latent vectors [B, Z] of images x [B, Y, X, C].
// It may be called more than once in a graph: the variables are shared.
func (a *Autoencoder) Encode(x *Node) *Node {
	checkImages("an autoencoder", x)
	c, scope := a.config, a.scope.At("encoder")
	if d := x.Shape().Dimensions; d[1] != c.Height || d[2] != c.Width || d[3] != c.Channels {
		exceptions.Panicf("vision: the autoencoder is for images [B, %d, %d, %d], got %s", c.Height, c.Width, c.Channels, x.Shape())
	}
	if c.Kind == Convolutional {
		for i, filters := range c.Hidden {
			x = activation.Relu(convolution.Layer(scope.At("layer_%d", i), x, convolution.Halve(filters)))
		}
		return layers.DenseWithBias(scope.At("latent"), flatten(x), c.Latent)
	}
	x = flatten(x)
	for i, width := range c.Hidden {
		x = activation.Relu(layers.DenseWithBias(scope.At("layer_%d", i), x, width))
	}
	return layers.DenseWithBias(scope.At("latent"), x, c.Latent) // [B, Z]
}

// Decode returns the images [B, Y, X, C] of latent vectors z [B, Z].
// It may be called more than once in a graph: the variables are shared.
func (a *Autoencoder) Decode(z *Node) *Node {
	c, scope := a.config, a.scope.At("decoder")
	if z.Rank() != 2 || z.Shape().Dimensions[1] != c.Latent {
		exceptions.Panicf("vision: the autoencoder wants latent vectors [B, %d], got %s", c.Latent, z.Shape())
	}
	last := len(c.Hidden) - 1
	x := z
	if c.Kind == Convolutional {
		rows, columns := c.Height>>len(c.Hidden), c.Width>>len(c.Hidden)
		x = activation.Relu(layers.DenseWithBias(scope.At("latent"), x, rows*columns*c.Hidden[last]))
		x = Reshape(x, -1, rows, columns, c.Hidden[last])
		for i := last; i > 0; i-- {
			x = activation.Relu(convolution.TransposeLayer(scope.At("layer_%d", i), x, convolution.Halve(c.Hidden[i-1])))
		}
		return Sigmoid(convolution.TransposeLayer(scope.At("layer_0"), x, convolution.Halve(c.Channels)))
	}
	for i := last; i >= 0; i-- {
		x = activation.Relu(layers.DenseWithBias(scope.At("layer_%d", i), x, c.Hidden[i]))
	}
	x = layers.DenseWithBias(scope.At("output"), x, c.Height*c.Width*c.Channels)
	if c.Kind != Linear {
		x = Sigmoid(x)
	}
	return Reshape(x, -1, c.Height, c.Width, c.Channels)
}

// Loss returns the squared error of decode(encode(x)), summed over an image's values and averaged over the batch, a scalar.
func (a *Autoencoder) Loss(x *Node) *Node { return SquaredError(a.Decode(a.Encode(x)), x) }

// SquaredError returns the squared error of images [B, Y, X, C], summed over an image's values and averaged over the batch, a scalar.
func SquaredError(predicted, x *Node) *Node {
	if !predicted.Shape().Equal(x.Shape()) {
		exceptions.Panicf("vision: the squared error of %s and %s", predicted.Shape(), x.Shape())
	}
	return MulScalar(ReduceAllSum(Square(Sub(predicted, x))), 1/float64(x.Shape().Dimensions[0]))
}
