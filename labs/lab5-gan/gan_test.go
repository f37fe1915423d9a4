package gan

import (
	"testing"

	"courselab/autograde/check/local"
	"courselab/autograde/worker"
	"courselab/labs/lab5-gan/public"
)

// TestPublic runs the public checks: numbers that can be worked out on paper. The hidden checks, which run when you hand
// in, ask the same functions with fresh inputs of other sizes.
func TestPublic(t *testing.T) {
	local.Run(t, public.Suite, functions)
}

// functions are what is graded; their names and signatures must stay as they are.
var functions = worker.Functions{
	"DiscriminatorLoss":            DiscriminatorLoss,
	"MinimaxGeneratorLoss":         MinimaxGeneratorLoss,
	"NonSaturatingGeneratorLoss":   NonSaturatingGeneratorLoss,
	"HingeDiscriminatorLoss":       HingeDiscriminatorLoss,
	"WassersteinDiscriminatorLoss": WassersteinDiscriminatorLoss,
	"CriticGeneratorLoss":          CriticGeneratorLoss,
	"GradientPenalty":              GradientPenalty,
	"DiscriminatorStep":            DiscriminatorStep,
	"GeneratorStep":                GeneratorStep,
	"TrainingStep":                 TrainingStep,
	"Pack":                         Pack,
	"RingCentres":                  RingCentres,
	"CoverModes":                   CoverModes,
	"CoveredModes":                 CoveredModes,
	"Divergence":                   Divergence,
}
