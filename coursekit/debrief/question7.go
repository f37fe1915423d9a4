package debrief

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
)

func question7() Question {
	return Question{
		Number: 7, Topic: "gradient descent, activations, regularisation",
		Text: "Which of these statements are true?",
		Lost: "the marks of the right choices; the slides after it keep the reasons for two of the four",
		Choices: []Choice{{
			Text:    "After each update of stochastic gradient descent the loss is lower than before.",
			Verdict: Wrong, Known: Derived, find: everyStepLowers,
			Reason: "The gradient is that of a few examples and not of the loss, and even with all examples it only says what happens for steps that are small enough.",
		}, {
			Text:    "On its way back through a sigmoid, tanh or ReLU, no component of the gradient changes its sign.",
			Verdict: Right, Known: Derived, find: signsKept,
			Support: "the slide on activation functions: none of them ever falls, so that their derivatives are never negative",
			Doubt:   "a component can become zero, in ReLU's flat part; that is not counted as a change of sign",
			Reason:  "The gradient is multiplied, component by component, with the derivative of the activation, and that is zero or positive for functions that never fall.",
		}, {
			Text:    "A training loss that climbs fast from step to step may be due to a learning rate that is too high.",
			Verdict: Right, Known: Derived, find: climbsAtHighRate,
			Reason: "On a bowl of curvature λ each step multiplies the distance to the minimum by 1-ηλ. Beyond η = 2/λ that is a growth, at every step.",
		}, {
			Text:    "Dropout, a penalty on squared weights and Xavier's initialisation all regularise the parameters, so that a model generalises better when the distribution shifts.",
			Verdict: Wrong, Known: Derived, find: allRegularise,
			Support: "the slide after it: Xavier's and He's initialisations are about convergence in training, not about generalising",
			Doubt:   "whether the other two help under a shift of the distribution is another question; one false part of three is enough",
			Reason:  "Xavier's initialisation chooses where training starts, such that the activations neither die out nor blow up from layer to layer. It changes neither the loss nor its minimum; the other two do.",
		}},
	}
}

// regression is a linear least-squares problem with two weights, loss Σ(w·x-y)²/2n.
type regression struct {
	x [][2]float64
	y []float64
}

func newRegression(r *rand.Rand, n int) regression {
	var p regression
	for range n {
		x := [2]float64{r.NormFloat64(), 0.5 * r.NormFloat64()}
		p.x = append(p.x, x)
		p.y = append(p.y, 2*x[0]-x[1]+r.NormFloat64())
	}
	return p
}

func (p regression) loss(w [2]float64) float64 {
	sum := 0.0
	for i, x := range p.x {
		d := w[0]*x[0] + w[1]*x[1] - p.y[i]
		sum += d * d / 2 / float64(len(p.x))
	}
	return sum
}

// gradient of the loss of the given examples.
func (p regression) gradient(w [2]float64, examples []int) (g [2]float64) {
	for _, i := range examples {
		d := w[0]*p.x[i][0] + w[1]*p.x[i][1] - p.y[i]
		for k := range g {
			g[k] += d * p.x[i][k] / float64(len(examples))
		}
	}
	return g
}

// curvature is the larger eigenvalue of the Hessian.
func (p regression) curvature() float64 {
	var a, b, c float64
	for _, x := range p.x {
		n := float64(len(p.x))
		a, b, c = a+x[0]*x[0]/n, b+x[0]*x[1]/n, c+x[1]*x[1]/n
	}
	return (a+c)/2 + math.Sqrt((a-c)*(a-c)/4+b*b)
}

// descend makes steps with batches of the given size, 0 for all examples in order, and returns the loss of all examples
// before the first and after each.
func (p regression) descend(r *rand.Rand, steps, batch int, rate float64) []float64 {
	w := [2]float64{}
	losses := []float64{p.loss(w)}
	for range steps {
		order := r.Perm(len(p.x))
		if batch > 0 {
			order = order[:batch]
		}
		g := p.gradient(w, order)
		for k := range w {
			w[k] -= rate * g[k]
		}
		losses = append(losses, p.loss(w))
	}
	return losses
}

// rises counts how many of the steps raised the loss.
func rises(losses []float64) int {
	count := 0
	for i := 1; i < len(losses); i++ {
		if losses[i] > losses[i-1] {
			count++
		}
	}
	return count
}

func everyStepLowers(_ compute.Backend, seed int64) (finding, error) {
	const steps, exactSteps = 100, 15
	r := random(seed, "descent")
	p := newRegression(r, 40)
	rate := 0.3 / p.curvature()
	stochastic, exact := rises(p.descend(r, steps, 4, rate)), rises(p.descend(r, exactSteps, 0, rate))
	f := finding{
		claim:    "no update raises the loss over all examples",
		contrast: "the same rate, with the gradient of all examples",
		met:      stochastic == 0, contrastMet: exact == 0,
	}
	f.number("updates that raised the loss, batches of 4", float64(stochastic), "of 100")
	f.number("updates that raised the loss, all examples", float64(exact), "of 15")
	f.text = fmt.Sprintf("Of %d updates with batches of 4 out of 40 examples, %d raised the loss; of %d with all examples, at the same rate, %d.", steps, stochastic, exactSteps, exact)
	return f, nil
}

func signsKept(b compute.Backend, seed int64) (finding, error) {
	const n = 1000
	r := random(seed, "signs")
	x := normals(r, n)
	for i := range x {
		x[i] *= 3
	}
	functions := []struct {
		name string
		of   func(x *graph.Node) *graph.Node
	}{
		{"ReLU", activation.Relu},
		{"leaky ReLU", func(x *graph.Node) *graph.Node { return graph.Max(x, graph.MulScalar(x, 0.1)) }},
		{"sigmoid", func(x *graph.Node) *graph.Node { return graph.Sigmoid(x) }},
		{"tanh", func(x *graph.Node) *graph.Node { return graph.Tanh(x) }},
		{"GELU", activation.Gelu}, // falls below about -0.75: the contrast
	}
	upstream := normals(r, n)
	out, err := run(b, seed, func(_ *model.Scope, in []*graph.Node) []*graph.Node {
		var gradients []*graph.Node
		for _, f := range functions {
			loss := graph.ReduceAllSum(graph.Mul(f.of(in[0]), in[1])) // dL/dy is in[1]
			gradients = append(gradients, graph.Gradient(loss, in[0])[0])
		}
		return gradients
	}, tensor(x, n), tensor(upstream, n))
	if err != nil {
		return finding{}, err
	}
	f := finding{
		claim:    "no component of the gradient has the opposite sign after passing back through the activation",
		contrast: "GELU, which falls between minus infinity and -0.75",
		met:      true,
	}
	for i, function := range functions {
		flips, zeros := 0, 0
		for k, g := range out[i] {
			if g*upstream[k] < 0 {
				flips++
			}
			if g == 0 {
				zeros++
			}
		}
		f.number(function.name+", signs changed", float64(flips), "of 1000")
		if function.name == "GELU" {
			f.contrastMet = flips == 0
			f.text = fmt.Sprintf("Of %d components none changes sign in ReLU (which sets %.0f to zero), leaky ReLU, sigmoid and tanh; in GELU %d do.", n, f.numbers[1].Value, flips)
			continue
		}
		f.met = f.met && flips == 0
		if function.name == "ReLU" {
			f.number("ReLU, set to zero", float64(zeros), "of 1000")
		}
	}
	return f, nil
}

func climbsAtHighRate(_ compute.Backend, seed int64) (finding, error) {
	const steps = 10
	r := random(seed, "rates")
	p := newRegression(r, 40)
	f := finding{
		claim:    "the loss rises at each of 10 steps",
		contrast: "a fifth of the rate",
	}
	var ends []float64
	for _, turns := range []float64{0.5, 1.9, 2.1, 2.5} {
		losses := p.descend(r, steps, 0, turns/p.curvature())
		ends = append(ends, losses[steps]/losses[0])
		f.number(fmt.Sprintf("loss after 10 steps at η = %g/λ", turns), losses[steps]/losses[0], "of the first")
		switch turns {
		case 0.5:
			f.contrastMet = rises(losses) == steps
		case 2.5:
			f.met = rises(losses) == steps
		}
	}
	f.text = fmt.Sprintf("With λ the largest curvature, ten steps at η = 2.5/λ multiply the loss by %.3g, at 0.5/λ by %.2g; the border is 2/λ.", ends[3], ends[0])
	return f, nil
}
