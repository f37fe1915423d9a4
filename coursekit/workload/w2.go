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

// w2Config is nanoGPT's character model for a CPU.
func w2Config() transformer.LanguageConfig {
	c := transformer.DefaultLanguageConfig()
	c.Vocab, c.ModelDim, c.FFDim, c.Layers, c.MaxLength, c.Bias = 65, 128, 512, 4, 64, false
	return c
}

// w2 trains it on random characters: the arithmetic is the same, and there is nothing to learn but their shares.
func w2() Workload {
	config := training.DefaultConfig()
	config.ClipNorm, config.Adam.Beta2, config.Adam.WeightDecay = 1, 0.99, 0.1
	return Workload{
		Name: "W2",
		prepare: train(config, func(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
			logits := transformer.NewLanguageModel(scope, w2Config()).Causal(batch[0]).Logits
			return crossEntropy(logits, batch[1], nil), nil
		}),
		parameter: w2Parameter,
		values:    w2Values,
		batch:     func(i int) []*tensors.Tensor { return nextTokens(fmt.Sprintf("W2/batch%d/ids", i), 12, 64, 65) },
	}
}

var w2Path = regexp.MustCompile(`^/layers/layer_(\d)/(self|feed_forward)/(?:attention/)?(\w+)/dense/weights$`)

// w2Parameter knows the names of the workload: wte, wpe, h0.proj.w, h3.fc2.w.
func w2Parameter(path string) (string, parameterKind) {
	switch path {
	case "/tokens/embeddings":
		return "wte", embedding
	case "/tokens/positions":
		return "wpe", embedding
	}
	part := w2Path.FindStringSubmatch(path)
	if part == nil {
		return "", constant
	}
	name := map[string]string{"self/output": "proj", "feed_forward/hidden": "fc", "feed_forward/output": "fc2"}[part[2]+"/"+part[3]]
	return "h" + part[1] + "." + name + ".w", glorot
}

// w2Values cuts the matrices of queries, keys and values out of the one, [128, 384], in which the workload has them.
func w2Values(path string, dims []int) []float32 {
	part := w2Path.FindStringSubmatch(path)
	if part == nil {
		return nil
	}
	third, ok := map[string]int{"query": 0, "key": 1, "value": 2}[part[3]]
	if !ok {
		return nil
	}
	rows, columns := dims[0], dims[1]
	all := Named("W2/h"+part[1]+".qkv.w").GlorotOf(rows, 3*columns)
	var values []float32
	for r := range rows {
		values = append(values, all[(3*r+third)*columns:][:columns]...)
	}
	return values
}
