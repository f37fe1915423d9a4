package vae

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// BernoulliLogLikelihood is log p(x|z) of each example if every value of it is a coin of its own, that shows 1 with the
// probability p = sigmoid(logits) (task likelihood): Σ x·log p + (1-x)·log(1-p), in nats, at most 0.
//
//	x, logits [B, ...] of one shape, any number of axes after B  ->  [B]
//
// x is in [0, 1], grey values too. Sum over all axes but the first. Logits in the hundreds, of either sign, must give
// neither Inf nor NaN, and their values must be right: in float32, sigmoid(20) is 1 and log(1-1) is -Inf.
//
// Hint: write log p and log(1-p) with l = logits, cancel, and one function of l is left: log(1 + exp(l)). For l > 0, pull l out
// of that logarithm. Log1p(y) is log(1+y). Where takes both branches, so both must stay finite, in the gradient too.
func BernoulliLogLikelihood(x, logits *Node) *Node {
	// BEGIN SOLUTION
	zero := ZerosLike(logits)
	positive := GreaterThan(logits, zero)
	// log(1 + exp(l)) = max(l, 0) + log(1 + exp(-|l|))
	softplus := Add(Where(positive, logits, zero), Log1p(Exp(Where(positive, Neg(logits), logits))))
	likelihood := Sub(Mul(x, logits), softplus)
	return ReduceSum(Reshape(likelihood, x.Shape().Dim(0), -1), -1)
	// END SOLUTION
}

// GaussianLogLikelihood is log p(x|z) of each example if its values are independent Gaussians N(mean, deviation²) (task
// likelihood), in nats. It is the log of a density: with its constant, and above 0 where the density is above 1.
//
//	x, mean [B, ...] of one shape  ->  [B]
//	deviation                      σ > 0, the same for all values
//
// The lecture calls the squared error the usual reconstruction loss: that is what is left of this if σ is kept fixed.
func GaussianLogLikelihood(x, mean *Node, deviation float64) *Node {
	// BEGIN SOLUTION
	standardized := DivScalar(Sub(x, mean), deviation)
	constant := math.Log(deviation) + 0.5*math.Log(2*math.Pi)
	likelihood := SubScalar(MulScalar(Square(standardized), -0.5), constant)
	return ReduceSum(Reshape(likelihood, x.Shape().Dim(0), -1), -1)
	// END SOLUTION
}
