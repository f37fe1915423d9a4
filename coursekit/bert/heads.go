package bert

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/support/exceptions"

	"courselab/coursekit/transformer"
)

// Pool is the vector of the whole sequence: tanh of a dense layer of the first token's state ([CLS]), [B, D], of states
// [B, L, D].
func (m *Model) Pool(states *Node) *Node {
	m.checkStates(states)
	first := Squeeze(Slice(states, AxisRange(), AxisElem(0)), 1) // [B, D]
	return Tanh(layers.DenseWithBias(m.scope.At("pooler"), first, m.config.ModelDim))
}

// MaskedLogits are the masked-LM head's scores at chosen positions: states [B, L, D] and integer positions [B, P], each in
// [0, L), give [B, P, V]. It is what MaskedLogitsEverywhere gives there, at P/L of the price.
//
// The head is LN(activation(states·W)) times the transposed token table, plus a bias (Devlin et al., appendix A.1).
func (m *Model) MaskedLogits(states, positions *Node) *Node {
	m.checkStates(states)
	dims := states.Shape().Dimensions
	if positions.Rank() != 2 || !positions.DType().IsInt() || positions.Shape().Dimensions[0] != dims[0] {
		exceptions.Panicf("bert: positions must be integers [B, P] with B = %d, as the states %s, got %s", dims[0], states.Shape(), positions.Shape())
	}
	// As a product with one-hot rows, for the gradient of a gather is a scatter, which backends do one row at a time.
	rows := OneHot(positions, dims[1], states.DType())                                    // [B, P, L]
	chosen := DotGeneral(rows, []int{2}, []int{0}, states, []int{1}, []int{0})            // [B, P, D]
	logits := m.maskedHead(Reshape(chosen, -1, dims[2]))                                  // [B·P, V]
	return Reshape(logits, dims[0], positions.Shape().Dimensions[1], m.config.Vocabulary) // [B, P, V]
}

// MaskedLogitsEverywhere are the masked-LM head's scores at all positions, [B, L, V], of states [B, L, D].
func (m *Model) MaskedLogitsEverywhere(states *Node) *Node {
	m.checkStates(states)
	dims := states.Shape().Dimensions
	return Reshape(m.maskedHead(Reshape(states, -1, dims[2])), dims[0], dims[1], m.config.Vocabulary)
}

// maskedHead returns [N, V] of x [N, D].
func (m *Model) maskedHead(x *Node) *Node {
	c, g := m.config, x.Graph()
	scope := m.scope.At("masked_lm")
	x = layers.DenseWithBias(scope, x, c.ModelDim)
	if c.Activation == transformer.GELU {
		x = activation.Gelu(x)
	} else {
		x = activation.Relu(x)
	}
	x = transformer.LayerNorm(scope.In("norm"), c.layers(), x)
	bias := scope.VariableWithShape("output_bias", shapes.Make(c.DType, c.Vocabulary)).NodeValue(g)
	logits := DotGeneral(x, []int{1}, nil, m.words(g), []int{1}, nil) // [N, V]
	return Add(logits, BroadcastToDims(InsertAxes(bias, 0), logits.Shape().Dimensions...))
}

// NextSentenceLogits are scores for "the second sentence follows the first" (0) and "it does not" (1), [B, 2], of pooled
// vectors [B, D].
func (m *Model) NextSentenceLogits(pooled *Node) *Node {
	m.checkPooled(pooled)
	return layers.DenseWithBias(m.scope.At("next_sentence"), pooled, 2)
}

// Classify returns the scores of classes, [B, C], of pooled vectors [B, D]: dropout and a dense layer. Single sentences
// and pairs are classified alike; a pair is one sequence of two segments.
func (m *Model) Classify(pooled *Node, classes int) *Node {
	m.checkPooled(pooled)
	scope := m.scope.At("classifier")
	return layers.DenseWithBias(scope, m.dropout(scope, pooled), classes)
}

// MaskedLoss is the mean negative log-likelihood of the labels at the chosen places, in nats, a scalar: logits [B, P, V],
// integer labels [B, P], chosen boolean [B, P] or nil for all. It is 0 where nothing is chosen.
func MaskedLoss(logits, labels, chosen *Node) *Node {
	dims := logits.Shape().Dimensions
	if logits.Rank() != 3 || !labels.DType().IsInt() || labels.Rank() != 2 || labels.Shape().Dimensions[0] != dims[0] || labels.Shape().Dimensions[1] != dims[1] {
		exceptions.Panicf("bert: the loss wants logits [B, P, V] and integer labels [B, P], got %s and %s", logits.Shape(), labels.Shape())
	}
	losses := negativeLogLikelihood(Reshape(logits, -1, dims[2]), Reshape(labels, -1)) // [B·P]
	if chosen == nil {
		return ReduceAllMean(losses)
	}
	if !chosen.Shape().EqualDimensions(labels.Shape()) {
		exceptions.Panicf("bert: chosen must be [B, P] like the labels %s, got %s", labels.Shape(), chosen.Shape())
	}
	weights := ConvertDType(Reshape(chosen, -1), logits.DType())
	return Div(ReduceAllSum(Mul(losses, weights)), MaxScalar(ReduceAllSum(weights), 1))
}

// ClassLoss is the mean negative log-likelihood of integer labels [B] by logits [B, C], in nats, a scalar.
func ClassLoss(logits, labels *Node) *Node {
	if logits.Rank() != 2 || labels.Rank() != 1 || !labels.DType().IsInt() || labels.Shape().Dimensions[0] != logits.Shape().Dimensions[0] {
		exceptions.Panicf("bert: the loss wants logits [B, C] and integer labels [B], got %s and %s", logits.Shape(), labels.Shape())
	}
	return ReduceAllMean(negativeLogLikelihood(logits, labels))
}

// negativeLogLikelihood is log Σ exp(logits) less the label's logit, [N], of logits [N, V] and labels [N].
func negativeLogLikelihood(logits, labels *Node) *Node {
	largest := StopGradient(ReduceAndKeep(logits, ReduceMax, -1)) // [N, 1]
	total := Log(ReduceSum(Exp(Sub(logits, largest)), -1))        // [N]
	right := OneHot(labels, logits.Shape().Dimensions[1], logits.DType())
	return Sub(Add(total, Squeeze(largest, -1)), ReduceSum(Mul(right, logits), -1))
}

func (m *Model) checkStates(states *Node) {
	if states.Rank() != 3 || states.Shape().Dimensions[2] != m.config.ModelDim {
		exceptions.Panicf("bert: states must be [B, L, D] with D = %d, got %s", m.config.ModelDim, states.Shape())
	}
}

func (m *Model) checkPooled(pooled *Node) {
	if pooled.Rank() != 2 || pooled.Shape().Dimensions[1] != m.config.ModelDim {
		exceptions.Panicf("bert: pooled vectors must be [B, D] with D = %d, got %s", m.config.ModelDim, pooled.Shape())
	}
}
