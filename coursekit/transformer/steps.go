package transformer

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Crossing holds the keys and values of the encoder's output for each layer of the decoder, [B, H, Ls, K] each: they are
// the same for all steps.
type Crossing []*Node

// Begin returns what [EncoderDecoder.Next] needs to decode a target of up to length tokens: the Crossing, and an empty
// cache of the decoder's own keys and values, as [LanguageModel.Begin]. It panics if the configuration is not causal, or
// length is more than learned positions go.
func (m *EncoderDecoder) Begin(memory Memory, length int) (crossing Crossing, cache []*Node) {
	c := m.config
	if !c.Causal {
		exceptions.Panicf("transformer: only a causal decoder goes on from what it has, and Causal is false")
	}
	if c.TargetPositions == Learned && length > c.MaxLength {
		exceptions.Panicf("transformer: learned positions go up to length %d, got %d", c.MaxLength, length)
	}
	decoder := m.scope.ResetVisited().In("decoder")
	for i := range c.DecoderLayers {
		cross := c.attention(decoder.In("layer_%d", i).In("cross"))
		crossing = append(crossing, cross.Key(memory.States), cross.Value(memory.States))
	}
	states := memory.States
	return crossing, c.emptyCache(states.Graph(), states.Shape().Dimensions[0], length, c.DecoderLayers)
}

// Next returns the logits [B, V] of the token after the one at position, given that and all before it, and the cache that
// holds it. Of memory it uses the Mask alone. token is [B], position a scalar int32, less than the cache's length.
func (m *EncoderDecoder) Next(memory Memory, crossing Crossing, cache []*Node, token, position *Node) (logits *Node, next []*Node) {
	c, scope := m.config, m.scope.ResetVisited()
	if len(crossing) != 2*c.DecoderLayers {
		exceptions.Panicf("transformer: a crossing of %d tensors, want %d: is it one that Begin returned?", len(crossing), 2*c.DecoderLayers)
	}
	step := newStep(c, cache, c.DecoderLayers, token, position)
	x := step.embed(c.embeddingScope(scope, "target"), c.TargetVocab, c.TargetPositions) // [B, 1, D]
	decoder := scope.In("decoder")
	for i := range c.DecoderLayers {
		x, _, _ = c.decoderLayer(decoder.In("layer_%d", i), x, step.attend, func(scope *model.Scope, x *Node) (*Node, *Node) {
			a := c.attention(scope)
			return a.Attend(a.Query(x), crossing[2*i], crossing[2*i+1], memory.Mask)
		})
	}
	x = c.finalNorm(decoder, x)
	return Reshape(dense(scope.In("output"), x, c.Bias, c.TargetVocab), -1, c.TargetVocab), step.next
}
