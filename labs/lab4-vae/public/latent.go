package public

import (
	"math"

	"courselab/autograde/check"
	"courselab/coursekit/worked"
)

// The three draws: σ = 1, 3 and 1/2.
var (
	mu     = check.Of([]float32{0, 1, -2}, 1, 3)
	logVar = check.Of([]float32{0, float32(2 * math.Log(3)), float32(-2 * math.Log(2))}, 1, 3)
	noise  = check.Of([]float32{1.5, 1, -4}, 1, 3)
)

func sampleTable(t *check.T) {
	z := t.Call1("Reparameterise", mu, logVar, noise)
	t.Contract(z, "Float32", 1, 3)
	switch got := z.Tensor().Float64s(); {
	case near(got[1], 10):
		t.Failf("the draw with mu = 1, σ = 3 and noise 1 is %.4f: that is mu + σ²·noise; exp(logVar) is the variance", got[1])
	case near(got[1], 1+2*math.Log(3)):
		t.Failf("the draw with mu = 1, σ = 3 and noise 1 is %.4f: logVar itself was taken for σ", got[1])
	case near(got[1], 82):
		t.Failf("the draw with mu = 1, σ = 3 and noise 1 is %.4f: logVar was doubled where it should be halved", got[1])
	case near(got[0], 0) && near(got[1], 1):
		t.Failf("the draws are the means %.4f: the noise does not reach them", got)
	}
	t.Close("Reparameterise(mu, logVar, noise)", z, check.Of([]float64{1.5, 4, -4}, 1, 3), 1e-5, 1e-5)
	still := t.Call1("Reparameterise", mu, logVar, check.Of(make([]float32, 3), 1, 3))
	t.Close("Reparameterise without noise", still, mu, 1e-6, 0)
}

func sampleSlopes(t *check.T) {
	slopes := t.Gradient("Reparameterise", []int{0, 1}, 0, check.Tensor{}, mu, logVar, noise)
	got := slopes[1].Float64s()
	if near(got[0], 0) && near(got[1], 0) {
		t.Failf("the draws do not move with logVar: something cuts the gradient off")
	}
	t.Close("dz/dmu", slopes[0], check.Of([]float64{1, 1, 1}, 1, 3), 1e-6, 0)
	// dσ/dlogVar = σ/2, times the noise
	t.Close("dz/dlogVar", slopes[1], check.Of([]float64{0.75, 1.5, -1}, 1, 3), 1e-5, 1e-5)
}

func klTable(t *check.T) {
	var means, logs []float32
	var want []float64
	for _, row := range worked.KL {
		means = append(means, float32(row.Mean))
		logs = append(logs, float32(2*math.Log(row.Deviation)))
		want = append(want, row.Nats)
	}
	kl := t.Call1("KLPerDimension", check.Of(means, 1, 4), check.Of(logs, 1, 4))
	t.Contract(kl, "Float32", 1, 4)
	switch got := kl.Tensor().Float64s(); {
	case near(got[1], -0.5):
		t.Failf("the divergence of N(1, 1) is %.4f: a divergence is never negative; what you have is its negative, as some papers write it", got[1])
	case near(got[1], 1) && near(got[0], 0):
		t.Failf("the divergence of N(1, 1) is %.4f: the half is missing", got[1])
	case near(got[0], 0.5):
		t.Failf("the divergence of the prior from itself is %.4f, want 0: one of the four terms is missing", got[0])
	case near(got[1], 0.5) && near(got[2], 0.5*(0.0625-1+4*math.Ln2)):
		t.Failf("the divergence of N(0, ½²) is %.4f: logVar is log σ² already, it was doubled", got[2])
	case near(got[1], 0.5) && near(got[2], 0.5*(4-1-2*math.Ln2)):
		t.Failf("the divergence of N(0, ½²) is %.4f: that is of the prior from N(0, ½²); the sign of log σ² is off", got[2])
	}
	t.Close("KLPerDimension", kl, check.Of(want, 1, 4), 2e-5, 0)
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-4 }
