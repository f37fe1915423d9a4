// Package public holds the checks that students see.
package public

import "courselab/autograde/check"

// Suite is the public checks.
var Suite = check.Suite{Lab: "book", Checks: []check.Check{
	{ID: "scale-table", Task: "scale", Points: 1, Title: "three numbers, doubled twice", Hint: "Each element counts on its own.",
		Run: func(t *check.T) {
			t.Close("Scale", t.Call1("Scale", []float64{1, -2, 3}, 2.0), []float64{4, -8, 12}, 1e-12, 0)
		}},
	{ID: "mean-table", Task: "mean", Points: 1, Title: "mean of 1, 2 and 6", Hint: "Sum first, then divide.",
		Run: func(t *check.T) { t.Close("Mean", t.Call1("Mean", []float64{1, 2, 6}), 3.0, 1e-12, 0) }},
}}
