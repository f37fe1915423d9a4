// Package four is a lab of four functions.
package four

import (
	"math"
	"slices"
)

// Softmax returns exp(x) / Σ exp(x) for each of the logits, also for large ones.
func Softmax(logits []float64) []float64 {
	// BEGIN SOLUTION
	high := slices.Max(logits)
	p := make([]float64, len(logits))
	sum := 0.0
	for i, x := range logits {
		p[i] = math.Exp(x - high)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
	// END SOLUTION
}

// CrossEntropy is -ln of the probability that the logits give to the target, in nats.
func CrossEntropy(logits []float64, target int) float64 {
	// BEGIN SOLUTION
	return -math.Log(Softmax(logits)[target])
	// END SOLUTION
}

// Perplexity is exp of the mean of the losses, which are in nats.
func Perplexity(losses []float64) float64 {
	// BEGIN SOLUTION
	sum := 0.0
	for _, x := range losses {
		sum += x
	}
	return math.Exp(sum / float64(len(losses)))
	// END SOLUTION
}

// Accuracy is the share of the predictions that equal their labels.
func Accuracy(predictions, labels []int) float64 {
	// BEGIN SOLUTION
	right := 0
	for i := range labels {
		if predictions[i] == labels[i] {
			right++
		}
	}
	return float64(right) / float64(len(labels))
	// END SOLUTION
}
