package decode

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/transformer"
)

// EncoderDecoder is the [Model] of a Transformer from source ids [B, Ls], its only input, to target ids. The
// configuration must be causal. Its variables lie directly under the store's root.
func EncoderDecoder(config transformer.Config) Model { return encoderDecoder{config} }

type encoderDecoder struct{ config transformer.Config }

func (e encoderDecoder) Encode(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
	memory := transformer.New(scope, e.config).Encode(inputs[0])
	if memory.Mask == nil {
		return []*graph.Node{memory.States}
	}
	return []*graph.Node{memory.States, memory.Mask}
}

func (e encoderDecoder) Logits(scope *model.Scope, encoded []*graph.Node, tokens *graph.Node) *graph.Node {
	memory := transformer.Memory{States: encoded[0]}
	if len(encoded) > 1 {
		memory.Mask = encoded[1]
	}
	return transformer.New(scope, e.config).Decode(memory, tokens).Logits
}
