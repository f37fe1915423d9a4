// Package vae is the lecture's variational autoencoder: the terms of its loss as functions of their own, and two models that
// use them, of multi-layer perceptrons and of convolutions.
//
//	m := vae.New(scope, vae.DefaultConfig())
//	terms := m.Loss(x, noise) // x [B, X] in [0,1], noise [B, Z] ~ N(0, 1)
//	terms.Loss                // what to minimise: -ELBO, in nats an example
//	m.Decode(noise)           // logits [B, X] of new examples: noise is a sample of the prior
//
// The letters in the shapes: B batch, X values of an example, Z latent, N examples of a data set, S steps.
//
// Considerations:
//
//   - Is the encoder with its sampling a function? Given the noise, yes: all randomness is the input noise, drawn outside
//     (on the host, or by Scope.RandomNormal), and everything here is an ordinary differentiable function of it.
//   - Sums, not means. The ELBO of an example is a sum over its X values and its Z latent dimensions; only the batch is
//     averaged. A KL averaged over Z is beta = 1/Z, a reconstruction averaged over X is beta = X: both train something
//     that looks like a VAE and is not bounded by the log-likelihood. A number in nats from such code cannot be compared.
//   - The encoder gives log σ², not σ: any real number is valid, and σ is positive by construction.
//
// Sources: lecture "Variational autoencoders"; Kingma & Welling 2014, "Auto-Encoding Variational Bayes", equations 3, 7
// and 10 and appendices B and C; beta from Higgins et al. 2017, "beta-VAE".
package vae

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Reparameterise returns z = μ + σ·noise [B, Z], with σ = exp(logVar/2): a sample of N(μ, σ²) if the noise is one of
// N(0, 1). All three inputs are [B, Z]. The gradient goes to mu and logVar: it is the pathwise estimate, which varies far
// less than the score-function one.
//
// It panics, naming the shapes, if they differ. Source: Kingma & Welling 2014, section 2.4.
func Reparameterise(mu, logVar, noise *graph.Node) *graph.Node {
	checkLatent(mu, logVar)
	if !noise.Shape().Equal(mu.Shape()) {
		exceptions.Panicf("vae: the noise %s must have the shape of mu %s, [B, Z]", noise.Shape(), mu.Shape())
	}
	return graph.Add(mu, graph.Mul(graph.Exp(graph.MulScalar(logVar, 0.5)), noise)) // [B, Z]
}

// KLPerDimension returns the Kullback-Leibler divergence of N(μ, σ²) from N(0, 1), ½(μ² + σ² - 1 - log σ²), of each
// latent dimension of each example: [B, Z], in nats. mu and logVar are [B, Z]. Its mean over examples shows which
// dimensions carry anything: a collapsed one has 0.
//
// In float32, logVar above 88 overflows. Source: Kingma & Welling 2014, appendix B.
func KLPerDimension(mu, logVar *graph.Node) *graph.Node {
	checkLatent(mu, logVar)
	// σ² - 1 = exp(v) - 1 loses its digits near v = 0, where KL is smallest; (exp(v) + 1)·tanh(v/2) is the same and does
	// not. GoMLX v0.28 has Expm1, but not its gradient.
	excess := graph.Mul(graph.AddScalar(graph.Exp(logVar), 1), graph.Tanh(graph.MulScalar(logVar, 0.5)))
	variance := graph.Sub(excess, logVar) // σ² - 1 - log σ² [B, Z]
	return graph.MulScalar(graph.Add(graph.Square(mu), variance), 0.5)
}

// KL returns the divergence of each example's N(μ, diag σ²) from N(0, I): [B], in nats, the sum of [KLPerDimension]
// over Z.
func KL(mu, logVar *graph.Node) *graph.Node { return graph.ReduceSum(KLPerDimension(mu, logVar), -1) }

// BernoulliLogLikelihood returns log p(x|z) = Σ x·log p + (1-x)·log(1-p) with p = sigmoid(logits): [B], in nats, at
// most 0, summed over all axes but the first. x and logits are [B, ...] of one shape; x is in [0, 1].
//
// It is computed from the logits, so that it neither overflows nor takes the log of zero. For x strictly between 0 and 1,
// such as grey pixels, it is a cross-entropy rather than the likelihood of any distribution, its maximum over p is below 0,
// and a value is only comparable with others on the same data.
//
// It panics, naming the shapes, if they differ. Source: Kingma & Welling 2014, appendix C.1.
func BernoulliLogLikelihood(x, logits *graph.Node) *graph.Node {
	checkExamples(x, logits)
	// log(1 + exp(l)) = max(l, 0) + log(1 + exp(-|l|)). Both branches by the same condition, so that the gradient is
	// sigmoid(l) at l = 0 too, where those of Max and Abs depend on how a tie is broken.
	zero := graph.ZerosLike(logits)
	positive := graph.GreaterOrEqual(logits, zero)
	softplus := graph.Add(graph.Where(positive, logits, zero), graph.Log1p(graph.Exp(graph.Where(positive, graph.Neg(logits), logits))))
	return sumExample(graph.Sub(graph.Mul(x, logits), softplus))
}

// SquaredError returns Σ (x - y)² of each example: [B], in squared units of x, summed over all axes but the first. x and y
// are [B, ...] of one shape.
//
// Up to a constant, it is -2σ² times the log-likelihood under N(y, σ²): with it in place of -log p, beta = 1 means
// σ² = ½. It panics, naming the shapes, if they differ.
func SquaredError(x, y *graph.Node) *graph.Node {
	checkExamples(x, y)
	return sumExample(graph.Square(graph.Sub(x, y)))
}

// ELBO returns log p(x|z) - beta·KL of each example, [B], in nats: with beta = 1 and on average over the noise, a lower
// bound of log p(x). Both inputs are [B]; for squared errors, give the negative error. With beta = 0 it has no KL and no
// gradient from it: an autoencoder with noise. It panics if the shapes differ or beta is negative.
func ELBO(logLikelihood, kl *graph.Node, beta float64) *graph.Node {
	if logLikelihood.Rank() != 1 || !kl.Shape().Equal(logLikelihood.Shape()) {
		exceptions.Panicf("vae: the log-likelihood %s and the KL %s must both be [B]; sum over all other axes first",
			logLikelihood.Shape(), kl.Shape())
	}
	if !(beta >= 0) {
		exceptions.Panicf("vae: beta is %g, must be at least 0", beta)
	}
	if beta == 0 {
		return logLikelihood // also if KL is not finite: 0·Inf would be NaN
	}
	return graph.Sub(logLikelihood, graph.MulScalar(kl, beta))
}

// sumExample sums over all axes but the first.
func sumExample(x *graph.Node) *graph.Node {
	return graph.ReduceSum(graph.Reshape(x, x.Shape().Dimensions[0], -1), -1) // [B]
}

func checkLatent(mu, logVar *graph.Node) {
	if mu.Rank() != 2 || !logVar.Shape().Equal(mu.Shape()) {
		exceptions.Panicf("vae: mu %s and logVar %s must both be [B, Z]", mu.Shape(), logVar.Shape())
	}
}

func checkExamples(x, y *graph.Node) {
	if x.Rank() < 2 || !y.Shape().Equal(x.Shape()) {
		exceptions.Panicf("vae: the examples %s and their reconstructions %s must have one shape, [B, ...]", x.Shape(), y.Shape())
	}
}
