package training

import (
	"errors"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// Adam holds the constants of Adam (Kingma & Ba, 2014, algorithm 1) and of its variant with decoupled weight
// decay, AdamW (Loshchilov & Hutter, 2017, algorithm 2). With gradient g at step t and learning rate r:
//
//	m = Beta1·m + (1-Beta1)·g            v = Beta2·v + (1-Beta2)·g²
//	p = p - r·( m/(1-Beta1^t) / (sqrt(v/(1-Beta2^t)) + Epsilon) + WeightDecay·p )
//
// Epsilon stands outside the root, as in PyTorch and optax. WeightDecay applies only to variables of two axes
// or more: biases, gains and other vectors are left alone.
//
// The update itself is GoMLX's optimizer.Adam. Different from its defaults: Epsilon is 1e-8 there too in the
// paper, but 1e-7 in GoMLX; GoMLX decays every variable; the learning rate comes in as a graph input.
type Adam struct {
	// Beta1 is the share of the old first moment that is kept, in [0, 1).
	Beta1 float64
	// Beta2 is the share of the old second moment that is kept, in [0, 1).
	Beta2 float64
	// Epsilon is added to the root of the second moment, in units of the gradient. More than 0.
	Epsilon float64
	// WeightDecay is the share of a parameter that is taken away per unit of learning rate. At least 0.
	WeightDecay float64
}

// DefaultAdam is Beta1 0.9, Beta2 0.999, Epsilon 1e-8, no weight decay.
func DefaultAdam() Adam { return Adam{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8} }

// Validate returns nil or every rule that is broken.
func (a Adam) Validate() error {
	var broken []error
	if !(a.Beta1 >= 0 && a.Beta1 < 1) {
		broken = append(broken, errorf("Adam.Beta1 is %g, must be in [0, 1)", a.Beta1))
	}
	if !(a.Beta2 >= 0 && a.Beta2 < 1) {
		broken = append(broken, errorf("Adam.Beta2 is %g, must be in [0, 1)", a.Beta2))
	}
	if !(a.Epsilon > 0) {
		broken = append(broken, errorf("Adam.Epsilon is %g, must be more than 0", a.Epsilon))
	}
	if !(a.WeightDecay >= 0) {
		broken = append(broken, errorf("Adam.WeightDecay is %g, must be at least 0", a.WeightDecay))
	}
	return errors.Join(broken...)
}

// Update adds one update of every trainable variable under scope to the graph and returns the length of the
// gradient before clipping, a scalar.
//
// loss and rate are scalars of the same dtype. clipNorm bounds the gradient's length, 0 means no bound. Only
// the variables that the graph has used so far are touched. It panics if there are none.
func (a Adam) Update(scope *model.Scope, loss, rate *Node, clipNorm float64) (gradientNorm *Node) {
	loss.AssertScalar()
	rate.AssertScalar()
	g := loss.Graph()
	gradients := scope.BuildTrainableVariablesGradientsGraph(loss)
	if len(gradients) == 0 {
		panic(errorf("no trainable variable under scope %q is used by the loss", scope.Scope()))
	}

	gradientNorm = globalNorm(gradients, loss.DType())
	if clipNorm > 0 {
		bound := ConstAs(gradientNorm, clipNorm)
		scale := Where(GreaterThan(gradientNorm, bound), Div(bound, gradientNorm), OnesLike(gradientNorm))
		for i, gradient := range gradients {
			gradients[i] = Mul(gradient, ConvertDType(scale, gradient.DType()))
		}
	}

	if a.WeightDecay > 0 {
		// Decoupled: p·(1 - r·decay) first, then Adam's step, which only subtracts. The gradients above were
		// taken at the old values already.
		kept := OneMinus(MulScalar(rate, a.WeightDecay))
		for v := range scope.IterVariables() {
			if v.Trainable && v.InUseByGraph(g) && v.Shape().Rank() >= 2 {
				v.SetNodeValue(Mul(v.NodeValue(g), ConvertDType(kept, v.DType())))
			}
		}
	}

	// GoMLX's Adam reads its learning rate from a variable: give that variable this step's value in the graph.
	optimizer.LearningRateVar(scope, loss.DType(), 0).SetNodeValue(rate)
	inner := optimizer.Adam().Betas(a.Beta1, a.Beta2).Epsilon(a.Epsilon).WeightDecay(0).Done()
	inner.(train.OptimizeWithGradients).UpdateGraphWithGradients(scope, gradients, loss.DType())
	return gradientNorm
}

// globalNorm is the length of all gradients taken as one vector, a scalar.
func globalNorm(gradients []*Node, dtype dtypes.DType) *Node {
	var sum *Node
	for _, gradient := range gradients {
		squares := ReduceAllSum(Square(ConvertDType(gradient, dtype)))
		if sum == nil {
			sum = squares
		} else {
			sum = Add(sum, squares)
		}
	}
	return Sqrt(sum)
}
