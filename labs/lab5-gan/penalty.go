package gan

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// GradientPenalty keeps a critic from being arbitrarily steep (task penalty): the mean over the batch of (‖∇D(x)‖ - 1)², where
// D is Critic of players.go, ∇D its gradient with respect to its input, ‖·‖ the Euclidean length of an example's gradient, and
// x a point on the line between a real example and a fake one.
//
//	real, fake   [B, X]
//	mix          [B, 1]  x = mix·real + (1-mix)·fake
//	w1, b1, w2           the critic's parameters, see Critic
//	->           []
//
// It is part of the critic's loss, so its own gradient must reach w1, b1 and w2.
//
// Hint: Gradient(output, x) of the graph package wants a scalar. An example's score depends on that example alone: of which
// scalar is the gradient then the one of every example?
//
// Source: Gulrajani et al. 2017, equation 3.
func GradientPenalty(real, fake, mix, w1, b1, w2 *Node) *Node {
	// BEGIN SOLUTION
	between := Add(Mul(mix, real), Mul(OneMinus(mix), fake)) // [B, X]
	slope := Gradient(ReduceAllSum(Critic(between, w1, b1, w2)), between)[0]
	length := Sqrt(ReduceSum(Square(slope), -1)) // [B]
	return ReduceAllMean(Square(MinusOne(length)))
	// END SOLUTION
}
