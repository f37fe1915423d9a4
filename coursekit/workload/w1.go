package workload

import (
	"fmt"
	"regexp"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/training"
	"courselab/coursekit/transformer"
)

// w1Config is the model of w1.
func w1Config() transformer.Config {
	c := transformer.DefaultConfig()
	c.SourceVocab, c.TargetVocab, c.ModelDim, c.FFDim, c.EncoderLayers, c.DecoderLayers = 32, 32, 128, 512, 2, 2
	return c
}

// w1 trains an encoder-decoder Transformer, two layers each, to reverse a sequence.
func w1() Workload {
	c := w1Config()
	return Workload{
		Name: "W1",
		prepare: train(unclipped(), func(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
			source, target, want := batch[0], batch[1], batch[2]
			m := transformer.New(scope, c)
			logits := m.Decode(m.Encode(source), target).Logits
			return crossEntropy(logits, want, NotEqual(want, ScalarZero(want.Graph(), want.DType()))), nil
		}),
		parameter: w1Parameter,
		batch:     w1Batch,
	}
}

var w1Path = regexp.MustCompile(`^/(enc|dec)oder/layer_(\d)/(self|cross|feed_forward)/(?:attention/)?(\w+)/dense/weights$`)

// w1Parameter knows the names of the workload: enc0.self.q.w, dec1.ff2.w, out.w, src_emb.
func w1Parameter(path string) (string, parameterKind) {
	switch path {
	case "/source/embeddings":
		return "src_emb", embedding
	case "/target/embeddings":
		return "tgt_emb", embedding
	case "/output/dense/weights":
		return "out.w", glorot
	}
	part := w1Path.FindStringSubmatch(path)
	if part == nil {
		return "", constant
	}
	layer := part[1] + part[2]
	if part[3] == "feed_forward" {
		return layer + map[string]string{"hidden": ".ff1.w", "output": ".ff2.w"}[part[4]], glorot
	}
	return layer + "." + part[3] + "." + part[4][:1] + ".w", glorot // query, key, value, output
}

// w1Batch is batch i: sources of 7 to 15 tokens and an end, and their reversals.
func w1Batch(i int) []*tensors.Tensor {
	const rows, length, start, end = 64, 16, 1, 2
	lengths := Named(fmt.Sprintf("W1/batch%d/len", i)).Integers(rows, 7, length)
	tokens := Named(fmt.Sprintf("W1/batch%d/tok", i)).Integers(rows*length, 3, 32)
	source, input, output := make([]int32, rows*length), make([]int32, rows*length), make([]int32, rows*length)
	for r, n := range lengths {
		row := tokens[r*length:][:n]
		src, in, out := source[r*length:][:length], input[r*length:][:length], output[r*length:][:length]
		copy(src, row)
		src[n], out[n], in[0] = end, end, start
		for j := range row {
			in[j+1], out[j] = row[len(row)-1-j], row[len(row)-1-j]
		}
	}
	return []*tensors.Tensor{ids(source, rows, length), ids(input, rows, length), ids(output, rows, length)}
}
