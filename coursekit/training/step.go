package training

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// smallVariable is the number of entries below which a variable's update is done in one vector with other small ones. XLA
// fuses the update of a large matrix with what is around it, and copying it into a vector costs more than it saves: on two
// cores W4's step took 6.7 ms with all variables in one vector, 5.6 ms like this. For a hundred biases and gains, one vector
// is faster, and compiles faster.
const smallVariable = 4096

// rule is how an optimizer turns gradients into steps.
type rule interface {
	fmt.Stringer
	Validate() error
	weightDecay() float64
	// begin is called once a graph, for what all variables share. Its state lies under the scope.
	begin(state *model.Scope, rate *Node) direction
}

// direction updates the state of that name by the gradient and returns what is to be subtracted from the variable, of the
// gradient's shape.
type direction func(name string, gradient *Node) *Node

// step is one update in a graph.
type step struct {
	rule     rule
	scope    *model.Scope
	rate     *Node
	clipNorm float64 // 0 means no bound
	norm     bool    // whether the gradient's length is wanted even without a bound
}

// apply adds the update of the variables by their gradients, all of one dtype, to the graph and returns the length of all
// gradients, taken as one vector, before clipping: nil if it is neither wanted nor needed.
func (s step) apply(variables []*model.Variable, gradients []*Node) (norm *Node) {
	s.rate.AssertScalar()
	g := s.rate.Graph()
	if s.norm || s.clipNorm > 0 {
		norm = length(gradients)
	}
	gradients = slices.Clone(gradients)
	if s.clipNorm > 0 {
		bound := ConstAs(norm, s.clipNorm)
		scale := Where(GreaterThan(norm, bound), Div(bound, norm), OnesLike(norm))
		for i, gradient := range gradients {
			gradients[i] = Mul(gradient, scale)
		}
	}
	toward := s.rule.begin(s.scope.At("optimizer").WithInitializer(initializer.Zero), s.rate)

	var small []int
	for i, v := range variables {
		if v.Shape().Size() < smallVariable {
			small = append(small, i)
			continue
		}
		s.move(v, toward(strings.ReplaceAll(strings.Trim(v.Path(), "/"), "/", "."), gradients[i]))
	}
	if len(small) > 0 {
		parts := make([]*Node, len(small))
		for i, index := range small {
			parts[i] = Reshape(gradients[index], -1)
		}
		whole := toward("small", concatenate(parts)) // [N]
		offset := 0
		for _, index := range small {
			v := variables[index]
			size := v.Shape().Size()
			s.move(v, Reshape(Slice(whole, AxisRange(offset, offset+size)), v.Shape().Dimensions...))
			offset += size
		}
	}
	optimizer.IncrementGlobalStep(g, dtypes.Int64) // GoMLX's own tools look at it
	return norm
}

// move subtracts a step from a variable. Vectors and scalars do not decay. A later loss of the same training step takes the new
// value as it is: no gradient flows through the update.
func (s step) move(v *model.Variable, by *Node) {
	value := v.NodeValue(s.rate.Graph())
	if decay := s.rule.weightDecay(); decay > 0 && v.Shape().Rank() >= 2 {
		value = Mul(value, ConvertDType(OneMinus(MulScalar(s.rate, decay)), v.DType()))
	}
	v.SetNodeValue(StopGradient(Sub(value, ConvertDType(by, v.DType()))))
}

// gradientsOf returns the trainable variables under scope that the graph of the loss uses, in the order of their paths, so that
// the state does not depend on the order in which a model makes them, and the loss's gradients in its own dtype. It panics if
// there are none.
func gradientsOf(scope *model.Scope, loss *Node) (variables []*model.Variable, gradients []*Node) {
	g := loss.Graph()
	for v := range scope.IterVariables() {
		if v.Trainable && v.InUseByGraph(g) {
			variables = append(variables, v)
		}
	}
	if len(variables) == 0 {
		panic(errorf("no trainable variable under scope %q is used by the loss", scope.Scope()))
	}
	slices.SortFunc(variables, func(x, y *model.Variable) int { return strings.Compare(x.Path(), y.Path()) })
	values := make([]*Node, len(variables))
	for i, v := range variables {
		values[i] = v.NodeValue(g)
	}
	gradients = Gradient(loss, values...)
	for i := range gradients {
		gradients[i] = ConvertDType(gradients[i], loss.DType())
	}
	return variables, gradients
}

// movingMean is a variable that is kept·old + taken·sample from now on, 0 at first.
func movingMean(state *model.Scope, name string, kept, taken float64, sample *Node) *Node {
	variable := state.VariableWithShape(name, sample.Shape()).SetTrainable(false)
	value := MulScalar(variable.NodeValue(sample.Graph()), kept)
	if taken != 1 {
		sample = MulScalar(sample, taken)
	}
	value = Add(value, sample)
	variable.SetNodeValue(value)
	return value
}

// length of all nodes, taken as one vector.
func length(list []*Node) *Node {
	sum := ReduceAllSum(Square(list[0]))
	for _, x := range list[1:] {
		sum = Add(sum, ReduceAllSum(Square(x)))
	}
	return Sqrt(sum)
}

// concatenate makes one vector of vectors.
func concatenate(parts []*Node) *Node {
	if len(parts) == 1 {
		return parts[0]
	}
	return Concatenate(parts, 0)
}
