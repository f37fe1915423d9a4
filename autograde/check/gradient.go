package check

import (
	"fmt"
	"math"
	"slices"
)

// GradientMatchesReference requires that the gradients of a randomly weighted sum of results[output] with respect to
// the arguments wrt are the reference's.
func (t *T) GradientMatchesReference(function string, reference any, wrt []int, output int, tolerance Tolerance, args ...any) {
	out := t.Reference(reference, args...)[output].Tensor()
	cotangent := t.cotangent(out)
	want := t.ReferenceGradient(reference, wrt, output, cotangent, args...)
	got := t.Gradient(function, wrt, output, cotangent, args...)
	for i := range want {
		t.Close(gradientName(function, wrt[i]), got[i], want[i], tolerance.Abs, tolerance.Rel)
	}
}

func gradientName(function string, arg int) string {
	return fmt.Sprintf("the gradient of %s with respect to argument %d", function, arg+1)
}

// cotangent draws weights for the elements of an output.
func (t *T) cotangent(out Tensor) Tensor {
	weights := make([]float64, out.Size())
	for i := range weights {
		weights[i] = t.rng.NormFloat64()
	}
	return withFloats(out, weights)
}

// Finite differences: central, with the step that balances truncation against rounding in the argument's precision.
const (
	step32        = 5e-3
	step64        = 1e-5
	maxElementary = 24 // up to so many elements each is moved alone, more are moved along random directions
	directions    = 4
	largest       = 1e200
)

// GradientMatchesDifferences requires that the function's gradients agree with central finite differences of its own
// values. Float64 arguments allow sharp tolerances (1e-6); Float32 ones need about 1e-2.
func (t *T) GradientMatchesDifferences(function string, wrt []int, output int, tolerance Tolerance, args ...any) {
	out := t.outputOf(function, output, args)
	if out.DType != "Float32" && out.DType != "Float64" {
		t.Failf("result %d of %s has dtype %s, want Float32 or Float64", output+1, function, out.DType)
	}
	cotangent := t.cotangent(out)
	weights := cotangent.Float64s()
	value := func(args []any) float64 {
		moved := t.outputOf(function, output, args)
		if !slices.Equal(moved.Shape, out.Shape) {
			t.Failf("the shape of the output depends on the values: %v and %v", out.Shape, moved.Shape)
		}
		sum := 0.0
		for i, x := range moved.Float64s() {
			sum += weights[i] * x
		}
		if math.IsNaN(sum) || math.Abs(sum) > largest { // the difference of two such would be no number
			t.Failf("the values of %s are too large to be differentiated", function)
		}
		return sum
	}
	grads := t.Gradient(function, wrt, output, cotangent, args...)
	for i, arg := range wrt {
		x := inputOf(args, arg)
		if !slices.Equal(grads[i].Shape, x.Shape) {
			t.Failf("%s has shape %v, want %v", gradientName(function, arg), grads[i].Shape, x.Shape)
		}
		t.differences(gradientName(function, arg), grads[i], x, tolerance, func(moved Tensor) float64 {
			return value(replaced(args, []int{arg}, func(Tensor) Tensor { return moved }))
		})
	}
}

// differences compares one gradient with differences of value around x.
func (t *T) differences(name string, gradient, x Tensor, tolerance Tolerance, value func(Tensor) float64) {
	step := step64
	if x.DType == "Float32" {
		step = step32
	}
	base, g := x.Float64s(), gradient.Float64s()
	along := func(direction []float64) (slope, difference float64) {
		moved := func(by float64) Tensor {
			data := slices.Clone(base)
			for i := range data {
				data[i] += by * direction[i]
			}
			return withFloats(x, data)
		}
		for i := range g {
			slope += g[i] * direction[i]
		}
		return slope, (value(moved(step)) - value(moved(-step))) / (2 * step)
	}
	if len(base) <= maxElementary {
		want := make([]float64, len(base))
		for i := range want {
			unit := make([]float64, len(base))
			unit[i] = 1
			_, want[i] = along(unit)
		}
		t.Close(name+" (want: finite differences)", gradient, withFloats(x, want), tolerance.Abs, tolerance.Rel)
		return
	}
	for range directions {
		direction := make([]float64, len(base))
		for i := range direction {
			direction[i] = t.rng.NormFloat64()
		}
		slope, difference := along(direction)
		t.Close(name+" along a random direction (want: finite differences)", slope, difference, tolerance.Abs, tolerance.Rel)
	}
}
