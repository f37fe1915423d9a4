package experiment

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/training"
	"courselab/datasets"
	"courselab/datasets/images"
	"courselab/datasets/synth"
	"courselab/datasets/tensor"
)

// DigitsSource says which digits a milestone takes.
type DigitsSource int

const (
	// MNISTTest is MNIST's 10,000 test images: the first part to learn from, the rest to score on.
	MNISTTest DigitsSource = iota
	// Drawn is digits drawn by a generator, which need no data. They are easier: do not compare numbers across the two.
	Drawn
)

// String is "MNIST t10k" or "drawn digits".
func (s DigitsSource) String() string {
	switch s {
	case MNISTTest:
		return "MNIST t10k"
	case Drawn:
		return "drawn digits"
	}
	return fmt.Sprintf("unknown(%d)", int(s))
}

// load returns train images to learn from and test images to score on. If MNIST is not there, the error says what to put where
// (datasets.ErrNotFound).
func (s DigitsSource) load(train, test int) (learn, score images.Set, err error) {
	var all images.Set
	if s == Drawn {
		if all, err = synth.DefaultDigits().Set(7, 0, train+test); err != nil {
			return all, all, err
		}
	} else {
		splits, err := datasets.LoadImages("mnist")
		if err != nil {
			return all, all, err
		}
		all = splits.Test
		if splits.Copy.Release.Name == "t10k" { // without MNIST's training images, the loader has split them
			if all, err = splits.Train.Concat(splits.Test); err != nil {
				return all, all, err
			}
		}
	}
	if all.Len() < train+test {
		return all, all, fmt.Errorf("%s has %d images, want %d to learn from and %d to score on", s, all.Len(), train, test)
	}
	return all.Slice(0, train), all.Slice(train, train+test), nil
}

// rows are the images as [N][Y·X·C], in [0, 1].
func rows(set images.Set) [][]float32 {
	all := make([][]float32, set.Len())
	for i := range all {
		item := set.Item(i)
		all[i] = make([]float32, len(item))
		for j, v := range item {
			all[i][j] = float32(v) / 255
		}
	}
	return all
}

// shuffledImages makes batches of images, with labels if there are any, in epochs.
func shuffledImages(set images.Set, batch int, seed int64) training.Batches {
	shuffle := training.NewShuffle(seed, set.Len(), batch)
	return func(_ *rand.Rand, step int) ([]*tensors.Tensor, error) {
		at := shuffle.At(step)
		return []*tensors.Tensor{tensor.Images(set, at), tensor.Labels(set.Labels, at)}, nil
	}
}

// imageFit is how a network of a milestone on images is trained.
type imageFit struct {
	name         string
	steps        int
	learningRate float64
	weightDecay  float64
	quiet        bool
	progress     io.Writer
}

// train trains the variables of the store by Adam, with a rate that falls to 0 as a cosine.
func (f imageFit) train(b compute.Backend, store *model.Store, seed int64, objective training.Objective, batches training.Batches) (training.History, error) {
	config := training.DefaultConfig()
	config.Seed, config.Steps, config.ClipNorm, config.RecordEvery = seed, f.steps, 0, max(1, f.steps/50)
	config.Schedule = training.Cosine(f.learningRate, 0, f.steps).WithWarmUp(min(20, f.steps/10))
	config.Adam.WeightDecay = f.weightDecay
	config.Name, config.Quiet, config.Progress = f.name, f.quiet, f.progress
	loop, err := training.New(b, store, config, objective, batches)
	if err != nil {
		return training.History{}, err
	}
	return loop.Run(context.Background())
}

// outputs runs f over all images, [N, Y, X, C] in parts of one size, and returns its rows [N][...].
func outputs(b compute.Backend, store *model.Store, inputs [][]float32, dims []int, f func(scope *model.Scope, x *graph.Node) *graph.Node) ([][]float32, error) {
	exec, err := model.NewExec(b, store, f)
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	var result [][]float32
	part := min(500, len(inputs))
	for from := 0; from < len(inputs); from += part {
		values := make([]float32, 0, part*len(inputs[0]))
		some := inputs[from:min(from+part, len(inputs))]
		for i := range part {
			values = append(values, some[min(i, len(some)-1)]...) // the last part is filled up, to keep the shape
		}
		out, err := exec.Call(tensors.FromFlatDataAndDimensions(values, append([]int{part}, dims...)...))
		if err != nil {
			return nil, err
		}
		flat, err := tensors.CopyFlatData[float32](out[0])
		if err != nil {
			return nil, err
		}
		width := len(flat) / part
		for i := range some {
			result = append(result, flat[i*width:(i+1)*width])
		}
	}
	return result, nil
}

// largest returns the index of each row's largest value.
func largest(scores [][]float32) []int32 {
	best := make([]int32, len(scores))
	for i, row := range scores {
		for k, score := range row {
			if score > row[best[i]] {
				best[i] = int32(k)
			}
		}
	}
	return best
}
