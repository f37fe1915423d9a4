package check

import (
	"fmt"

	"courselab/autograde/wire"
)

// Tensor is a dense row-major array, see wire.Tensor. Make one with [Of] or the drawing methods of [T].
type Tensor = wire.Tensor

// Of returns a tensor of the given shape with a copy of the data; without a shape it is a scalar. It panics when the
// data does not fill the shape.
func Of[E wire.Number](data []E, shape ...int) Tensor { return wire.NewTensor(data, shape...) }

type nilArgument struct{}

// Nil is the argument for a nil *Node, nil slice.
var Nil = nilArgument{}

// Scope is the argument for a *model.Scope: a seed for the initializers, and values for variables by their path
// ("/MultiHeadAttention/query/dense/weights"). Without one in the arguments the worker supplies a fresh scope of seed 0.
type Scope struct {
	Seed      int64
	Variables map[string]Tensor
}

// Value is one result of a student's function. Its accessors end the check with Wrong Answer when the value is of
// another kind, naming the result.
type Value struct {
	wire.Value
	origin string // "result 2 of ScaledDotProduct"
}

// fault ends a check with the student's fault; recovered by the runner.
type fault struct {
	verdict            Verdict
	message, got, want string
	gone               bool
}

func (v Value) must(kind wire.Kind) {
	if v.Kind != kind {
		panic(&fault{verdict: WrongAnswer, message: fmt.Sprintf("%s is %v, want %v", v.origin, v.Kind, kind)})
	}
}

// IsNil reports whether the result is a nil *Node, slice or error.
func (v Value) IsNil() bool { return v.Kind == wire.Nil }

// Tensor returns the tensor of a *Node result.
func (v Value) Tensor() Tensor { v.must(wire.TensorKind); return *v.Value.Tensor }

// Int returns the integer of a plain result.
func (v Value) Int() int { v.must(wire.Int); return int(v.Value.Int) }

// Float returns the float of a plain result.
func (v Value) Float() float64 { v.must(wire.Float); return v.Value.Float }

// Bool returns the bool of a plain result.
func (v Value) Bool() bool { v.must(wire.Bool); return v.Value.Int == 1 }

// Text returns the string of a plain result.
func (v Value) Text() string { v.must(wire.Text); return v.Value.Text }
