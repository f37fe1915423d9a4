package bert

import (
	"testing"

	"courselab/autograde/check/local"
	"courselab/autograde/worker"
	"courselab/labs/lab3-bert/public"
)

// TestPublic runs the public checks: small tables. The hidden checks, which run when you hand in, ask the same functions
// with fresh inputs of other sizes.
func TestPublic(t *testing.T) {
	local.Run(t, public.Suite, functions)
}

// functions are what is graded; their names and signatures must stay as they are.
var functions = worker.Functions{
	"Words":       Words,
	"Choose":      Choose,
	"Corrupt":     Corrupt,
	"Truncate":    Truncate,
	"Encode":      Encode,
	"AtPositions": AtPositions,
	"TiedLogits":  TiedLogits,
	"MaskedLoss":  MaskedLoss,
	"Pool":        Pool,
	"ClassLogits": ClassLogits,
	"ClassLoss":   ClassLoss,
	"Step":        Step,
	"Predict":     Predict,
	"Accuracy":    Accuracy,
	"Matthews":    Matthews,
}
