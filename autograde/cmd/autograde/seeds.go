package main

import (
	"cmp"
	"fmt"
	"os"

	"courselab/autograde/grade"

	"github.com/spf13/cobra"
)

// seedsOf are the seeds to repeat with: the one given, or as many fresh ones.
func seedsOf(cmd *cobra.Command, fresh int, seed uint64) []uint64 {
	if cmd.Flags().Changed("seed") {
		return []uint64{seed}
	}
	seeds := make([]uint64, max(0, fresh))
	for i := range seeds {
		seeds[i] = grade.Seed()
	}
	return seeds
}

// repeat grades the reference with each of the seeds.
func repeat(cmd *cobra.Command, e *grade.Engine, jobs int, seeds []uint64) (*grade.SeedReport, error) {
	var p *progress
	report, err := e.Repeat(cmd.Context(), jobs, seeds, func(done, total int, seed uint64) {
		if p == nil {
			p = newProgress(os.Stderr, total, false)
		}
		p.step(done, total, fmt.Sprintf("seed %d", seed))
	})
	if p != nil {
		p.end()
	}
	return report, err
}

// seedTable says which checks failed the reference, with their seeds, and what the spread suggests; all spreads if all.
func seedTable(cmd *cobra.Command, r *grade.SeedReport, all bool) {
	out := cmd.OutOrStdout()
	if len(r.Seeds) == 0 {
		return
	}
	if len(r.Failures) > 0 {
		t := newTable(out, "seed", "task", "check", "verdict", "why")
		for _, f := range r.Failures {
			t.AppendRow([]any{f.Seed, f.Task, f.Check, colored(f.Verdict), clipped(f.Why)})
		}
		t.Render()
		fmt.Fprintf(out, "The reference fails with some seeds. Next: mend the check, and audit again with --seed %d\n", r.Failures[0].Seed)
	} else {
		fmt.Fprintf(out, "The reference gets every point with each of %s.\n", plural(len(r.Seeds), "seed", "seeds"))
	}
	shown := newTable(out, "check", "compared", "off by", "allowed", "used", "")
	rows := 0
	for _, s := range r.Spreads {
		if all || s.Suggestion != "" {
			shown.AppendRow([]any{s.Check, clipped(s.What), fmt.Sprintf("%.2g", s.Off), fmt.Sprintf("%.2g", s.Allowed), percent(s.Share()), cmp.Or(s.Suggestion, map[bool]string{true: "fixed"}[s.Fixed])})
			rows++
		}
	}
	switch {
	case rows > 0:
		shown.Render()
	case len(r.Spreads) > 0:
		s := r.Spreads[0]
		fmt.Fprintf(out, "Of its tolerance, no check uses more than %s (%s, with seed %d).\n", percent(s.Share()), s.Check, s.Seed)
	}
}

// percent is "12 %" or "0.0031 %".
func percent(share float64) string {
	if share >= 0.1 {
		return fmt.Sprintf("%.0f %%", 100*share)
	}
	return fmt.Sprintf("%.2g %%", 100*share)
}
