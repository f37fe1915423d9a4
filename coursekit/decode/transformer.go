package decode

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/transformer"
)

// EncoderDecoder is the [Model] of a Transformer from source ids [B, Ls], its only input, to target ids, with a KV cache. The
// configuration must be causal. Its variables lie directly under the store's root.
func EncoderDecoder(config transformer.Config) Incremental { return encoderDecoder{config} }

type encoderDecoder struct{ config transformer.Config }

func (e encoderDecoder) Encode(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
	memory := transformer.New(scope, e.config).Encode(inputs[0])
	if memory.Mask == nil {
		return []*graph.Node{memory.States}
	}
	return []*graph.Node{memory.States, memory.Mask}
}

func (e encoderDecoder) Logits(scope *model.Scope, encoded []*graph.Node, tokens *graph.Node) *graph.Node {
	return transformer.New(scope, e.config).Decode(memory(encoded), tokens).Logits
}

// Begin keeps the mask of the source, if there is one, and the keys and values of its encoding.
func (e encoderDecoder) Begin(scope *model.Scope, encoded []*graph.Node, length int) (fixed, state []*graph.Node) {
	crossing, cache := transformer.New(scope, e.config).Begin(memory(encoded), length)
	return append(slices.Clone(encoded[1:]), crossing...), cache
}

func (e encoderDecoder) Next(scope *model.Scope, fixed, state []*graph.Node, tokens, position *graph.Node) (*graph.Node, []*graph.Node) {
	var memory transformer.Memory
	crossing := fixed[len(fixed)-2*e.config.DecoderLayers:]
	if len(fixed) > len(crossing) {
		memory.Mask = fixed[0]
	}
	return transformer.New(scope, e.config).Next(memory, crossing, state, tokens, position)
}

// memory is put together from what Encode returned.
func memory(encoded []*graph.Node) transformer.Memory {
	memory := transformer.Memory{States: encoded[0]}
	if len(encoded) > 1 {
		memory.Mask = encoded[1]
	}
	return memory
}
