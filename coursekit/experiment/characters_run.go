package experiment

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"

	"courselab/coursekit/training"
	"courselab/coursekit/transformer"
)

// charactersTask is a text, cut in two.
type charactersTask struct {
	CharactersConfig
	vocabulary  int
	train, held []int32
}

// neural is what was found of one network.
type neural struct {
	untrained, nll float64
	seconds        float64
	history        training.History
}

// network is what the two networks differ in: from rows of `seen` tokens to the logits of the last `asked` next ones.
type network struct {
	name                      string
	seen, asked, batch, steps int
	logits                    func(scope *model.Scope, ids *Node) *Node // [B, seen] to [B·asked, V]
}

// perceptron looks at the last few characters, each by its embedding, with one hidden layer.
//
// Source: Bengio et al. 2003, "A neural probabilistic language model", section 2.
func (t charactersTask) perceptron(b compute.Backend, seed int64) (neural, error) {
	return t.fit(b, seed, network{"perceptron", t.History, 1, t.PerceptronBatch, t.PerceptronSteps, func(scope *model.Scope, ids *Node) *Node {
		x := layers.Embedding(scope.In("characters"), InsertAxes(ids, -1), dtypes.Float32, t.vocabulary, t.Embedding) // [B, N, E]
		x = activation.Relu(layers.DenseWithBias(scope.In("hidden"), Reshape(x, -1, t.History*t.Embedding), t.Hidden))
		return layers.DenseWithBias(scope.In("output"), x, t.vocabulary) // [B, V]
	}})
}

// causal is the Transformer.
func (t charactersTask) causal(b compute.Backend, seed int64) (neural, error) {
	return t.fit(b, seed, network{"Transformer", t.Context, t.Context, t.Batch, t.Steps, func(scope *model.Scope, ids *Node) *Node {
		logits := transformer.NewLanguageModel(scope, t.transformer(t.vocabulary)).Causal(ids).Logits
		return Reshape(logits, -1, t.vocabulary)
	}})
}

// rows are the tokens from each start on, one more than the network sees.
func (n network) rows(text []int32, starts []int) *tensors.Tensor {
	var ids []int32
	for _, start := range starts {
		ids = append(ids, text[start:start+n.seen+1]...)
	}
	return tensors.FromFlatDataAndDimensions(ids, len(starts), n.seen+1)
}

// nll is the mean negative log-likelihood of what is asked of rows [B, seen+1].
func (n network) nll(scope *model.Scope, rows *Node) *Node {
	right := Slice(rows, AxisRange(), AxisRange(n.seen+1-n.asked))
	logits := n.logits(scope, Slice(rows, AxisRange(), AxisRange(0, n.seen)))
	return loss.SparseCategoricalCrossEntropyLogits([]*Node{Reshape(right, -1, 1)}, []*Node{logits})
}

func (t charactersTask) fit(b compute.Backend, seed int64, n network) (result neural, err error) {
	store := model.NewStore()
	defer store.Finalize()
	config := training.DefaultConfig()
	config.Seed, config.Steps, config.ClipNorm = seed, n.steps, 1
	config.Schedule = training.Cosine(t.LearningRate, 0, n.steps).WithWarmUp(min(t.WarmUp, n.steps-1))
	config.RecordEvery = max(1, n.steps/100)
	config.Name, config.Quiet, config.Progress = fmt.Sprintf("M3 seed %d, %s", seed, n.name), t.Quiet, t.Progress
	objective := func(scope *model.Scope, batch []*Node) (*Node, []training.Metric) { return n.nll(scope, batch[0]), nil }
	batches := func(rng *rand.Rand, _ int) ([]*tensors.Tensor, error) {
		starts := make([]int, n.batch)
		for i := range starts {
			starts[i] = rng.IntN(len(t.train) - n.seen)
		}
		return []*tensors.Tensor{n.rows(t.train, starts)}, nil
	}
	loop, err := training.New(b, store, config, objective, batches)
	if err != nil {
		return result, err
	}
	score, err := model.NewExec(b, store, n.nll)
	if err != nil {
		return result, err
	}
	defer score.Finalize()
	if result.untrained, err = t.score(score, n, 1); err != nil {
		return result, err
	}
	if result.history, err = loop.Run(context.Background()); err != nil {
		return result, err
	}
	result.seconds = result.history.Seconds
	result.nll, err = t.score(score, n, -1)
	return result, err
}

// score is the mean over the held-out text, read in rows that do not overlap in what is asked; calls bounds how many
// batches are read, -1 reads all but an incomplete last one.
func (t charactersTask) score(exec *model.Exec, n network, calls int) (float64, error) {
	batch := max(1, min(4096/n.asked, (len(t.held)-n.seen)/n.asked))
	sum, count := 0., 0
	var starts []int
	for start := 0; start+n.seen < len(t.held) && count != calls; start += n.asked {
		if starts = append(starts, start); len(starts) < batch {
			continue
		}
		outputs, err := exec.Call(n.rows(t.held, starts))
		if err != nil {
			return 0, err
		}
		sum += float64(tensors.ToScalar[float32](outputs[0]))
		outputs[0].MustFinalizeAll()
		count, starts = count+1, starts[:0]
	}
	return sum / float64(count), nil
}
