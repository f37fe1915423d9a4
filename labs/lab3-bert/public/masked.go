package public

import (
	"math"

	"courselab/autograde/check"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-4 }

// positionsTable picks two of three states of width two, and scores three tokens.
func positionsTable(t *check.T) {
	states := check.Of([]float32{1, 2, 3, 4, 5, 6}, 1, 3, 2)
	got := t.Call1("AtPositions", states, check.Of([]int32{2, 0}, 1, 2))
	t.Contract(got, "Float32", 1, 2, 2)
	t.Close("AtPositions(states, 2 0)", got, check.Of([]float64{5, 6, 1, 2}, 1, 2, 2), 1e-6, 0)

	logits := t.Call1("TiedLogits", check.Of([]float32{5, 6, 1, 2}, 1, 2, 2),
		check.Of([]float32{1, 0, 0, 1, 10, 100}, 3, 2), check.Of([]float32{0.25, 0.5, 0.75}, 3))
	t.Contract(logits, "Float32", 1, 2, 3)
	t.Close("TiedLogits", logits, check.Of([]float64{5.25, 6.5, 650.75, 1.25, 2.5, 210.75}, 1, 2, 3), 1e-3, 0)
}

// uniformLoss gives equal logits to V = 8 tokens at four places, of which three are chosen.
func uniformLoss(t *check.T) {
	const vocabulary = 8
	labels, chosen := check.Of([]int32{3, 7, 1, 0}, 2, 2), check.Of([]bool{true, true, true, false}, 2, 2)
	got := t.Call1("MaskedLoss", check.Of(make([]float32, 4*vocabulary), 2, 2, vocabulary), labels, chosen)
	t.Contract(got, "Float32")
	switch loss := got.Tensor().Float64s()[0]; {
	case near(loss, 0.75*math.Log(vocabulary)):
		t.Failf("got %.4f: divided by all 4 places, but only 3 of them are chosen", loss)
	case near(loss, 3*math.Log(vocabulary)):
		t.Failf("got %.4f: that is the sum over the chosen places, want their mean", loss)
	}
	t.Close("MaskedLoss of equal logits", got, math.Log(vocabulary), 1e-5, 0)

	sure := make([]float32, 4*vocabulary)
	for place, label := range []int{3, 7, 1, 5} { // wrong at the place that is not chosen
		sure[place*vocabulary+label] = 50
	}
	t.Close("MaskedLoss of a model that is right where it counts",
		t.Call1("MaskedLoss", check.Of(sure, 2, 2, vocabulary), labels, chosen), 0., 1e-5, 0)
}
