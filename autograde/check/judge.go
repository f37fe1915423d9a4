package check

import (
	"fmt"
	"math"
	"slices"

	"courselab/autograde/wire"
)

// Shape requires a tensor of the given shape.
func (t *T) Shape(got Value, want ...int) {
	t.judged++
	if tensor := got.Tensor(); !slices.Equal(tensor.Shape, want) {
		t.mismatch(fmt.Sprintf("%s has shape %v, want %v", got.origin, tensor.Shape, want), fmt.Sprint(tensor.Shape), fmt.Sprint(want))
	}
}

// Contract requires a tensor of the given dtype (GoMLX's name, "Float32") and shape.
func (t *T) Contract(got Value, dtype string, shape ...int) {
	t.Shape(got, shape...)
	if tensor := got.Tensor(); tensor.DType != dtype {
		t.mismatch(fmt.Sprintf("%s has dtype %s, want %s", got.origin, tensor.DType, dtype), tensor.DType, dtype)
	}
}

func (t *T) mismatch(message, got, want string) {
	panic(&fault{verdict: WrongAnswer, message: message, got: got, want: want})
}

// Close requires equal shapes and |got-want| <= atol + rtol*|want| for every element, so that NaN fails; an infinite
// want needs the same infinity. got must be of a floating dtype; a dtype is otherwise not compared, see [T.Contract]. A want that is NaN
// is a bug of the check, unless it is a [Value], an answer of the student's own.
// got and want are a [Value], [Tensor], a number, or (nested) slices of numbers.
func (t *T) Close(name string, got, want any, atol, rtol float64) {
	t.judged++
	if !(atol >= 0 && rtol >= 0) {
		panic(fmt.Errorf("check: tolerance %v, %v", atol, rtol))
	}
	g, w := t.arrays(name, got, want)
	if g.integer && !w.integer {
		t.mismatch(fmt.Sprintf("%s holds integers, want floating-point numbers", name), g.String(), w.String())
	}
	if own, ok := want.(Value); ok {
		if i := slices.IndexFunc(w.data, math.IsNaN); i >= 0 {
			t.mismatch(fmt.Sprintf("%s is NaN at %v", own.origin, w.index(i)), w.String(), "numbers")
		}
	}
	off, farthest, distance := 0, 0, -1.0
	for i := range g.data {
		d := beyond(g.data[i], w.data[i], atol, rtol)
		if d == 0 {
			t.measure(name, g.data[i], w.data[i], atol+rtol*math.Abs(w.data[i]))
			continue
		}
		off++
		if d > distance {
			farthest, distance = i, d
		}
	}
	if off == 0 {
		return
	}
	tolerance := fmt.Sprintf("differ by more than %g + %g*|want|", atol, rtol)
	pair := fmt.Sprintf("got %s, want %s", number(g.data[farthest]), number(w.data[farthest]))
	if len(g.data) == 1 {
		t.mismatch(fmt.Sprintf("%s: %s, which %s", name, pair, tolerance), g.String(), w.String())
	}
	t.mismatch(fmt.Sprintf("%s: %d of %d values %s; the farthest is at %v: %s", name, off, len(g.data), tolerance, g.index(farthest), pair), g.String(), w.String())
}

// measure keeps the comparison that came closest to its tolerance.
func (t *T) measure(what string, got, want, allowed float64) {
	if math.IsInf(allowed, 0) || !(allowed > 0) { // exact
		return
	}
	if s := (Spread{what, want, math.Abs(got - want), allowed}); t.spread == nil || s.Share() > t.spread.Share() {
		t.spread = &s
	}
}

// beyond returns 0 when got is within the tolerance of want, else how far off it is (infinite for NaN). It panics when
// want itself is NaN: nothing could pass.
func beyond(got, want, atol, rtol float64) float64 {
	if math.IsNaN(want) {
		panic("check: the expected value is NaN")
	}
	if got == want {
		return 0
	}
	distance := math.Abs(got - want)
	if !math.IsInf(want, 0) && distance <= atol+rtol*math.Abs(want) {
		return 0
	}
	if math.IsNaN(distance) {
		return math.Inf(1)
	}
	return distance
}

// arrays reads both sides and requires the same shape. A want that holds no numbers is a bug of the check, unless it is the student's.
func (t *T) arrays(name string, got, want any) (g, w array) {
	w, ok := arrayOf(argument(want))
	if own, student := want.(Value); !ok && student {
		t.mismatch(fmt.Sprintf("%s is %v, want numbers", own.origin, own.Kind), text(own.Value), "numbers")
	}
	if !ok {
		panic(fmt.Errorf("check: %s: the expected value %T holds no numbers", name, want))
	}
	value := argument(got)
	if g, ok = arrayOf(value); !ok {
		t.mismatch(fmt.Sprintf("%s is %v, want numbers of shape %v", name, value.Kind, w.shape), text(value), w.String())
	}
	if !slices.Equal(g.shape, w.shape) {
		t.mismatch(fmt.Sprintf("%s has shape %v, want %v", name, g.shape, w.shape), g.String(), w.String())
	}
	return g, w
}

// Equal requires equal shapes and exactly equal elements; NaN equals nothing. It also compares bools, strings, nil and
// lists of these.
func (t *T) Equal(name string, got, want any) {
	t.judged++
	g, w := argument(got), argument(want)
	if _, ok := arrayOf(w); ok {
		ga, wa := t.arrays(name, got, want)
		for i := range ga.data {
			if ga.data[i] != wa.data[i] {
				at := ""
				if len(ga.data) > 1 {
					at = fmt.Sprintf(" at %v", ga.index(i))
				}
				t.mismatch(fmt.Sprintf("%s: got %s, want %s%s", name, number(ga.data[i]), number(wa.data[i]), at), ga.String(), wa.String())
			}
		}
		return
	}
	if !same(g, w) {
		t.mismatch(fmt.Sprintf("%s is not what was wanted", name), text(g), text(w))
	}
}

// same compares values that arrayOf does not cover, exactly.
func same(a, b wire.Value) bool {
	if a.Kind != b.Kind || a.Text != b.Text || len(a.List) != len(b.List) {
		return false
	}
	if x, ok := arrayOf(a); ok {
		y, ok := arrayOf(b)
		return ok && slices.Equal(x.shape, y.shape) && slices.Equal(x.data, y.data)
	}
	for i := range a.List {
		if !same(a.List[i], b.List[i]) {
			return false
		}
	}
	return true
}

// Finite requires that no element is NaN or infinite.
func (t *T) Finite(name string, got any) {
	t.judged++
	g, ok := arrayOf(argument(got))
	if !ok {
		t.Failf("%s is %v, want numbers", name, argument(got).Kind)
	}
	for i, x := range g.data {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			t.mismatch(fmt.Sprintf("%s is %s at %v, want a finite number", name, number(x), g.index(i)), g.String(), "finite numbers")
		}
	}
}
