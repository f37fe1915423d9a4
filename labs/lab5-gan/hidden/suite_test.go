package hidden_test

import (
	"testing"

	"courselab/autograde/worker"
	lab "courselab/labs/lab5-gan"
	"courselab/labs/lab5-gan/hidden"
	"courselab/labs/lab5-gan/public"
	"courselab/labs/labtest"
)

func TestChecks(t *testing.T) {
	labtest.Run(t, "lab5-gan", worker.Functions{
		"DiscriminatorLoss":            lab.DiscriminatorLoss,
		"MinimaxGeneratorLoss":         lab.MinimaxGeneratorLoss,
		"NonSaturatingGeneratorLoss":   lab.NonSaturatingGeneratorLoss,
		"HingeDiscriminatorLoss":       lab.HingeDiscriminatorLoss,
		"WassersteinDiscriminatorLoss": lab.WassersteinDiscriminatorLoss,
		"CriticGeneratorLoss":          lab.CriticGeneratorLoss,
		"GradientPenalty":              lab.GradientPenalty,
		"DiscriminatorStep":            lab.DiscriminatorStep,
		"GeneratorStep":                lab.GeneratorStep,
		"TrainingStep":                 lab.TrainingStep,
		"Pack":                         lab.Pack,
		"RingCentres":                  lab.RingCentres,
		"CoverModes":                   lab.CoverModes,
		"CoveredModes":                 lab.CoveredModes,
		"Divergence":                   lab.Divergence,
	}, public.Suite, hidden.Suite)
}
