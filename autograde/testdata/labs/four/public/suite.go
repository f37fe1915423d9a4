// Package public holds the checks that students see.
package public

import (
	"math"

	"courselab/autograde/check"
)

// Suite is the public checks.
var Suite = check.Suite{Lab: "four", Checks: []check.Check{
	{ID: "softmax-table", Task: "softmax", Points: 2, Title: "logits 0 and ln 3", Hint: "Exponentials first, then their share.",
		Run: func(t *check.T) {
			t.Close("Softmax", t.Call1("Softmax", []float64{0, math.Log(3)}), []float64{0.25, 0.75}, 1e-12, 0)
		}},
	{ID: "cross-entropy-table", Task: "cross-entropy", Points: 2, Title: "two equal logits", Hint: "Half of the probability each.",
		Run: func(t *check.T) {
			t.Close("CrossEntropy", t.Call1("CrossEntropy", []float64{1, 1}, 0), math.Ln2, 1e-12, 0)
		}},
	{ID: "perplexity-table", Task: "perplexity", Points: 2, Title: "four equally likely tokens", Hint: "The exponential of a mean.",
		Run: func(t *check.T) {
			t.Close("Perplexity", t.Call1("Perplexity", []float64{math.Log(4), math.Log(4)}), 4.0, 1e-12, 0)
		}},
	{ID: "accuracy-table", Task: "accuracy", Points: 2, Title: "one of two", Hint: "A share, not a count.",
		Run: func(t *check.T) {
			t.Close("Accuracy", t.Call1("Accuracy", []int{1, 2}, []int{1, 3}), 0.5, 0, 0)
		}},
}}
