package check

import (
	"context"
	"math/rand/v2"

	"courselab/autograde/wire"
)

// Caller carries one request to the student's functions and brings the answer back. An error means that there is no
// answer to judge: see [ErrGone] and context.DeadlineExceeded.
type Caller interface {
	Do(ctx context.Context, request *wire.Request) (*wire.Response, error)
}

// T is what a check asks and judges with. The first failure ends the check.
type T struct {
	rng    *rand.Rand
	caller Caller
}

// Rand returns the check's generator, seeded from the recorded seed and the check's ID.
func (t *T) Rand() *rand.Rand { return t.rng }

// Normal draws a Float32 tensor of standard normal values.
func (t *T) Normal(shape ...int) Tensor { panic("draft") }

// Normal64 draws a Float64 tensor of standard normal values.
func (t *T) Normal64(shape ...int) Tensor { panic("draft") }

// Uniform draws a Float32 tensor of values in [low, high).
func (t *T) Uniform(low, high float64, shape ...int) Tensor { panic("draft") }

// Integers draws an Int32 tensor of values in [low, high).
func (t *T) Integers(low, high int, shape ...int) Tensor { panic("draft") }

// Booleans draws a Bool tensor, true with the given probability.
func (t *T) Booleans(probability float64, shape ...int) Tensor { panic("draft") }

// Call runs a function of the student's with the arguments and returns its results. Arguments are [Tensor], [Scope],
// [Nil], bool, string, int, int32, int64, float32, float64, slices of these, []Tensor, or a [Value] got before.
// A worker that fails ends the check with the verdict of the failure.
func (t *T) Call(function string, args ...any) []Value { panic("draft") }

// Call1 is [T.Call] for a function that must return one value.
func (t *T) Call1(function string, args ...any) Value { panic("draft") }

// Call2 is [T.Call] for a function that must return two values.
func (t *T) Call2(function string, args ...any) (Value, Value) { panic("draft") }

// Call3 is [T.Call] for a function that must return three values.
func (t *T) Call3(function string, args ...any) (Value, Value, Value) { panic("draft") }

// Variables runs a function that takes a *model.Scope and returns the scope's variables after it, by path.
func (t *T) Variables(function string, args ...any) map[string]Tensor { panic("draft") }

// Gradient returns the gradients of sum(results[output] * cotangent) with respect to the arguments wrt (counted in
// args). The zero Tensor as cotangent means ones.
func (t *T) Gradient(function string, wrt []int, output int, cotangent Tensor, args ...any) []Tensor {
	panic("draft")
}

// Reference runs a trusted function in this process, adapted exactly as a student's function is.
func (t *T) Reference(function any, args ...any) []Value { panic("draft") }

// ReferenceGradient is [T.Gradient] for a trusted function in this process.
func (t *T) ReferenceGradient(function any, wrt []int, output int, cotangent Tensor, args ...any) []Tensor {
	panic("draft")
}

// Failf ends the check with Wrong Answer and a message (shown for public checks only).
func (t *T) Failf(format string, args ...any) { panic("draft") }

// Credit sets the fraction of the points, in [0, 1], that the check earns if it passes. The default is 1.
func (t *T) Credit(fraction float64) { panic("draft") }

// Shape requires a tensor of the given shape.
func (t *T) Shape(got Value, want ...int) { panic("draft") }

// Contract requires a tensor of the given dtype (GoMLX's name, "Float32") and shape.
func (t *T) Contract(got Value, dtype string, shape ...int) { panic("draft") }

// Close requires equal shapes and |got-want| <= atol + rtol*|want| for every element, so that NaN fails. got and want
// are a Value, Tensor, float64, or (nested) slices of floats.
func (t *T) Close(name string, got, want any, atol, rtol float64) { panic("draft") }

// Equal requires equal shapes and exactly equal elements; NaN equals nothing. Also for int, bool, string and slices.
func (t *T) Equal(name string, got, want any) { panic("draft") }

// Finite requires that no element is NaN or infinite.
func (t *T) Finite(name string, got Value) { panic("draft") }
