package check

import (
	"fmt"
	"math"
	"slices"

	"courselab/autograde/wire"
)

// Tolerance bounds |got-want| by Abs + Rel*|want|.
type Tolerance struct{ Abs, Rel float64 }

// NoAxis stands for an output without the axis in question.
const NoAxis = 1 << 30

// MatchesReference calls the student's function and the reference with the same arguments and requires the same
// number of results with the same dtype, shape and values.
func (t *T) MatchesReference(function string, reference any, tolerance Tolerance, args ...any) {
	want := t.Reference(reference, args...)
	got := t.exactly(len(want), function, t.Call(function, args...))
	for i := range want {
		t.sameValue(got[i], want[i], tolerance)
	}
}

func (t *T) sameValue(got, want Value, tolerance Tolerance) {
	t.judged++
	if want.Kind != wire.TensorKind {
		if a, ok := arrayOf(want.Value); ok && !a.integer {
			t.Close(got.origin, got, want, tolerance.Abs, tolerance.Rel)
		} else {
			t.Equal(got.origin, got, want)
		}
		return
	}
	w := want.Tensor()
	t.Contract(got, w.DType, w.Shape...)
	if w.IsFloat() {
		t.Close(got.origin, got, w, tolerance.Abs, tolerance.Rel)
	} else {
		t.Equal(got.origin, got, w)
	}
}

// RowsSumToOne requires non-negative elements whose sum over the last axis is one within atol.
func (t *T) RowsSumToOne(name string, got Value, atol float64) {
	t.judged++
	tensor := got.Tensor()
	if tensor.Rank() == 0 || tensor.Size() == 0 || !tensor.IsFloat() {
		t.Failf("%s is %s%v, want rows of floating-point numbers", name, tensor.DType, tensor.Shape)
	}
	a, _ := arrayOf(got.Value)
	length := tensor.Shape[tensor.Rank()-1]
	for row := 0; row*length < len(a.data); row++ {
		sum := 0.0
		for i, x := range a.data[row*length : (row+1)*length] {
			if !(x >= 0) {
				t.mismatch(fmt.Sprintf("%s is %s at %v, want a probability", name, number(x), a.index(row*length+i)), a.String(), "numbers >= 0")
			}
			sum += x
		}
		t.measure(name+": sum of a row", sum, 1, atol)
		if !(sum >= 1-atol && sum <= 1+atol) {
			t.mismatch(fmt.Sprintf("%s: row %v sums to %s, want 1", name, a.index(row * length)[:tensor.Rank()-1], number(sum)), a.String(), "rows that sum to 1")
		}
	}
}

// Deterministic calls the function twice, built anew each time, and requires bit-identical results.
func (t *T) Deterministic(function string, args ...any) {
	t.judged++
	first, second := t.fresh(function, args), t.fresh(function, args)
	t.exactly(len(first), function, second)
	for i := range first {
		a, b := first[i].Value, second[i].Value
		equal := same(a, b)
		if a.Kind == wire.TensorKind && b.Kind == wire.TensorKind {
			equal = slices.Equal(a.Tensor.Shape, b.Tensor.Shape) && string(a.Tensor.Data) == string(b.Tensor.Data)
		}
		if !equal {
			t.mismatch(first[i].origin+" differs between two calls with the same arguments", text(b), text(a))
		}
	}
}

// unmoved requires that the tensor at the kept positions of its axis is the same in both calls; it returns true when
// the rest of it moved by more than the tolerance.
func (t *T) unmoved(what string, before, after Tensor, axis int, kept []int, tolerance Tolerance) (rest bool) {
	t.judged++
	if !slices.Equal(before.Shape, after.Shape) {
		t.Failf("the shape of the output depends on the values: %v and %v", before.Shape, after.Shape)
	}
	others := []int{}
	if axis != NoAxis {
		for p := range before.Shape[axisOf(before, axis)] {
			if !slices.Contains(kept, p) {
				others = append(others, p)
			}
		}
		rest = !within(take(after, axis, others), take(before, axis, others), tolerance)
		before, after = take(before, axis, kept), take(after, axis, kept)
	}
	if !within(after, before, tolerance) {
		b, _ := arrayOf(wire.OfTensor(before))
		a, _ := arrayOf(wire.OfTensor(after))
		t.mismatch(what, a.String(), b.String())
	}
	return rest
}

func within(got, want Tensor, tolerance Tolerance) bool {
	w := want.Float64s()
	for i, g := range got.Float64s() {
		if beyond(g, w[i], tolerance.Abs, tolerance.Rel) != 0 {
			return false
		}
	}
	return true
}

// outputOf returns result number output as a tensor of finite numbers: anything else ends the check, since in these
// comparisons both sides are the student's own answers.
func (t *T) outputOf(function string, output int, args []any) Tensor {
	results := t.Call(function, args...)
	if output >= len(results) {
		t.Failf("%s returned %d values, want at least %d", function, len(results), output+1)
	}
	tensor := results[output].Tensor()
	for i, x := range tensor.Float64s() {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			a, _ := arrayOf(results[output].Value)
			t.mismatch(fmt.Sprintf("%s is %s at %v, want a finite number", results[output].origin, number(x), a.index(i)), a.String(), "finite numbers")
		}
	}
	return tensor
}
