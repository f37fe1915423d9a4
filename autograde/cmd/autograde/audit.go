package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"courselab/autograde/grade"
	"courselab/autograde/lab"

	"github.com/spf13/cobra"
)

func auditCommand() *cobra.Command {
	var jobs, mutants, seeds int
	var seed uint64
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "audit LAB",
		Short: "Prove a lab: reference, release and wrong answers get what they must",
		Long: "Grades what the lab's author knows the outcome of: the reference solution must get every point, the release none, and\n" +
			"each wrong answer in wrong/ exactly the verdicts that it states, task by task. Repeats the reference with other seeds: it must\n" +
			"pass with each; and says how much of its tolerance each check used at most, |got-want| / (atol + rtol |want|): over a tenth is\n" +
			"too close, and next to nothing of a large one lets wrong answers through. Then makes small mistakes in the reference\n" +
			"(mutants) and counts how many of them the checks notice; the others are listed.\n\n" +
			"Exits 0 only when the outcomes are as stated, with every seed, and at least 95 % of the mutants are noticed. A mutant that\n" +
			"computes the same as the reference belongs into the lab's equivalent.yaml, with the reason.",
		Example: "  autograde audit labs/lab1-attention\n  autograde audit labs/lab1-attention --seeds 40 --mutants 0   # flaky?\n" +
			"  autograde audit labs/lab1-attention --mutants 40             # a sample",
		Args: exactly("LAB"),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := instructorsLab(args[0])
			if err != nil {
				return err
			}
			e, err := graders(cmd.Context(), l, false)
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
			repeated, err := repeat(cmd, e, jobs, seedsOf(cmd, seeds, seed))
			if err != nil {
				return err
			}
			report := &grade.MutantReport{}
			if mutants != 0 {
				if report, err = killMutants(cmd, e, jobs, mutants); err != nil {
					return err
				}
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), map[string]any{"trials": trials, "seeds": repeated, "mutants": report})
			} else {
				trialTable(cmd, e, trials)
				seedTable(cmd, repeated, cmd.Flags().Changed("seeds") || cmd.Flags().Changed("seed"))
				mutantTable(cmd, report)
			}
			for _, t := range trials {
				if len(t.Wrong) > 0 {
					return exitFailed
				}
			}
			if report.KillRate() < leastKillRate || report.Troubled > 0 || len(repeated.Failures) > 0 {
				return exitFailed
			}
			return err
		},
	}
	cmd.Flags().IntVar(&mutants, "mutants", -1, "try so many mutants, evenly spread over the solution; 0 none, -1 all")
	cmd.Flags().IntVar(&seeds, "seeds", 3, "repeat the reference with so many seeds")
	cmd.Flags().Uint64Var(&seed, "seed", 0, "repeat the reference with this seed only")
	cmd.Flags().IntVarP(&jobs, "jobs", "j", runtime.NumCPU(), "submissions graded at a time")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the trials as JSON")
	return cmd
}

// leastKillRate is the share of mutants that a lab's checks must notice.
const leastKillRate = 0.95

func killMutants(cmd *cobra.Command, e *grade.Engine, jobs, most int) (*grade.MutantReport, error) {
	var p *progress
	report, err := e.Mutants(cmd.Context(), jobs, max(0, most), func(done, total int, t *grade.MutantTrial) {
		if p == nil {
			p = newProgress(os.Stderr, total, false)
		}
		p.step(done, total, "mutant of "+t.Function)
	})
	if p != nil {
		p.end()
	}
	return report, err
}

func mutantTable(cmd *cobra.Command, r *grade.MutantReport) {
	if len(r.Trials) == 0 {
		return
	}
	out := cmd.OutOrStdout()
	for _, t := range r.Trials {
		if t.Trouble != "" {
			fmt.Fprintf(out, "The grader failed on the mutant %s: %s\n", t.ID, t.Trouble)
		}
	}
	if survivors := r.Survivors(); len(survivors) > 0 {
		t := newTable(out, "survived", "operator", "was", "is")
		for _, s := range survivors {
			t.AppendRow([]any{fmt.Sprintf("%s:%d %s", s.File, s.Line, s.Function), s.Operator, s.Before, s.After})
		}
		t.Render()
	}
	sample := ""
	if len(r.Trials) < r.Generated {
		sample = fmt.Sprintf(", a sample of %d", r.Generated)
	}
	fmt.Fprintf(out, "%s%s: %d noticed, %d equivalent, %d survived; kill rate %.1f %%, must be at least %.0f %%.\n", plural(len(r.Trials), "mutant", "mutants"), sample,
		r.Killed, r.Equivalent, len(r.Survivors()), 100*r.KillRate(), 100*leastKillRate)
	if len(r.Survivors()) > 0 {
		fmt.Fprintf(out, "Next: add a check that notices what survived, or list what changes nothing in %s, as \"ID: reason\" (IDs: --json)\n", lab.EquivalentFile)
	}
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
