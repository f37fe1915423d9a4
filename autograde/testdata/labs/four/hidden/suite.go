// Package hidden holds the checks that students do not see.
package hidden

import (
	"math"

	"courselab/autograde/check"
)

// logits are some that overflow if they are exponentiated as they are.
func logits(t *check.T) []float64 {
	x := t.Normal64(7).Float64s()
	for i := range x {
		x[i] += 1000
	}
	return x
}

func softmax(logits []float64) []float64 {
	p := make([]float64, len(logits))
	for i := range p {
		sum := 0.0
		for _, x := range logits {
			sum += math.Exp(x - logits[i])
		}
		p[i] = 1 / sum
	}
	return p
}

// Suite is the hidden checks.
var Suite = check.Suite{Lab: "four", Checks: []check.Check{
	{ID: "softmax-random", Task: "softmax", Points: 2, Hidden: true, Title: "large logits", Hint: "Try logits of 1000.",
		Run: func(t *check.T) {
			x := logits(t)
			x[0] = -x[0] // subtracting the least would overflow, too
			t.Close("Softmax", t.Call1("Softmax", x), softmax(x), 1e-9, 0)
		}},
	{ID: "cross-entropy-random", Task: "cross-entropy", Points: 2, Hidden: true, Title: "each target", Hint: "Try each target.",
		Run: func(t *check.T) {
			x := logits(t)
			for target, p := range softmax(x) {
				t.Close("CrossEntropy", t.Call1("CrossEntropy", x, target), -math.Log(p), 1e-9, 0)
			}
		}},
	{ID: "perplexity-random", Task: "perplexity", Points: 2, Hidden: true, Title: "random losses", Hint: "Is the mean in the exponent?",
		Run: func(t *check.T) {
			x := t.Uniform(0, 3, 9).Float64s()
			product := 1.0
			for _, loss := range x {
				product *= math.Exp(loss / 9)
			}
			t.Close("Perplexity", t.Call1("Perplexity", x), product, 1e-9, 1e-9)
		}},
	{ID: "accuracy-random", Task: "accuracy", Points: 2, Hidden: true, Title: "random labels", Hint: "How many labels are there?",
		Run: func(t *check.T) {
			predictions, labels, right := make([]int, 12), make([]int, 12), 0.0
			for i := range labels {
				predictions[i], labels[i] = t.Rand().IntN(3), t.Rand().IntN(3)
				if predictions[i] == labels[i] {
					right++
				}
			}
			t.Close("Accuracy", t.Call1("Accuracy", predictions, labels), right/12, 1e-12, 0)
		}},
}}
