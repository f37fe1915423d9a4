package experiment

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/gan"
	"courselab/coursekit/training"
	"courselab/coursekit/vision"
	"courselab/datasets/synth"
)

// coloursRun is the birds of one seed, in [0, 1].
type coloursRun struct {
	config             ColoursConfig
	backend            compute.Backend
	seed               int64
	drawings, pictures []float32 // of the birds to learn from: [N, S, S] and [N, S, S, 3]
	test               []synth.Bird
	testDrawings       [][]float32
	bins               vision.Bins
	labels             []int32 // bins of the pixels to learn from, [N, S, S]
}

func newColoursRun(config ColoursConfig, b compute.Backend, seed int64) (r coloursRun, err error) {
	r = coloursRun{config: config, backend: b, seed: seed}
	birds, err := synth.Range(config.Birds, uint64(seed), 0, config.Train+config.Test)
	if err != nil {
		return r, err
	}
	for _, bird := range birds[:config.Train] {
		r.drawings, r.pictures = append(r.drawings, unit(bird.Drawing)...), append(r.pictures, unit(bird.Pixels)...)
	}
	r.test = birds[config.Train:]
	for _, bird := range r.test {
		r.testDrawings = append(r.testDrawings, unit(bird.Drawing))
	}
	if r.bins, err = vision.NewBins(r.pictures, r.drawings, config.BinWidth, config.BinShare); err != nil {
		return r, err
	}
	r.labels = r.bins.Labels(r.pictures, r.drawings)
	return r, nil
}

// unit is the levels 0 to 255 in [0, 1].
func unit(levels []uint8) []float32 {
	values := make([]float32, len(levels))
	for i, v := range levels {
		values[i] = float32(v) / 255
	}
	return values
}

// batches are drawings [B, S, S, 1], pictures [B, S, S, 3], bins [B, S, S], and codes [2·B, Z]: the first parts of them.
func (r coloursRun) batches(parts int) training.Batches {
	c, shuffle := r.config, training.NewShuffle(r.seed, r.config.Train, r.config.Batch)
	side := c.Birds.Side
	return func(rng *rand.Rand, step int) ([]*tensors.Tensor, error) {
		at := shuffle.At(step)
		batch := []*tensors.Tensor{
			tensors.FromFlatDataAndDimensions(pick(r.drawings, side*side, at), len(at), side, side, 1),
			tensors.FromFlatDataAndDimensions(pick(r.pictures, 3*side*side, at), len(at), side, side, 3),
			tensors.FromFlatDataAndDimensions(pick(r.labels, side*side, at), len(at), side, side),
			tensors.FromFlatDataAndDimensions(codes(rng, 2*len(at), c.Noise), 2*len(at), c.Noise),
		}
		for _, t := range batch[parts:] {
			t.MustFinalizeAll()
		}
		return batch[:parts], nil
	}
}

// codes are n random codes of size k: all 0 but for one 1.
func codes(rng *rand.Rand, n, k int) []float32 {
	values := make([]float32, n*k)
	for i := range n {
		values[i*k+rng.IntN(k)] = 1
	}
	return values
}

func pick[T any](values []T, size int, at []int) []T {
	some := make([]T, 0, size*len(at))
	for _, i := range at {
		some = append(some, values[i*size:(i+1)*size]...)
	}
	return some
}

func (r coloursRun) fit(name string, steps int) imageFit {
	return imageFit{fmt.Sprintf("M15 seed %d, %s", r.seed, name), steps, r.config.LearningRate, 0, r.config.Quiet, r.config.Progress}
}

func (r coloursRun) colorizer(scope *model.Scope) *vision.Colorizer {
	return vision.NewColorizer(scope, r.config.Model)
}

// squared trains by the squared error of the colours, in the variables of the store.
func (r coloursRun) squared(store *model.Store, steps int) (training.History, error) {
	return r.fit("squared error", steps).train(r.backend, store, r.seed, func(scope *model.Scope, batch []*graph.Node) (*graph.Node, []training.Metric) {
		coloured := vision.Colour(batch[0], r.colorizer(scope).Apply(batch[0], nil, 3))
		return graph.ReduceAllMean(graph.Square(graph.MulScalar(graph.Sub(coloured, batch[1]), 255))), nil
	}, r.batches(2))
}

// classes trains by the cross-entropy of the colour bins.
func (r coloursRun) classes(store *model.Store, steps int) (training.History, error) {
	return r.fit("classes", steps).train(r.backend, store, r.seed, func(scope *model.Scope, batch []*graph.Node) (*graph.Node, []training.Metric) {
		// The pictures do not matter here, but an input that nothing uses stops the Go backend.
		unused := graph.MulScalar(graph.ReduceAllSum(batch[1]), 0)
		return graph.Add(vision.CrossEntropy(r.colorizer(scope).Apply(batch[0], nil, len(r.bins.Offsets)), batch[2]), unused), nil
	}, r.batches(3))
}

// drawingsAutoencoder trains encoder and decoder to make drawings again.
func (r coloursRun) drawingsAutoencoder(store *model.Store, steps int) (training.History, error) {
	return r.fit("autoencoder", steps).train(r.backend, store, r.seed, func(scope *model.Scope, batch []*graph.Node) (*graph.Node, []training.Metric) {
		return graph.ReduceAllMean(graph.Square(graph.MulScalar(graph.Sub(r.colorizer(scope).Reconstruct(batch[0]), batch[0]), 255))), nil
	}, r.batches(1))
}

// The scopes of the two players.
const painterScope, criticScope = "painter", "critic"

// adversarial trains a painter against a critic that sees two coloured drawings at a time, so that a painter with one colour is found out.
func (r coloursRun) adversarial(store *model.Store) (training.History, error) {
	c := r.config
	config := training.DefaultConfig()
	config.Seed, config.Steps, config.RecordEvery = r.seed, c.AdversarialSteps, max(1, c.AdversarialSteps/50)
	config.Schedule, config.Adam = training.Cosine(c.AdversarialRate, 0, c.AdversarialSteps), gan.Adam()
	config.Name, config.Quiet, config.Progress = r.fit("adversarial", 1).name, c.Quiet, c.Progress
	loop, err := training.NewUpdate(r.backend, store, config, func(scope *model.Scope, batch []*graph.Node, optimizer training.Optimizer) (*graph.Node, []training.Metric) {
		drawings, pictures := batch[0], batch[1]
		rows := drawings.Shape().Dimensions[0]
		noise := func(i int) *graph.Node { return graph.Slice(batch[3], graph.AxisRange(i*rows, (i+1)*rows)) }
		unused := graph.MulScalar(graph.ConvertDType(graph.ReduceAllSum(batch[2]), drawings.DType()), 0)
		paint := func(i int) *graph.Node {
			return vision.Colour(drawings, r.colorizer(scope.At(painterScope)).Apply(drawings, noise(i), 3))
		}
		pairs := func(coloured *graph.Node) *graph.Node {
			offsets := graph.Sub(coloured, graph.BroadcastToDims(drawings, coloured.Shape().Dimensions...))
			// Spread out, as a grey level that says "plumage" is a narrow one.
			grey := graph.MulScalar(graph.AddScalar(drawings, -0.5), 6)
			pixels := gan.Pack(graph.Concatenate([]*graph.Node{grey, graph.MulScalar(offsets, 2)}, 3), 2) // [B/2, S, S, 8]
			return graph.Reshape(pixels, -1, 1, 1, pixels.Shape().Dimensions[3])
		}
		judge := func(scope *model.Scope, pixels *graph.Node) *graph.Node {
			return vision.PixelDiscriminator(scope, pixels, c.Critic)
		}
		criticScope := scope.At(criticScope)
		truth, made := pairs(pictures), graph.StopGradient(pairs(paint(0)))
		mix := scope.RandomUniform(truth.Graph(), shapes.Make(truth.DType(), truth.Shape().Dimensions[0], 1))
		critic := gan.Wasserstein.Discriminator(judge(criticScope, truth), judge(criticScope, made))
		penalty := gan.GradientPenalty(criticScope, judge, truth, made, mix)
		faster := optimizer
		faster.Rate = graph.MulScalar(optimizer.Rate, c.CriticRate)
		faster.Minimize(criticScope, graph.Add(critic, graph.MulScalar(penalty, c.Penalty)))
		painter := gan.Wasserstein.Generator(judge(criticScope, pairs(paint(1))))
		optimizer.Minimize(scope.At(painterScope), painter)
		return graph.Add(critic, unused), []training.Metric{{Name: "painter", Value: painter}}
	}, r.batches(4))
	if err != nil {
		return training.History{}, err
	}
	return loop.Run(context.Background())
}

// painted are the test drawings coloured by offsets of the network, [N][S·S·3] in [0, 1].
func (r coloursRun) painted(store *model.Store) ([][]float32, error) {
	side := r.config.Birds.Side
	return outputs(r.backend, store, r.testDrawings, []int{side, side, 1}, func(scope *model.Scope, x *graph.Node) *graph.Node {
		return graph.ClipScalar(vision.Colour(x, r.colorizer(scope).Apply(x, nil, 3)), 0, 1)
	})
}

// paintedWithNoise are the test drawings coloured by the painter.
func (r coloursRun) paintedWithNoise(store *model.Store) ([][]float32, error) {
	c, pixels := r.config, r.config.Birds.Side*r.config.Birds.Side
	rng := training.Rand(r.seed, 0)
	inputs := make([][]float32, len(r.testDrawings)) // drawing, then noise
	for i, drawing := range r.testDrawings {
		inputs[i] = append([]float32{}, drawing...)
		inputs[i] = append(inputs[i], codes(rng, 1, c.Noise)...)
	}
	return outputs(r.backend, store, inputs, []int{pixels + c.Noise}, func(scope *model.Scope, x *graph.Node) *graph.Node {
		drawings := graph.Reshape(graph.SliceAxis(x, 1, graph.AxisRange(0, pixels)), -1, c.Birds.Side, c.Birds.Side, 1)
		noise := graph.SliceAxis(x, 1, graph.AxisRange(pixels))
		return graph.ClipScalar(vision.Colour(drawings, r.colorizer(scope.At(painterScope)).Apply(drawings, noise, 3)), 0, 1)
	})
}

// chosen are the test drawings coloured by the most likely class of each pixel, and by a draw.
func (r coloursRun) chosen(store *model.Store) (likely, drawn [][]float32, err error) {
	side, bins := r.config.Birds.Side, len(r.bins.Offsets)
	all, err := outputs(r.backend, store, r.testDrawings, []int{side, side, 1}, func(scope *model.Scope, x *graph.Node) *graph.Node {
		return r.colorizer(scope).Apply(x, nil, bins)
	})
	if err != nil {
		return nil, nil, err
	}
	rng := training.Rand(r.seed, 0)
	for i, logits := range all {
		for k := range logits {
			logits[k] /= float32(r.config.Temperature)
		}
		gumbel := make([]float64, bins)
		for k := range gumbel {
			gumbel[k] = -math.Log(-math.Log(1 - rng.Float64()))
		}
		likely = append(likely, r.paintBins(logits, r.testDrawings[i], make([]float64, bins)))
		drawn = append(drawn, r.paintBins(logits, r.testDrawings[i], gumbel))
	}
	return likely, drawn, nil
}

// paintBins gives each pixel of a drawing the colour of the bin with the largest logit + extra.
func (r coloursRun) paintBins(logits, drawing []float32, extra []float64) []float32 {
	bins := len(extra)
	picture := make([]float32, 0, 3*len(drawing))
	for p, grey := range drawing {
		best, most := 0, math.Inf(-1)
		for k, logit := range logits[p*bins : (p+1)*bins] {
			if score := float64(logit) + extra[k]; score > most {
				best, most = k, score
			}
		}
		for _, offset := range r.bins.Offsets[best] {
			picture = append(picture, min(max(grey+float32(offset), 0), 1))
		}
	}
	return picture
}
