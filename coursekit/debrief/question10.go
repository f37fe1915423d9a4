package debrief

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/rnn"
	"courselab/coursekit/worked"
)

func question10() Question {
	return Question{
		Number: 10, Topic: "layers",
		Text: "Which of these statements on layers of neural networks are true?",
		Lost: "the marks of the right choices; of the classifier's figure after it, the weights of Car and Airplane (worked.Linear reconstructs them)",
		Choices: []Choice{{
			Text:    "A fully-connected layer (a perceptron) is unable to represent that some classes are more frequent than others in the training data.",
			Verdict: Wrong, Known: Derived, find: priorsIgnored,
			Support: "the slide on linear image classification: the classifier has a bias b beside its weights",
			Reason:  "That is what the bias is for: where the inputs say nothing, softmax(b) learns the shares of the classes.",
		}, {
			Text:    "A perceptron with several layers can take into account how input features act together on a class.",
			Verdict: Right, Known: Derived, find: featuresTogether,
			Reason: "A hidden unit with a bend computes something of several features at once. In a single layer each feature adds its share to the score, whatever the others are.",
		}, {
			Text:    "Convolutions are at their best on inputs with local structure.",
			Verdict: Right, Known: Derived, find: localStructure,
			Reason: "A filter sees a few neighbours and is the same everywhere. That pays where neighbours have to do with each other, and only there.",
		}, {
			Text:    "Pooling needs an input of at least two dimensions.",
			Verdict: Wrong, Known: Derived, find: poolingNeedsTwo,
			Reason: "A window slides along one axis as well as along two: text and sound are pooled over time.",
		}, {
			Text:    "A step of a vanilla RNN can be written as a fully-connected layer; half of its inputs are the previous output and half come from the sequence.",
			Verdict: Right, Known: Derived, find: stepIsDense,
			Doubt:  "\"half\" holds only if the state is as wide as the input, and what comes back is the previous hidden state, which is the output in a vanilla cell",
			Reason: "W_x·x + W_h·h is one matrix times the two vectors put together, followed by the activation.",
		}},
	}
}

// softmax of scores.
func softmax(scores []float64) []float64 {
	highest, sum := slices.Max(scores), 0.0
	p := make([]float64, len(scores))
	for i, s := range scores {
		p[i] = math.Exp(s - highest)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// priorsIgnored trains softmax regression on inputs that say nothing of the class.
func priorsIgnored(_ compute.Backend, seed int64) (finding, error) {
	const n, width, classes, steps = 300, 2, 3, 300
	shares := [classes]float64{0.7, 0.2, 0.1}
	r := random(seed, "priors")
	x, y := normals(r, n*width), make([]int, n)
	for i := range y {
		switch {
		case i < n*7/10:
		case i < n*9/10:
			y[i] = 1
		default:
			y[i] = 2
		}
	}
	predicted := func(withBias bool) []float64 { // the mean probability of each class
		var w [classes][width]float64
		var bias, mean [classes]float64
		for range steps {
			var slope [classes][width]float64
			mean = [classes]float64{}
			for i := range n {
				scores := make([]float64, classes)
				for c := range scores {
					scores[c] = bias[c] + dot(w[c][:], x[i*width:(i+1)*width])
				}
				for c, p := range softmax(scores) {
					mean[c] += p / n
					off := p // of the score: p - 1 for the right class, else p
					if y[i] == c {
						off--
					}
					for k := range width {
						slope[c][k] += off * x[i*width+k] / n
					}
				}
			}
			for c := range classes {
				for k := range width {
					w[c][k] -= slope[c][k]
				}
				if withBias {
					bias[c] -= mean[c] - shares[c] // the gradient of the bias
				}
			}
		}
		return mean[:]
	}
	with, without := predicted(true), predicted(false)
	f := finding{
		claim:    "after training on classes with shares 0.7, 0.2, 0.1, the layer takes them to be equally likely, to 0.05",
		contrast: "the layer without a bias",
		met:      farthest(with, []float64{1. / 3, 1. / 3, 1. / 3}) < 0.05,
	}
	f.contrastMet = farthest(without, []float64{1. / 3, 1. / 3, 1. / 3}) < 0.05
	for c, share := range shares {
		f.number(fmt.Sprintf("mean probability of the class with share %g", share), with[c], "probability")
	}
	f.number("of the most frequent class, no bias", without[0], "probability")
	dark := softmax(worked.Linear.Bias[:]) // all pixels 0: only the bias speaks
	f.number("the lecture's classifier on a black image: "+worked.Linear.Classes[0], dark[0], "probability")
	f.text = fmt.Sprintf("With a bias the layer learns %.2f, %.2f and %.2f, without one it says %.2f, %.2f, %.2f. The lecture's classifier, too, has a favourite where all pixels are black: %s, with %.2f.",
		with[0], with[1], with[2], without[0], without[1], without[2], worked.Linear.Classes[0], dark[0])
	return f, nil
}

// featuresTogether compares a linear score with a perceptron of two hidden units that computes the exclusive or. The mixed
// difference f(1,1) - f(1,0) - f(0,1) + f(0,0) is what two features do together beyond what each does alone.
func featuresTogether(_ compute.Backend, seed int64) (finding, error) {
	together := func(f func(a, b float64) float64) float64 { return f(1, 1) - f(1, 0) - f(0, 1) + f(0, 0) }
	layered := func(a, b float64) float64 { return math.Max(0, a+b) - 2*math.Max(0, a+b-1) }
	l := worked.Linear
	score := func(class int, a, b float64) float64 { // the lecture's image, its second and fourth pixel off or on
		return dot(l.Weights[class][:], []float64{l.Pixels[0], a * l.Pixels[1], l.Pixels[2], b * l.Pixels[3]}) + l.Bias[class]
	}
	car := func(a, b float64) float64 { return score(1, a, b) }
	most := 0.0
	r := random(seed, "linear")
	for range 100 {
		w := normals(r, 3)
		most = max(most, math.Abs(together(func(a, b float64) float64 { return w[0]*a + w[1]*b + w[2] })))
	}
	wrong := 0
	for _, c := range [][3]float64{{0, 0, 0}, {0, 1, 1}, {1, 0, 1}, {1, 1, 0}} {
		if layered(c[0], c[1]) != c[2] {
			wrong++
		}
	}
	f := finding{
		claim:    "two features together change the score by something else than the sum of what each changes alone",
		contrast: "a single layer: the lecture's classifier, and a hundred random ones",
		met:      math.Abs(together(layered)) > 1e-9 && wrong == 0, contrastMet: math.Abs(together(car)) > 1e-9 || most > 1e-9,
	}
	f.number("mixed difference, two hidden units", together(layered), "1")
	f.number("mixed difference, the lecture's Car", together(car), "1")
	f.number("largest of 100 random single layers", most, "1")
	for class, name := range l.Classes {
		f.number("the lecture's image: "+name, score(class, 1, 1), "score")
	}
	f.text = fmt.Sprintf("Two hidden units compute the exclusive or of two features, all four cases right, with a mixed difference of %g. In the lecture's classifier, whose scores are %.1f, %.1f and %.1f, it is %.1g, in any single layer zero: no exclusive or.",
		together(layered), score(0, 1, 1), score(1, 1, 1), score(2, 1, 1), math.Abs(together(car)))
	return f, nil
}

// localStructure fits a filter that fills in a pixel from its two neighbours.
func localStructure(_ compute.Backend, seed int64) (finding, error) {
	const rows, pixels, correlation = 300, 64, 0.9
	r := random(seed, "local")
	local := make([][]float64, rows)
	for i := range local {
		row := normals(r, pixels)
		for k := 1; k < pixels; k++ {
			row[k] = correlation*row[k-1] + math.Sqrt(1-correlation*correlation)*row[k]
		}
		local[i] = row
	}
	shuffled, order := make([][]float64, rows), r.Perm(pixels) // one order for all rows: what a pixel means stays the same
	for i, row := range local {
		for _, k := range order {
			shuffled[i] = append(shuffled[i], row[k])
		}
	}
	near, far := explained(local), explained(shuffled)
	theory := 2 * correlation * correlation / (1 + correlation*correlation)
	f := finding{
		claim:    "one filter, the same everywhere, that sees a pixel's two neighbours explains more than half of its variance",
		contrast: "the same images with their pixels in another order, the same for all",
		met:      near > 0.5, contrastMet: far > 0.5,
	}
	f.number("variance explained, neighbours next to each other", near, "share")
	f.number("in theory, 2ρ²/(1+ρ²)", theory, "share")
	f.number("variance explained, pixels in another order", far, "share")
	f.text = fmt.Sprintf("Two weights shared by all pixels explain %.0f %% of a pixel's variance (theory: %.0f %%) while neighbours belong together, and %.0f %% once the pixels are in another order, in which a fully-connected layer would do as well as before.",
		100*near, 100*theory, 100*far)
	return f, nil
}

// explained is the share of the variance of the inner pixels that the best filter (a, 0, b) explains.
func explained(images [][]float64) float64 {
	var ll, lr, rr, ly, ry, yy float64
	for _, row := range images {
		for k := 1; k < len(row)-1; k++ {
			l, y, r := row[k-1], row[k], row[k+1]
			ll, lr, rr, ly, ry, yy = ll+l*l, lr+l*r, rr+r*r, ly+l*y, ry+r*y, yy+y*y
		}
	}
	determinant := ll*rr - lr*lr
	a, b := (ly*rr-ry*lr)/determinant, (ry*ll-ly*lr)/determinant
	return (a*ly + b*ry) / yy
}

func poolingNeedsTwo(b compute.Backend, seed int64) (finding, error) {
	const length, window = 8, 2
	values := normals(random(seed, "pooling"), length)
	pool := func(dims int) ([]float64, error) {
		out, err := run(b, seed, func(_ *model.Scope, in []*graph.Node) []*graph.Node {
			windows := slices.Repeat([]int{window}, dims)
			return []*graph.Node{graph.MaxPool(in[0]).WindowPerAxis(windows...).Done()}
		}, tensor(values, 1, length, 1)) // [B, L, C]: one axis to pool over
		if err != nil {
			return nil, err
		}
		return out[0], nil
	}
	pooled, err := pool(1)
	refused := err != nil
	for i := 0; i < len(pooled) && !refused; i++ {
		if pooled[i] != max(values[window*i], values[window*i+1]) {
			return finding{}, fmt.Errorf("the maximum of window %d is %g", i, pooled[i])
		}
	}
	_, err = pool(2)
	f := finding{
		claim:    "pooling a sequence of 8 numbers is refused",
		contrast: "a window with two axes over the same sequence",
		met:      refused, contrastMet: err != nil,
	}
	f.number("numbers before", length, "numbers")
	f.number("numbers after", float64(len(pooled)), "numbers")
	f.text = fmt.Sprintf("Eight numbers in a row become %d maxima of two neighbours each, all right. Only a window of two axes is refused.", len(pooled))
	return f, nil
}

// stepIsDense compares the step of a cell with a fully-connected layer over input and state side by side.
func stepIsDense(b compute.Backend, seed int64) (finding, error) {
	r := random(seed, "step")
	equal, half, err := sideBySide(b, seed, r, 3, 3)
	if err != nil {
		return finding{}, err
	}
	unequalWidths, notHalf, err := sideBySide(b, seed, r, 5, 3)
	if err != nil {
		return finding{}, err
	}
	f := finding{
		claim:    "the step equals a fully-connected layer, and half of that layer's inputs are the state",
		contrast: "inputs of width 5 beside a state of width 3: still a fully-connected layer, but not half and half",
		met:      equal < 1e-12 && half == 0.5, contrastMet: unequalWidths < 1e-12 && notHalf == 0.5,
	}
	f.number("difference of step and layer", equal, "1")
	f.number("share of the state, widths 3 and 3", half, "share")
	f.number("share of the state, widths 5 and 3", notHalf, "share")
	f.text = fmt.Sprintf("The cell's step and one layer over [x, h] agree to %.1g. The state is %.0f %% of the inputs if both are 3 wide, and %.1f %% beside an input of width 5.", equal, 100*half, 100*notHalf)
	return f, nil
}

func sideBySide(b compute.Backend, seed int64, r *rand.Rand, width, state int) (apart, share float64, err error) {
	const batch = 4
	var joined *graph.Node
	out, err := run(b, seed, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		layer := rnn.New(scope.In("rnn"), rnn.Vanilla, state)
		step := layer.Step(in[0], rnn.State{Hidden: in[1]}).Hidden
		variable := func(name string) *graph.Node {
			return scope.Store().GetVariable("/rnn/" + name).NodeValue(in[0].Graph())
		}
		weights := graph.Concatenate([]*graph.Node{variable("input_weights"), variable("hidden_weights")}, 0)
		joined = graph.Concatenate(in, 1) // [B, D+H]
		bias := graph.BroadcastToDims(graph.InsertAxes(variable("biases"), 0), batch, state)
		dense := graph.Tanh(graph.Add(graph.MatMul(joined, weights), bias))
		return []*graph.Node{graph.ReduceAllMax(graph.Abs(graph.Sub(step, dense)))}
	}, []*tensors.Tensor{tensor(normals(r, batch*width), batch, width), tensor(normals(r, batch*state), batch, state)}...)
	if err != nil {
		return 0, 0, err
	}
	return out[0][0], float64(state) / float64(joined.Shape().Dimensions[1]), nil
}
