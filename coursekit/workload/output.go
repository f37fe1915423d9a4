package workload

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// Output is what a step gives.
type Output struct {
	// Losses of a training step: one, or those of the discriminator and the generator.
	Losses []float64
	// Tokens generated.
	Tokens []int32
	// Score of the tokens, the sum of their log-probabilities, where there is one.
	Score float64
}

// MarshalJSON writes it as the other frameworks' programs do: a number, two numbers, tokens, or tokens and score.
func (o Output) MarshalJSON() ([]byte, error) {
	switch {
	case len(o.Losses) == 1:
		return json.Marshal(o.Losses[0])
	case len(o.Losses) > 0:
		return json.Marshal(o.Losses)
	case o.Score != 0:
		return json.Marshal([]any{o.Tokens, o.Score})
	}
	return json.Marshal(o.Tokens)
}

// Tolerance is the relative error at which Check still takes numbers for those of JAX: more for those of the Go backend, whose matrix
// product sums in another order than XLA's.
func Tolerance(onGo bool) float64 {
	if onGo {
		return 1e-4
	}
	return 1e-5
}

// Check compares the first outputs with the golden ones: as many steps as those, losses and score to a relative
// tolerance, tokens exactly. The error names the first difference.
func (w Workload) Check(outputs []Output, tolerance float64) error {
	if len(outputs) < len(w.Golden) {
		return fmt.Errorf("workload %s: %d steps, the golden numbers need %d", w.Name, len(outputs), len(w.Golden))
	}
	for i, want := range w.Golden {
		got := outputs[i]
		if !slices.Equal(got.Tokens, want.Tokens) {
			return fmt.Errorf("workload %s: step %d: tokens %v, want %v", w.Name, i+1, got.Tokens, want.Tokens)
		}
		numbers, wanted := append(slices.Clone(got.Losses), got.Score), append(slices.Clone(want.Losses), want.Score)
		if len(numbers) != len(wanted) {
			return fmt.Errorf("workload %s: step %d: losses %v, want %v", w.Name, i+1, got.Losses, want.Losses)
		}
		for j, x := range numbers {
			if !(math.Abs(x-wanted[j]) <= tolerance*math.Abs(wanted[j])) {
				return fmt.Errorf("workload %s: step %d: %v, want %v to %g", w.Name, i+1, x, wanted[j], tolerance)
			}
		}
	}
	return nil
}
