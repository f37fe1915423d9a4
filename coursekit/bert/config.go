package bert

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"

	"courselab/coursekit/transformer"
)

// Config describes a BERT. Start from DefaultConfig. In brackets: the field of Hugging Face's config.json.
type Config struct {
	// Vocabulary is V, the number of token ids, special tokens included [vocab_size].
	Vocabulary int
	// ModelDim is D, the width of every token's vector [hidden_size].
	ModelDim int
	// Layers is the number of encoder layers [num_hidden_layers].
	Layers int
	// Heads is H, the number of attention heads; it must divide ModelDim [num_attention_heads].
	Heads int
	// FFDim is the width between the two matrices of the feed-forward sub-layer [intermediate_size].
	FFDim int
	// MaxLength is the longest sequence, the number of learned positions [max_position_embeddings].
	MaxLength int
	// Segments is how many kinds of sentences a sequence can hold: 2, for pairs [type_vocab_size].
	Segments int
	// NormEpsilon is added to the variance inside LayerNorm's root [layer_norm_eps].
	NormEpsilon float64
	// Activation of the feed-forward sub-layer and of the masked-LM head [hidden_act: gelu or relu].
	Activation transformer.Activation
	// Dropout is the share of values set to zero while training: after the embeddings, at the end of each sub-layer, and
	// before the classifier [hidden_dropout_prob].
	Dropout float64
	// InitialDeviation is the standard deviation of the normal distribution that matrices and embeddings are drawn from
	// [initializer_range].
	InitialDeviation float64

	// DType of all variables and results: dtypes.Float32 or dtypes.Float64.
	DType dtypes.DType
	// Initializer, if set, gives all variables their first values instead.
	Initializer model.VariableInitializer `json:"-"`
}

// DefaultConfig is BERT-mini of Turc et al. (2019), with google/bert's vocabulary: width 256, 4 layers, 4 heads, 11.2
// million parameters.
func DefaultConfig() Config {
	return Config{
		Vocabulary: 30522, ModelDim: 256, Layers: 4, Heads: 4, FFDim: 1024, MaxLength: 512, Segments: 2,
		NormEpsilon: 1e-12, Activation: transformer.GELU, Dropout: 0.1, InitialDeviation: 0.02, DType: dtypes.Float32,
	}
}

// Validate returns nil if the model can be built, else every rule that is broken, joined.
func (c Config) Validate() error {
	var broken []error
	rule := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, fmt.Errorf("bert: "+format, args...))
		}
	}
	rule(c.Vocabulary >= 1, "Vocabulary is %d, must be at least 1", c.Vocabulary)
	rule(c.ModelDim >= 1, "ModelDim is %d, must be at least 1", c.ModelDim)
	rule(c.Layers >= 1, "Layers is %d, must be at least 1", c.Layers)
	rule(c.Heads >= 1 && c.ModelDim%max(c.Heads, 1) == 0, "Heads is %d, must divide ModelDim, which is %d", c.Heads, c.ModelDim)
	rule(c.FFDim >= 1, "FFDim is %d, must be at least 1", c.FFDim)
	rule(c.MaxLength >= 1, "MaxLength is %d, must be at least 1", c.MaxLength)
	rule(c.Segments >= 1, "Segments is %d, must be at least 1", c.Segments)
	rule(c.NormEpsilon > 0 && !math.IsInf(c.NormEpsilon, 0), "NormEpsilon is %g, must be finite and more than 0", c.NormEpsilon)
	rule(c.Activation == transformer.ReLU || c.Activation == transformer.GELU, "Activation is %s, must be ReLU or GELU", c.Activation)
	rule(c.Dropout >= 0 && c.Dropout < 1, "Dropout is %g, must be in [0, 1)", c.Dropout)
	rule(c.InitialDeviation > 0 && !math.IsInf(c.InitialDeviation, 0), "InitialDeviation is %g, must be finite and more than 0", c.InitialDeviation)
	rule(c.DType == dtypes.Float32 || c.DType == dtypes.Float64, "DType is %s, must be Float32 or Float64", c.DType)
	return errors.Join(broken...)
}

// layers is the configuration of the encoder's layers.
func (c Config) layers() transformer.Config {
	t := transformer.DefaultConfig()
	t.ModelDim, t.Heads, t.FFDim, t.EncoderLayers = c.ModelDim, c.Heads, c.FFDim, c.Layers
	t.Norm, t.NormEpsilon, t.Activation, t.Dropout, t.DType = transformer.PostLN, c.NormEpsilon, c.Activation, c.Dropout, c.DType
	return t
}

// initialized is scope with the configured initialiser.
func (c Config) initialized(scope *model.Scope) *model.Scope {
	if c.Initializer != nil {
		return scope.WithInitializer(c.Initializer)
	}
	normal := initializer.RandomNormalFn(scope, c.InitialDeviation)
	return scope.WithInitializer(func(g *graph.Graph, shape shapes.Shape) *graph.Node {
		if shape.Rank() < 2 {
			return graph.Zeros(g, shape) // biases
		}
		return normal(g, shape)
	})
}
