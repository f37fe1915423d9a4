// Package hidden holds the checks that students do not see.
package hidden

import "courselab/autograde/check"

// Suite is the hidden checks. BookHiddenMarker is searched for where it must not turn up.
var Suite = check.Suite{Lab: "book", Checks: []check.Check{
	{ID: "scale-drawn", Task: "scale", Points: 2, Hidden: true, Title: "BookHiddenMarker: drawn lists", Hint: "Does it scale every element?",
		Run: func(t *check.T) {
			factor, values := 2+t.Rand().Float64(), t.Normal64(7).Float64s()
			want := make([]float64, len(values))
			for i, v := range values {
				want[i] = 2 * v * factor
			}
			t.Close("Scale", t.Call1("Scale", values, factor), want, 1e-9, 0)
		}},
	{ID: "mean-drawn", Task: "mean", Points: 2, Hidden: true, Title: "BookHiddenMarker: drawn lists, and none", Hint: "Try a list with one value, and one with none.",
		Run: func(t *check.T) {
			values, sum := t.Normal64(11).Float64s(), 0.0
			for _, v := range values {
				sum += v
			}
			t.Close("Mean", t.Call1("Mean", values), sum/11, 1e-9, 0)
			t.Rejects("Mean", []float64{})
		}},
}}
