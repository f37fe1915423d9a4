package workload

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/bert"
	"courselab/coursekit/training"
)

// w3 trains a small BERT to fill in masked tokens, with its head on the masked positions only.
func w3() Workload {
	return masked("W3", func(m *bert.Model, states *Node, batch []*Node) *Node {
		positions, labels := batch[2], batch[3]
		return bert.MaskedLoss(m.MaskedLogits(states, positions), labels, nil)
	}, func(b w3Data) []*tensors.Tensor {
		return []*tensors.Tensor{ids(b.positions, w3Rows, w3Chosen), ids(b.labels, w3Rows, w3Chosen)}
	})
}

// w3full is w3 with the head on all positions.
func w3full() Workload {
	return masked("W3full", func(m *bert.Model, states *Node, batch []*Node) *Node {
		labels := batch[2]
		chosen := GreaterThan(labels, ScalarZero(labels.Graph(), labels.DType()))
		return bert.MaskedLoss(m.MaskedLogitsEverywhere(states), labels, chosen)
	}, func(b w3Data) []*tensors.Tensor {
		everywhere := make([]int32, w3Rows*w3Length) // 0 where there is nothing to predict: content begins at 5
		for i, at := range b.positions {
			everywhere[i/w3Chosen*w3Length+int(at)] = b.labels[i]
		}
		return []*tensors.Tensor{ids(everywhere, w3Rows, w3Length)}
	})
}

const w3Rows, w3Length, w3Chosen, w3Vocabulary, w3Mask = 16, 128, 19, 8192, 4

// masked is the workload of one of the two heads: loss gets the states and the batch, of which targets gives what follows
// ids and segments.
func masked(name string, loss func(m *bert.Model, states *Node, batch []*Node) *Node, targets func(w3Data) []*tensors.Tensor) Workload {
	c := bert.DefaultConfig()
	c.Vocabulary, c.MaxLength, c.NormEpsilon, c.Dropout = w3Vocabulary, w3Length, 1e-5, 0
	config := unclipped()
	config.Schedule, config.Adam.WeightDecay = training.Constant(1e-4), 0.01
	return Workload{
		Name: name,
		prepare: train(config, func(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
			c := c
			c.Initializer = zeros
			m := bert.New(scope, c)
			return loss(m, m.Encode(batch[0], batch[1], nil).States, batch), nil
		}),
		parameter: w3Parameter,
		batch: func(i int) []*tensors.Tensor {
			data := w3Batch(i)
			return append([]*tensors.Tensor{ids(data.ids, w3Rows, w3Length), ids(data.segments, w3Rows, w3Length)}, targets(data)...)
		},
	}
}

var w3Path = regexp.MustCompile(`^/encoder/layer_(\d)/(self|feed_forward)/(?:attention/)?(\w+)/dense/weights$`)

// w3Parameter knows the names of the workload: l0.self.q.w, l3.ff2.w, head.w, tok, pos, seg.
func w3Parameter(path string) (string, parameterKind) {
	switch path {
	case "/embeddings/word":
		return "tok", embedding
	case "/embeddings/position/positions":
		return "pos", embedding
	case "/embeddings/segment":
		return "seg", embedding
	case "/masked_lm/dense/weights":
		return "head.w", glorot
	}
	part := w3Path.FindStringSubmatch(path)
	if part == nil {
		return "", constant
	}
	layer := "l" + part[1]
	if part[2] == "feed_forward" {
		return layer + map[string]string{"hidden": ".ff1.w", "output": ".ff2.w"}[part[3]], glorot
	}
	return layer + ".self." + part[3][:1] + ".w", glorot // query, key, value, output
}

// w3Data is a batch before it is known which head will see it.
type w3Data struct {
	ids, segments     []int32 // [16, 128]
	positions, labels []int32 // [16, 19]
}

// w3Batch is batch i: 128 tokens a row, 19 of them masked, two segments of equal length.
func w3Batch(i int) w3Data {
	b := w3Data{ids: Named(fmt.Sprintf("W3/batch%d/ids", i)).Integers(w3Rows*w3Length, 5, w3Vocabulary)}
	order := Named(fmt.Sprintf("W3/batch%d/pos", i)).Uniforms(w3Rows * w3Length)
	for r := range w3Rows {
		row, keys := b.ids[r*w3Length:][:w3Length], order[r*w3Length:][:w3Length]
		places := make([]int32, w3Length)
		for j := range places {
			places[j] = int32(j)
			b.segments = append(b.segments, int32(2*j/w3Length))
		}
		slices.SortStableFunc(places, func(x, y int32) int { return cmp.Compare(keys[x], keys[y]) })
		places = places[:w3Chosen]
		slices.Sort(places)
		for _, at := range places {
			b.positions, b.labels = append(b.positions, at), append(b.labels, row[at])
			row[at] = w3Mask
		}
	}
	return b
}
