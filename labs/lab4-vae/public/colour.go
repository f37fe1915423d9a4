package public

import (
	"math"

	"courselab/autograde/check"
	"courselab/datasets/synth"
)

// plumages are the colours of the course's birds, red, green and blue from 0 to 255.
func plumages() (colours [][]float64) {
	for _, plumage := range synth.Primaries() {
		colours = append(colours, []float64{float64(plumage[0]), float64(plumage[1]), float64(plumage[2])})
	}
	return colours
}

// colourBird asks for the best answer to a drawing of a bird that can have any of three plumages, which is none of them.
func colourBird(t *check.T) {
	answer := t.Call1("LeastSquaresColour", plumages(), []float64{1, 1, 1})
	got := answer.FloatList()
	if len(got) != 3 {
		t.Failf("the colour has %d channels, want 3", len(got))
	}
	switch {
	case near(got[0], 210) && near(got[1], 50):
		t.Failf("the colour is %.1f, the median of every channel: that minimises absolute errors; for squared ones it is another average", got)
	case near(got[0], 460):
		t.Failf("the colour is %.1f: the weights are counts here; divide by their sum", got)
	}
	mean := synth.Primaries().Mean()
	t.Close("three plumages, equally likely", answer, mean[:], 1e-6, 0)
	t.Close("nine blue birds and one red one", t.Call1("LeastSquaresColour", plumages()[:2], []float64{0.9, 0.1}), []float64{39, 47, 201}, 1e-6, 0)
}

// bins are two pictures of one pixel each: the bins have the probabilities 0.5, 0.3, 0.2 and 0.1, 0.8, 0.1.
func bins() check.Tensor {
	var logits []float32
	for _, p := range []float64{0.5, 0.3, 0.2, 0.1, 0.8, 0.1} {
		logits = append(logits, float32(math.Log(p)+1)) // logits are log-probabilities up to a constant
	}
	return check.Of(logits, 2, 1, 3)
}

func colourBins(t *check.T) {
	loss := t.Call1("BinCrossEntropy", bins(), check.Of([]int32{1, 1}, 2, 1))
	t.Contract(loss, "Float32")
	want := -(math.Log(0.3) + math.Log(0.8)) / 2
	switch got := loss.Tensor().Float64s()[0]; {
	case near(got, -want):
		t.Failf("the loss is %.4f: -log of a probability is at least 0", got)
	case near(got, 2*want):
		t.Failf("the loss is %.4f: that is the sum over the pixels, want their mean", got)
	case near(got, want/3):
		t.Failf("the loss is %.4f: the mean was taken over the bins as well", got)
	case near(got, want-1):
		t.Failf("the loss is %.4f: the logits went in without the softmax", got)
	}
	t.Close("BinCrossEntropy", loss, want, 1e-5, 0)
}

func colourDecoded(t *check.T) {
	colours := plumages()
	var palette []float32
	for _, colour := range colours {
		palette = append(palette, float32(colour[0]), float32(colour[1]), float32(colour[2]))
	}
	mode := t.Call1("ModeColour", bins(), check.Of(palette, 3, 3))
	t.Contract(mode, "Float32", 2, 1, 3)
	t.Close("ModeColour", mode, check.Of([]float64{20, 50, 220, 210, 20, 30}, 2, 1, 3), 1e-3, 0)
	expected := t.Call1("ExpectedColour", bins(), check.Of(palette, 3, 3), 1.0)
	t.Contract(expected, "Float32", 2, 1, 3)
	t.Close("ExpectedColour at temperature 1", expected, check.Of([]float64{119, 69, 127, 193, 40, 50}, 2, 1, 3), 1e-2, 0)
}
