package experiment

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"

	"courselab/coursekit/training"
	"courselab/coursekit/transformer"
)

// normsRun is what was found of one variant with one seed.
type normsRun struct {
	reached         float64 // the first measured step at the goal; more than Steps if none was
	gradient        float64 // length of the first step's gradient
	steps, accuracy []float64
}

// digits are inputs [n, Length]. The targets are their reversals, made in the graph.
func (c NormsConfig) digits(rng *rand.Rand, n int) *tensors.Tensor {
	ids := make([]int32, n*c.Length)
	for i := range ids {
		ids[i] = int32(rng.IntN(c.Digits))
	}
	return tensors.FromFlatDataAndDimensions(ids, n, c.Length)
}

func (c NormsConfig) logits(scope *model.Scope, v normsVariant, ids *Node) *Node {
	return transformer.NewLanguageModel(scope, c.model(v.norm)).Bidirectional(ids).Logits
}

func (c NormsConfig) run(b compute.Backend, v normsVariant, seed int64) (normsRun, error) {
	store := model.NewStore()
	defer store.Finalize()
	config := training.DefaultConfig()
	config.Seed, config.Steps, config.EvaluateEvery, config.RecordEvery = seed, c.Steps, c.Every, 1
	config.Schedule = training.Constant(c.LearningRate)
	if v.warmUp {
		config.Schedule = config.Schedule.WithWarmUp(c.WarmUp)
	}
	config.Target = training.Target{Metric: "accuracy", Value: c.Goal}
	config.Name, config.Quiet, config.Progress = fmt.Sprintf("M10 seed %d, %s", seed, v), c.Quiet, c.Progress
	objective := func(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
		right := InsertAxes(Reverse(batch[0], 1), -1)
		return loss.SparseCategoricalCrossEntropyLogits([]*Node{right}, []*Node{c.logits(scope, v, batch[0])}), nil
	}
	batches := func(rng *rand.Rand, _ int) ([]*tensors.Tensor, error) {
		return []*tensors.Tensor{c.digits(rng, c.Batch)}, nil
	}
	loop, err := training.New(b, store, config, objective, batches)
	if err != nil {
		return normsRun{}, err
	}
	score, err := model.NewExec(b, store, func(scope *model.Scope, ids *Node) *Node {
		written := ArgMax(c.logits(scope, v, ids), -1, dtypes.Int32)
		return ReduceAllMean(ConvertDType(Equal(written, Reverse(ids, 1)), dtypes.Float32))
	})
	if err != nil {
		return normsRun{}, err
	}
	defer score.Finalize()
	tests := c.digits(training.Rand(seed, 0), c.Tests)
	run := normsRun{reached: float64(c.Steps + c.Every)}
	loop.Evaluate = func(_ context.Context, step int) (map[string]float64, error) {
		outputs, err := score.Call(tests)
		if err != nil {
			return nil, err
		}
		defer outputs[0].MustFinalizeAll()
		accuracy := float64(tensors.ToScalar[float32](outputs[0]))
		run.steps, run.accuracy = append(run.steps, float64(step)), append(run.accuracy, accuracy)
		if accuracy >= c.Goal {
			run.reached = min(run.reached, float64(step))
		}
		return map[string]float64{"accuracy": accuracy}, nil
	}
	history, err := loop.Run(context.Background())
	if err != nil {
		return run, err
	}
	run.gradient = history.Points[0].GradientNorm
	return run, nil
}
