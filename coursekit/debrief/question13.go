package debrief

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"

	"courselab/coursekit/worked"
)

func question13() Question {
	return Question{
		Number: 13, Topic: "loss functions",
		Text: "Which statements about the loss functions of neural networks are true?",
		Lost: "the marks of the right choices and the computation graph of the RNN that explains them",
		Choices: []Choice{{
			Text:    "A loss function can take part in regularising the parameters of a model.",
			Verdict: Right, Known: Derived, find: penaltyInLoss,
			Reason: "A penalty on the weights is a term of the loss, and comes back as a term of every gradient: 2λw for λ|w|².",
		}, {
			Text:    "If the training loss is lower, the validation loss is lower, without exception.",
			Verdict: Wrong, Known: Derived, find: lowerIsLower,
			Reason: "A model with more freedom fits its training data better and better, in the end their noise as well. New data have other noise.",
		}, {
			Text:    "The loss function is outside of the computation graph of back-propagation, and does not have to be differentiable.",
			Verdict: Wrong, Known: Derived, find: lossOutside,
			Doubt:  "single points without a derivative, as in the hinge loss, do no harm; what is needed is a slope almost everywhere",
			Reason: "The loss is the last node of the graph: back-propagation begins with its derivative. Where that is zero or missing, nothing is learnt.",
		}, {
			Text:    "The cross-entropy loss is computed from the vector of probabilities that a softmax puts out.",
			Verdict: Right, Known: Derived, find: crossEntropyOfSoftmax,
			Doubt:  "libraries compute both in one step from the scores, for accuracy; the number is the same",
			Reason: "It is -ln of the probability of the right class, so that it needs probabilities: positive, with sum one.",
		}, {
			Text:    "All losses used in one step of SGD have to be applied to the same output vector, or the flow of the gradient is interrupted.",
			Verdict: Wrong, Known: Derived, find: lossesOnOneOutput,
			Reason: "Losses on different outputs are added, and so are their gradients where the paths meet. Networks with several heads and autoencoders with two terms are trained like that.",
		}},
	}
}

// clouds are the examples of a small classification problem: inputs [n, 2] around two centres, labels 0 and 1.
func clouds(seed int64, n int) (x, y []float64) {
	r := random(seed, "clouds")
	for i := range n {
		label := float64(i % 2)
		x = append(x, r.NormFloat64()+2*label-1, r.NormFloat64()-2*label+1)
		y = append(y, label)
	}
	return x, y
}

// penaltyInLoss trains logistic regression with the penalty as a term of the loss, by its gradient from the graph.
func penaltyInLoss(b compute.Backend, seed int64) (finding, error) {
	const n, steps, rate, strength = 20, 300, 0.5, 0.1
	x, y := clouds(seed, n)
	inputs, labels := tensor(x, n, 2), tensor(y, n, 1)
	objective, err := newNetwork(b, seed, func(_ *model.Scope, in []*graph.Node) []*graph.Node {
		weights, penalty, constant := in[2], in[3], in[4]
		margins := graph.Mul(graph.MatMul(in[0], weights), graph.AddScalar(graph.MulScalar(in[1], 2), -1))
		total := graph.ReduceAllMean(graph.Softplus(graph.Neg(margins)))
		total = graph.Add(total, graph.Add(graph.Mul(penalty, graph.ReduceAllSum(graph.Square(weights))), constant))
		return []*graph.Node{total, graph.Gradient(total, weights)[0]}
	}, inputs, labels, tensor(make([]float64, 2), 2, 1), tensor([]float64{0}), tensor([]float64{0}))
	if err != nil {
		return finding{}, err
	}
	defer objective.release()
	trained := func(penalty, constant float64) (w []float64, excess float64, err error) {
		w = make([]float64, 2)
		for range steps {
			with, err := objective.call(inputs, labels, tensor(w, 2, 1), tensor([]float64{penalty}), tensor([]float64{constant}))
			if err != nil {
				return nil, 0, err
			}
			without, err := objective.call(inputs, labels, tensor(w, 2, 1), tensor([]float64{0}), tensor([]float64{0}))
			if err != nil {
				return nil, 0, err
			}
			for k := range w { // what the penalty adds to the gradient must be 2λw
				excess = max(excess, math.Abs(with[1][k]-without[1][k]-2*penalty*w[k]))
			}
			for k := range w {
				w[k] -= rate * with[1][k]
			}
		}
		return w, excess, nil
	}
	plain, _, err := trained(0, 0)
	if err != nil {
		return finding{}, err
	}
	decayed, excess, err := trained(strength, 0)
	if err != nil {
		return finding{}, err
	}
	shifted, _, err := trained(0, 1)
	if err != nil {
		return finding{}, err
	}
	f := finding{
		claim:    "a term of the loss, λ|w|² with λ = 0.1, adds 2λw to the gradient and ends in weights less than half as long",
		contrast: "a constant as the term",
		met:      excess < 1e-12 && norm(decayed) < norm(plain)/2, contrastMet: norm(shifted) < norm(plain)/2,
	}
	f.number("length of the weights, no penalty", norm(plain), "1")
	f.number("length of the weights, penalty", norm(decayed), "1")
	f.number("added to the gradient, difference from 2λw", excess, "1")
	f.text = fmt.Sprintf("After %d steps the weights are %.2f long without the penalty and %.2f with it; with a constant in its place, %.2f.", steps, norm(plain), norm(decayed), norm(shifted))
	return f, nil
}

// lowerIsLower fits polynomials of growing degree by least squares.
func lowerIsLower(_ compute.Backend, seed int64) (finding, error) {
	const points, degrees = 15, 12
	r := random(seed, "polynomials")
	var x, newX []float64
	for i := range points {
		x, newX = append(x, 2*(float64(i)+0.5)/points-1), append(newX, 1.8*r.Float64()-0.9)
	}
	noisy := func(x []float64) []float64 {
		y := normals(r, len(x))
		for i := range y {
			y[i] = math.Sin(3*x[i]) + 0.3*y[i]
		}
		return y
	}
	y, newY := noisy(x), noisy(newX)
	training, validation := polynomialLosses(x, y, newX, newY, degrees)
	exceptions := func(losses []float64) (count int) { // pairs with a lower training loss and a higher other one
		for i := range training {
			for j := range training {
				if training[i] < training[j] && losses[i] > losses[j] {
					count++
				}
			}
		}
		return count
	}
	best := slices.Index(validation, slices.Min(validation))
	f := finding{
		claim:    "of any two of the polynomials of degree 0 to 12, the one with the lower training loss has the lower validation loss",
		contrast: "validation on the training points",
		met:      exceptions(validation) == 0, contrastMet: exceptions(training) == 0,
	}
	f.number("pairs that say otherwise", float64(exceptions(validation)), "of 78")
	for _, degree := range []int{1, best, degrees} {
		f.number(fmt.Sprintf("training loss, degree %d", degree), training[degree], "mean square")
		f.number(fmt.Sprintf("validation loss, degree %d", degree), validation[degree], "mean square")
	}
	f.text = fmt.Sprintf("From degree %d to %d the training loss falls from %.3f to %.3f, and the validation loss rises from %.2f to %.3g; of 78 pairs of degrees, %d contradict.",
		best, degrees, training[best], training[degrees], validation[best], validation[degrees], exceptions(validation))
	return f, nil
}

// polynomialLosses are the mean squared errors of least-squares polynomials of degree 0 to degrees, on the points that they
// were fitted to and on new ones. Each degree adds one direction, made orthogonal to those before (Gram and Schmidt, twice
// over), so that the loss of the fit falls with each.
func polynomialLosses(x, y, newX, newY []float64, degrees int) (fitted, others []float64) {
	rest, newRest := slices.Clone(y), slices.Clone(newY)
	var basis, newBasis [][]float64
	for degree := range degrees + 1 {
		power := func(x []float64) []float64 {
			column := make([]float64, len(x))
			for i := range x {
				column[i] = math.Pow(x[i], float64(degree))
			}
			return column
		}
		column, newColumn := power(x), power(newX)
		for range 2 {
			for k, direction := range basis {
				along := dot(column, direction)
				for i := range column {
					column[i] -= along * direction[i]
				}
				for i := range newColumn {
					newColumn[i] -= along * newBasis[k][i]
				}
			}
		}
		length := norm(column)
		for i := range column {
			column[i] /= length
		}
		for i := range newColumn {
			newColumn[i] /= length
		}
		basis, newBasis = append(basis, column), append(newBasis, newColumn)
		along := dot(rest, column)
		for i := range rest {
			rest[i] -= along * column[i]
		}
		for i := range newRest {
			newRest[i] -= along * newColumn[i]
		}
		fitted = append(fitted, dot(rest, rest)/float64(len(rest)))
		others = append(others, dot(newRest, newRest)/float64(len(newRest)))
	}
	return fitted, others
}

// lossOutside trains a linear classifier by the gradient of the share of wrong answers, which is a step function of the
// weights, and by that of the cross-entropy.
func lossOutside(b compute.Backend, seed int64) (finding, error) {
	const n, steps, rate = 40, 50, 0.5
	x, y := clouds(seed, n)
	inputs, labels := tensor(x, n, 2), tensor(y, n, 1)
	start := []float64{-0.5, 0.3} // most answers are wrong
	net, err := newNetwork(b, seed, func(_ *model.Scope, in []*graph.Node) []*graph.Node {
		margins := graph.Mul(graph.MatMul(in[0], in[2]), graph.AddScalar(graph.MulScalar(in[1], 2), -1))
		wrong := graph.ReduceAllMean(graph.MulScalar(graph.OneMinus(graph.Sign(margins)), 0.5))
		entropy := graph.ReduceAllMean(graph.Softplus(graph.Neg(margins)))
		return []*graph.Node{wrong, graph.Gradient(wrong, in[2])[0], graph.Gradient(entropy, in[2])[0]}
	}, inputs, labels, tensor(start, 2, 1))
	if err != nil {
		return finding{}, err
	}
	defer net.release()
	train := func(gradient int) (first, last, length float64, err error) {
		w := slices.Clone(start)
		for step := range steps + 1 {
			out, err := net.call(inputs, labels, tensor(w, 2, 1))
			if err != nil {
				return 0, 0, 0, err
			}
			if last = out[0][0]; step == 0 {
				first, length = last, norm(out[gradient])
			}
			for k := range w {
				w[k] -= rate * out[gradient][k]
			}
		}
		return first, last, length, nil
	}
	first, steady, none, err := train(1)
	if err != nil {
		return finding{}, err
	}
	_, learnt, some, err := train(2)
	if err != nil {
		return finding{}, err
	}
	f := finding{
		claim:    "50 steps along the gradient of the share of wrong answers, which has steps and no slope, lower that share",
		contrast: "50 steps along the gradient of the cross-entropy",
		met:      steady < first, contrastMet: learnt < first,
	}
	f.number("length of the first gradient, share of wrong answers", none, "1")
	f.number("length of the first gradient, cross-entropy", some, "1")
	f.number("wrong answers at first", first, "share")
	f.number("wrong answers in the end, share of wrong answers as the loss", steady, "share")
	f.number("wrong answers in the end, cross-entropy as the loss", learnt, "share")
	f.text = fmt.Sprintf("The share of wrong answers has a gradient of length %g: %.0f %% are wrong before and %.0f %% after 50 steps. The cross-entropy's has %.2f, and leaves %.1f %%.",
		none, 100*first, 100*steady, some, 100*learnt)
	return f, nil
}

func crossEntropyOfSoftmax(b compute.Backend, seed int64) (finding, error) {
	const classes = 3
	r := random(seed, "scores")
	scores := append(slices.Clone(worked.Linear.Scores[:]), normals(r, classes)...) // the lecture's, truth Cat, and random ones
	labels := []int32{0, 2}
	out, err := run(b, seed, func(_ *model.Scope, in []*graph.Node) []*graph.Node {
		indices := graph.Const(in[0].Graph(), [][]int32{{labels[0]}, {labels[1]}})
		losses := make([]*graph.Node, 0, 3)
		for row := range 2 { // the library's loss is the mean over the rows
			part := graph.AxisRange(row, row+1)
			losses = append(losses, loss.SparseCategoricalCrossEntropyLogits(
				[]*graph.Node{graph.SliceAxis(indices, 0, part)}, []*graph.Node{graph.SliceAxis(in[0], 0, part)}))
		}
		return append(losses, graph.Softmax(in[0], -1))
	}, tensor(scores, 2, classes))
	if err != nil {
		return finding{}, err
	}
	lecture, library, probabilities := out[0][0], out[1][0], out[2][classes:]
	sum, scoreSum, apart, raw := 0.0, 0.0, 0.0, 0.0
	for c, p := range probabilities {
		sum += p
		scoreSum += scores[classes+c]
	}
	apart = math.Abs(library + math.Log(probabilities[labels[1]]))
	raw = math.Abs(library + math.Log(math.Abs(scores[classes+int(labels[1])]/scoreSum)))
	hinge := 0.0
	for c, s := range worked.Linear.Scores {
		if c != 0 {
			hinge += math.Max(0, s-worked.Linear.Scores[0]+1)
		}
	}
	f := finding{
		claim:    "the library's cross-entropy is -ln of the right class's entry in the softmax, whose entries add up to one",
		contrast: "the scores divided by their sum in place of the softmax",
		met:      apart < 1e-9 && math.Abs(sum-1) < 1e-12, contrastMet: raw < 1e-9,
	}
	f.number("cross-entropy, random scores", library, "nats")
	f.number("difference from -ln softmax", apart, "nats")
	f.number("cross-entropy of the lecture's scores, truth "+worked.LinearLosses.Truth, lecture, "nats")
	f.number("hinge loss of the lecture's scores, which needs no softmax", hinge, "1")
	f.text = fmt.Sprintf("GoMLX's loss and -ln softmax agree to %.1g. If the lecture's image is a cat, its scores cost %.1f nats of cross-entropy, and %.1f as a hinge loss, which takes the scores as they are.", apart, lecture, hinge)
	return f, nil
}

// lossesOnOneOutput makes one step with losses on two outputs of a network.
func lossesOnOneOutput(b compute.Backend, seed int64) (finding, error) {
	const n, rate = 10, 0.02
	r := random(seed, "heads")
	x, first, second := tensor(normals(r, n*3), n, 3), tensor(normals(r, n*2), n, 2), tensor(normals(r, n), n, 1)
	out, err := run(b, seed, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		g := in[0].Graph()
		hidden := graph.Tanh(layers.DenseWithBias(scope.In("shared"), in[0], 4))
		squares := func(head string, target *graph.Node) *graph.Node {
			output := layers.DenseWithBias(scope.In("%s", head), hidden, target.Shape().Dimensions[1])
			return graph.ReduceAllMean(graph.Square(graph.Sub(output, target)))
		}
		one, two := squares("first", in[1]), squares("second", in[2])
		var variables []*graph.Node
		for _, layer := range []string{"shared", "first", "second"} {
			variables = append(variables, scope.Store().GetVariable("/"+layer+"/dense/weights").NodeValue(g))
		}
		both, single := graph.Gradient(graph.Add(one, two), variables...), graph.Gradient(one, variables...)
		shared := graph.Sub(both[0], graph.Add(graph.Gradient(one, variables[0])[0], graph.Gradient(two, variables[0])[0]))
		// The slope of each loss along the step: the loss falls if the step is short.
		slope := func(loss *graph.Node) *graph.Node {
			sum := graph.ScalarZero(g, loss.DType())
			for i, own := range graph.Gradient(loss, variables...) {
				sum = graph.Add(sum, graph.ReduceAllSum(graph.Mul(own, graph.MulScalar(both[i], -rate))))
			}
			return sum
		}
		return append([]*graph.Node{shared, slope(graph.Add(one, two))}, append(both, single...)...)
	}, x, first, second)
	if err != nil {
		return finding{}, err
	}
	without := func(gradients [][]float64) (count int) {
		for _, g := range gradients {
			if norm(g) == 0 {
				count++
			}
		}
		return count
	}
	both, single := without(out[2:5]), without(out[5:8])
	apart := norm(out[0])
	if out[1][0] >= 0 || apart > 1e-12 {
		return finding{}, fmt.Errorf("the step does not go downhill: slope %g, gradients add up to %g", out[1][0], apart)
	}
	f := finding{
		claim:    "with losses on two different outputs, some of the network's weights get no gradient",
		contrast: "a loss on the first output alone",
		met:      both > 0, contrastMet: single > 0,
	}
	f.number("weight matrices without a gradient, two outputs", float64(both), "of 3")
	f.number("weight matrices without a gradient, one output", float64(single), "of 3")
	f.number("gradient of the sum less sum of the gradients", apart, "1")
	f.text = fmt.Sprintf("With one loss on each of two outputs all 3 weight matrices get a gradient, and in the shared one it is the sum of both (to %.1g); with a single loss, the other output's %d gets none.", apart, single)
	return f, nil
}
