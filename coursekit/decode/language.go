package decode

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/transformer"
)

// Language is the [Model] of a causal language model, with a KV cache. Its only input is a prompt of ids [B, P], P at least
// 1, all of its tokens real ones; what is written goes on from its end. For a sequence from nothing the prompt is a start
// token. Its variables lie directly under the store's root.
//
// Config.Start stands for the prompt's last token and is never seen. A model without a token that ends has Config.End -1.
func Language(config transformer.LanguageConfig) Incremental { return language{config} }

type language struct{ config transformer.LanguageConfig }

// Encode returns the prompt.
func (l language) Encode(_ *model.Scope, inputs []*graph.Node) []*graph.Node {
	prompt := inputs[0]
	prompt.AssertRank(2)
	return []*graph.Node{graph.ConvertDType(prompt, dtypes.Int32)}
}

func (l language) Logits(scope *model.Scope, encoded []*graph.Node, tokens *graph.Node) *graph.Node {
	prompt := encoded[0]
	ids, known := prompt, prompt.Shape().Dimensions[1]
	if tokens.Shape().Dimensions[1] > 1 {
		written := graph.Slice(tokens, graph.AxisRange(), graph.AxisRange(1))
		ids = graph.Concatenate([]*graph.Node{prompt, graph.ConvertDType(written, dtypes.Int32)}, 1)
	}
	logits := transformer.NewLanguageModel(scope, l.config).Causal(ids).Logits
	return graph.Slice(logits, graph.AxisRange(), graph.AxisRange(known-1)) // from the prompt's last token on
}

// Begin keeps the prompt's last token, [B], and where it stands, as many times.
func (l language) Begin(scope *model.Scope, encoded []*graph.Node, length int) (fixed, state []*graph.Node) {
	prompt := encoded[0]
	known := prompt.Shape().Dimensions[1]
	last := graph.Squeeze(graph.Slice(prompt, graph.AxisRange(), graph.AxisElem(known-1)), 1) // [B]
	place := graph.AddScalar(graph.ZerosLike(last), known-1)
	return []*graph.Node{last, place}, transformer.NewLanguageModel(scope, l.config).Begin(prompt, known-1+length)
}

func (l language) Next(scope *model.Scope, fixed, state []*graph.Node, tokens, position *graph.Node) (*graph.Node, []*graph.Node) {
	last, place := fixed[0], fixed[1]
	first := graph.BroadcastToDims(graph.Equal(position, graph.ScalarZero(position.Graph(), position.DType())), last.Shape().Dimensions...)
	tokens = graph.Where(first, last, tokens)
	offset := graph.Reshape(graph.Slice(place, graph.AxisElem(0)))
	return transformer.NewLanguageModel(scope, l.config).Next(state, tokens, graph.Add(graph.ConvertDType(position, dtypes.Int32), offset))
}
