// Package customgradient gives a function a gradient of one's own: a vector-Jacobian product that is written by hand, where
// GoMLX has none (of a loop), has a wrong one, or has a slow one.
//
//	double := customgradient.Function{
//		Forward:  func(x []*Node) (outputs, saved []*Node) { return []*Node{MulScalar(x[0], 2)}, nil },
//		Backward: func(x, saved, gradients []*Node) []*Node { return []*Node{MulScalar(gradients[0], 2)} },
//	}
//	y := double.Apply(x)[0]
//
// It is what torch.autograd.Function and jax.custom_vjp are there. GoMLX v0.28 has IdentityWithCustomGradient, for the
// identity of one tensor; everything here goes through one such identity, of all inputs and outputs in one vector:
//
//	z = identity(inputs, zeros)          a vector; the zeros are as many as there are numbers in the outputs
//	outputs = constant(forward(inputs)) + (the zeros' part of z)
//
// The gradient that arrives at the zeros' part is that of the outputs. [Function.Backward] makes of it what goes on to the
// inputs' part. XLA's simplifier takes the vector apart again; the pure-Go backend copies it.
//
// A wrong backward function is a silent error: check it with gradcheck.
package customgradient

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Function is a graph function with its vector-Jacobian product.
type Function struct {
	// Forward returns the outputs, of any shapes, and what Backward needs besides the inputs, possibly nothing. No gradient
	// goes through it, so that it may hold operations that have none. What it takes from outside of its inputs counts as
	// a constant.
	Forward func(inputs []*graph.Node) (outputs, saved []*graph.Node)

	// Backward returns the gradient of each input, of its shape, from the gradient of each output, of its shape: zeros for
	// an output on which nothing depends. nil stands for a gradient of zeros. It is called once for each call of
	// graph.Gradient that reaches the outputs, and never if there is none.
	Backward func(inputs, saved, gradients []*graph.Node) []*graph.Node
}

// Apply returns Forward's outputs, with Backward's gradients. The inputs and the outputs must be of one floating point
// type; integers, booleans and other types are for the functions to take from outside.
//
// It panics if they are not, if there are none, or, when gradients are taken, if Backward's do not have the inputs' shapes.
//
// The gradient of a gradient is that of Backward's own operations, in which the saved nodes are constants.
func (f Function) Apply(inputs ...*graph.Node) []*graph.Node {
	if len(inputs) == 0 {
		exceptions.Panicf("customgradient: a function without inputs has no gradient")
	}
	dtype := inputs[0].DType()
	check("input", inputs, dtype)
	constants := make([]*graph.Node, len(inputs))
	for i, x := range inputs {
		constants[i] = graph.StopGradient(x)
	}
	outputs, saved := f.Forward(constants)
	if len(outputs) == 0 {
		exceptions.Panicf("customgradient: Forward returned no outputs")
	}
	check("output", outputs, dtype)

	size := 0
	for _, y := range outputs {
		size += y.Shape().Size()
	}
	zeros := graph.Zeros(inputs[0].Graph(), shapes.Make(dtype, size))
	vector := graph.IdentityWithCustomGradient(flatten(append(inputs[:len(inputs):len(inputs)], zeros)), func(_, v *graph.Node) *graph.Node {
		from := v.Shape().Size() - size
		gradients := f.Backward(constants, saved, cut(v, from, outputs))
		return flatten(append(f.checked(gradients, inputs), zeros))
	})
	carriers := cut(vector, vector.Shape().Size()-size, outputs)
	results := make([]*graph.Node, len(outputs))
	for i, y := range outputs {
		results[i] = graph.Add(graph.StopGradient(y), carriers[i])
	}
	return results
}

// checked returns the gradients with zeros for nil, or panics if they do not fit to the inputs.
func (f Function) checked(gradients, inputs []*graph.Node) []*graph.Node {
	if len(gradients) != len(inputs) {
		exceptions.Panicf("customgradient: Backward returned %d gradients for %d inputs", len(gradients), len(inputs))
	}
	full := make([]*graph.Node, len(inputs))
	for i, x := range inputs {
		switch full[i] = gradients[i]; {
		case full[i] == nil:
			full[i] = graph.ZerosLike(x)
		case !full[i].Shape().Equal(x.Shape()):
			exceptions.Panicf("customgradient: Backward's gradient of input %d is %s, want the input's shape %s", i, full[i].Shape(), x.Shape())
		}
	}
	return full
}

func check(what string, nodes []*graph.Node, dtype dtypes.DType) {
	for i, x := range nodes {
		if x.DType() != dtype || !dtype.IsFloat() {
			exceptions.Panicf("customgradient: %s %d is %s, want all inputs and outputs of one floating point type, and input 0 is %s", what, i, x.Shape(), dtype)
		}
	}
}

// flatten returns the nodes one after the other in a vector.
func flatten(nodes []*graph.Node) *graph.Node {
	flat := make([]*graph.Node, len(nodes))
	for i, x := range nodes {
		flat[i] = graph.Reshape(x, x.Shape().Size())
	}
	return graph.Concatenate(flat, 0)
}

// cut is the inverse of flatten: it returns parts of a vector, beginning at from, of the shapes of like.
func cut(vector *graph.Node, from int, like []*graph.Node) []*graph.Node {
	parts := make([]*graph.Node, len(like))
	for i, x := range like {
		to := from + x.Shape().Size()
		parts[i] = graph.Reshape(graph.SliceAxis(vector, 0, graph.AxisRange(from, to)), x.Shape().Dimensions...)
		from = to
	}
	return parts
}
