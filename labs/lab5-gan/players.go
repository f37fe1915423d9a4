package gan

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// This file is given. Leave it as it is; GradientPenalty and the steps use it.

// Critic is a network with one hidden layer: x [B, X], w1 [X, M], b1 [M], w2 [M] -> scores [B].
func Critic(x, w1, b1, w2 *Node) *Node {
	hidden := Tanh(Add(Einsum("bx,xm->bm", x, w1), InsertAxes(b1, 0))) // [B, M]
	return Einsum("bm,m->b", hidden, w2)
}

// Generate is the smallest generator there is: theta [2] is scale and shift, and noise [B] becomes scale·noise + shift, [B].
func Generate(theta, noise *Node) *Node { return line(noise, theta) }

// Discriminate is a discriminator to match: phi [2] is weight and bias, and x [B] gets the logits weight·x + bias, [B].
func Discriminate(phi, x *Node) *Node { return line(x, phi) }

// line is slope·x + offset for x [B] and parameters [2], slope first. A product of matrices has second derivatives in GoMLX
// v0.28, a slice of the parameters has not.
func line(x, parameters *Node) *Node {
	withOne := Stack([]*Node{x, OnesLike(x)}, -1) // [B, 2]
	return Einsum("bk,k->b", withOne, parameters)
}
