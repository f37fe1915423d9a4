// Package milestone shows in a notebook what an experiment found: a milestone's numbers beside those that are expected, its
// curves and its attention maps.
//
//	result := milestone.Must(experiment.Words(config)) // panics if a check of the milestone is not met
//	milestone.Show(result, 12)                         // seeds, backend, wall time; a table
//	notebook.Show(milestone.Curves(result, "step", "Skip-gram learns"))
//
// It is no part of the package notebook, so that cells that run no experiment need not be linked with all of them.
package milestone

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat"

	"courselab/coursekit/experiment"
	"courselab/coursekit/notebook"
	"courselab/coursekit/plot"
)

// Must returns the result of an experiment. It panics if there was an error, or if a check is not met, so that a notebook
// whose text is no longer true fails.
func Must(result experiment.Result, err error) experiment.Result {
	if err != nil {
		panic(err)
	}
	for _, check := range result.Checks {
		if !check.Passed {
			panic(fmt.Errorf("%s, %s: got %s, want %s", result.ID, check.Name, check.Got, check.Want))
		}
	}
	return result
}

// Show says with which seeds, on which backend and in how many seconds the result was found, next to the seconds that two idle
// cores take with XLA, and shows the numbers of the given names beside what is expected of them and why; all numbers if none is
// named. Of several seeds it shows the mean. It panics if there is no number of a name.
func Show(result experiment.Result, expectedSeconds float64, names ...string) {
	heading(os.Stdout, result, expectedSeconds)
	rows := [][]string{{"measured", "value", "expected, or baseline", "which is"}}
	for _, number := range chosen(result, names) {
		expected := ""
		if number.Expected != nil {
			expected = short(*number.Expected)
		}
		rows = append(rows, []string{number.Name, short(stat.Mean(number.Values, nil)) + unit(number.Unit), expected, number.From})
	}
	notebook.Table(rows)
}

// heading is what `nb execute` looks for: an experiment must say where its numbers come from.
func heading(w io.Writer, result experiment.Result, expectedSeconds float64) {
	seeds := make([]string, len(result.Seeds))
	for i, seed := range result.Seeds {
		seeds[i] = strconv.FormatInt(seed, 10)
	}
	word := "seed"
	if len(seeds) != 1 {
		word = "seeds"
	}
	settings := ""
	if result.Quick {
		settings = ", reduced settings"
	}
	fmt.Fprintf(w, "%s · %s %s · %s · %.1f s%s (two idle cores with XLA: about %g s)\n",
		result.ID, word, strings.Join(seeds, ", "), result.Backend.Name, result.Seconds, settings, expectedSeconds)
}

func chosen(result experiment.Result, names []string) []experiment.Number {
	if len(names) == 0 {
		return result.Numbers
	}
	var numbers []experiment.Number
	for _, name := range names {
		number, ok := result.Number(name)
		if !ok {
			var known []string
			for _, n := range result.Numbers {
				known = append(known, strconv.Quote(n.Name))
			}
			panic(fmt.Errorf("milestone: %s has no number %q: there are %s", result.ID, name, strings.Join(known, ", ")))
		}
		numbers = append(numbers, number)
	}
	return numbers
}

// unit is left out where the name says it.
func unit(unit string) string {
	if slices.Contains([]string{"share", "mean share", "square", "count"}, unit) {
		return ""
	}
	return " " + unit
}

// short writes a number with at most four digits.
func short(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }

// Curves draws the curves of the result whose axis is called xLabel and whose name has one of the given parts; all of that
// axis if no part is given. It panics if there is none.
func Curves(result experiment.Result, xLabel, title string, parts ...string) *plot.Figure {
	var series []plot.Series
	yLabel := ""
	for _, curve := range result.Curves {
		if curve.XLabel != xLabel || !hasPart(curve.Name, parts) {
			continue
		}
		name, _ := strings.CutSuffix(curve.Name, onlySeed(result))
		series, yLabel = append(series, plot.Series{Name: name, X: curve.X, Y: curve.Y}), curve.YLabel
	}
	if len(series) == 0 {
		panic(fmt.Errorf("milestone: %s has no curve over %q with %q in its name", result.ID, xLabel, parts))
	}
	return plot.Curves(title, xLabel, yLabel, series...)
}

// onlySeed is what the names of curves end in where it says nothing.
func onlySeed(result experiment.Result) string {
	if len(result.Seeds) != 1 {
		return ""
	}
	return fmt.Sprintf(", seed %d", result.Seeds[0])
}

// Maps draws the attention maps of the result whose name has one of the given parts side by side; all if no part is given.
// The parts are left out of the titles where they are at the beginning. It panics if there is none.
func Maps(result experiment.Result, size float64, parts ...string) *plot.Figure {
	var figures []*plot.Figure
	for _, m := range result.Maps {
		if !hasPart(m.Name, parts) {
			continue
		}
		title := m.Name
		for _, part := range parts {
			title = strings.TrimLeft(strings.TrimPrefix(title, part), ", ")
		}
		if title == "" {
			title = m.Name
		}
		figures = append(figures, plot.HeatMap(title, m.Weights, m.Rows, m.Columns).ColorRange(0, 1).Size(size, 0))
	}
	if len(figures) == 0 {
		panic(fmt.Errorf("milestone: %s has no map with %q in its name", result.ID, parts))
	}
	return plot.Row(figures...)
}

func hasPart(name string, parts []string) bool {
	return len(parts) == 0 || slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(name, part) })
}
