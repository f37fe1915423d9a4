package gan

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// The players are those of players.go: theta [2] are the generator's parameters, phi [2] the discriminator's. A step is one of
// plain gradient descent, parameters - rate·gradient. Every function returns both players' parameters after it, in this order;
// those of a player that does not move are returned as they came, bit for bit.

// DiscriminatorStep moves the discriminator once, against DiscriminatorLoss, and not the generator (task steps).
//
//	theta, phi [2]
//	real       [B]  real examples
//	noise      [B]  becomes as many generated ones
//	->         [2], [2]
//
// Hint: Gradient(loss, phi)[0] is the gradient of a scalar with respect to phi, all else fixed.
func DiscriminatorStep(theta, phi, real, noise *Node, rate float64) (newTheta, newPhi *Node) {
	// BEGIN SOLUTION
	loss := DiscriminatorLoss(Discriminate(phi, real), Discriminate(phi, Generate(theta, noise)))
	slope := Gradient(loss, phi)[0]
	return theta, Sub(phi, MulScalar(slope, rate))
	// END SOLUTION
}

// GeneratorStep moves the generator once, against NonSaturatingGeneratorLoss, and not the discriminator (task steps): although
// the loss is computed by the discriminator, it must not make itself easier to fool.
//
//	theta, phi [2]
//	noise      [B]
//	->         [2], [2]
func GeneratorStep(theta, phi, noise *Node, rate float64) (newTheta, newPhi *Node) {
	// BEGIN SOLUTION
	loss := NonSaturatingGeneratorLoss(Discriminate(phi, Generate(theta, noise)))
	slope := Gradient(loss, theta)[0]
	return Sub(theta, MulScalar(slope, rate)), phi
	// END SOLUTION
}

// TrainingStep is a round of the game (task steps): S steps of the discriminator, each with its own row of real and noise, then
// one of the generator against the discriminator that has just learned.
//
//	theta, phi     [2]
//	real, noise    [S, B]  row s is for step s of the discriminator
//	generatorNoise [B]
//	->             [2], [2]
//
// For the generator, the new phi is a constant: by what it was learned from does not matter. (It was learned from examples that
// theta made, so Gradient follows theta there as well, unless StopGradient forbids it. Who does not forbid it trains an
// unrolled GAN, Metz et al. 2017.)
func TrainingStep(theta, phi, real, noise, generatorNoise *Node, rate float64) (newTheta, newPhi *Node) {
	// BEGIN SOLUTION
	for s := range real.Shape().Dim(0) {
		row := func(x *Node) *Node { return Squeeze(Slice(x, AxisElem(s)), 0) } // [B]
		_, phi = DiscriminatorStep(theta, phi, row(real), row(noise), rate)
	}
	return GeneratorStep(theta, StopGradient(phi), generatorNoise, rate)
	// END SOLUTION
}
