// Package transformer is the lecture's Transformer: an encoder, a decoder, and the two together.
//
// The letters in the shapes: B batch, L length (Ls of the source, Lt of the target), D model width, H heads, F width of
// the feed-forward layer, V vocabulary. A mask is boolean, true means "may attend". All functions build graphs: they
// take and return nodes, and panic with the shapes when something does not fit.
//
//	m := transformer.New(scope, config)
//	memory := m.Encode(source)          // ids [B, Ls]
//	decoded := m.Decode(memory, target) // ids [B, Lt]
//	decoded.Logits                      // [B, Lt, V]
//
// The parts can be used alone: EncoderLayer, DecoderLayer, Encoder, Decoder take and return vectors, not ids.
//
// Sources: lecture 7, "Simple transformer", "Deeper encoders / decoders", "Sequence-to-sequence Transformer",
// "Layer normalization"; Vaswani et al. 2017, "Attention Is All You Need".
//
// Different from torch.nn.Transformer: LayerNorm stands after the last layer only in pre-LN (torch adds it in both);
// embeddings, positions, masks and the output layer are included; every layer's attention weights come out, one map a
// head. Different from GoMLX's zoo: it has no cross-attention, no encoder-decoder and no pre-LN.
package transformer

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/support/exceptions"

	"courselab/coursekit/attention"
)

// EncoderDecoder is a Transformer from source tokens to target tokens: ids in, logits out.
type EncoderDecoder struct {
	scope  *model.Scope
	config Config
}

// Memory is what the decoder knows of the source.
type Memory struct {
	// States is the encoder's output, [B, Ls, D].
	States *Node
	// Mask is true where the source is not padding, [B, 1, 1, Ls]; nil if there is no padding token.
	Mask *Node
	// SelfMaps are the attention weights of the encoder's layers, [B, H, Ls, Ls] each; nil if the Memory was put
	// together from stored States.
	SelfMaps []*Node
}

// Decoded is what the decoder returns.
//
// A graph that is after the maps should return the Logits too: on GoMLX's Go backend (v0.28) a graph fails to run if it
// uses variables only after the last node that it returns.
type Decoded struct {
	// Logits are the unnormalised log-probabilities of the tokens, [B, Lt, V].
	Logits *Node
	// SelfMaps are the decoder's attention weights to its own positions, by layer, [B, H, Lt, Lt] each.
	SelfMaps []*Node
	// CrossMaps are its attention weights to the source, by layer, [B, H, Lt, Ls] each.
	CrossMaps []*Node
}

// New returns the model whose variables lie under scope. It panics if the configuration is not valid.
func New(scope *model.Scope, config Config) *EncoderDecoder {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	return &EncoderDecoder{scope: config.initialized(scope), config: config}
}

// Encode returns the encoder's output for source ids [B, Ls], of an integer type.
func (m *EncoderDecoder) Encode(source *Node) Memory {
	x := m.embed("source", source, m.config.SourceVocab, m.config.SourcePositions) // [B, Ls, D]
	mask := m.config.padding(source)                                               // [B, 1, 1, Ls]
	states, maps := Encoder(m.scope.In("encoder"), m.config, x, mask)
	return Memory{States: states, Mask: mask, SelfMaps: maps}
}

// Decode returns the logits for target ids [B, Lt]: at position t for the token that follows target[0..t] if
// config.Causal, else for the token at position t given all the others (masked targets).
func (m *EncoderDecoder) Decode(memory Memory, target *Node) Decoded {
	x := m.embed("target", target, m.config.TargetVocab, m.config.TargetPositions) // [B, Lt, D]
	mask := m.config.padding(target)
	if m.config.Causal {
		mask = attention.And(attention.Causal(target.Graph(), target.Shape().Dimensions[1]), mask)
	}
	x, selfMaps, crossMaps := Decoder(m.scope.In("decoder"), m.config, x, memory.States, mask, memory.Mask)
	logits := dense(m.scope.In("output"), x, m.config.Bias, m.config.TargetVocab)
	logits.AssertDims(target.Shape().Dimensions[0], target.Shape().Dimensions[1], m.config.TargetVocab) // [B, Lt, V]
	return Decoded{Logits: logits, SelfMaps: selfMaps, CrossMaps: crossMaps}
}

// Encoder is config.EncoderLayers encoder layers and, in pre-LN, a last LayerNorm. x is [B, L, D]; mask is nil or
// broadcasts to [B, 1, L, L]. It returns [B, L, D] and each layer's attention weights [B, H, L, L].
func Encoder(scope *model.Scope, config Config, x, mask *Node) (y *Node, selfMaps []*Node) {
	scope = config.initialized(scope)
	for i := range config.EncoderLayers {
		var selfMap *Node
		x, selfMap = EncoderLayer(scope.In("layer_%d", i), config, x, mask)
		selfMaps = append(selfMaps, selfMap)
	}
	return config.finalNorm(scope, x), selfMaps
}

// Decoder is config.DecoderLayers decoder layers and, in pre-LN, a last LayerNorm. x is [B, L, D], memory [B, Ls, D];
// selfMask broadcasts to [B, 1, L, L] and memoryMask to [B, 1, L, Ls], either may be nil. It returns [B, L, D] and each
// layer's weights, [B, H, L, L] and [B, H, L, Ls].
func Decoder(scope *model.Scope, config Config, x, memory, selfMask, memoryMask *Node) (y *Node, selfMaps, crossMaps []*Node) {
	scope = config.initialized(scope)
	for i := range config.DecoderLayers {
		var selfMap, crossMap *Node
		x, selfMap, crossMap = DecoderLayer(scope.In("layer_%d", i), config, x, memory, selfMask, memoryMask)
		selfMaps, crossMaps = append(selfMaps, selfMap), append(crossMaps, crossMap)
	}
	return config.finalNorm(scope, x), selfMaps, crossMaps
}

func (c Config) finalNorm(scope *model.Scope, x *Node) *Node {
	if c.Norm == PreLN {
		return LayerNorm(scope.In("final_norm"), c, x)
	}
	return x
}

// padding is the mask of a padded batch of ids [B, L], [B, 1, 1, L], or nil if there is no padding token.
func (c Config) padding(ids *Node) *Node {
	if c.Pad < 0 {
		return nil
	}
	return attention.Padding(ids, c.Pad)
}

// initialized is scope with the configured initialiser.
func (c Config) initialized(scope *model.Scope) *model.Scope {
	if c.Initializer != nil {
		return scope.WithInitializer(c.Initializer)
	}
	return scope.WithInitializer(initializer.XavierUniformFn(scope))
}

func checkIDs(ids *Node) {
	if ids.Rank() != 2 || !ids.DType().IsInt() {
		exceptions.Panicf("transformer: token ids must be integers [B, L], got %s", ids.Shape())
	}
}
