package transformer

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/attention"
	"courselab/coursekit/position"
)

// EncoderLayer is self-attention, then the feed-forward sub-layer, each with its residual connection and LayerNorm.
//
// x is [B, L, D]; mask is nil or broadcasts to [B, 1, L, L], true = may attend. It returns [B, L, D] and the attention
// weights [B, H, L, L]. If config.SourcePositions is Rotary, queries and keys are turned.
func EncoderLayer(scope *model.Scope, config Config, x, mask *Node) (y, selfMap *Node) {
	return config.encoderLayer(scope, x, func(scope *model.Scope, x *Node) (*Node, *Node) {
		return config.attention(scope).WithRotation(config.rotation()).Apply(x, x, x, mask) // Attention(X, X, X)
	})
}

// DecoderLayer is self-attention, attention to the encoder's output, then the feed-forward sub-layer.
//
// x is [B, L, D], memory the encoder's output [B, Ls, D]; selfMask broadcasts to [B, 1, L, L] and memoryMask to
// [B, 1, L, Ls], either may be nil. It returns [B, L, D] and the weights [B, H, L, L] and [B, H, L, Ls].
func DecoderLayer(scope *model.Scope, config Config, x, memory, selfMask, memoryMask *Node) (y, selfMap, crossMap *Node) {
	return config.decoderLayer(scope, x, func(scope *model.Scope, x *Node) (*Node, *Node) {
		return config.attention(scope).Apply(x, x, x, selfMask) // Attention(X, X, X), whose output the lecture calls D
	}, func(scope *model.Scope, x *Node) (*Node, *Node) {
		return config.attention(scope).Apply(x, memory, memory, memoryMask) // Attention(D, E, E)
	})
}

// attend is the attention of a sub-layer: from x [B, L, D] to [B, L, D] and the weights.
type attend func(scope *model.Scope, x *Node) (y, weights *Node)

// encoderLayer is EncoderLayer with a self-attention that may have a cache.
func (c Config) encoderLayer(scope *model.Scope, x *Node, self attend) (y, selfMap *Node) {
	x = c.sublayer(scope, "self", x, func(scope *model.Scope, x *Node) *Node {
		x, selfMap = self(scope, x)
		return x
	})
	return c.feedForward(scope, x), selfMap
}

// decoderLayer is DecoderLayer with attentions that may have a cache.
func (c Config) decoderLayer(scope *model.Scope, x *Node, self, cross attend) (y, selfMap, crossMap *Node) {
	x = c.sublayer(scope, "self", x, func(scope *model.Scope, x *Node) *Node {
		x, selfMap = self(scope, x)
		return x
	})
	x = c.sublayer(scope, "cross", x, func(scope *model.Scope, x *Node) *Node {
		x, crossMap = cross(scope, x)
		return x
	})
	return c.feedForward(scope, x), selfMap, crossMap
}

func (c Config) feedForward(scope *model.Scope, x *Node) *Node {
	return c.sublayer(scope, "feed_forward", x, func(scope *model.Scope, x *Node) *Node {
		return FeedForward(scope, c, x)
	})
}

// FeedForward is two matrices with an activation between, applied to each position by itself: [B, L, D] to [B, L, D].
func FeedForward(scope *model.Scope, config Config, x *Node) *Node {
	x = dense(scope.In("hidden"), x, config.Bias, config.FFDim) // [B, L, F]
	switch config.Activation {
	case GELU:
		x = activation.Gelu(x)
	default:
		x = activation.Relu(x)
	}
	return dense(scope.In("output"), x, config.Bias, config.ModelDim) // [B, L, D]
}

// LayerNorm is the lecture's formula over the last axis, y = (x - E[x]) / sqrt(Var[x] + ε) · γ + β, with Var the mean
// squared deviation (divided by D, not D-1). The lecture's σ leaves out the ε that its y has; here there is one ε, in
// the root. γ begins at 1, β at 0. It is GoMLX's layer, whose default ε is 1e-3, with config.NormEpsilon.
func LayerNorm(scope *model.Scope, config Config, x *Node) *Node {
	return norm.LayerNorm(scope, x, -1).Epsilon(config.NormEpsilon).LearnedOffset(config.Bias).Done()
}

// sublayer wraps f in a residual connection, dropout and LayerNorm. The variables of f lie in the scope named name.
func (c Config) sublayer(scope *model.Scope, name string, x *Node, f func(scope *model.Scope, x *Node) *Node) *Node {
	scope = scope.In("%s", name)
	if c.Norm == PreLN {
		return Add(x, c.dropout(scope, f(scope, LayerNorm(scope.In("norm"), c, x))))
	}
	return LayerNorm(scope.In("norm"), c, Add(x, c.dropout(scope, f(scope, x))))
}

// attention is that of a sub-layer.
func (c Config) attention(scope *model.Scope) *attention.MultiHead {
	return attention.New(scope.In("attention"), c.ModelDim, c.Heads).WithBias(c.Bias)
}

// rotation turns queries and keys [B, H, L, K] that begin at position 0; nil if positions are not rotary.
func (c Config) rotation() func(heads *Node) *Node {
	if c.SourcePositions != Rotary {
		return nil
	}
	return func(heads *Node) *Node { return position.Rotary(heads, c.PositionBase) }
}

// dropout drops while training; at inference it returns x itself.
func (c Config) dropout(scope *model.Scope, x *Node) *Node {
	if c.Dropout == 0 {
		return x
	}
	return layers.DropoutStatic(scope, x, c.Dropout)
}

// dense is GoMLX's dense layer on the last axis, with the others made one first: XLA's gradient of a product of a
// tensor of three axes and a matrix is much slower than that of two matrices.
func dense(scope *model.Scope, x *Node, bias bool, width int) *Node {
	dims := x.Shape().Dimensions
	last := len(dims) - 1
	x = layers.Dense(scope, Reshape(x, -1, dims[last]), bias, width)
	return Reshape(x, append(append([]int{}, dims[:last]...), width)...)
}
