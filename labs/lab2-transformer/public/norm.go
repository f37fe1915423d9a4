package public

import (
	"math"

	"courselab/autograde/check"
	"courselab/coursekit/worked"
)

// normTable normalizes the vector 1 2 3 4 with ε = 1e-12, too small to show, and names the step that is off; then a
// second token beside it, with gain and offset.
func normTable(t *check.T) {
	in, want := worked.LayerNorm.Input, worked.LayerNorm.Output
	ones, zeros := check.Of([]float32{1, 1, 1, 1}, 4), check.Of([]float32{0, 0, 0, 0}, 4)
	x := []float32{float32(in[0]), float32(in[1]), float32(in[2]), float32(in[3])}
	got := t.Call1("LayerNorm", check.Of(x, 1, 1, 4), ones, zeros, 1e-12)
	t.Contract(got, "Float32", 1, 1, 4)
	switch values := got.Tensor().Float64s(); {
	case near(values[3], worked.LayerNormUnbiased[3]):
		t.Failf("got %.4f: the variance was divided by D-1 = 3; the mean of the squares divides by D = 4", values)
	case near(values[3], 1.5/1.25):
		t.Failf("got %.4f: divided by the variance; divide by its root", values)
	case near(values[3], 1.5):
		t.Failf("got %.4f: only the mean was taken out; divide by √(variance + ε)", values)
	case near(values[3], 0):
		t.Failf("got %.4f: mean and variance run over the features of a token, the last axis", values)
	}
	t.Close("LayerNorm(1 2 3 4)", got, check.Of(want[:], 1, 1, 4), 1e-4, 0)

	two := t.Call1("LayerNorm", check.Of(append(x, 40, 30, 20, 10), 1, 2, 4),
		check.Of([]float32{1, 2, 3, 4}, 4), check.Of([]float32{10, 20, 30, 40}, 4), 1e-12)
	t.Close("LayerNorm of two tokens, γ = 1 2 3 4, β = 10 20 30 40", two, check.Of([]float64{
		10 + want[0], 20 + 2*want[1], 30 + 3*want[2], 40 + 4*want[3],
		10 - want[0], 20 - 2*want[1], 30 - 3*want[2], 40 - 4*want[3],
	}, 1, 2, 4), 1e-3, 0)
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-4 }
