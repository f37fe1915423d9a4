package hidden

import (
	"math"

	"courselab/autograde/check"
)

// drawPlayers draws players in Float64 whose discriminator does look at x.
func drawPlayers(t *check.T) (p players, theta, phi check.Tensor) {
	weight := 0.5 + t.Rand().Float64()
	if t.Rand().IntN(2) == 0 {
		weight = -weight
	}
	p = players{t.Rand().NormFloat64(), t.Rand().NormFloat64(), weight, t.Rand().NormFloat64()}
	return p, check.Of([]float64{p.scale, p.shift}, 2), check.Of([]float64{p.weight, p.bias}, 2)
}

// compare requires the players after a step.
func (p players) compare(t *check.T, newTheta, newPhi check.Value) {
	t.Contract(newTheta, "Float64", 2)
	t.Contract(newPhi, "Float64", 2)
	t.Close("theta", newTheta, check.Of([]float64{p.scale, p.shift}, 2), 1e-9, 1e-9)
	t.Close("phi", newPhi, check.Of([]float64{p.weight, p.bias}, 2), 1e-9, 1e-9)
}

// stepsWhoMoves holds whatever the losses are.
func stepsWhoMoves(t *check.T) {
	for range 2 {
		_, theta, phi := drawPlayers(t)
		real, noise := t.Normal64(5), t.Normal64(5)
		stays := func(name string, got check.Value, old check.Tensor) {
			t.Contract(got, "Float64", 2)
			t.Equal(name, got, old)
		}
		moves := func(name string, got check.Value, old check.Tensor) {
			t.Contract(got, "Float64", 2)
			t.Finite(name, got)
			for i, x := range got.Tensor().Float64s() {
				if d := math.Abs(x - old.Float64s()[i]); d < 1e-9 || d > 100 {
					t.Failf("parameter %d of %s moved by %g in its own step", i, name, d)
				}
			}
		}
		newTheta, newPhi := t.Call2("DiscriminatorStep", theta, phi, real, noise, 0.5)
		stays("theta", newTheta, theta)
		moves("phi", newPhi, phi)
		newTheta, newPhi = t.Call2("GeneratorStep", theta, phi, noise, 0.5)
		moves("theta", newTheta, theta)
		stays("phi", newPhi, phi)
	}
}

func stepsDiscriminator(t *check.T) {
	for range 3 {
		p, theta, phi := drawPlayers(t)
		rate := 0.1 + t.Rand().Float64()
		batch := primes(t, 1)[0]
		real, noise := t.Normal64(batch), t.Normal64(batch)
		newTheta, newPhi := t.Call2("DiscriminatorStep", theta, phi, real, noise, rate)
		p.discriminatorStep(real.Float64s(), noise.Float64s(), rate).compare(t, newTheta, newPhi)
	}
}

func stepsGenerator(t *check.T) {
	for range 3 {
		p, theta, phi := drawPlayers(t)
		rate := 0.1 + t.Rand().Float64()
		noise := t.Normal64(primes(t, 1)[0])
		newTheta, newPhi := t.Call2("GeneratorStep", theta, phi, noise, rate)
		p.generatorStep(noise.Float64s(), rate).compare(t, newTheta, newPhi)
	}
}

// round compares a training step with so many steps of the discriminator.
func round(t *check.T, steps int) {
	p, theta, phi := drawPlayers(t)
	rate := 0.5 + t.Rand().Float64()
	batches := primes(t, 2)
	real, noise, last := t.Normal64(steps, batches[0]), t.Normal64(steps, batches[0]), t.Normal64(batches[1])
	newTheta, newPhi := t.Call2("TrainingStep", theta, phi, real, noise, last, rate)
	for s := range steps {
		row := func(x check.Tensor) []float64 { return x.Float64s()[s*batches[0] : (s+1)*batches[0]] }
		p = p.discriminatorStep(row(real), row(noise), rate)
	}
	p.generatorStep(last.Float64s(), rate).compare(t, newTheta, newPhi)
}

func stepsRound(t *check.T) {
	for range 3 {
		round(t, 1)
	}
}

func stepsSeveral(t *check.T) {
	round(t, 2)
	round(t, 4)
}
