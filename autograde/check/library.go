package check

// Tolerance bounds |got-want| by Abs + Rel*|want|.
type Tolerance struct{ Abs, Rel float64 }

// MatchesReference calls the student's function and the reference with the same arguments and requires the same
// number of results with the same dtype, shape and values.
func (t *T) MatchesReference(function string, reference any, tolerance Tolerance, args ...any) {
	panic("draft")
}

// GradientMatchesReference requires that the gradients of a random weighted sum of results[output] with respect to the
// arguments wrt are the reference's.
func (t *T) GradientMatchesReference(function string, reference any, wrt []int, output int, tolerance Tolerance, args ...any) {
	panic("draft")
}

// GradientMatchesDifferences requires that the function's gradients agree with central finite differences of its own
// values. Float64 arguments give sharp tolerances (1e-6); Float32 ones need about 1e-2.
func (t *T) GradientMatchesDifferences(function string, wrt []int, output int, tolerance Tolerance, args ...any) {
	panic("draft")
}

// Causal requires that results[output] at positions up to p do not move when the arguments inputs change after p, and
// that they do move when position p itself changes. inputAxis and outputAxis are the position axes (negative: from the end).
func (t *T) Causal(function string, inputs []int, inputAxis, output, outputAxis int, tolerance Tolerance, args ...any) {
	panic("draft")
}

// PaddingInvariant requires that results[output] at the positions kept do not move when the arguments inputs are
// scrambled at the positions that are not kept. keep holds one bool a position of inputAxis. outputAxis is the
// axis of the output with those positions, or [NoAxis] if the whole output must stay.
func (t *T) PaddingInvariant(function string, inputs []int, inputAxis int, keep []bool, output, outputAxis int, tolerance Tolerance, args ...any) {
	panic("draft")
}

// NoAxis stands for an output without the axis in question.
const NoAxis = 1 << 30

// PermutationEquivariant permutes the arguments inputs along inputAxis and requires results[output] permuted likewise
// along outputAxis, or unchanged for [NoAxis] (invariance).
func (t *T) PermutationEquivariant(function string, inputs []int, inputAxis, output, outputAxis int, tolerance Tolerance, args ...any) {
	panic("draft")
}

// RowsSumToOne requires non-negative elements whose sum over the last axis is one within atol.
func (t *T) RowsSumToOne(name string, got Value, atol float64) { panic("draft") }

// Deterministic calls the function twice, building it anew, and requires bit-identical results.
func (t *T) Deterministic(function string, args ...any) { panic("draft") }
