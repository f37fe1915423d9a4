package bert

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Pool is BERT's pooler (task finetune): tanh(h·W + b) of the state h of the first token, [CLS], which stands for the whole
// sequence.
//
//	states  [B, L, D]
//	w       [D, D], used from the right
//	b       [D]
//	->      [B, D]
//
// Hint: AxisElem(0) in a Slice picks an element and keeps its axis, with size 1; Squeeze takes that axis away.
func Pool(states, w, b *Node) *Node {
	// BEGIN SOLUTION
	first := Squeeze(Slice(states, AxisRange(), AxisElem(0)), 1) // [B, D]
	return Tanh(Add(Einsum("bd,de->be", first, w), ExpandLeftToRank(b, 2)))
	// END SOLUTION
}

// ClassLogits is the classifier (task finetune), the only part that is new for a new task: pooled·W + b.
//
//	pooled  [B, D]
//	w       [D, C]
//	b       [C]
//	->      [B, C], unnormalized log-probabilities of the classes
func ClassLogits(pooled, w, b *Node) *Node {
	// BEGIN SOLUTION
	return Add(Einsum("bd,dc->bc", pooled, w), ExpandLeftToRank(b, 2))
	// END SOLUTION
}

// ClassLoss is the mean of -ln p(label), in nats, over the examples (task finetune): a scalar.
//
//	logits  [B, C]
//	labels  Int32 [B], in [0, C)
//
// Logits of thousands must not overflow. The dtype is that of logits.
func ClassLoss(logits, labels *Node) *Node {
	// BEGIN SOLUTION
	return ReduceAllMean(negativeLogLikelihood(logits, labels))
	// END SOLUTION
}

// Step is one step of gradient descent on the classifier, with the encoder frozen (task finetune): W and b each move against
// the gradient of ClassLoss, by the learning rate times it.
//
//	pooled  [B, D], what the frozen encoder made of the batch
//	labels  Int32 [B]
//	w, b    [D, C] and [C], before the step
//	rate    the learning rate, above 0
//
// It returns W and b after the step, in their shapes and dtype.
//
// Hint: Gradient(loss, x, y) returns the gradients with respect to x and y, as nodes of the same graph.
func Step(pooled, labels, w, b *Node, rate float64) (newW, newB *Node) {
	// BEGIN SOLUTION
	loss := ClassLoss(ClassLogits(pooled, w, b), labels)
	gradients := Gradient(loss, w, b)
	return Sub(w, MulScalar(gradients[0], rate)), Sub(b, MulScalar(gradients[1], rate))
	// END SOLUTION
}
