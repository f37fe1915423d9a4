package hidden_test

import (
	"testing"

	"courselab/autograde/worker"
	lab "courselab/labs/lab1-attention"
	"courselab/labs/lab1-attention/hidden"
	"courselab/labs/lab1-attention/public"
	"courselab/labs/labtest"
)

func TestChecks(t *testing.T) {
	labtest.Run(t, "lab1-attention", worker.Functions{
		"ScaledDotProduct":   lab.ScaledDotProduct,
		"Causal":             lab.Causal,
		"Padding":            lab.Padding,
		"Combine":            lab.Combine,
		"SplitHeads":         lab.SplitHeads,
		"MergeHeads":         lab.MergeHeads,
		"ProjectHeads":       lab.ProjectHeads,
		"PositionalEncoding": lab.PositionalEncoding,
		"SelfAttention":      lab.SelfAttention,
	}, public.Suite, hidden.Suite)
}
