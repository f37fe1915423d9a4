package training

import (
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
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
// Different from GoMLX's optimizer.Adam, which has the same formula: Epsilon is 1e-8 by default, not 1e-7; vectors are
// not decayed; 1-Beta^t is computed without cancellation; the learning rate is a graph input, so that any schedule
// will do; and the moments of all variables are kept in two vectors, so that a step has a third of the buffers to pass
// in and out, the gradient's length is one sum, and the graph compiles in half the time.
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
	variables := usedVariables(scope, g)
	if len(variables) == 0 {
		panic(errorf("no trainable variable under scope %q is used by the loss", scope.Scope()))
	}
	// In the order of the paths, so that the moments do not depend on the order in which a model makes its variables.
	slices.SortFunc(variables, func(x, y *model.Variable) int { return strings.Compare(x.Path(), y.Path()) })
	values := make([]*Node, len(variables))
	for i, v := range variables {
		values[i] = v.NodeValue(g)
	}
	gradients := Gradient(loss, values...)

	dtype := loss.DType()
	gradient := flatten(gradients, dtype) // [N]
	gradientNorm = Sqrt(ReduceAllSum(Square(gradient)))
	if clipNorm > 0 {
		bound := ConstAs(gradientNorm, clipNorm)
		gradient = Mul(gradient, Where(GreaterThan(gradientNorm, bound), Div(bound, gradientNorm), OnesLike(gradientNorm)))
	}
	step := Mul(rate, a.direction(scope, gradient)) // [N]

	kept := OneMinus(MulScalar(rate, a.WeightDecay))
	offset := 0
	for _, v := range variables {
		size := v.Shape().Size()
		part := Reshape(Slice(step, AxisRange(offset, offset+size)), v.Shape().Dimensions...)
		offset += size
		value := v.NodeValue(g)
		if a.WeightDecay > 0 && v.Shape().Rank() >= 2 {
			value = Mul(value, ConvertDType(kept, v.DType()))
		}
		// What is computed later in this step sees a constant: its gradient does not go back through this update.
		v.SetNodeValue(StopGradient(Sub(value, ConvertDType(part, v.DType()))))
	}
	optimizer.IncrementGlobalStep(g, dtypes.Int64) // GoMLX's own tools look at it
	return gradientNorm
}

// direction updates the moments with the gradient [N] and returns the step at learning rate 1 without decay, [N].
func (a Adam) direction(scope *model.Scope, gradient *Node) *Node {
	g := gradient.Graph()
	state := scope.At("adam").WithInitializer(initializer.Zero)
	moment := func(name string, beta float64, sample *Node) *Node {
		variable := state.VariableWithShape(name, gradient.Shape()).SetTrainable(false)
		value := Add(MulScalar(variable.NodeValue(g), beta), MulScalar(sample, 1-beta))
		variable.SetNodeValue(value)
		return value
	}
	m := moment("first_moment", a.Beta1, gradient)
	v := moment("second_moment", a.Beta2, Square(gradient))

	counter := state.VariableWithShape("step", shapes.Make(gradient.DType())).SetTrainable(false)
	t := AddScalar(counter.NodeValue(g), 1)
	counter.SetNodeValue(t)
	correction := func(beta float64) *Node { return Neg(Expm1(MulScalar(t, math.Log(beta)))) } // 1 - beta^t
	return Div(Div(m, correction(a.Beta1)), AddScalar(Sqrt(Div(v, correction(a.Beta2))), a.Epsilon))
}

// usedVariables are the trainable variables under scope that the graph uses.
func usedVariables(scope *model.Scope, g *Graph) (variables []*model.Variable) {
	for v := range scope.IterVariables() {
		if v.Trainable && v.InUseByGraph(g) {
			variables = append(variables, v)
		}
	}
	return variables
}

// flatten makes one vector of all.
func flatten(list []*Node, dtype dtypes.DType) *Node {
	parts := make([]*Node, len(list))
	for i, x := range list {
		parts[i] = ConvertDType(Reshape(x, -1), dtype)
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return Concatenate(parts, 0)
}
