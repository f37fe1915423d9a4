package bert

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// AtPositions picks the states of the chosen positions (task masked): the masked-LM head is wide, so it looks only where
// there is something to say.
//
//	states     [B, L, D]
//	positions  Int32 [B, P], each in [0, L); a position may come twice
//	->         [B, P, D]
//
// Hint: OneHot(positions, L, dtype) has a row for each chosen position, and a product with it picks.
func AtPositions(states, positions *Node) *Node {
	// BEGIN SOLUTION
	picks := OneHot(positions, states.Shape().Dim(1), states.DType()) // [B, P, L]
	return Einsum("bpl,bld->bpd", picks, states)
	// END SOLUTION
}

// TiedLogits are the scores of all tokens of the vocabulary (task masked), with the embedding table as the output's matrix:
// a token scores the dot product of the state with its own embedding, plus a bias of its own.
//
//	states  [B, P, D]
//	table   [V, D]
//	bias    [V]
//	->      [B, P, V]
func TiedLogits(states, table, bias *Node) *Node {
	// BEGIN SOLUTION
	return Add(Einsum("bpd,vd->bpv", states, table), ExpandLeftToRank(bias, 3))
	// END SOLUTION
}

// MaskedLoss is the mean of -ln p(label), in nats, over the chosen places of the whole batch (task masked): a scalar.
//
//	logits  [B, P, V]
//	labels  Int32 [B, P], the hidden tokens, in [0, V)
//	chosen  Bool [B, P]: rows with fewer than P chosen tokens are filled up, with position 0 and false
//
// Where chosen is false, neither label nor logits have an influence, on the loss or on the gradient. If nothing at all is
// chosen the loss is 0. Logits of thousands must not overflow. The dtype is that of logits, Float32 or Float64.
func MaskedLoss(logits, labels, chosen *Node) *Node {
	// BEGIN SOLUTION
	losses := negativeLogLikelihood(logits, labels) // [B, P]
	weights := ConvertDType(chosen, logits.DType())
	return Div(ReduceAllSum(Mul(losses, weights)), MaxScalar(ReduceAllSum(weights), 1))
	// END SOLUTION
}

// negativeLogLikelihood is given: -ln softmax(logits) at the label, [...], of logits [..., V] and labels Int32 [...].
func negativeLogLikelihood(logits, labels *Node) *Node {
	isLabel := OneHot(labels, logits.Shape().Dim(-1), logits.DType()) // [..., V]
	return Neg(ReduceSum(Mul(isLabel, LogSoftmax(logits, -1)), -1))
}
