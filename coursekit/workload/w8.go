package workload

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/rnn"
	"courselab/coursekit/training"
)

// w8 trains an LSTM of width 256 to predict the next of 65 characters.
func w8() Workload {
	const vocabulary, dim = 65, 256
	config := training.DefaultConfig()
	config.ClipNorm = 1
	return Workload{
		Name: "W8",
		prepare: train(config, func(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
			input, want := batch[0], batch[1] // [B, L]
			rows, length := input.Shape().Dimensions[0], input.Shape().Dimensions[1]
			x := layers.Embedding(scope.In("source"), InsertAxes(input, -1), dtypes.Float32, vocabulary, dim) // [B, L, D]
			x, _ = rnn.New(scope.In("lstm"), rnn.LSTM, dim).Apply(x)
			logits := layers.DenseWithBias(scope.In("output"), Reshape(x, rows*length, dim), vocabulary)
			return crossEntropy(Reshape(logits, rows, length, vocabulary), want, nil), nil
		}),
		parameter: w8Parameter,
		batch:     func(i int) []*tensors.Tensor { return nextTokens(fmt.Sprintf("W8/batch%d/ids", i), 32, 64, vocabulary) },
	}
}

// w8Parameter knows the names of the workload.
func w8Parameter(path string) (string, parameterKind) {
	switch path {
	case "/source/embeddings":
		return "emb", embedding
	case "/lstm/input_weights":
		return "lstm.wx", glorot
	case "/lstm/hidden_weights":
		return "lstm.wh", glorot
	case "/output/dense/weights":
		return "out.w", glorot
	}
	return "", constant
}
