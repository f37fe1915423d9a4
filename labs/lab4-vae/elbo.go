package vae

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// NegativeELBO is what a VAE minimises (task elbo): the evidence lower bound log p(x|z) - beta·KL of an example, negated and
// averaged over the batch, a scalar in nats an example.
//
//	logLikelihood [B]     of the task likelihood: at most 0 for Bernoulli
//	kl            [B, Z]  of the task kl
//	beta                  weight of the divergence: 1 for the bound, 0 for an autoencoder that draws
//	->            []
//
// The latent dimensions of an example add up: they are independent. Only over the examples is there a mean. (A mean over Z is
// beta = 1/Z, and then the result bounds nothing.)
func NegativeELBO(logLikelihood, kl *Node, beta float64) *Node {
	// BEGIN SOLUTION
	divergence := ReduceSum(kl, -1) // [B]
	return ReduceAllMean(Sub(MulScalar(divergence, beta), logLikelihood))
	// END SOLUTION
}
