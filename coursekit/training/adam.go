package training

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
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
// Different from GoMLX's optimizer.Adam, which has the same formula: Epsilon is 1e-8 by default, not 1e-7; vectors are
// not decayed; 1-Beta^t is computed without cancellation; the learning rate is a graph input, so that any schedule
// will do; and the moments of all small variables are kept in two vectors, so that a step has fewer buffers to pass in and
// out and the graph compiles faster.
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
	variables, gradients := gradientsOf(scope, loss)
	return step{rule: a, scope: scope, rate: rate, clipNorm: clipNorm, norm: true}.apply(variables, gradients)
}

func (a Adam) String() string {
	return fmt.Sprintf("adam(%g, %g, epsilon %g, decay %g)", a.Beta1, a.Beta2, a.Epsilon, a.WeightDecay)
}

func (a Adam) weightDecay() float64 { return a.WeightDecay }

// begin counts the step. The corrections and the rate become two scalars: with C1 = 1-Beta1^t and C2 = 1-Beta2^t,
// r·(m/C1)/(sqrt(v/C2) + Epsilon) is r·sqrt(C2)/C1 · m/(sqrt(v) + Epsilon·sqrt(C2)), two divisions fewer an entry
// (Kingma & Ba, end of section 2).
func (a Adam) begin(state *model.Scope, rate *Node) direction {
	g := rate.Graph()
	counter := state.VariableWithShape("step", shapes.Make(rate.DType())).SetTrainable(false)
	t := AddScalar(counter.NodeValue(g), 1)
	counter.SetNodeValue(t)
	correction := func(beta float64) *Node { return Neg(Expm1(MulScalar(t, math.Log(beta)))) } // 1 - beta^t
	root := Sqrt(correction(a.Beta2))
	speed := Div(Mul(rate, root), correction(a.Beta1))
	epsilon := MulScalar(root, a.Epsilon)

	return func(name string, gradient *Node) *Node {
		m := movingMean(state, name+".first_moment", a.Beta1, 1-a.Beta1, gradient)
		v := movingMean(state, name+".second_moment", a.Beta2, 1-a.Beta2, Square(gradient))
		return Mul(speed, Div(m, Add(Sqrt(v), epsilon)))
	}
}
