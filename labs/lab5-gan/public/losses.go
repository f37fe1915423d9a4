package public

import (
	"math"

	"courselab/autograde/check"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-4 }

// scalar takes a loss and requires that it is one.
func scalar(t *check.T, loss check.Value) float64 {
	t.Contract(loss, "Float32")
	return loss.Tensor().Float64s()[0]
}

var (
	log3 = math.Log(3)
	none = check.Of([]float32{0, 0, 0}, 3)
)

func lossesGame(t *check.T) {
	real, fake := check.Of([]float32{float32(log3), float32(log3)}, 2, 1), check.Of([]float32{float32(-log3)}, 1, 1)

	even := t.Call1("DiscriminatorLoss", none, none)
	switch got := scalar(t, even); {
	case near(got, -2*math.Ln2):
		t.Failf("the discriminator's loss with D = 1/2 is %.4f: that is the value of the game, which the discriminator maximises; its loss is the negative", got)
	case near(got, math.Ln2):
		t.Failf("the discriminator's loss with D = 1/2 is %.4f: the two means add up; one of them is missing, or the sum is halved", got)
	case near(got, 6*math.Ln2):
		t.Failf("the discriminator's loss with D = 1/2 is %.4f for three examples: take means, not sums", got)
	}
	t.Close("DiscriminatorLoss with D = 1/2", even, 2*math.Ln2, 1e-5, 0)
	sure := t.Call1("DiscriminatorLoss", real, fake)
	if got := scalar(t, sure); near(got, 2*math.Log(4)) {
		t.Failf("a discriminator that is right three times in four pays %.4f: real and fake have changed places", got)
	}
	t.Close("DiscriminatorLoss with D = 3/4 and 1/4", sure, 2*math.Log(4.0/3), 1e-5, 0)

	minimax := t.Call1("MinimaxGeneratorLoss", fake)
	switch got := scalar(t, minimax); {
	case near(got, math.Log(4.0/3)):
		t.Failf("the generator's minimax loss with D = 1/4 is %.4f: it minimises log(1-D), so that D grows", got)
	case near(got, math.Log(4)):
		t.Failf("the generator's minimax loss with D = 1/4 is %.4f: that is the non-saturating one", got)
	}
	t.Close("MinimaxGeneratorLoss with D = 1/4", minimax, -math.Log(4.0/3), 1e-5, 0)
	heuristic := t.Call1("NonSaturatingGeneratorLoss", fake)
	if got := scalar(t, heuristic); near(got, -math.Log(4)) {
		t.Failf("the non-saturating loss with D = 1/4 is %.4f: minimising log D would make D small", got)
	}
	t.Close("NonSaturatingGeneratorLoss with D = 1/4", heuristic, math.Log(4), 1e-5, 0)
}

func lossesCritics(t *check.T) {
	real, fake := check.Of([]float32{3, 0.5}, 2), check.Of([]float32{-2, 0, 1}, 3)
	hinge := t.Call1("HingeDiscriminatorLoss", real, fake)
	switch got := scalar(t, hinge); {
	case near(got, 0.25+4.0/3):
		t.Failf("the hinge loss is %.4f: a fake score of 1 costs 1+1, not 1-1; the margin lies on the other side", got)
	case near(got, -0.75+2.0/3):
		t.Failf("the hinge loss is %.4f: what is beyond the margin must not count in favour", got)
	}
	t.Close("HingeDiscriminatorLoss", hinge, 0.25+1, 1e-5, 0)
	wasserstein := t.Call1("WassersteinDiscriminatorLoss", real, fake)
	if got := scalar(t, wasserstein); near(got, 1.75+1.0/3) {
		t.Failf("the critic's loss is %.4f: it is to give real examples the higher scores, so they lower its loss", got)
	}
	t.Close("WassersteinDiscriminatorLoss", wasserstein, -1.0/3-1.75, 1e-5, 0)
	generator := t.Call1("CriticGeneratorLoss", fake)
	if got := scalar(t, generator); near(got, -1.0/3) {
		t.Failf("the generator's loss is %.4f: higher scores must lower it", got)
	}
	t.Close("CriticGeneratorLoss", generator, 1.0/3, 1e-5, 0)
}

// penaltySlope has a critic 3·tanh(0.6·x₁ + 0.8·x₂), whose slope is 3 at the origin and next to none far away. The first mix
// takes the fake example, which is at the origin, the second the real one, which is.
func penaltySlope(t *check.T) {
	real, fake := check.Of([]float32{9, 9, 0, 0}, 2, 2), check.Of([]float32{0, 0, 9, 9}, 2, 2)
	penalty := t.Call1("GradientPenalty", real, fake, check.Of([]float32{0, 1}, 2, 1),
		check.Of([]float32{0.6, 0.8}, 2, 1), check.Of([]float32{0}, 1), check.Of([]float32{3}, 1))
	switch got := scalar(t, penalty); {
	case near(got, 1):
		t.Failf("the penalty is %.4f, as if the slope were 0: mix = 1 is the real example, mix = 0 the fake one", got)
	case near(got, 64):
		t.Failf("the penalty is %.4f: that is (3²-1)²; the length is the root of the sum of squares", got)
	case near(got, 9):
		t.Failf("the penalty is %.4f: that is 3²; only what differs from 1 costs", got)
	case near(got, 0.25):
		t.Failf("the penalty is %.4f: the slope is 1.5, half of what it is; the mean over the batch divides it", got)
	case near(got, 2):
		t.Failf("the penalty is %.4f: that is 3-1; square it", got)
	case near(got, 8):
		t.Failf("the penalty is %.4f: take the mean over the batch, not the sum", got)
	case near(got, math.Pow(math.Sqrt(18)-1, 2)):
		t.Failf("the penalty is %.4f: the length was taken over the whole batch; every example has its own", got)
	}
	t.Close("GradientPenalty", penalty, 4, 1e-4, 0)
}
