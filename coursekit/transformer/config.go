package transformer

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/position"
)

// Norm says where LayerNorm stands in a layer. Texts disagree about it more than about anything else.
type Norm int

const (
	// PreLN normalises what goes into a sub-layer, x + f(LN(x)), and once more after the last layer (Xiong et al.,
	// 2020). Gradients reach all layers alike, so that it trains without warm-up.
	PreLN Norm = iota
	// PostLN normalises the sum, LN(x + f(x)), as the paper of 2017 and BERT do, and nothing after the last layer.
	PostLN
)

// String is "pre-LN" or "post-LN".
func (n Norm) String() string { return nameOf(int(n), "pre-LN", "post-LN") }

// MarshalText writes the name.
func (n Norm) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// Positions says how tokens are told apart by where they stand.
type Positions int

const (
	// Sinusoidal adds the lecture's table of sines and cosines.
	Sinusoidal Positions = iota
	// Learned adds a trained vector for each position.
	Learned
	// None adds nothing: the input is a set.
	None
	// Rotary adds nothing, and turns queries and keys by angles that grow with their positions (position.Rotary). Only for
	// a LanguageModel.
	Rotary
)

// String is "sinusoidal", "learned", "none" or "rotary".
func (p Positions) String() string { return nameOf(int(p), "sinusoidal", "learned", "none", "rotary") }

// MarshalText writes the name.
func (p Positions) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Activation is the function between the two matrices of the feed-forward sub-layer.
type Activation int

const (
	// ReLU is max(0, x).
	ReLU Activation = iota
	// GELU is x·Φ(x), exact, by the error function.
	GELU
)

// String is "relu" or "gelu".
func (a Activation) String() string { return nameOf(int(a), "relu", "gelu") }

// MarshalText writes the name.
func (a Activation) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Config describes a Transformer. Start from DefaultConfig and set the vocabularies.
type Config struct {
	// SourceVocab is the number of token ids of the encoder's input, special tokens included.
	SourceVocab int
	// TargetVocab is the number of token ids of the decoder's input and output.
	TargetVocab int

	// ModelDim is D, the width of every token's vector.
	ModelDim int
	// Heads is H, the number of attention heads; each is D/H wide, so that H must divide D.
	Heads int
	// FFDim is the width between the two matrices of the feed-forward sub-layer, usually 4·D.
	FFDim int
	// EncoderLayers and DecoderLayers are the numbers of layers, at least 1.
	EncoderLayers, DecoderLayers int

	// Norm says where LayerNorm stands.
	Norm Norm
	// NormEpsilon is added to the variance inside LayerNorm's root, in squared units of its input.
	NormEpsilon float64
	// Activation of the feed-forward sub-layer.
	Activation Activation
	// Bias adds a vector after every matrix and in every LayerNorm.
	Bias bool

	// SourcePositions and TargetPositions say how the encoder's and the decoder's input are told apart by where
	// they stand. None for both, without Causal, is the set mode: set in, set out.
	SourcePositions, TargetPositions Positions
	// PositionBase is the n of the sinusoidal table.
	PositionBase float64
	// MaxLength is the longest sequence that learned positions are trained for. Sinusoidal ones have no limit.
	MaxLength int
	// ScaleEmbedding multiplies embeddings by √D before the positions are added (Vaswani et al., section 3.4).
	ScaleEmbedding bool
	// Causal lets a position of the decoder see only itself and what stands before it.
	Causal bool

	// Pad is the id of the padding token, in source and target; no position attends to it. Negative: there is none.
	Pad int
	// Dropout is the share of values that is set to zero while training, in [0, 1): after the embedding and at the
	// end of each sub-layer, before it is added to its input.
	Dropout float64

	// DType of all variables and results: dtypes.Float32 or dtypes.Float64.
	DType dtypes.DType

	// Initializer gives all variables their first values. Nil means Xavier uniform for matrices, 0 for biases, 1 for
	// gains, and for embeddings and learned positions a normal distribution of standard deviation 1/√D.
	Initializer model.VariableInitializer `json:"-"`
}

// DefaultConfig is a small sequence-to-sequence model: width 64, 4 heads, one layer each side, pre-LN, sinusoidal
// positions, no dropout, pad 0. The vocabularies must be set.
func DefaultConfig() Config {
	return Config{
		ModelDim: 64, Heads: 4, FFDim: 256, EncoderLayers: 1, DecoderLayers: 1,
		Norm: PreLN, NormEpsilon: 1e-5, Activation: ReLU, Bias: true,
		SourcePositions: Sinusoidal, TargetPositions: Sinusoidal, PositionBase: position.Base, MaxLength: 512,
		ScaleEmbedding: true, Causal: true, DType: dtypes.Float32,
	}
}

// Validate returns nil if the model can be built, else every rule that is broken, joined.
func (c Config) Validate() error {
	var broken []error
	rule := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, fmt.Errorf("transformer: "+format, args...))
		}
	}
	rule(c.SourceVocab >= 1, "SourceVocab is %d, must be at least 1", c.SourceVocab)
	rule(c.TargetVocab >= 1, "TargetVocab is %d, must be at least 1", c.TargetVocab)
	rule(c.ModelDim >= 1, "ModelDim is %d, must be at least 1", c.ModelDim)
	rule(c.Heads >= 1 && c.ModelDim%max(c.Heads, 1) == 0, "Heads is %d, must divide ModelDim, which is %d", c.Heads, c.ModelDim)
	rule(c.FFDim >= 1, "FFDim is %d, must be at least 1", c.FFDim)
	rule(c.EncoderLayers >= 1, "EncoderLayers is %d, must be at least 1", c.EncoderLayers)
	rule(c.DecoderLayers >= 1, "DecoderLayers is %d, must be at least 1", c.DecoderLayers)
	rule(c.Norm == PreLN || c.Norm == PostLN, "Norm is %s, must be PreLN or PostLN", c.Norm)
	rule(c.NormEpsilon > 0 && !math.IsInf(c.NormEpsilon, 0), "NormEpsilon is %g, must be finite and more than 0", c.NormEpsilon)
	rule(c.Activation == ReLU || c.Activation == GELU, "Activation is %s, must be ReLU or GELU", c.Activation)
	for _, side := range []struct {
		name string
		kind Positions
	}{{"SourcePositions", c.SourcePositions}, {"TargetPositions", c.TargetPositions}} {
		rule(side.kind >= Sinusoidal && side.kind <= None, "%s is %s, must be Sinusoidal, Learned or None", side.name, side.kind)
		rule(side.kind != Sinusoidal || c.ModelDim%2 == 0, "%s is sinusoidal, which needs an even ModelDim, but ModelDim is %d", side.name, c.ModelDim)
		rule(side.kind != Sinusoidal || c.PositionBase > 1, "%s is sinusoidal, but PositionBase is %g, must be more than 1", side.name, c.PositionBase)
		rule(side.kind != Learned || c.MaxLength >= 1, "%s is learned, but MaxLength is %d, must be at least 1", side.name, c.MaxLength)
	}
	rule(c.Dropout >= 0 && c.Dropout < 1, "Dropout is %g, must be in [0, 1)", c.Dropout)
	rule(c.DType == dtypes.Float32 || c.DType == dtypes.Float64, "DType is %s, must be Float32 or Float64", c.DType)
	rule(c.Pad < c.SourceVocab, "Pad is %d, must be less than SourceVocab, which is %d", c.Pad, c.SourceVocab)
	rule(c.Pad < c.TargetVocab, "Pad is %d, must be less than TargetVocab, which is %d", c.Pad, c.TargetVocab)
	return errors.Join(broken...)
}

// SetMode returns the configuration with neither positions nor a causal mask: a function from sets to sets.
func (c Config) SetMode() Config {
	c.SourcePositions, c.TargetPositions, c.Causal = None, None, false
	return c
}

func nameOf(i int, names ...string) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("unknown(%d)", i)
	}
	return names[i]
}
