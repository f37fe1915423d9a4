package hidden_test

import (
	"testing"

	"courselab/autograde/worker"
	lab "courselab/labs/lab2-transformer"
	"courselab/labs/lab2-transformer/hidden"
	"courselab/labs/lab2-transformer/public"
	"courselab/labs/labtest"
)

func TestChecks(t *testing.T) {
	labtest.Run(t, "lab2-transformer", worker.Functions{
		"LayerNorm":      lab.LayerNorm,
		"FeedForward":    lab.FeedForward,
		"Block":          lab.Block,
		"TeacherForcing": lab.TeacherForcing,
		"TokenLoss":      lab.TokenLoss,
		"Temperature":    lab.Temperature,
		"KeepTopK":       lab.KeepTopK,
		"KeepNucleus":    lab.KeepNucleus,
		"Draw":           lab.Draw,
		"LengthPenalty":  lab.LengthPenalty,
		"Greedy":         lab.Greedy,
		"Beam":           lab.Beam,
	}, public.Suite, hidden.Suite)
}
