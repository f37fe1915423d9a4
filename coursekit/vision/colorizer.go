package vision

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"courselab/coursekit/convolution"
)

// ColorizerConfig describes a network from drawings [B, Y, X, 1] to something for each pixel. Start from DefaultColorizer.
type ColorizerConfig struct {
	// Filters of the convolutions that halve, first to last; the way up has them in reverse. Height and width must be multiples of two
	// to their number.
	Filters []int
	// Head is the number of channels before the last convolution.
	Head int
}

// DefaultColorizer is 16 and 32 filters and a head of 16.
func DefaultColorizer() ColorizerConfig { return ColorizerConfig{Filters: []int{16, 32}, Head: 16} }

// Validate returns nil if the model can be built, else every rule that is broken, joined.
func (c ColorizerConfig) Validate() error {
	r := rules{name: "colorizer"}
	r.must(len(c.Filters) >= 1, "Filters is empty, name at least one")
	r.positive("Filters", c.Filters)
	r.must(c.Head >= 1, "Head is %d, must be at least 1", c.Head)
	return r.err()
}

// Colorizer is an encoder and decoder of drawings, and a head that says something about every pixel. Make it with [NewColorizer].
//
// The lecture's fine-tuning: train it as an autoencoder of drawings first (Reconstruct), then colorize from there (Apply). The
// encoder's and the decoder's variables are shared by the two, the heads are not.
type Colorizer struct {
	scope  *model.Scope
	config ColorizerConfig
}

// NewColorizer returns the model whose variables lie in encoder, decoder, head and reconstruction under scope. It panics if the configuration is
// not valid.
func NewColorizer(scope *model.Scope, config ColorizerConfig) *Colorizer {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	return &Colorizer{scope: xavier(scope), config: config}
}

// Apply returns outputs values for each pixel of drawings [B, Y, X, 1]: [B, Y, X, outputs], without an activation: offsets of a
// colour (see [Colour]) or logits of colour bins. noise [B, Z], if it is not nil, is added to the code and given to the head at every pixel, so that one drawing can
// have many colours.
func (m *Colorizer) Apply(drawings, noise *Node, outputs int) *Node {
	x := m.features(drawings, noise)
	parts := []*Node{x, drawings} // edges as sharp as in the drawing
	if noise != nil {
		d := x.Shape().Dimensions
		parts = append(parts, BroadcastToDims(Reshape(noise, d[0], 1, 1, -1), d[0], d[1], d[2], noise.Shape().Dimensions[1]))
	}
	x = Concatenate(parts, 3)
	head := m.scope.At("head")
	x = activation.Relu(convolution.Layer(head.At("hidden"), x, convolution.Same(m.config.Head)))
	return convolution.Layer(head.At("output"), x, convolution.Same(outputs))
}

// Reconstruct returns the drawings [B, Y, X, 1] again, from the code alone.
func (m *Colorizer) Reconstruct(drawings *Node) *Node {
	return Sigmoid(convolution.Layer(m.scope.At("reconstruction"), m.features(drawings, nil), convolution.Same(1)))
}

// features is [B, Y, X, Filters[0]]: down to the code and up again.
func (m *Colorizer) features(x, noise *Node) *Node {
	checkImages("a colorizer", x)
	filters := m.config.Filters
	if d, factor := x.Shape().Dimensions, 1<<len(filters); d[3] != 1 || d[1]%factor != 0 || d[2]%factor != 0 {
		exceptions.Panicf("vision: the colorizer wants drawings [B, Y, X, 1] with Y and X multiples of %d, got %s", factor, x.Shape())
	}
	for i, channels := range filters {
		x = activation.Relu(convolution.Layer(m.scope.At("encoder").At("layer_%d", i), x, convolution.Halve(channels)))
	}
	if noise != nil {
		d := x.Shape().Dimensions
		code := layers.DenseWithBias(m.scope.At("noise"), noise, d[3])
		x = Add(x, BroadcastToDims(Reshape(code, d[0], 1, 1, d[3]), d...))
	}
	for i := len(filters) - 1; i >= 0; i-- {
		channels := filters[max(i-1, 0)]
		x = activation.Relu(convolution.TransposeLayer(m.scope.At("decoder").At("layer_%d", i), x, convolution.Halve(channels)))
	}
	return x
}

// Colour returns the coloured pictures [B, Y, X, 3] of drawings [B, Y, X, 1] and offsets [B, Y, X, 3]: drawing + tanh(offset). An
// offset of 0 is grey, as the drawing. Values can lie outside [0, 1].
func Colour(drawings, offsets *Node) *Node {
	d := drawings.Shape().Dimensions
	return Add(BroadcastToDims(drawings, d[0], d[1], d[2], 3), Tanh(offsets))
}

// PixelDiscriminator returns logits [B·Y·X] that the pixels of pictures [B, Y, X, C], such as a drawing's channel and its three colours, are real: dense
// layers of the given widths, with LeakyReLU 0.2, applied to each pixel by itself. It may be called more than once on a scope: the
// variables are shared.
//
// It is the "PixelGAN" of Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial Networks", section 3.2.2, which makes
// colours right and leaves forms alone; here the drawing has the forms already.
func PixelDiscriminator(scope *model.Scope, x *Node, widths []int) *Node {
	checkImages("a discriminator", x)
	scope = xavier(scope)
	x = Reshape(x, -1, x.Shape().Dimensions[3]) // [B·Y·X, C]
	for i, width := range widths {
		x = activation.LeakyReluWith(layers.DenseWithBias(scope.At("layer_%d", i), x, width), 0.2)
	}
	return Squeeze(layers.DenseWithBias(scope.At("output"), x, 1), 1)
}
