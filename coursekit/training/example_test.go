package training_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/backend"
	"courselab/coursekit/training"
)

// A line is fitted to y = 3x - 2.
func Example() {
	b, _, err := backend.OpenNamed(backend.Go)
	if err != nil {
		panic(err)
	}
	objective := func(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
		x, y := batch[0], batch[1]
		return ReduceAllMean(Square(Sub(layers.DenseWithBias(scope, x, 1), y))), nil
	}
	batches := func(rng *rand.Rand, step int) ([]*tensors.Tensor, error) {
		x, y := make([]float32, 16), make([]float32, 16)
		for i := range x {
			x[i] = rng.Float32()
			y[i] = 3*x[i] - 2
		}
		return []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, 16, 1), tensors.FromFlatDataAndDimensions(y, 16, 1)}, nil
	}

	config := training.DefaultConfig()
	config.Steps, config.Quiet = 500, true
	config.Schedule = training.Cosine(0.1, 0, config.Steps).WithWarmUp(20)
	loop, err := training.New(b, model.NewStore(), config, objective, batches)
	if err != nil {
		panic(err)
	}
	history, err := loop.Run(context.Background())
	if err != nil {
		panic(err)
	}
	fmt.Println(len(history.Points), "steps, loss below 1e-6:", history.LastLoss() < 1e-6)
	fmt.Printf("slope %.2f, intercept %.2f\n",
		tensors.MustCopyFlatData[float32](loop.Store().GetVariable("/dense/weights").MustValue())[0],
		tensors.MustCopyFlatData[float32](loop.Store().GetVariable("/dense/biases").MustValue())[0])
	// Output:
	// 500 steps, loss below 1e-6: true
	// slope 3.00, intercept -2.00
}
