package gan

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Loss says what the two players minimise. With r and f the discriminator's logits of real and generated examples, D its
// sigmoid, and E the mean over the batch:
//
//	               discriminator                    generator
//	Minimax        -E[log D(r)] - E[log(1-D(f))]    E[log(1-D(f))]
//	NonSaturating  the same                         -E[log D(f)]
//	Hinge          E[max(0,1-r)] + E[max(0,1+f)]    -E[f]
//	Wasserstein    E[f] - E[r]                      -E[f]
//
// Where no discriminator can tell the two apart, D is 1/2 and the value of the minimax game, -1 times the discriminator's
// loss, is -ln 4.
//
// Sources: Goodfellow et al. 2014, equation 1 and section 3; Lim & Ye 2017, "Geometric GAN"; Arjovsky et al. 2017,
// "Wasserstein GAN".
type Loss int

const (
	// NonSaturating is the default: a generator that is found out has the strongest gradient.
	NonSaturating Loss = iota
	// Minimax is the game of the lecture: a generator that is found out has next to no gradient, D(f)·(...) → 0.
	Minimax
	// Hinge ignores what is on the right side by a margin of 1.
	Hinge
	// Wasserstein bounds a distance if the discriminator is 1-Lipschitz, for which see [GradientPenalty].
	Wasserstein
)

var lossNames = [...]string{"non-saturating", "minimax", "hinge", "wasserstein"}

// String is the name in lower case.
func (l Loss) String() string {
	if l >= 0 && int(l) < len(lossNames) {
		return lossNames[l]
	}
	return fmt.Sprintf("unknown(%d)", int(l))
}

// MarshalText writes the name.
func (l Loss) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Discriminator returns the discriminator's loss, a scalar, for the logits of real and of generated examples, each [B] or
// [B, 1]. In nats for the first two.
func (l Loss) Discriminator(real, fake *graph.Node) *graph.Node {
	checkLogits(real)
	checkLogits(fake)
	mean := graph.ReduceAllMean
	switch l {
	case NonSaturating, Minimax: // -log sigmoid(r) = softplus(-r), -log(1-sigmoid(f)) = softplus(f)
		return graph.Add(mean(softplus(graph.Neg(real))), mean(softplus(fake)))
	case Hinge:
		return graph.Add(mean(positive(graph.OneMinus(real))), mean(positive(graph.OnePlus(fake))))
	case Wasserstein:
		return graph.Sub(mean(fake), mean(real))
	}
	panic(l.unknown())
}

// Generator returns the generator's loss, a scalar, for the logits [B] or [B, 1] of what it made.
func (l Loss) Generator(fake *graph.Node) *graph.Node {
	checkLogits(fake)
	mean := graph.ReduceAllMean
	switch l {
	case NonSaturating:
		return mean(softplus(graph.Neg(fake)))
	case Minimax:
		return graph.Neg(mean(softplus(fake)))
	case Hinge, Wasserstein:
		return graph.Neg(mean(fake))
	}
	panic(l.unknown())
}

func (l Loss) unknown() error { return fmt.Errorf("gan: unknown loss %s", l) }

// GradientPenalty returns E[(|∇D(x)| - 1)²], a scalar, at points x on the lines between real and generated examples, all
// [B, ...]; mix [B, 1], uniform in [0, 1], says where. Added to the Wasserstein loss with a weight of 10, it keeps the
// discriminator near 1-Lipschitz where it matters.
//
// The gradient of this gradient is right for dense layers only: GoMLX v0.28 has no second gradient of a convolution, and
// panics while the graph is built. A discriminator with batch statistics has no gradient of its own for each example: do not
// use one here. Source: Gulrajani et al. 2017, "Improved Training of Wasserstein GANs", equation 3.
func GradientPenalty(scope *model.Scope, discriminator Network, real, fake, mix *graph.Node) *graph.Node {
	if !real.Shape().Equal(fake.Shape()) || mix.Rank() != 2 || mix.Shape().Dimensions[0] != real.Shape().Dimensions[0] || mix.Shape().Dimensions[1] != 1 {
		exceptions.Panicf("gan: real %s and generated %s examples must have one shape [B, ...], and mix %s must be [B, 1]",
			real.Shape(), fake.Shape(), mix.Shape())
	}
	batch := real.Shape().Dimensions[0]
	flat := func(x *graph.Node) *graph.Node { return graph.Reshape(x, batch, -1) } // [B, X]
	between := graph.Add(graph.Mul(mix, flat(real)), graph.Mul(graph.OneMinus(mix), flat(fake)))
	between = graph.Reshape(graph.StopGradient(between), real.Shape().Dimensions...)
	// The sum over the batch has each example's own gradient.
	slope := graph.Gradient(graph.ReduceAllSum(discriminator(scope, between)), between)[0]
	square := graph.ReduceSum(graph.Square(flat(slope)), -1) // [B]
	length := graph.Sqrt(graph.AddScalar(square, 1e-12))     // the root has no gradient at 0
	return graph.ReduceAllMean(graph.Square(graph.AddScalar(length, -1)))
}

// softplus returns log(1 + exp(x)). Both branches by the same condition, so that the gradient is sigmoid(x) at 0 too.
func softplus(x *graph.Node) *graph.Node {
	zero := graph.ZerosLike(x)
	above := graph.GreaterOrEqual(x, zero)
	return graph.Add(graph.Where(above, x, zero), graph.Log1p(graph.Exp(graph.Where(above, graph.Neg(x), x))))
}

// positive returns max(0, x).
func positive(x *graph.Node) *graph.Node {
	zero := graph.ZerosLike(x)
	return graph.Where(graph.GreaterThan(x, zero), x, zero)
}

func checkLogits(logits *graph.Node) {
	if logits.Rank() != 1 && !(logits.Rank() == 2 && logits.Shape().Dimensions[1] == 1) {
		exceptions.Panicf("gan: the discriminator must return one logit an example, [B] or [B, 1], got %s", logits.Shape())
	}
}
