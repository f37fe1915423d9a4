package vae

import (
	"testing"

	"courselab/autograde/check/local"
	"courselab/autograde/worker"
	"courselab/labs/lab4-vae/public"
)

// TestPublic runs the public checks: numbers that can be worked out on paper. The hidden checks, which run when you hand
// in, ask the same functions with fresh inputs of other sizes.
func TestPublic(t *testing.T) {
	local.Run(t, public.Suite, functions)
}

// functions are what is graded; their names and signatures must stay as they are.
var functions = worker.Functions{
	"Reparameterise":         Reparameterise,
	"KLPerDimension":         KLPerDimension,
	"BernoulliLogLikelihood": BernoulliLogLikelihood,
	"GaussianLogLikelihood":  GaussianLogLikelihood,
	"NegativeELBO":           NegativeELBO,
	"ActiveUnits":            ActiveUnits,
	"LinearInterpolation":    LinearInterpolation,
	"LeastSquaresColour":     LeastSquaresColour,
	"BinCrossEntropy":        BinCrossEntropy,
	"ModeColour":             ModeColour,
	"ExpectedColour":         ExpectedColour,
}
