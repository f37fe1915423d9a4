package transformer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// TeacherForcing makes a language model's training pairs (task teacher): at every position it is given the true tokens so
// far, whatever it would have written itself, and asked for the next one.
//
//	ids  Int32 [B, L]  rows as in the lecture's batch: START, words, END, then PAD
//	pad  the id of PAD
//
// It returns
//
//	inputs   Int32 [B, L-1]  what the decoder reads: all tokens but the last
//	targets  Int32 [B, L-1]  what it is to say, position by position: all tokens but the first
//	mask     Bool  [B, L-1]  true where the target is a token; false where it is PAD
//
// END is a target like any other: a model that never learned it would never stop. L is at least 2.
func TeacherForcing(ids *Node, pad int) (inputs, targets, mask *Node) {
	// BEGIN SOLUTION
	last := ids.Shape().Dim(1) - 1
	inputs = Slice(ids, AxisRange(), AxisRangeFromStart(last))
	targets = Slice(ids, AxisRange(), AxisRangeToEnd(1))
	return inputs, targets, NotEqual(targets, ConstAs(targets, pad))
	// END SOLUTION
}

// TokenLoss is the mean of -ln p(target), in nats, over the positions where mask is true (task teacher): a scalar.
//
//	logits   [B, L, V]       unnormalized log-probabilities of the next token
//	targets  Int32 [B, L]    in [0, V) where mask is true; anything elsewhere
//	mask     Bool [B, L]
//
// It is one mean over all tokens of the batch, so that a token of a short sentence weighs as much as one of a long sentence.
// What stands where mask is false has no influence, on the loss or on the gradient. A batch without any token has loss 0.
// Logits of thousands must not overflow. The dtype is that of logits, Float32 or Float64.
//
// Hints: LogSoftmax is stable. OneHot picks the target's entry (and knows no id outside [0, V)).
func TokenLoss(logits, targets, mask *Node) *Node {
	// BEGIN SOLUTION
	logProbs := LogSoftmax(logits, -1)
	isTarget := OneHot(targets, logits.Shape().Dim(-1), logits.DType()) // [B, L, V]
	losses := Neg(ReduceSum(Mul(isTarget, logProbs), -1))               // [B, L]
	weights := ConvertDType(mask, logits.DType())
	return Div(ReduceAllSum(Mul(losses, weights)), MaxScalar(ReduceAllSum(weights), 1))
	// END SOLUTION
}
