package public

import (
	"math"

	"courselab/autograde/check"
)

// The players: a generator that hands its noise on, and a discriminator that says 3/4 to everything.
var (
	theta = check.Of([]float32{1, 0}, 2)
	phi   = check.Of([]float32{0, float32(log3)}, 2)
	noise = check.Of([]float32{-1, 1}, 2)
)

// unrolled is the shift after the round of stepsRound if the generator's gradient goes through the discriminator's step: measured.
const unrolled = 0.265854

// moved takes the parameters after a step.
func moved(t *check.T, newTheta, newPhi check.Value) (theta, phi []float64) {
	t.Contract(newTheta, "Float32", 2)
	t.Contract(newPhi, "Float32", 2)
	return newTheta.Tensor().Float64s(), newPhi.Tensor().Float64s()
}

func stepsDiscriminator(t *check.T) {
	newTheta, newPhi := t.Call2("DiscriminatorStep", theta, phi, check.Of([]float32{1, 3}, 2), noise, 1.0)
	gotTheta, gotPhi := moved(t, newTheta, newPhi)
	switch {
	case gotTheta[0] != 1 || gotTheta[1] != 0:
		t.Failf("the generator moved to %.4f in the discriminator's step", gotTheta)
	case near(gotPhi[0], -0.5) && near(gotPhi[1], log3+0.5):
		t.Failf("phi is %.4f: it went up the slope; descent subtracts", gotPhi)
	case near(gotPhi[0], 0) && near(gotPhi[1], log3):
		t.Failf("phi did not move")
	}
	t.Close("phi after the step", newPhi, check.Of([]float64{0.5, log3 - 0.5}, 2), 1e-5, 0)
}

func stepsGenerator(t *check.T) {
	steep := check.Of([]float32{2, 0}, 2) // the logits are -2 and 2: D is 0.1192 and 0.8808
	newTheta, newPhi := t.Call2("GeneratorStep", theta, steep, noise, 0.5)
	gotTheta, gotPhi := moved(t, newTheta, newPhi)
	caught := 1 / (1 + math.Exp(-2)) // how sure it is of the one that it found out
	switch {
	case gotPhi[0] != 2 || gotPhi[1] != 0:
		t.Failf("the discriminator moved to %.4f in the generator's step", gotPhi)
	case near(gotTheta[1], -0.5):
		t.Failf("theta is %.4f: it went up the slope, to where it is found out", gotTheta)
	case near(gotTheta[0], 1+(2*caught-1)/2) && near(gotTheta[1], 0.5):
		t.Failf("theta is %.4f: that is the minimax loss; this step takes the non-saturating one", gotTheta)
	}
	t.Close("theta after the step", newTheta, check.Of([]float64{1 - (2*caught-1)/2, 0.5}, 2), 1e-5, 0)
}

func stepsRound(t *check.T) {
	newTheta, newPhi := t.Call2("TrainingStep", theta, phi, check.Of([]float32{1, 3}, 1, 2), check.Of([]float32{-1, 1}, 1, 2), noise, 1.0)
	gotTheta, _ := moved(t, newTheta, newPhi)
	t.Close("phi after the round", newPhi, check.Of([]float64{0.5, log3 - 0.5}, 2), 1e-5, 0)
	if gotTheta[0] == 1 && gotTheta[1] == 0 {
		t.Failf("theta did not move: against the old discriminator, which says 3/4 to everything, there is nothing to gain; take the new one")
	}
	if near(gotTheta[1], unrolled) {
		t.Failf("theta is %.4f: its gradient went through the discriminator's step as well, which learned from what theta made; "+
			"make the new phi a constant", gotTheta)
	}
	// Against phi = (0.5, log 3 - 0.5), the two generated examples pull by (1-D)/2 each.
	left, right := (1-1/(1+math.Exp(1-log3)))/2, (1-0.75)/2
	t.Close("theta after the round", newTheta, check.Of([]float64{1 + 0.5*(right-left), 0.5 * (right + left)}, 2), 1e-5, 0)
}
