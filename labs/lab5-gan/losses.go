// Package gan is lab 5: the losses and the training step of a generative adversarial network, written by hand, and the numbers
// that show when a generator always makes the same thing.
//
// The functions on *Node build a computation graph: they are called once for each shape, they describe what to
// compute, and the backend runs it later. A wrong shape panics while the graph is built, and the message names
// the two shapes that do not fit. The functions of modes.go are plain Go.
//
// Letters in the shapes: B batch, P examples of a pack, X values of an example, M hidden units, S steps of the discriminator, H
// height, W width, C channels. All logarithms are natural.
//
// Source: lecture 7, "Generative Adversarial Networks"; Goodfellow et al., Generative Adversarial Nets (2014); others where
// they are used.
package gan

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// The losses take logits, not probabilities: the discriminator's D(x) is sigmoid(logit), the probability that it gives to
// "real". real and fake are [B] or [B, 1], maybe with another B each. Every loss is a scalar, what its player minimises: a mean
// over real logits, a mean over fake ones, or the sum of the two means. Logits in the hundreds must give neither Inf nor NaN.
//
// Hint: -log sigmoid(l) = log(1 + exp(-l)). Softplus(l) of the graph package is log(1 + exp(l)), and does not overflow.

// DiscriminatorLoss is the discriminator's in the lecture's game, D(x) → 1 and D(x') → 0 (task losses): the mean of -log D over
// real examples plus the mean of -log(1-D) over generated ones. A discriminator that cannot tell them apart pays log 4.
func DiscriminatorLoss(real, fake *Node) *Node {
	// BEGIN SOLUTION
	return Add(ReduceAllMean(Softplus(Neg(real))), ReduceAllMean(Softplus(fake)))
	// END SOLUTION
}

// MinimaxGeneratorLoss is the generator's in the same game (task losses), the mean of log(1-D): what is a gain for one player
// is a loss for the other. Its gradient vanishes where the generator is found out.
func MinimaxGeneratorLoss(fake *Node) *Node {
	// BEGIN SOLUTION
	return Neg(ReduceAllMean(Softplus(fake)))
	// END SOLUTION
}

// NonSaturatingGeneratorLoss is what generators are trained with instead (task losses), the mean of -log D: the same aim, and
// the strongest gradient where the generator is found out. Source: Goodfellow et al. 2014, section 3.
func NonSaturatingGeneratorLoss(fake *Node) *Node {
	// BEGIN SOLUTION
	return ReduceAllMean(Softplus(Neg(fake)))
	// END SOLUTION
}

// HingeDiscriminatorLoss asks for real logits above 1 and fake ones below -1, and for no more than that (task losses): the mean
// of max(0, 1-real) plus the mean of max(0, 1+fake). Source: Lim & Ye 2017, Geometric GAN.
func HingeDiscriminatorLoss(real, fake *Node) *Node {
	// BEGIN SOLUTION
	return Add(ReduceAllMean(MaxScalar(OneMinus(real), 0)), ReduceAllMean(MaxScalar(OnePlus(fake), 0)))
	// END SOLUTION
}

// WassersteinDiscriminatorLoss is that of a critic (task losses), whose output is a score of any size: the mean of the fake
// scores less the mean of the real ones. Source: Arjovsky et al. 2017, Wasserstein GAN.
func WassersteinDiscriminatorLoss(real, fake *Node) *Node {
	// BEGIN SOLUTION
	return Sub(ReduceAllMean(fake), ReduceAllMean(real))
	// END SOLUTION
}

// CriticGeneratorLoss is the generator's against either of the last two (task losses): the higher its scores, the better.
func CriticGeneratorLoss(fake *Node) *Node {
	// BEGIN SOLUTION
	return Neg(ReduceAllMean(fake))
	// END SOLUTION
}
