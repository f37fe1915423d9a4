// Package public holds the checks that students see.
package public

import "courselab/autograde/check"

// Suite is the public checks.
var Suite = check.Suite{Lab: "tiny", Checks: []check.Check{
	{ID: "scale-table", Task: "scale", Points: 1, Title: "three numbers, doubled", Hint: "Each element counts on its own.",
		Run: func(t *check.T) {
			got := t.Call1("Scale", check.Of([]float32{1, -2, 3}, 3), 2.0)
			t.Contract(got, "Float32", 3)
			t.Close("Scale", got, []float64{2, -4, 6}, 1e-6, 0)
		}},
	{ID: "mean-table", Task: "mean", Points: 1, Title: "mean of 1, 2 and 6", Hint: "Sum first, then divide.",
		Run: func(t *check.T) { t.Close("Mean", t.Call1("Mean", []float64{1, 2, 6}), 3.0, 1e-12, 0) }},
}}
