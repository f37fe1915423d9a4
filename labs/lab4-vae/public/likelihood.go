package public

import (
	"math"

	"courselab/autograde/check"
)

func likelihoodCoins(t *check.T) {
	odds := float32(math.Log(3)) // of 3 to 1
	// The first example shows 1, 1, 0; the second 0, 0, 1.
	got := t.Call1("BernoulliLogLikelihood", check.Of([]float32{1, 1, 0, 0, 0, 1}, 2, 3),
		check.Of([]float32{0, odds, odds, 0, odds, odds}, 2, 3))
	t.Contract(got, "Float32", 2)
	want := []float64{-math.Ln2 + math.Log(0.75) + math.Log(0.25), -math.Ln2 + math.Log(0.25) + math.Log(0.75)}
	switch values := got.Tensor().Float64s(); {
	case near(values[0], -want[0]):
		t.Failf("the likelihoods are %.4f: a log of a probability is at most 0; the sign is that of a loss", values)
	case near(values[0], want[0]/3):
		t.Failf("the likelihoods are %.4f: that is the mean of the three; independent coins multiply, so their logs add up", values)
	}
	t.Close("BernoulliLogLikelihood", got, check.Of(want, 2), 1e-5, 0)
}

func likelihoodBells(t *check.T) {
	const deviation = 0.5
	peak := math.Log(1 / (deviation * math.Sqrt(2*math.Pi)))
	// The first example is at its peak twice, the second one σ and two σ away.
	got := t.Call1("GaussianLogLikelihood", check.Of([]float32{1, -3, 0.5, 2}, 2, 2), check.Of([]float32{1, -3, 0, 1}, 2, 2), deviation)
	t.Contract(got, "Float32", 2)
	switch values := got.Tensor().Float64s(); {
	case near(values[0], 0):
		t.Failf("the likelihood at the peak is %.4f: the constant is missing; a density of width σ has the height 1/(σ·√(2π))", values[0])
	case near(values[0], -math.Log(2*math.Pi)):
		t.Failf("the likelihood at the peak is %.4f: that is for σ = 1; a narrower Gaussian is higher", values[0])
	case near(values[0], -2*peak):
		t.Failf("the likelihood at the peak is %.4f: the sign is that of a loss", values[0])
	case near(values[0], peak):
		t.Failf("the likelihood at the peak is %.4f: that is the mean of the two values; independent ones add up", values[0])
	case near(values[0], 2*peak) && near(values[1], 2*peak-5):
		t.Failf("the likelihood one σ and two σ away is %.4f: the square of the distance is halved", values[1])
	}
	t.Close("GaussianLogLikelihood", got, check.Of([]float64{2 * peak, 2*peak - 0.5 - 2}, 2), 1e-5, 0)
}

func elboBatch(t *check.T) {
	logLikelihood := check.Of([]float32{-10, -14}, 2)
	kl := check.Of([]float32{1, 2, 0, 0.5, 0.5, 3}, 2, 3)
	loss := t.Call1("NegativeELBO", logLikelihood, kl, 1.0)
	t.Contract(loss, "Float32")
	switch got := loss.Tensor().Float64s()[0]; {
	case near(got, -15.5):
		t.Failf("the loss is %.4f: the bound is to be made large, so the loss is its negative", got)
	case near(got, 31):
		t.Failf("the loss is %.4f: that is the sum over the examples, want their mean", got)
	case near(got, 12+7.0/6):
		t.Failf("the loss is %.4f: the divergence is averaged over the latent dimensions; they add up", got)
	case near(got, 12-3.5), near(got, 3.5-12):
		t.Failf("the loss is %.4f: a divergence is a cost, it must make the loss larger", got)
	}
	t.Close("NegativeELBO with beta 1", loss, 15.5, 1e-5, 0)
	t.Close("NegativeELBO with beta 2", t.Call1("NegativeELBO", logLikelihood, kl, 2.0), 19, 1e-5, 0)
	t.Close("NegativeELBO with beta 0", t.Call1("NegativeELBO", logLikelihood, kl, 0.0), 12, 1e-5, 0)
}
