package training

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// SGD is stochastic gradient descent with momentum. With gradient g and learning rate r:
//
//	b = Momentum·b + g        p = p - r·b        with Nesterov: p = p - r·(g + Momentum·b)
//
// as in PyTorch, b being 0 at first. It has no weight decay. Sources: Sutskever et al. 2013, "On the importance of
// initialization and momentum in deep learning", equations 1 to 4, with the rate outside of b.
//
// Different from GoMLX's optimizer.StochasticGradientDescent, which has no momentum and divides the rate by the root of the
// step by default.
type SGD struct {
	// Momentum is the share of the old direction that is kept, in [0, 1). 0 is plain gradient descent.
	Momentum float64
	// Nesterov looks ahead: it takes the gradient's own step after the momentum's.
	Nesterov bool
}

// Validate returns nil or the rule that is broken.
func (s SGD) Validate() error {
	if !(s.Momentum >= 0 && s.Momentum < 1) {
		return errorf("SGD.Momentum is %g, must be in [0, 1)", s.Momentum)
	}
	if s.Nesterov && s.Momentum == 0 {
		return errorf("SGD.Nesterov without Momentum is plain gradient descent: set Momentum, 0.9 say")
	}
	return nil
}

// Update is as that of [Adam].
func (s SGD) Update(scope *model.Scope, loss, rate *Node, clipNorm float64) (gradientNorm *Node) {
	loss.AssertScalar()
	variables, gradients := gradientsOf(scope, loss)
	return step{rule: s, scope: scope, rate: rate, clipNorm: clipNorm, norm: true}.apply(variables, gradients)
}

func (s SGD) String() string {
	if s.Nesterov {
		return fmt.Sprintf("sgd(nesterov %g)", s.Momentum)
	}
	return fmt.Sprintf("sgd(%g)", s.Momentum)
}

func (s SGD) weightDecay() float64 { return 0 }

func (s SGD) begin(state *model.Scope, rate *Node) direction {
	return func(name string, gradient *Node) *Node {
		if s.Momentum == 0 {
			return Mul(rate, gradient)
		}
		b := movingMean(state, name+".momentum", s.Momentum, 1, gradient)
		if s.Nesterov {
			b = Add(gradient, MulScalar(b, s.Momentum))
		}
		return Mul(rate, b)
	}
}
