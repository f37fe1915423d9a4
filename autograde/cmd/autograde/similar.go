package main

import (
	"fmt"
	"io"
	"strings"

	"courselab/autograde/grade"
	"courselab/autograde/intake"
	"courselab/autograde/similarity"

	"github.com/spf13/cobra"
)

func similarCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "similar LAB SUBMISSIONS",
		Short: "Show which submissions share more than the task explains",
		Long: "Compares every two submissions as Go tokens: names, values, comments, layout and the order of functions and files do not\n" +
			"count (winnowing fingerprints, as MOSS does). What the lab gives, and what more than half of the class has, is left out. Shows\n" +
			"for each pair how much of what is one's own the other has too, and in which lines. autograde grade writes the same into the\n" +
			"class's page.\n\n" +
			"A share says where to look, and proves nothing: who follows the same hints writes the same lines. Below is what is usual\n" +
			"in this class.",
		Example: "  autograde similar lab1-attention handed-in",
		Args:    exactly("LAB", "SUBMISSIONS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := findLab(args[0])
			if err != nil {
				return err
			}
			submissions, notes, err := intake.List(args[1])
			if err != nil {
				return err
			}
			for _, n := range notes {
				note("%s", n)
			}
			contract, err := l.Contract()
			if err != nil {
				return err
			}
			report := grade.Similar(l, contract, submissions, intake.DefaultLimits())
			if asJSON {
				return printJSON(cmd.OutOrStdout(), report)
			}
			similarTable(cmd.OutOrStdout(), report)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return cmd
}

// Sizes of what a terminal shows.
const (
	similarPairs    = 12
	similarPassages = 3
)

func similarTable(w io.Writer, r *similarity.Report) {
	t := newTable(w, "submissions", "share", "tokens", "", "the longest passages")
	for _, p := range r.Pairs[:min(similarPairs, len(r.Pairs))] {
		look := ""
		if p.Flagged {
			look = "look"
		}
		var passages []string
		for _, passage := range p.Passages[:min(similarPassages, len(p.Passages))] {
			passages = append(passages, where(passage.A)+" = "+where(passage.B))
		}
		if n := len(p.Passages) - similarPassages; n > 0 {
			passages = append(passages, fmt.Sprintf("and %d more", n))
		}
		t.AppendRow([]any{p.A + "\n" + p.B, asPercent(p.ShareA) + "\n" + asPercent(p.ShareB), p.Tokens, look, strings.Join(passages, "\n")})
	}
	if len(r.Pairs) > 0 {
		t.Render()
	}
	if n := r.Flagged - similarPairs; n > 0 {
		fmt.Fprintf(w, "and %s to look at: see --json\n", plural(n, "pair", "pairs"))
	}
	for _, group := range r.Groups {
		fmt.Fprintf(w, "These hang together: %s\n", strings.Join(group, ", "))
	}
	if len(r.Cut) > 0 {
		fmt.Fprintf(w, "Too long to be compared, look yourself: %s\n", strings.Join(r.Cut, ", "))
	}
	fmt.Fprintf(w, "What the lab gives does not count, nor what more than half of the class has: that is %s of what a submission adds (median).\n", asPercent(r.Common))
	if r.Programs < 2 {
		fmt.Fprintln(w, "There is too little left to compare.")
		return
	}
	fmt.Fprintf(w, "%s compared: %s %s or more. Of all pairs half share at most %s, 95 %% at most %s.\n", plural(r.Programs, "submission", "submissions"),
		plural(r.Flagged, "pair shares", "pairs share"), asPercent(r.Flag), asPercent(r.Median), asPercent(r.P95))
}

func where(l similarity.Lines) string {
	return fmt.Sprintf("%s:%d-%d", oneLineOf(l.File, 30), l.From, l.To)
}

func asPercent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }
