package public

import (
	"math"

	"courselab/autograde/check"
)

// poolTable pools two sequences of three states of width two; the matrix exchanges the features.
func poolTable(t *check.T) {
	states := check.Of([]float32{0.1, 0.2, 9, 9, 8, 8, -0.3, 0.4, 7, 7, 6, 6}, 2, 3, 2)
	got := t.Call1("Pool", states, check.Of([]float32{0, 1, 2, 0}, 2, 2), check.Of([]float32{0, 0.5}, 2))
	t.Contract(got, "Float32", 2, 2)
	values := got.Tensor().Float64s()
	switch {
	case near(values[0], 0.4) && near(values[1], 0.6):
		t.Failf("got %.4f: the tanh is missing", values)
	case values[0] > 0.99 && values[1] > 0.99:
		t.Failf("got %.4f: the states of other tokens than the first are in it", values)
	}
	t.Close("Pool(states)", got, check.Of([]float64{
		math.Tanh(0.4), math.Tanh(0.6),
		math.Tanh(0.8), math.Tanh(0.2),
	}, 2, 2), 1e-5, 0)
}

// stepTable starts from a classifier of zeros with two classes: loss ln 2, and for labels 0 1 1 1 the gradient of b is
// 1/2 - 1/4 and 1/2 - 3/4.
func stepTable(t *check.T) {
	pooled, labels := check.Of([]float32{1, 0, 0, 1, 0, 1, 0, 1}, 4, 2), check.Of([]int32{0, 1, 1, 1}, 4)
	w, b := check.Of(make([]float32, 4), 2, 2), check.Of(make([]float32, 2), 2)
	logits := t.Call1("ClassLogits", pooled, w, check.Of([]float32{1, 2}, 2))
	t.Close("ClassLogits of zero weights", logits, check.Of([]float64{1, 2, 1, 2, 1, 2, 1, 2}, 4, 2), 1e-6, 0)
	loss := t.Call1("ClassLoss", check.Of(make([]float32, 8), 4, 2), labels)
	t.Contract(loss, "Float32")
	t.Close("ClassLoss of equal logits", loss, math.Ln2, 1e-5, 0)

	newW, newB := t.Call2("Step", pooled, labels, w, b, 2.)
	t.Contract(newW, "Float32", 2, 2)
	t.Contract(newB, "Float32", 2)
	if values := newB.Tensor().Float64s(); near(values[0], 0.5) {
		t.Failf("b is %v after the step: class 1 is the common one and must gain; a step goes against the gradient", values)
	}
	t.Close("b after a step of rate 2", newB, check.Of([]float64{-0.5, 0.5}, 2), 1e-5, 0)
	t.Close("W after a step of rate 2", newW, check.Of([]float64{0.25, -0.25, -0.75, 0.75}, 2, 2), 1e-5, 0)
}
