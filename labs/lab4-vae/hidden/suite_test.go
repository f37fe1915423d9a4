package hidden_test

import (
	"testing"

	"courselab/autograde/worker"
	lab "courselab/labs/lab4-vae"
	"courselab/labs/lab4-vae/hidden"
	"courselab/labs/lab4-vae/public"
	"courselab/labs/labtest"
)

func TestChecks(t *testing.T) {
	labtest.Run(t, "lab4-vae", worker.Functions{
		"Reparameterise":         lab.Reparameterise,
		"KLPerDimension":         lab.KLPerDimension,
		"BernoulliLogLikelihood": lab.BernoulliLogLikelihood,
		"GaussianLogLikelihood":  lab.GaussianLogLikelihood,
		"NegativeELBO":           lab.NegativeELBO,
		"ActiveUnits":            lab.ActiveUnits,
		"LinearInterpolation":    lab.LinearInterpolation,
		"LeastSquaresColour":     lab.LeastSquaresColour,
		"BinCrossEntropy":        lab.BinCrossEntropy,
		"ModeColour":             lab.ModeColour,
		"ExpectedColour":         lab.ExpectedColour,
	}, public.Suite, hidden.Suite)
}
