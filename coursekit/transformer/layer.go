package transformer

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/attention"
)

// EncoderLayer is self-attention, then the feed-forward sub-layer, each with its residual connection and LayerNorm.
//
// x is [B, L, D]; mask is nil or broadcasts to [B, 1, L, L], true = may attend. It returns [B, L, D] and the attention
// weights [B, H, L, L].
func EncoderLayer(scope *model.Scope, config Config, x, mask *Node) (y, selfMap *Node) {
	x = config.sublayer(scope, "self", x, func(scope *model.Scope, x *Node) *Node {
		x, selfMap = config.attend(scope, x, x, mask) // Attention(X, X, X)
		return x
	})
	x = config.sublayer(scope, "feed_forward", x, func(scope *model.Scope, x *Node) *Node {
		return FeedForward(scope, config, x)
	})
	return x, selfMap
}

// DecoderLayer is self-attention, attention to the encoder's output, then the feed-forward sub-layer.
//
// x is [B, L, D], memory the encoder's output [B, Ls, D]; selfMask broadcasts to [B, 1, L, L] and memoryMask to
// [B, 1, L, Ls], either may be nil. It returns [B, L, D] and the weights [B, H, L, L] and [B, H, L, Ls].
func DecoderLayer(scope *model.Scope, config Config, x, memory, selfMask, memoryMask *Node) (y, selfMap, crossMap *Node) {
	x = config.sublayer(scope, "self", x, func(scope *model.Scope, x *Node) *Node {
		x, selfMap = config.attend(scope, x, x, selfMask) // Attention(X, X, X), whose output the lecture calls D
		return x
	})
	x = config.sublayer(scope, "cross", x, func(scope *model.Scope, x *Node) *Node {
		x, crossMap = config.attend(scope, x, memory, memoryMask) // Attention(D, E, E)
		return x
	})
	x = config.sublayer(scope, "feed_forward", x, func(scope *model.Scope, x *Node) *Node {
		return FeedForward(scope, config, x)
	})
	return x, selfMap, crossMap
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

// attend is multi-head attention from x [B, L, D] to memory [B, Lm, D]: [B, L, D] and the weights [B, H, L, Lm].
func (c Config) attend(scope *model.Scope, x, memory, mask *Node) (output, weights *Node) {
	return attention.New(scope.In("attention"), c.ModelDim, c.Heads).WithBias(c.Bias).Apply(x, memory, memory, mask)
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
