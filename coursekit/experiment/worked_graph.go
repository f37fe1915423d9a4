package experiment

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/attention"
	"courselab/coursekit/position"
	"courselab/coursekit/rnn"
	"courselab/coursekit/transformer"
	"courselab/coursekit/vae"
	"courselab/coursekit/worked"
)

// workedPart is a piece of M1's graph, in float64, and what to compare its outputs with. All pieces are one graph, since
// each graph is compiled.
type workedPart struct {
	outputs int
	build   func(scope *model.Scope, g *Graph) []*Node
	compare func(c WorkedConfig, result *Result, out [][]float64)
}

func workedParts() []workedPart {
	return []workedPart{
		{3, attentionGraph, compareAttention},
		{1, positionsGraph, comparePositions},
		{2, layerNormGraph, compareLayerNorm},
		{3, linearGraph, compareLinear},
		{1, klGraph, compareKL},
		{len(worked.Truncation.K), truncationGraph, compareTruncation},
	}
}

// attentionGraph returns the scores, the weights, and the slopes p(1-p) of the softmax with and without the division by √K.
func attentionGraph(_ *model.Scope, g *Graph) []*Node {
	a := worked.Attention
	constant := func(value float64) []float64 {
		vector := make([]float64, a.KeyWidth)
		for i := range vector {
			vector[i] = value
		}
		return vector
	}
	query := Const(g, [][]float64{constant(a.Query)})                      // [1, K]
	key := Const(g, [][]float64{constant(a.Keys[0]), constant(a.Keys[1])}) // [2, K]
	_, weights := attention.ScaledDotProduct(query, key, key, nil)         // [1, 2]
	scores := DotGeneral(query, []int{1}, nil, key, []int{1}, nil)         // [1, 2]
	slope := func(scores *Node) *Node {                                    // of the second weight with respect to its score
		second := ReduceAllSum(SliceAxis(Softmax(scores, -1), 1, AxisElem(1)))
		return Reshape(SliceAxis(Gradient(second, scores)[0], 1, AxisElem(1)), 1)
	}
	slopes := Concatenate([]*Node{slope(DivScalar(scores, math.Sqrt(float64(a.KeyWidth)))), slope(scores)}, 0)
	return []*Node{scores, weights, slopes}
}

func compareAttention(c WorkedConfig, result *Result, out [][]float64) {
	const from = "slide \"Self-attention\""
	a, scores, weights, slopes := worked.Attention, out[0], out[1], out[2]
	for i, word := range a.Words {
		scaled := scores[i] / math.Sqrt(float64(a.KeyWidth))
		c.compare(result, fmt.Sprintf("q1·k%d (%s)", i+1, word), scores[i], a.Scores[i], a.Scores[i], 0, from)
		c.compare(result, fmt.Sprintf("q1·k%d / √64", i+1), scaled, a.Scaled[i], a.Scaled[i], 0, from)
		c.compare(result, fmt.Sprintf("softmax %d", i+1), weights[i], a.Weights[i], a.Printed[i], 2, from)
	}
	c.compare(result, "slope of the softmax at 14, 12", slopes[0], a.Slope, a.Slope, 4, from+", derived")
	c.compare(result, "slope of the softmax at 112, 96, in 1e-7", slopes[1]*1e7, a.SlopeUnscaled*1e7, a.SlopeUnscaled*1e7, 3, from+", derived")
}

func positionsGraph(_ *model.Scope, g *Graph) []*Node {
	p := worked.Positions
	return []*Node{position.Sinusoidal(g, dtypes.Float64, len(p.Dots), p.Dim, p.Base)} // [L, D]
}

func comparePositions(c WorkedConfig, result *Result, out [][]float64) {
	const from = "slide \"Positional encoding\""
	p := worked.Positions
	exact := position.Table(len(p.Dots), p.Dim, p.Base)
	row := func(k int) []float64 { return out[0][k*p.Dim : (k+1)*p.Dim] }
	for k, word := range p.Words {
		for i, printed := range p.Printed[k] {
			c.compare(result, fmt.Sprintf("P(%d, %d) of %q", k, i, word), row(k)[i], exact[k][i], printed, 2, from)
		}
	}
	_, distances := position.Similarity(exact)
	for _, k := range []int{1, 6} {
		sum := 0.0
		for i, x := range row(k) {
			sum += (x - row(0)[i]) * (x - row(0)[i])
		}
		c.compare(result, fmt.Sprintf("distance of positions 0 and %d", k), math.Sqrt(sum), distances[k], p.Distances[k], 3, from+", derived")
	}
}

// layerNormGraph returns the lecture's form, by the layer, and that with the variance over H-1.
func layerNormGraph(scope *model.Scope, g *Graph) []*Node {
	config := transformer.DefaultConfig()
	config.NormEpsilon = 1e-300 // the lecture's example has none
	x := Const(g, worked.LayerNorm.Input[:])
	centred := Sub(x, ReduceAllMean(x))
	unbiased := Sqrt(DivScalar(ReduceAllSum(Square(centred)), float64(len(worked.LayerNorm.Input)-1)))
	return []*Node{transformer.LayerNorm(scope.In("norm"), config, x), Div(centred, unbiased)}
}

func compareLayerNorm(c WorkedConfig, result *Result, out [][]float64) {
	for i, x := range worked.LayerNorm.Input {
		c.compare(result, fmt.Sprintf("LayerNorm of %g in [1 2 3 4]", x), out[0][i], worked.LayerNorm.Output[i], worked.LayerNorm.Output[i], 8, "the formula, ε = 0")
	}
	for i, x := range worked.LayerNorm.Input {
		c.compare(result, fmt.Sprintf("the same over H-1, of %g", x), out[1][i], worked.LayerNormUnbiased[i], worked.LayerNormUnbiased[i], 8, "not the lecture's form, derived")
	}
}

// linearGraph returns the scores of the linear classifier, and its hinge loss and cross-entropy if the image shows a cat.
func linearGraph(_ *model.Scope, g *Graph) []*Node {
	l := worked.Linear
	weights := Const(g, [][]float64{l.Weights[0][:], l.Weights[1][:], l.Weights[2][:]})
	scores := Add(DotProduct(weights, Const(g, l.Pixels[:])), Const(g, l.Bias[:])) // [3]
	cat := SliceAxis(scores, 0, AxisElem(0))                                       // [1]
	margins := AddScalar(Sub(SliceAxis(scores, 0, AxisRange(1)), BroadcastToDims(cat, 2)), 1)
	hinge := ReduceAllSum(MaxScalar(margins, 0))
	entropy := Neg(SliceAxis(LogSoftmax(scores, -1), 0, AxisElem(0)))
	return []*Node{scores, hinge, entropy}
}

func compareLinear(c WorkedConfig, result *Result, out [][]float64) {
	const from = "slide \"Linear image classification\""
	for i, class := range worked.Linear.Classes {
		known := from
		if i > 0 {
			known += ", weights reconstructed"
		}
		c.compare(result, "score of "+class, out[0][i], worked.Linear.Scores[i], worked.Linear.Scores[i], 1, known)
	}
	losses := worked.LinearLosses
	c.compare(result, "hinge loss, truth "+losses.Truth, out[1][0], losses.Hinge, losses.Hinge, 1, from+", derived")
	c.compare(result, "cross-entropy, truth "+losses.Truth, out[2][0], losses.CrossEntropy, losses.CrossEntropy, 1, from+", derived")
}

func klGraph(_ *model.Scope, g *Graph) []*Node {
	var mu, logVariance []float64
	for _, kl := range worked.KL {
		mu, logVariance = append(mu, kl.Mean), append(logVariance, 2*math.Log(kl.Deviation))
	}
	return []*Node{vae.KLPerDimension(Const(g, [][]float64{mu}), Const(g, [][]float64{logVariance}))} // [1, Z]
}

func compareKL(c WorkedConfig, result *Result, out [][]float64) {
	for i, kl := range worked.KL {
		c.compare(result, fmt.Sprintf("KL of N(%g, %g²) from N(0, 1)", kl.Mean, kl.Deviation), out[0][i], kl.Nats, kl.Nats, 4, "½(μ² + σ² - 1) - ln σ, derived")
	}
}

// truncationVariables are those of a linear RNN h' = w·h + 1.
func truncationVariables() map[string]*tensors.Tensor {
	return map[string]*tensors.Tensor{
		"/truncation/input_weights":  tensors.FromValue([][]float64{{1}}),
		"/truncation/hidden_weights": tensors.FromValue([][]float64{{worked.Truncation.Weight}}),
		"/truncation/biases":         tensors.FromValue([]float64{0}),
	}
}

// truncationGraph returns dh/dw after the last step, back-propagated through k steps, for each k.
func truncationGraph(scope *model.Scope, g *Graph) (gradients []*Node) {
	scope = scope.In("truncation")
	x := Ones(g, shapes.Make(dtypes.Float64, 1, worked.Truncation.Steps, 1))
	for _, k := range worked.Truncation.K {
		_, last := rnn.New(scope, rnn.Vanilla, 1).WithActivation(nil).WithTruncation(k).Apply(x)
		gradients = append(gradients, Gradient(ReduceAllSum(last.Hidden), scope.GetVariable("hidden_weights").NodeValue(g))[0])
	}
	return gradients
}

func compareTruncation(c WorkedConfig, result *Result, out [][]float64) {
	t := worked.Truncation
	full := out[len(out)-1][0]
	for i, k := range t.K {
		// dh/dw of k steps is Σ w^j·h(T-1-j) over j < k, with h(n) = (1-w^n)/(1-w).
		exact := func(k int) (sum float64) {
			for j := range k {
				sum += math.Pow(t.Weight, float64(j)) * (1 - math.Pow(t.Weight, float64(t.Steps-1-j))) / (1 - t.Weight)
			}
			return sum
		}
		c.compare(result, fmt.Sprintf("share of the gradient through %d of %d steps", k, t.Steps), out[i][0]/full, exact(k)/exact(t.Steps), t.Shares[i], 3, "a linear RNN, w = 0.9, derived")
	}
}
