// Package vae is lab 4: the loss of a variational autoencoder, written by hand, and the loss of a colorizer.
//
// The functions on *Node build a computation graph: they are called once for each shape, they describe what to
// compute, and the backend runs it later. A wrong shape panics while the graph is built, and the message names
// the two shapes that do not fit. ActiveUnits, LinearInterpolation and LeastSquaresColour are plain Go.
//
// Letters in the shapes: B batch, Z latent, N examples of a data set, P pixels, K bins of colours, C channels. All logarithms
// are natural: likelihoods and divergences are in nats.
//
// Source: lecture 7, "Variational Autoencoder" to "Mode Collapse"; Kingma & Welling, Auto-Encoding Variational Bayes (2014).
package vae

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Reparameterise draws from the encoder's Gaussian N(mu, σ²), with the randomness handed in (task sample): z = mu + σ·noise.
//
//	mu, logVar, noise [B, Z]  ->  z [B, Z]
//
// logVar is log σ², not σ and not log σ. Any real number is a valid one, σ is positive by itself.
//
// The lecture asks whether a network that draws is a function. Given the noise it is, and the gradient with respect to mu and
// logVar must flow through z: that is what the encoder learns from.
func Reparameterise(mu, logVar, noise *Node) *Node {
	// BEGIN SOLUTION
	deviation := Exp(MulScalar(logVar, 0.5)) // [B, Z]
	return Add(mu, Mul(deviation, noise))
	// END SOLUTION
}

// KLPerDimension is the Kullback-Leibler divergence of N(mu, σ²) from the prior N(0, 1), of every latent dimension of every
// example (task kl), in nats. It is never negative, and 0 only where mu = 0 and σ = 1.
//
//	mu, logVar [B, Z]  ->  [B, Z], logVar = log σ²
//
// Do not sum or average: who calls it wants to see which dimensions say something.
//
// Hint: for two Gaussians the integral of q·log(q/p) has a closed form, with mu², σ² and log σ² in it. At mu = 0 and σ = 1
// its terms cancel.
func KLPerDimension(mu, logVar *Node) *Node {
	// BEGIN SOLUTION
	variance := Exp(logVar) // [B, Z]
	terms := Sub(Add(Square(mu), variance), AddScalar(logVar, 1))
	return MulScalar(terms, 0.5)
	// END SOLUTION
}
