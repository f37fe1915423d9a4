package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"courselab/autograde/grade"
	"courselab/autograde/intake"
	"courselab/autograde/result"

	"github.com/spf13/cobra"
)

func replayCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "replay LAB SUBMISSIONS OUT [STUDENT...]",
		Short: "Run recorded grades again, with their seeds, and say whether they are the same",
		Long: "Takes the records that autograde grade has left in OUT, of the students named or of all, and runs each again with the seed of\n" +
			"the record: the same inputs, the same questions. Says whether every task gets the verdict and the points of the record, and\n" +
			"what has changed if the submission, the checks, the lab's rules, its limits or the toolchain are not those of the record.\n" +
			"Nothing is written. Exits 0 only when nothing has changed and every task comes out the same.",
		Example: "  autograde replay labs/lab1-attention handed-in grades amara-okafor",
		Args: func(cmd *cobra.Command, args []string) error {
			return exactly("LAB", "SUBMISSIONS", "OUT")(cmd, args[:min(3, len(args))])
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := instructorsLab(args[0])
			if err != nil {
				return err
			}
			submissions, _, err := intake.List(args[1])
			if err != nil {
				return err
			}
			out := result.Folder(args[2])
			chosen, err := recorded(submissions, out, args[2:])
			if err != nil {
				return err
			}
			e, err := graders(cmd.Context(), l, false)
			if err != nil {
				return err
			}
			defer e.Close()
			var replays []*grade.Replay
			failed := 0
			for _, s := range chosen {
				r := e.Replay(cmd.Context(), s, out.Load(s.Name))
				if r == nil {
					return fmt.Errorf("stopped after %d of %d", len(replays), len(chosen))
				}
				if !r.Proves() {
					failed++
				}
				replays = append(replays, r)
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), replays)
			} else {
				replayTable(cmd.OutOrStdout(), replays)
			}
			if err == nil && failed > 0 {
				err = exitFailed
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the replays as JSON, each with both records")
	return cmd
}

// recorded finds the submissions to replay: those named after the folder of the results, or all that have a record there.
func recorded(submissions []intake.Submission, out result.Folder, args []string) ([]intake.Submission, error) {
	known := out.Students()
	if len(known) == 0 {
		return nil, fmt.Errorf("there are no records in %s: give the folder that autograde grade -o has filled", args[0])
	}
	var chosen []intake.Submission
	for _, s := range submissions {
		if slices.Contains(known, s.Name) && (len(args) == 1 || slices.Contains(args[1:], s.Name)) {
			chosen = append(chosen, s)
		}
	}
	for _, name := range args[1:] {
		if !slices.ContainsFunc(chosen, func(s intake.Submission) bool { return s.Name == name }) {
			if slices.Contains(known, name) {
				return nil, fmt.Errorf("%s has a record and no submission any more", name)
			}
			return nil, fmt.Errorf("%s has no record in %s; there are %s", name, args[0], strings.Join(known[:min(5, len(known))], ", "))
		}
	}
	return chosen, nil
}

func replayTable(w io.Writer, replays []*grade.Replay) {
	t := newTable(w, "student", "seed", "recorded", "again", "outcome", "what is not as it was")
	same := 0
	for _, r := range replays {
		outcome := "the same"
		if r.Move != nil {
			outcome = "ANOTHER: " + taskMoves(r.Move)
		}
		if r.Proves() {
			same++
		}
		var changed []string
		for _, c := range r.Changed {
			changed = append(changed, c.String())
		}
		t.AppendRow([]any{r.Student, r.Recorded.Seed, points(r.Recorded.Score), points(r.Now.Score), outcome, strings.Join(changed, "\n")})
	}
	t.Render()
	fmt.Fprintf(w, "%d of %s confirmed: nothing has changed, and every task came out the same.\n", same, plural(len(replays), "record", "records"))
}
