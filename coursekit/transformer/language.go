package transformer

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"courselab/coursekit/attention"
)

// LanguageModel is one stack of layers over one sequence, ids in, logits out: what is called decoder-only, although its
// layers are those of the encoder. The mask alone makes it one of three, with the same variables:
//
//   - Causal: position t sees 0..t and predicts token t+1, an autoregressive language model (GPT).
//   - Prefix: all of a prefix is seen by all, what follows is causal (prefix-LM).
//   - Bidirectional: every position sees all and predicts its own token, from a corrupted input: a masked, or cloze,
//     language model (BERT).
//
// Source: lecture 7, "Redundant terminology"; Raffel et al. 2020 (T5), figures 3 and 4.
type LanguageModel struct {
	scope  *model.Scope
	config LanguageConfig
}

// Predicted is what a LanguageModel returns.
type Predicted struct {
	// Logits are the unnormalised log-probabilities of the tokens, [B, L, V].
	Logits *Node
	// SelfMaps are the attention weights by layer, [B, H, L, L] each. A graph that is after the maps should return the
	// Logits too, see Decoded.
	SelfMaps []*Node
	// States are the vectors that the logits are computed from, [B, L, D].
	States *Node
}

// NewLanguageModel returns the model whose variables lie under scope. It panics if the configuration is not valid.
func NewLanguageModel(scope *model.Scope, config LanguageConfig) *LanguageModel {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	return &LanguageModel{scope: config.layers().initialized(scope), config: config}
}

// Causal returns the logits for ids [B, L], at position t for the token that follows ids[0..t].
func (m *LanguageModel) Causal(ids *Node) Predicted { return m.Prefix(ids, 0) }

// Prefix is Causal with the first prefix positions seen by all positions: the logits of the positions before prefix-1 have
// seen the token that they predict, and belong in no loss. It panics if prefix is not in 0..L.
func (m *LanguageModel) Prefix(ids *Node, prefix int) Predicted {
	checkIDs(ids)
	return m.Apply(ids, attention.Prefix(ids.Graph(), ids.Shape().Dimensions[1], prefix))
}

// Bidirectional returns the logits for ids [B, L], at position t for the token that belongs at t, given all of ids. What
// is to be predicted must be hidden in ids, by a token of its own.
func (m *LanguageModel) Bidirectional(ids *Node) Predicted { return m.Apply(ids, nil) }

// Apply is the model with any mask, nil or broadcasting to [B, 1, L, L], true = may attend. Padding is hidden besides.
func (m *LanguageModel) Apply(ids, mask *Node) Predicted {
	checkIDs(ids)
	c := m.config.layers()
	scope := m.embeddings()
	x := c.lookUp(scope, ids, c.SourceVocab)
	x = c.place(scope, x, c.positionTable(scope, ids.Graph(), c.SourcePositions, ids.Shape().Dimensions[1]))
	states, maps := Encoder(m.scope.In("layers"), c, x, attention.And(mask, c.padding(ids)))
	return Predicted{Logits: m.output(states), SelfMaps: maps, States: states}
}

func (m *LanguageModel) embeddings() *model.Scope {
	return m.config.layers().embeddingScope(m.scope, "tokens")
}

// output returns the logits [B, L, V] of x [B, L, D].
func (m *LanguageModel) output(x *Node) *Node {
	c := m.config
	dims := x.Shape().Dimensions
	if !c.TiedOutput {
		return dense(m.scope.In("output"), x, c.Bias, c.Vocab)
	}
	table := m.scope.At("tokens").VariableWithShape("embeddings", shapes.Make(c.DType, c.Vocab, c.ModelDim)).NodeValue(x.Graph())
	flat := Reshape(x, -1, c.ModelDim)
	return Reshape(DotGeneral(flat, []int{1}, nil, table, []int{1}, nil), dims[0], dims[1], c.Vocab)
}

// Begin returns the cache of a causal model, keys and values of all layers, [B·H, T, K] each, T = length, in which the
// first P-1 of the prompt's tokens [B, P] stand: what [LanguageModel.Next] needs to go on with the last of them. With a
// padding token the cache begins with the tokens themselves, [B, T].
//
// It panics if the prompt is longer than length, or length is more than learned positions go.
func (m *LanguageModel) Begin(prompt *Node, length int) (cache []*Node) {
	checkIDs(prompt)
	m = m.again()
	c, g := m.config.layers(), prompt.Graph()
	batch, known := prompt.Shape().Dimensions[0], prompt.Shape().Dimensions[1]-1
	if known+1 > length {
		exceptions.Panicf("transformer: the prompt %s does not fit a cache of length %d", prompt.Shape(), length)
	}
	if c.SourcePositions == Learned && length > c.MaxLength {
		exceptions.Panicf("transformer: learned positions go up to length %d, got %d", c.MaxLength, length)
	}
	if known == 0 {
		return c.emptyCache(g, batch, length, c.EncoderLayers)
	}
	ids := Slice(prompt, AxisRange(), AxisRange(0, known)) // [B, P-1]
	scope := m.embeddings()
	x := c.place(scope, c.lookUp(scope, ids, c.SourceVocab), c.positionTable(scope, g, c.SourcePositions, known))
	store := newStart(c, ids, length)
	layers := m.scope.In("layers")
	last := c.EncoderLayers - 1
	for i := range last {
		x, _ = c.encoderLayer(layers.In("layer_%d", i), x, store.attend)
	}
	// Nobody asks what comes out of the last layer, and the Go backend fails on what is computed for nobody.
	self := layers.In("layer_%d", last).In("self")
	if c.Norm == PreLN {
		x = LayerNorm(self.In("norm"), c, x)
	}
	store.keep(c.attention(self).WithRotation(c.rotation()), x)
	return store.cache
}

// Next returns the logits [B, V] of the token after the one at position, given that and all before it, and the cache that
// holds it. token is [B], position a scalar int32, less than the cache's length.
func (m *LanguageModel) Next(cache []*Node, token, position *Node) (logits *Node, next []*Node) {
	m = m.again()
	c := m.config.layers()
	step := newStep(c, cache, c.EncoderLayers, token, position)
	x := step.embed(m.embeddings(), c.SourceVocab, c.SourcePositions) // [B, 1, D]
	layers := m.scope.In("layers")
	for i := range c.EncoderLayers {
		x, _ = c.encoderLayer(layers.In("layer_%d", i), x, step.attend)
	}
	x = c.finalNorm(layers, x)
	return Reshape(m.output(x), -1, c.SourceVocab), step.next
}

// again is the model for another use of its variables in the same graph.
func (m *LanguageModel) again() *LanguageModel {
	return &LanguageModel{scope: m.scope.ResetVisited(), config: m.config}
}
