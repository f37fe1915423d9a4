// Package hidden holds the checks that students do not see.
package hidden

import "courselab/autograde/check"

// Suite is the hidden checks. TinyHiddenMarker is searched for where it must not turn up.
var Suite = check.Suite{Lab: "tiny", Checks: []check.Check{
	{ID: "scale-random", Task: "scale", Points: 2, Hidden: true, Title: "TinyHiddenMarker: random matrices", Hint: "Does it scale every element?",
		Run: func(t *check.T) {
			factor := 2 + t.Rand().Float64()
			x := t.Normal(5, 7)
			want := x.Float64s()
			for i := range want {
				want[i] *= factor
			}
			t.Close("Scale", t.Call1("Scale", x, factor), check.Of(want, 5, 7), 1e-5, 1e-5)
		}},
	{ID: "mean-random", Task: "mean", Points: 2, Hidden: true, Title: "TinyHiddenMarker: random lists", Hint: "Try a list with one value.",
		Run: func(t *check.T) {
			values := t.Normal64(11).Float64s()
			sum := 0.0
			for _, v := range values {
				sum += v
			}
			t.Close("Mean", t.Call1("Mean", values), sum/11, 1e-9, 0)
		}},
	{ID: "mean-empty", Task: "mean", Points: 1, Hidden: true, Title: "TinyHiddenMarker: no values", Hint: "A mean of nothing is no number.",
		Run: func(t *check.T) {
			t.Close("Mean", t.Call1("Mean", []float64{4}), 4.0, 0, 0) // one that rejects everything must not pass
			t.Rejects("Mean", []float64{})
		}},
}}
