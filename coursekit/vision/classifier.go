package vision

import (
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/convolution"
	"courselab/coursekit/position"
	"courselab/coursekit/transformer"
)

// LinearClassifier returns the scores [B, K] of images x [B, Y, X, C]: x·W + b with the pixels in one row. A column of W is the
// template of a class. The variables are dense/weights [Y·X·C, K] and dense/biases [K].
//
// Source: the lecture's quiz, whose image of four pixels scores 96.4, 212.8 and 181.1 (package worked).
func LinearClassifier(scope *model.Scope, x *Node, classes int) *Node {
	checkImages("a linear classifier", x)
	return layers.DenseWithBias(xavier(scope), flatten(x), classes)
}

// CrossEntropy returns the mean over all pixels or examples of -log softmax(logits)[label], in nats, a scalar: logits [..., K], labels [...] of
// an integer type.
func CrossEntropy(logits, labels *Node) *Node {
	classes := logits.Shape().Dimensions[logits.Rank()-1]
	one := OneHot(labels, classes, logits.DType())
	return Neg(ReduceAllMean(ReduceSum(Mul(one, LogSoftmax(logits, -1)), -1)))
}

// CNNConfig describes a convolutional classifier. Start from DefaultCNN.
type CNNConfig struct {
	// Classes is K.
	Classes int
	// Filters are the channels of the blocks, first to last. Each is a convolution of kernel 3 and a maximum over windows of 2 by 2,
	// so that height and width must be multiples of two to the number of blocks.
	Filters []int
	// BatchNorm normalises after each convolution.
	BatchNorm bool
	// Hidden is the width of the dense layer after the blocks; 0 for none.
	Hidden int
	// Dropout is the share of the values before the last layer that is set to zero while training, in [0, 1).
	Dropout float64
}

// DefaultCNN is for digits of 28 by 28: 16 and 32 filters, 64 hidden units.
func DefaultCNN(classes int) CNNConfig {
	return CNNConfig{Classes: classes, Filters: []int{16, 32}, Hidden: 64}
}

// Validate returns nil if the model can be built, else every rule that is broken, joined.
func (c CNNConfig) Validate() error {
	r := rules{name: "CNN"}
	r.must(c.Classes >= 2, "Classes is %d, must be at least 2", c.Classes)
	r.positive("Filters", c.Filters)
	r.must(c.Hidden >= 0, "Hidden is %d, must be at least 0", c.Hidden)
	r.must(c.Dropout >= 0 && c.Dropout < 1, "Dropout is %g, must be in [0, 1)", c.Dropout)
	return r.err()
}

// CNN returns the logits [B, K] of images x [B, Y, X, C]. It may be called once on a scope. It panics if the configuration is not valid.
func CNN(scope *model.Scope, x *Node, config CNNConfig) *Node {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	checkImages("a CNN", x)
	scope = xavier(scope)
	for i, filters := range config.Filters {
		block := scope.In("block_%d", i)
		x = convolution.Layer(block, x, convolution.Same(filters))
		if config.BatchNorm {
			x = convolution.BatchNorm(block.In("norm"), x, convolution.DefaultBatchNorm())
		}
		x = activation.Relu(convolution.MaxPool(x, 2)) // [B, Y/2, X/2, filters]
	}
	x = flatten(x)
	if config.Hidden > 0 {
		x = activation.Relu(layers.DenseWithBias(scope.In("hidden"), x, config.Hidden))
	}
	if config.Dropout > 0 {
		x = layers.DropoutStatic(scope, x, config.Dropout)
	}
	return layers.DenseWithBias(scope.In("output"), x, config.Classes)
}

// PatchesConfig describes a Transformer that reads an image as a sequence of patches. Start from DefaultPatches.
type PatchesConfig struct {
	// Classes is K.
	Classes int
	// Patch is the height and width of a patch in pixels; it must divide those of the images.
	Patch int
	// Encoder describes the encoder's layers; its vocabularies and positions are not looked at.
	Encoder transformer.Config
}

// DefaultPatches is patches of 4 by 4, two layers of width 64 with 4 heads.
func DefaultPatches(classes int) PatchesConfig {
	encoder := transformer.DefaultConfig()
	encoder.SourceVocab, encoder.TargetVocab, encoder.Pad = 1, 1, -1
	encoder.FFDim, encoder.EncoderLayers, encoder.SourcePositions = 128, 2, transformer.Learned
	return PatchesConfig{Classes: classes, Patch: 4, Encoder: encoder}
}

// Validate returns nil if the model can be built, else every rule that is broken, joined.
func (c PatchesConfig) Validate() error {
	r := rules{name: "patches"}
	r.must(c.Classes >= 2, "Classes is %d, must be at least 2", c.Classes)
	r.must(c.Patch >= 1, "Patch is %d, must be at least 1", c.Patch)
	return errors.Join(r.err(), c.Encoder.Validate())
}

// Patches cuts images [B, Y, X, C] into L = Y/patch · X/patch squares, row by row: [B, L, patch·patch·C].
// It panics if patch does not divide height and width.
func Patches(x *Node, patch int) *Node {
	checkImages("cutting into patches", x)
	d := x.Shape().Dimensions
	if patch < 1 || d[1]%patch != 0 || d[2]%patch != 0 {
		panic(fmt.Errorf("vision: patches of %d by %d do not tile images %s", patch, patch, x.Shape()))
	}
	x = Reshape(x, d[0], d[1]/patch, patch, d[2]/patch, patch, d[3])
	x = TransposeAllAxes(x, 0, 1, 3, 2, 4, 5)
	return Reshape(x, d[0], d[1]/patch*(d[2]/patch), patch*patch*d[3])
}

// PatchTransformer returns the logits [B, K] of images x [B, Y, X, C]: each patch becomes a vector by one matrix, a learned position is
// added, the encoder of package transformer follows, the one that reads sentences, and the mean over the patches is classified.
// It may be called once on a scope. It panics if the configuration is not valid.
//
// Source: Dosovitskiy et al. 2021, "An Image is Worth 16x16 Words", section 3.1; it classifies an extra token instead of the mean.
func PatchTransformer(scope *model.Scope, x *Node, config PatchesConfig) *Node {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	scope = xavier(scope)
	x = Patches(x, config.Patch) // [B, L, P]
	batch, length, width := x.Shape().Dimensions[0], x.Shape().Dimensions[1], config.Encoder.ModelDim
	x = layers.DenseWithBias(scope.In("patch"), Reshape(x, batch*length, -1), width)
	x = Reshape(x, batch, length, width) // [B, L, D]
	table := position.Learned(scope.In("position"), x.Graph(), x.DType(), length, length, width)
	x = Add(x, BroadcastToDims(InsertAxes(table, 0), batch, length, width))
	x, _ = transformer.Encoder(scope.In("encoder"), config.Encoder, x, nil)
	return layers.DenseWithBias(scope.In("output"), ReduceMean(x, 1), config.Classes)
}

// rules collects broken rules of a configuration.
type rules struct {
	name   string
	broken []error
}

func (r *rules) must(ok bool, format string, args ...any) {
	if !ok {
		r.broken = append(r.broken, fmt.Errorf("vision: "+r.name+": "+format, args...))
	}
}

func (r *rules) positive(name string, values []int) {
	for i, value := range values {
		r.must(value >= 1, "%s[%d] is %d, must be at least 1", name, i, value)
	}
}

func (r *rules) err() error { return errors.Join(r.broken...) }
