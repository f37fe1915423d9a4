package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"courselab/autograde/grade"

	"github.com/spf13/cobra"
)

func auditCommand() *cobra.Command {
	var jobs int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "audit LAB",
		Short: "Prove a lab: reference, release and wrong answers get what they must",
		Long: "Grades what the lab's author knows the outcome of: the reference solution must get every point, the release none, and\n" +
			"each wrong answer in wrong/ exactly the verdicts that it states, task by task. Exits 0 only when all of them do.",
		Example: "  autograde audit labs/lab1-attention",
		Args:    exactly("LAB"),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := findLab(args[0])
			if err != nil {
				return err
			}
			if !l.Has("hidden") {
				return fmt.Errorf("lab %s has no hidden checks here: audit the instructor's folder of the lab", l.ID)
			}
			s, err := box(false)
			if err != nil {
				return err
			}
			contract, err := l.Contract()
			if err != nil {
				return err
			}
			e, err := engine(cmd.Context(), l, contract, grade.Options{Sandbox: s, Hidden: true})
			if err != nil {
				return err
			}
			defer e.Close()
			var p *progress
			trials, err := e.Audit(cmd.Context(), jobs, func(done, total int, t *grade.Trial) {
				if p == nil {
					p = newProgress(os.Stderr, total, false)
				}
				p.step(done, total, t.Name)
			})
			if p != nil {
				p.end()
			}
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), trials)
			} else {
				trialTable(cmd, e, trials)
			}
			for _, t := range trials {
				if len(t.Wrong) > 0 {
					return exitFailed
				}
			}
			return err
		},
	}
	cmd.Flags().IntVarP(&jobs, "jobs", "j", runtime.NumCPU(), "submissions graded at a time")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the trials as JSON")
	return cmd
}

func trialTable(cmd *cobra.Command, e *grade.Engine, trials []*grade.Trial) {
	header := []any{"submission", "score"}
	for _, task := range e.Lab.Tasks {
		header = append(header, task.ID)
	}
	t := newTable(cmd.OutOrStdout(), append(header, "as stated")...)
	failed := 0
	for _, trial := range trials {
		row := []any{trial.Name, ""}
		if trial.Got != nil {
			row[1] = points(trial.Got.Score)
			for _, task := range trial.Got.Tasks {
				row = append(row, colored(task.Verdict))
			}
		}
		verdict := "yes"
		if len(trial.Wrong) > 0 {
			failed++
			verdict = "NO: " + strings.Join(trial.Wrong, "; ")
		}
		t.AppendRow(append(row, verdict))
	}
	t.Render()
	if failed > 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "%d of %d did not get what they must. Next: mend the checks, or the verdicts that the wrong answers state\n", failed, len(trials))
		return
	}
	fmt.Fprintf(cmd.OutOrStdout(), "The reference gets every point, the release none, and %s the stated verdicts.\n", plural(len(trials)-2, "wrong answer", "wrong answers"))
}
