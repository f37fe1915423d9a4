package debrief

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"

	"courselab/coursekit/rnn"
	"courselab/coursekit/training"
)

func question22() Question {
	return Question{
		Number: 22, Topic: "recurrent neural networks",
		Text: "Which statements about recurrent neural networks are true?",
		Lost: "the marks of the right choices and the figure of the slide on sequence modelling that explains them",
		Choices: []Choice{{
			Text:    "The sequences given to an RNN may be of different lengths.",
			Verdict: Right, Known: Derived, find: anyLength,
			Reason: "One and the same step is repeated as often as there are tokens, so that the length is no property of the parameters.",
		}, {
			Text:    "As a rule an RNN learns a transition that depends on the position, which costs it more parameters than running a CNN's filter over the sequence, and makes it more accurate.",
			Verdict: Wrong, Known: Derived, find: transitionsPerPosition,
			Support: "the slide on sequence modelling: the functions that are learnt do not depend on the time step",
			Reason:  "The transition is shared by all positions, as a CNN's filter is. How many parameters either has is a matter of their widths, not of the positions.",
		}, {
			Text:    "An RNN cannot take the output of a CNN, because flattening that tensor could not be differentiated.",
			Verdict: Wrong, Known: Derived, find: flattening,
			Reason: "Flattening only renames the positions of the numbers; its derivative is the identity. Networks that read text lines or caption images are built in just this way.",
		}, {
			Text:    "Vanishing gradients make truncated back-propagation the only way to train an RNN.",
			Verdict: Wrong, Known: Derived, find: onlyTruncated,
			Reason: "Truncation saves memory and time on long sequences, and it does nothing against vanishing gradients: it sets the far ones to zero. Short sequences are trained in full.",
		}, {
			Text:    "RNNs can work on text, speech, images and time series.",
			Verdict: Right, Known: Derived, find: manyKinds,
			Reason: "All of them can be written as sequences of vectors: characters, frames of sound, rows of an image, readings.",
		}},
	}
}

func anyLength(b compute.Backend, seed int64) (finding, error) {
	const short, long, width, state = 3, 30, 2, 2
	r := random(seed, "sequence")
	values := normals(r, long*width)
	lengths := func(f builder) (apart float64, count int, err error) {
		x := tensor(values[:short*width], 1, short, width)
		n, err := newNetwork(b, seed, f, x)
		if err != nil {
			return 0, 0, err
		}
		defer n.release()
		first, err := n.call(x)
		if err != nil {
			return 0, 0, err
		}
		for v := range n.store.IterVariables() {
			count += v.Shape().Size()
		}
		whole, err := n.call(tensor(values, 1, long, width)) // the same variables
		if err != nil {
			return math.Inf(1), count, nil
		}
		return farthest(first[0], whole[0][:len(first[0])]), count, nil
	}
	apart, count, err := lengths(func(scope *model.Scope, x []*graph.Node) []*graph.Node {
		states, _ := rnn.New(scope.In("rnn"), rnn.Vanilla, state).Apply(x[0])
		return []*graph.Node{states}
	})
	if err != nil {
		return finding{}, err
	}
	dense, _, err := lengths(func(scope *model.Scope, x []*graph.Node) []*graph.Node {
		return []*graph.Node{layers.DenseWithBias(scope, graph.Reshape(x[0], 1, -1), state)}
	})
	if err != nil {
		return finding{}, err
	}
	f := finding{
		claim:    "the same variables run over 3 and over 30 tokens, and agree on the first 3",
		contrast: "a fully-connected layer over the flattened sequence",
		met:      apart < 1e-12, contrastMet: dense < 1e-12,
	}
	f.number("parameters", float64(count), "parameters")
	f.number("states of the first 3 tokens, difference", apart, "1")
	f.text = fmt.Sprintf("One cell of %d parameters reads 3 tokens and 30, with equal states on the first 3 (difference %.1g); a layer made for 3 tokens refuses 30.", count, apart)
	return f, nil
}

func transitionsPerPosition(b compute.Backend, _ int64) (finding, error) {
	const width, short, long = 4, 3, 30
	shared := func(scope *model.Scope, x []*graph.Node) []*graph.Node {
		states, _ := rnn.New(scope.In("rnn"), rnn.Vanilla, width).Apply(x[0])
		return []*graph.Node{states}
	}
	unshared := func(scope *model.Scope, x []*graph.Node) []*graph.Node { // what the statement imagines
		state := rnn.New(scope, rnn.Vanilla, width).Zero(x[0].Graph(), x[0].DType(), 1)
		for t := range x[0].Shape().Dimensions[1] {
			state = rnn.New(scope.In("step %d", t), rnn.Vanilla, width).Step(stepOf(x[0], t), state)
		}
		return []*graph.Node{state.Hidden}
	}
	filter := func(scope *model.Scope, x []*graph.Node) []*graph.Node {
		return []*graph.Node{layers.Convolution(scope, x[0]).Channels(width).KernelSize(3).PadSame().Done()}
	}
	var counts []int
	for _, c := range []struct {
		build  builder
		length int
	}{{shared, short}, {shared, long}, {unshared, short}, {unshared, long}, {filter, long}} {
		count, err := parameters(b, c.build, 1, c.length, width)
		if err != nil {
			return finding{}, err
		}
		counts = append(counts, count)
	}
	f := finding{
		claim:    "the parameters grow with the length of the sequence, and are more than those of a filter of width 3",
		contrast: "a recurrent network with weights of its own for each position",
		met:      counts[1] > counts[0] && counts[1] > counts[4], contrastMet: counts[3] > counts[2] && counts[3] > counts[4],
	}
	for i, name := range []string{"RNN, 3 tokens", "RNN, 30 tokens", "weights by position, 3 tokens", "weights by position, 30 tokens", "filter of width 3"} {
		f.number(name, float64(counts[i]), "parameters")
	}
	f.text = fmt.Sprintf("An RNN of width 4 has %d parameters for 3 tokens and %d for 30, a filter of width 3 has %d; with weights by position it would be %d and %d.",
		counts[0], counts[1], counts[4], counts[2], counts[3])
	return f, nil
}

func flattening(b compute.Backend, seed int64) (finding, error) {
	const rows, columns, channels, step = 5, 4, 2, 1e-4
	x := tensor(normals(random(seed, "image"), rows*columns), 1, rows, columns, 1)
	n, err := newNetwork(b, seed, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		maps := layers.Convolution(scope.In("cnn"), in[0]).Channels(channels).KernelSize(3).PadSame().Done() // [1, rows, columns, C]
		kernel := scope.Store().GetVariable("/cnn/conv/weights").NodeValue(maps.Graph())
		layer := rnn.New(scope.In("rnn"), rnn.Vanilla, readState)
		loss := func(maps *graph.Node) *graph.Node {
			_, last := layer.Apply(graph.Reshape(maps, 1, rows, columns*channels)) // a row of the image is a step
			return graph.ReduceAllSum(last.Hidden)
		}
		smooth := loss(maps)
		steps := loss(graph.Sign(maps))
		return []*graph.Node{smooth, graph.Gradient(smooth, kernel)[0], graph.Gradient(steps, kernel)[0], kernel}
	}, x)
	if err != nil {
		return finding{}, err
	}
	defer n.release()
	out, err := n.call(x)
	if err != nil {
		return finding{}, err
	}
	gradient, cut, kernel := out[1], out[2], out[3]
	numeric := make([]float64, len(kernel))
	for i := range kernel {
		for _, sign := range []float64{1, -1} {
			moved := append([]float64(nil), kernel...)
			moved[i] += sign * step
			if err := n.set("/cnn/conv/weights", moved); err != nil {
				return finding{}, err
			}
			at, err := n.call(x)
			if err != nil {
				return finding{}, err
			}
			numeric[i] += sign * at[0][0] / (2 * step)
		}
	}
	apart := farthest(gradient, numeric)
	if apart > 1e-5 {
		return finding{}, fmt.Errorf("the gradient of the kernel is %g off the finite differences", apart)
	}
	f := finding{
		claim:    "no gradient passes from the RNN through the flattening to the CNN's kernel",
		contrast: "the signs of the CNN's outputs in place of their values: steps have no slope",
		met:      norm(gradient) == 0, contrastMet: norm(cut) == 0,
	}
	f.number("length of the kernel's gradient", norm(gradient), "1")
	f.number("difference from finite differences", apart, "1")
	f.number("length of the gradient through signs", norm(cut), "1")
	f.text = fmt.Sprintf("A CNN's maps, flattened row by row, feed an RNN: the kernel gets a gradient of length %.2g, equal to finite differences to %.1g; through signs it gets %g.",
		norm(gradient), apart, norm(cut))
	return f, nil
}

// fit trains with Adam at a constant rate.
func fit(b compute.Backend, seed int64, steps int, rate float64, objective training.Objective, batches training.Batches) (training.History, error) {
	config := training.DefaultConfig()
	config.Seed, config.Steps, config.Quiet, config.Schedule = seed, steps, true, training.Constant(rate)
	store := model.NewStore()
	defer store.Finalize()
	loop, err := training.New(b, store, config, objective, batches)
	if err != nil {
		return training.History{}, err
	}
	return loop.Run(context.Background())
}

// logistic reads states [B, H] out linearly for labels 0 or 1, [B, 1]: the mean loss in nats and the share right.
func logistic(scope *model.Scope, states, labels *graph.Node) (loss, right *graph.Node) {
	logits := layers.DenseWithBias(scope.In("readout"), states, 1)
	margins := graph.Mul(logits, graph.AddScalar(graph.MulScalar(labels, 2), -1)) // positive on the right side
	return graph.ReduceAllMean(graph.Softplus(graph.Neg(margins))), graph.ReduceAllMean(graph.PositiveIndicator(margins))
}

// onlyTruncated trains an RNN, by back-propagation through all steps, to say at the end of 6 signs which was the first; a
// second read-out is trained on labels drawn by coin.
func onlyTruncated(b compute.Backend, seed int64) (finding, error) {
	const length, sequences, state, steps, last = 6, 64, 6, 150, 10
	history, err := fit(b, seed, steps, 0.03, func(scope *model.Scope, batch []*graph.Node) (*graph.Node, []training.Metric) {
		// Smaller than GoMLX's first weights, with which some RNNs echo the first sign to the end before they have learnt
		// anything: here the recurrent weights have to learn.
		small := scope.WithInitializer(initializer.RandomNormalFn(scope, 0.3))
		_, end := rnn.New(small.In("rnn"), rnn.Vanilla, state).Apply(batch[0])
		loss, _ := logistic(small, end.Hidden, batch[1])
		blind, _ := logistic(small.In("coin"), end.Hidden, batch[2])
		return graph.Add(loss, blind), []training.Metric{{Name: "first", Value: loss}, {Name: "coin", Value: blind}}
	}, func(r *rand.Rand, _ int) ([]*tensors.Tensor, error) {
		x, first, coins := make([]float32, sequences*length), make([]float32, sequences), make([]float32, sequences)
		for i := range x {
			x[i] = float32(2*r.IntN(2) - 1)
		}
		for i := range first {
			first[i], coins[i] = (x[i*length]+1)/2, float32(r.IntN(2))
		}
		return []*tensors.Tensor{
			tensors.FromFlatDataAndDimensions(x, sequences, length, 1),
			tensors.FromFlatDataAndDimensions(first, sequences, 1), tensors.FromFlatDataAndDimensions(coins, sequences, 1),
		}, nil
	})
	if err != nil {
		return finding{}, err
	}
	loss := func(name string) float64 {
		mean := 0.0
		for _, p := range history.Points[steps-last:] {
			mean += p.Metrics[name] / last
		}
		return mean
	}
	full, blind := loss("first"), loss("coin")
	f := finding{
		claim:    "trained without truncation to recall the first of 6 signs, an RNN stays above 0.5 nats, of ln 2 = 0.69 for guessing",
		contrast: "labels drawn by coin: nothing can be learnt",
		met:      full > 0.5, contrastMet: blind > 0.5,
	}
	f.number("loss, back-propagation in full", full, "nats")
	f.number("loss, labels by coin", blind, "nats")
	f.text = fmt.Sprintf("Without truncation, through all 6 steps, the loss falls to %.3f nats in 150 updates; with labels by coin it stays at %.2f.", full, blind)
	return f, nil
}
