package hidden_test

import (
	"testing"

	"courselab/autograde/check/local"
	"courselab/autograde/worker"
	lab "courselab/labs/lab1-attention"
	"courselab/labs/lab1-attention/hidden"
)

// TestReference requires that the instructor's solution passes every hidden check.
func TestReference(t *testing.T) {
	local.Run(t, hidden.Suite, worker.Functions{
		"ScaledDotProduct":   lab.ScaledDotProduct,
		"Causal":             lab.Causal,
		"Padding":            lab.Padding,
		"Combine":            lab.Combine,
		"SplitHeads":         lab.SplitHeads,
		"MergeHeads":         lab.MergeHeads,
		"ProjectHeads":       lab.ProjectHeads,
		"PositionalEncoding": lab.PositionalEncoding,
		"SelfAttention":      lab.SelfAttention,
	})
}
