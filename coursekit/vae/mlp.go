package vae

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Likelihood says what the decoder's output means.
type Likelihood int

const (
	// Bernoulli takes the output as logits of values in [0, 1].
	Bernoulli Likelihood = iota
	// Gaussian takes the output as the mean of N(·, ½), so that -log p is the squared error up to a constant.
	Gaussian
)

// String is "bernoulli" or "gaussian".
func (l Likelihood) String() string {
	switch l {
	case Bernoulli:
		return "bernoulli"
	case Gaussian:
		return "gaussian"
	}
	return fmt.Sprintf("unknown(%d)", int(l))
}

// MarshalText writes the name.
func (l Likelihood) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Config describes a VAE of two multi-layer perceptrons. Start from DefaultConfig.
type Config struct {
	// Inputs is X, the number of values of an example.
	Inputs int
	// Hidden are the widths of the encoder's hidden layers, first to last; the decoder has them in reverse. With none,
	// encoder and decoder are linear.
	Hidden []int
	// Latent is Z, the number of latent dimensions. The encoder has 2·Z outputs: means, then log-variances.
	Latent int
	// Likelihood of the decoder.
	Likelihood Likelihood
	// Beta is the weight of the KL term: 1 for the ELBO, 0 for none.
	Beta float64
	// Initializer gives all variables their first values. Nil means Xavier uniform for matrices and 0 for biases.
	Initializer model.VariableInitializer `json:"-"`
}

// DefaultConfig is for MNIST: 784-512-256-(2·20) and 20-256-512-784, ReLU, Bernoulli, beta 1.
func DefaultConfig() Config {
	return Config{Inputs: 784, Hidden: []int{512, 256}, Latent: 20, Likelihood: Bernoulli, Beta: 1}
}

// Validate returns nil if the model can be built, else every rule that is broken, joined.
func (c Config) Validate() error {
	var broken []error
	rule := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, fmt.Errorf("vae: "+format, args...))
		}
	}
	rule(c.Inputs >= 1, "Inputs is %d, must be at least 1", c.Inputs)
	for i, width := range c.Hidden {
		rule(width >= 1, "Hidden[%d] is %d, must be at least 1", i, width)
	}
	rule(c.Latent >= 1, "Latent is %d, must be at least 1", c.Latent)
	rule(c.Likelihood == Bernoulli || c.Likelihood == Gaussian, "Likelihood is %s, must be Bernoulli or Gaussian", c.Likelihood)
	rule(c.Beta >= 0 && !math.IsInf(c.Beta, 0), "Beta is %g, must be finite and at least 0", c.Beta)
	return errors.Join(broken...)
}

// VAE is an encoder and a decoder. Make it with [New] or [NewConvolutional].
type VAE struct {
	encode     func(x *graph.Node) *graph.Node // [B, ...] to [B, 2Z]
	decode     func(z *graph.Node) *graph.Node // [B, Z] to [B, ...]
	latent     int
	likelihood Likelihood
	beta       float64
}

// Terms are the loss of a batch and what it is made of.
type Terms struct {
	// Loss is what to minimise, a scalar: -ELBO (with the configuration's beta), in nats an example, averaged over the
	// batch and nothing else.
	Loss *graph.Node
	// LogLikelihood is log p(x|z), [B], in nats; for Gaussian without its constant, which is the negative squared error.
	LogLikelihood *graph.Node
	// KL is the divergence of the posterior from the prior, [B], in nats, without beta.
	KL *graph.Node
	// Mu and LogVar are the posterior, Z the sample that was decoded, [B, Z] each.
	Mu, LogVar, Z *graph.Node
	// Output is the decoder's output for Z, of the shape of the examples.
	Output *graph.Node
}

// New returns the model whose variables lie in encoder and decoder under scope: hidden_0, hidden_1, ..., output in each.
// It panics if the configuration is not valid.
func New(scope *model.Scope, config Config) *VAE {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	if config.Initializer == nil {
		config.Initializer = initializer.XavierUniformFn(scope)
	}
	scope = scope.WithInitializer(config.Initializer)
	reversed := slices.Clone(config.Hidden)
	slices.Reverse(reversed)
	return &VAE{
		encode: func(x *graph.Node) *graph.Node {
			check("examples", x, config.Inputs, "X")
			return perceptron(scope.At("encoder"), x, config.Hidden, 2*config.Latent)
		},
		decode: func(z *graph.Node) *graph.Node { return perceptron(scope.At("decoder"), z, reversed, config.Inputs) },
		latent: config.Latent, likelihood: config.Likelihood, beta: config.Beta,
	}
}

// Encode returns the posterior's mean and log-variance, [B, Z] each, of examples x: [B, X], or [B, Y, X, C] if the model is
// convolutional. It may be called more than once in a graph: the variables are shared.
func (m *VAE) Encode(x *graph.Node) (mu, logVar *graph.Node) {
	both := m.encode(x) // [B, 2Z]
	return graph.Slice(both, graph.AxisRange(), graph.AxisRange(0, m.latent)), graph.Slice(both, graph.AxisRange(), graph.AxisRange(m.latent, 2*m.latent))
}

// Decode returns the decoder's output for z [B, Z], of the shape of the examples: logits if the likelihood is Bernoulli
// (their sigmoid is the mean image), means if it is Gaussian. Given a sample of N(0, I), it makes a new example.
// It may be called more than once in a graph: the variables are shared.
func (m *VAE) Decode(z *graph.Node) *graph.Node {
	check("latent vectors", z, m.latent, "Z")
	return m.decode(z)
}

// Loss returns the terms of the negative ELBO for examples x and noise [B, Z], which should be a sample of N(0, 1). With one
// noise an example it is an unbiased estimate.
func (m *VAE) Loss(x, noise *graph.Node) Terms {
	mu, logVar := m.Encode(x)
	z := Reparameterise(mu, logVar, noise)
	t := Terms{Mu: mu, LogVar: logVar, Z: z, Output: m.Decode(z), KL: KL(mu, logVar)}
	if m.likelihood == Bernoulli {
		t.LogLikelihood = BernoulliLogLikelihood(x, t.Output)
	} else {
		t.LogLikelihood = graph.Neg(SquaredError(x, t.Output))
	}
	t.Loss = graph.Neg(graph.ReduceAllMean(ELBO(t.LogLikelihood, t.KL, m.beta)))
	return t
}

// perceptron is dense layers with ReLU between them.
func perceptron(scope *model.Scope, x *graph.Node, hidden []int, outputs int) *graph.Node {
	for i, width := range hidden {
		x = activation.Relu(layers.DenseWithBias(scope.At("hidden_%d", i), x, width)) // [B, width]
	}
	return layers.DenseWithBias(scope.At("output"), x, outputs)
}

func check(what string, x *graph.Node, width int, letter string) {
	if x.Rank() != 2 || x.Shape().Dimensions[1] != width {
		exceptions.Panicf("vae: %s must be [B, %s] with %s = %d, got %s", what, letter, letter, width, x.Shape())
	}
}
