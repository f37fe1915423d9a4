package transformer

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/position"
)

// LanguageConfig describes a LanguageModel. Start from DefaultLanguageConfig and set the vocabulary.
type LanguageConfig struct {
	// Vocab is V, the number of token ids, special tokens included.
	Vocab int
	// ModelDim is D, the width of every token's vector.
	ModelDim int
	// Heads is H, the number of attention heads; each is K = D/H wide, so that H must divide D.
	Heads int
	// FFDim is the width between the two matrices of the feed-forward sub-layer, usually 4·D.
	FFDim int
	// Layers is the number of layers, at least 1.
	Layers int

	// Norm says where LayerNorm stands.
	Norm Norm
	// NormEpsilon is added to the variance inside LayerNorm's root, in squared units of its input.
	NormEpsilon float64
	// Activation of the feed-forward sub-layer.
	Activation Activation
	// Bias adds a vector after every matrix and in every LayerNorm, but not after a tied output.
	Bias bool

	// Positions says how tokens are told apart by where they stand; Rotary needs an even K.
	Positions Positions
	// PositionBase is the n of sinusoidal and rotary positions.
	PositionBase float64
	// MaxLength is the longest sequence that learned positions are trained for.
	MaxLength int
	// ScaleEmbedding multiplies embeddings by √D before the positions are added.
	ScaleEmbedding bool
	// TiedOutput takes the embedding table for the output too: logits = x·Eᵀ (Press and Wolf, 2017). Else the output has a
	// matrix of its own.
	TiedOutput bool

	// Pad is the id of the padding token; no position attends to it. Negative: there is none.
	Pad int
	// Dropout is the share of values that is set to zero while training, in [0, 1): after the embedding and at the end
	// of each sub-layer, before it is added to its input.
	Dropout float64

	// DType of all variables and results: dtypes.Float32 or dtypes.Float64.
	DType dtypes.DType

	// Initializer gives all variables their first values. Nil means as in Config.
	Initializer model.VariableInitializer `json:"-"`
}

// DefaultLanguageConfig is a small GPT: width 64, 4 heads, two layers, pre-LN, GELU, learned positions up to 256, tied
// output, no padding token, no dropout. The vocabulary must be set.
//
// Source: Radford et al. 2019 (GPT-2), section 2.3.
func DefaultLanguageConfig() LanguageConfig {
	return LanguageConfig{
		ModelDim: 64, Heads: 4, FFDim: 256, Layers: 2,
		Norm: PreLN, NormEpsilon: 1e-5, Activation: GELU, Bias: true,
		Positions: Learned, PositionBase: position.Base, MaxLength: 256, TiedOutput: true,
		Pad: -1, DType: dtypes.Float32,
	}
}

// Validate returns nil if the model can be built, else every rule that is broken, joined.
func (c LanguageConfig) Validate() error {
	var broken []error
	rule := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, fmt.Errorf("transformer: "+format, args...))
		}
	}
	rule(c.Vocab >= 1, "Vocab is %d, must be at least 1", c.Vocab)
	rule(c.Layers >= 1, "Layers is %d, must be at least 1", c.Layers)
	rule(c.Pad < c.Vocab || c.Vocab < 1, "Pad is %d, must be less than Vocab, which is %d", c.Pad, c.Vocab)
	rule(c.Positions >= Sinusoidal && c.Positions <= Rotary, "Positions is %s, must be Sinusoidal, Learned, Rotary or None", c.Positions)
	if c.Positions == Rotary && c.Heads >= 1 {
		rule(c.ModelDim/c.Heads%2 == 0, "Positions is rotary, which needs heads of an even width, but ModelDim/Heads is %d", c.ModelDim/c.Heads)
		rule(c.PositionBase > 1, "Positions is rotary, but PositionBase is %g, must be more than 1", c.PositionBase)
	}
	// The other rules are those of one side of an encoder-decoder.
	shared := c.layers()
	shared.SourceVocab, shared.TargetVocab, shared.Pad = 1, 1, -1
	shared.EncoderLayers, shared.TargetPositions = 1, None
	if c.Positions < Sinusoidal || c.Positions > None {
		shared.SourcePositions = None
	}
	if err := shared.Validate(); err != nil {
		broken = append(broken, errors.New(strings.ReplaceAll(err.Error(), "SourcePositions", "Positions")))
	}
	return errors.Join(broken...)
}

// layers is the configuration of the layers, those of an encoder.
func (c LanguageConfig) layers() Config {
	return Config{
		SourceVocab: c.Vocab, TargetVocab: c.Vocab, ModelDim: c.ModelDim, Heads: c.Heads, FFDim: c.FFDim,
		EncoderLayers: c.Layers, DecoderLayers: 1, Norm: c.Norm, NormEpsilon: c.NormEpsilon, Activation: c.Activation, Bias: c.Bias,
		SourcePositions: c.Positions, TargetPositions: c.Positions, PositionBase: c.PositionBase, MaxLength: c.MaxLength,
		ScaleEmbedding: c.ScaleEmbedding, Pad: c.Pad, Dropout: c.Dropout, DType: c.DType, Initializer: c.Initializer,
	}
}
