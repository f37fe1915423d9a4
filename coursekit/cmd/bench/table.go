package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"

	"courselab/coursekit/workload"
)

// summary is what the rounds of one workload in one framework and mode come to: medians over the runs, of those with quiet
// windows if there are any.
type summary struct {
	framework, workload, mode string
	step, cpu                 float64 // milliseconds a step: wall time, processor time
	first                     float64 // seconds
	peak                      float64 // MB
	gflops                    float64
	runs                      int
	noisy                     bool // no run had a quiet window
}

// summaries in the order in which the records first name them.
func summaries(records []record) (list []summary) {
	type key struct{ framework, workload, mode string }
	groups := map[key][]record{}
	var order []key
	for _, r := range records {
		k := key{r.Framework, r.Workload, r.Mode}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], r)
	}
	for _, k := range order {
		all := groups[k]
		quiet := slices.DeleteFunc(slices.Clone(all), func(r record) bool { return r.QuietWindows == 0 })
		s := summary{framework: k.framework, workload: k.workload, mode: k.mode, runs: len(all), noisy: len(quiet) == 0}
		if s.noisy {
			quiet = all
		}
		s.step = medianOf(quiet, func(r record) float64 { return r.Median })
		s.cpu = medianOf(quiet, func(r record) float64 { return r.CPUPerStep })
		s.gflops = medianOf(quiet, func(r record) float64 { return r.GFLOPsPerS })
		s.first = medianOf(all, func(r record) float64 { return r.FirstStep })
		s.peak = medianOf(all, func(r record) float64 { return r.Peak })
		list = append(list, s)
	}
	return list
}

func medianOf(records []record, value func(record) float64) float64 {
	values := make([]float64, len(records))
	for i, r := range records {
		values[i] = value(r)
	}
	slices.Sort(values)
	return quantile(values, 0.5)
}

// goal bounds a ratio, ours to theirs.
type goal struct {
	most   float64
	strict bool // less than most, not equal
}

func (g goal) met(ratio float64) bool {
	return ratio < g.most || !g.strict && ratio == g.most
}

func (g goal) String() string {
	if g.strict {
		return fmt.Sprintf("< %g", g.most)
	}
	return fmt.Sprintf("≤ %g", g.most)
}

// goals of ours against theirs: of the step, the first step and the peak memory; nil where there is none.
func goals(ours, theirs summary) (step, first, peak *goal) {
	asGood, better := &goal{most: 1}, &goal{most: 1, strict: true}
	generates := false
	if w, err := workload.Find(ours.workload); err == nil {
		generates = len(w.Golden) == 1
	}
	switch {
	case ours.mode == "go" && theirs.framework == coursekit:
		return &goal{most: 8}, nil, nil
	case theirs.framework == "jax" && generates:
		return better, asGood, asGood
	case theirs.framework == "jax":
		return asGood, asGood, asGood
	case theirs.framework == "torch":
		return better, nil, nil
	}
	return nil, nil, nil
}

// writeTable prints what was measured and, below, each of ours beside each of the others.
func writeTable(w io.Writer, list []summary) error {
	measured := newTable(w, "workload", "framework", "mode", "step ms", "CPU ms", "GFLOP/s", "first step s", "peak MB", "runs")
	noisy := false
	for _, s := range list {
		step := fmt.Sprintf("%.2f", s.step)
		if s.noisy {
			step, noisy = step+"*", true
		}
		measured.AppendRow(table.Row{
			s.workload, s.framework, s.mode, step, fmt.Sprintf("%.2f", s.cpu), fmt.Sprintf("%.1f", s.gflops),
			fmt.Sprintf("%.2f", s.first), fmt.Sprintf("%.0f", s.peak), s.runs,
		})
	}
	measured.Render()
	if noisy {
		fmt.Fprintln(w, "* in no run did other processes leave the machine alone: the least noisy windows")
	}

	ratios := newTable(w, "workload", "ours", "theirs", "step", "goal", "first step", "goal", "peak memory", "goal")
	met, all := 0, 0
	cell := func(ours, theirs float64, g *goal) (ratio, mark string) {
		ratio = fmt.Sprintf("%.2f", ours/theirs)
		if g == nil {
			return ratio, ""
		}
		all++
		if g.met(ours / theirs) {
			met++
			return ratio, fmt.Sprintf("%s met", *g)
		}
		return ratio, fmt.Sprintf("%s NOT met", *g)
	}
	for _, ours := range list {
		for _, theirs := range list {
			if !comparable(ours, theirs) {
				continue
			}
			stepGoal, firstGoal, peakGoal := goals(ours, theirs)
			step, stepMark := cell(ours.step, theirs.step, stepGoal)
			first, firstMark := cell(ours.first, theirs.first, firstGoal)
			peak, peakMark := cell(ours.peak, theirs.peak, peakGoal)
			if ours.noisy || theirs.noisy {
				step += "*"
			}
			ratios.AppendRow(table.Row{
				ours.workload, ours.mode, theirs.framework + " " + theirs.mode, step, stepMark, first, firstMark, peak, peakMark,
			})
		}
	}
	if ratios.Length() == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nRatios of the medians, ours to theirs: below 1 is faster, or smaller.")
	ratios.Render()
	_, err := fmt.Fprintf(w, "%d of %d goals met.\n", met, all)
	return err
}

// comparable says whether a row of ratios has these two: XLA with another framework, or pure Go with XLA.
func comparable(ours, theirs summary) bool {
	if ours.framework != coursekit || ours.workload != theirs.workload {
		return false
	}
	if ours.mode == "go" {
		return theirs.framework == coursekit && theirs.mode == "xla"
	}
	return theirs.framework != coursekit
}

func newTable(w io.Writer, header ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row(header))
	return t
}
