// Package bert is BERT: an encoder that is pre-trained to fill in masked words and then fine-tuned to classify.
//
// The letters in the shapes: B batch, L length, P chosen positions of a row, D model width, H heads, V vocabulary. Token
// ids, segments and positions are integers; a mask is boolean, true means "a token, not padding".
//
//	m := bert.New(scope, config)
//	encoded := m.Encode(ids, segments, mask)             // [B, L] each
//	logits := m.MaskedLogits(encoded.States, positions)  // [B, P, V]
//	loss := bert.MaskedLoss(logits, labels, chosen)
//
// Graph functions panic with the shapes when something does not fit. Beside the model stand what it is trained with
// (Corrupter, Pretrain, FineTune) and Hugging Face's files (Load, Save).
//
// Sources: lecture 7, "Pre-training Transformers: BERT"; Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional
// Transformers for Language Understanding"; google-research/bert.
//
// Different from Hugging Face's BertModel: no dropout of attention weights; the attention mask is one of booleans; the
// masked-LM head can look at chosen positions only, as google-research/bert's does.
package bert

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gomlx/compute/shapes"

	"courselab/coursekit/position"
	"courselab/coursekit/transformer"
)

// Model is a BERT whose variables lie under a scope. Make it with New; its heads make their variables when they are first
// used. Each method may be called several times in one graph, with the same variables.
type Model struct {
	scope  *model.Scope
	config Config
}

// Encoded is what the encoder returns.
type Encoded struct {
	// Embeddings go into the first layer: token, position and segment, normalised, [B, L, D].
	Embeddings *Node
	// Layers are the states after each layer, [B, L, D] each.
	Layers []*Node
	// States are those after the last layer, [B, L, D].
	States *Node
	// Maps are the attention weights by layer, [B, H, L, L] each.
	Maps []*Node
}

// New returns the model whose variables lie under scope. It panics if the configuration is not valid.
func New(scope *model.Scope, config Config) *Model {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	return &Model{scope: config.initialized(scope), config: config}
}

// Encode returns the contextual vectors of token ids [B, L]. segments [B, L] says which sentence of a pair each token
// belongs to; nil means all 0. mask [B, L] is true where there is a token to attend to; nil means everywhere.
//
// An id outside the vocabulary is not an error in a graph, backends clamp it: check ids where they are made.
func (m *Model) Encode(ids, segments, mask *Node) Encoded {
	checkIntegers("token ids", ids, nil)
	if mask != nil {
		if !mask.Shape().Equal(shapes.Make(mask.DType(), ids.Shape().Dimensions...)) {
			exceptions.Panicf("bert: the mask must be [B, L] like the ids %s, got %s", ids.Shape(), mask.Shape())
		}
		mask = InsertAxes(mask, 1, 1) // [B, 1, 1, L]
	}
	encoded := Encoded{Embeddings: m.embed(ids, segments)}
	encoded.States = encoded.Embeddings
	scope := m.scope.At("encoder")
	for i := range m.config.Layers {
		var weights *Node
		encoded.States, weights = transformer.EncoderLayer(scope.In("layer_%d", i), m.config.layers(), encoded.States, mask)
		encoded.Layers, encoded.Maps = append(encoded.Layers, encoded.States), append(encoded.Maps, weights)
	}
	return encoded
}

// embed returns LN(token + position + segment), [B, L, D], of ids [B, L].
func (m *Model) embed(ids, segments *Node) *Node {
	c, g := m.config, ids.Graph()
	batch, length := ids.Shape().Dimensions[0], ids.Shape().Dimensions[1]
	scope := m.scope.At("embeddings")

	x := Gather(m.words(g), InsertAxes(ids, -1))                                                           // [B, L, D]
	positions := position.Learned(scope.In("position"), g, c.DType, length, c.MaxLength, c.ModelDim)       // [L, D]
	table := scope.VariableWithShape("segment", shapes.Make(c.DType, c.Segments, c.ModelDim)).NodeValue(g) // [S, D]
	x = Add(x, BroadcastToDims(InsertAxes(positions, 0), batch, length, c.ModelDim))
	if segments == nil {
		x = Add(x, BroadcastToDims(InsertAxes(Slice(table, AxisElem(0)), 0), batch, length, c.ModelDim))
	} else {
		checkIntegers("segments", segments, ids)
		// A product with few rows: its gradient is one, too, and not a scatter.
		rows := OneHot(Reshape(segments, -1), c.Segments, c.DType) // [B·L, S]
		x = Add(x, Reshape(DotGeneral(rows, []int{1}, nil, table, []int{0}, nil), batch, length, c.ModelDim))
	}
	x = transformer.LayerNorm(scope.In("norm"), c.layers(), x)
	x.AssertDims(batch, length, c.ModelDim)
	return m.dropout(scope, x)
}

// Static returns the rows of the token table alone, [B, L, D]: vectors that know nothing of context.
func (m *Model) Static(ids *Node) *Node {
	checkIntegers("token ids", ids, nil)
	return Gather(m.words(ids.Graph()), InsertAxes(ids, -1))
}

// words is the token table [V, D], which the masked-LM head shares.
func (m *Model) words(g *Graph) *Node {
	scope := m.scope.At("embeddings")
	return scope.VariableWithShape("word", shapes.Make(m.config.DType, m.config.Vocabulary, m.config.ModelDim)).NodeValue(g)
}

func (m *Model) dropout(scope *model.Scope, x *Node) *Node {
	if m.config.Dropout == 0 {
		return x
	}
	return layers.DropoutStatic(scope, x, m.config.Dropout)
}

// checkIntegers panics unless x is an integer tensor [B, L], of the shape of like if that is given.
func checkIntegers(name string, x, like *Node) {
	if x.Rank() != 2 || !x.DType().IsInt() {
		exceptions.Panicf("bert: %s must be integers [B, L], got %s", name, x.Shape())
	}
	if like != nil && !x.Shape().EqualDimensions(like.Shape()) {
		exceptions.Panicf("bert: %s must be [B, L] like the ids %s, got %s", name, like.Shape(), x.Shape())
	}
}
