package hidden_test

import (
	"testing"

	"courselab/autograde/worker"
	lab "courselab/labs/lab3-bert"
	"courselab/labs/lab3-bert/hidden"
	"courselab/labs/lab3-bert/public"
	"courselab/labs/labtest"
)

func TestChecks(t *testing.T) {
	labtest.Run(t, "lab3-bert", worker.Functions{
		"Words":       lab.Words,
		"Choose":      lab.Choose,
		"Corrupt":     lab.Corrupt,
		"Truncate":    lab.Truncate,
		"Encode":      lab.Encode,
		"AtPositions": lab.AtPositions,
		"TiedLogits":  lab.TiedLogits,
		"MaskedLoss":  lab.MaskedLoss,
		"Pool":        lab.Pool,
		"ClassLogits": lab.ClassLogits,
		"ClassLoss":   lab.ClassLoss,
		"Step":        lab.Step,
		"Predict":     lab.Predict,
		"Accuracy":    lab.Accuracy,
		"Matthews":    lab.Matthews,
	}, public.Suite, hidden.Suite)
}
