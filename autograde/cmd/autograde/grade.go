package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"courselab/autograde/check"
	"courselab/autograde/grade"
	"courselab/autograde/intake"
	"courselab/autograde/result"
	"courselab/autograde/sandbox"

	"github.com/spf13/cobra"
)

func gradeCommand() *cobra.Command {
	var o struct {
		out          string
		jobs         int
		fresh, trust bool
		accept       []string
		json         bool
	}
	cmd := &cobra.Command{
		Use:   "grade LAB SUBMISSIONS -o OUT",
		Short: "Grade a class",
		Long: "Grades every submission in a folder: one folder, archive (.zip, .tar, .tar.gz, .txtar) or notebook (.ipynb) a student.\n\n" +
			"OUT gets, for each student, STUDENT/results.json (Gradescope's format) and STUDENT/feedback.html; for the class\n" +
			"grades.csv, summary.json and index.html; for staff records/STUDENT.json. Results are written as each submission is\n" +
			"finished. A run that was stopped goes on where it was: what is graded, and has not changed, is kept.\n\n" +
			"Grading into the same OUT again grades only what changed: the submission, the checks, the lab's rules, its limits or the\n" +
			"toolchain. Whose grade moves is listed with the reason, and kept in changes.csv. A grade that would become lower is held\n" +
			"back, and the old one stands, until --accept-lower names the student.\n\n" +
			"Without a sandbox nothing is graded, unless --i-trust-these-students says that every submission may do to this\n" +
			"machine what you may do.",
		Example: "  autograde grade labs/lab1-attention handed-in -o grades\n  autograde grade lab1-attention labs/lab1-attention/samples -o build/grades -j 4 --json",
		Args:    exactly("LAB", "SUBMISSIONS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.out == "" {
				return usage{errors.New("grade needs a folder for the results: -o OUT")}
			}
			l, err := instructorsLab(args[0])
			if err != nil {
				return err
			}
			submissions, notes, err := intake.List(args[1])
			if err != nil {
				return err
			}
			if err := outFolder(o.out, args[1], l.ID); err != nil {
				return err
			}
			accept, err := acceptance(o.accept, submissions)
			if err != nil {
				return err
			}
			e, err := graders(cmd.Context(), l, o.trust)
			if err != nil {
				return err
			}
			defer e.Close()
			for _, n := range notes {
				note("%s", n)
			}
			progress := newProgress(os.Stderr, len(submissions), !o.json)
			encoder := json.NewEncoder(cmd.OutOrStdout())
			batch := &grade.Batch{Engine: e, Out: result.Folder(o.out), Jobs: o.jobs, Fresh: o.fresh, Accept: accept, On: func(ev grade.Event) {
				progress.event(ev)
				if o.json {
					_ = encoder.Encode(ev) // whoever reads has gone away: the results still count
				}
			}}
			class, err := batch.Run(cmd.Context(), submissions)
			progress.end()
			if err != nil {
				return err
			}
			if !o.json {
				report(cmd.OutOrStdout(), class, o.out)
			}
			held := heldBack(class)
			if len(held) > 0 {
				fmt.Fprintf(os.Stderr, "autograde: lower grades are held back, and the old ones stand, for %s; to take one over, run again with --accept-lower NAME, or all\n",
					strings.Join(held[:min(5, len(held))], ", "))
			}
			if len(class.NeedLook) > 0 {
				fmt.Fprintf(os.Stderr, "autograde: %s met an internal error (%s): see %s, then run the same command again\n",
					plural(len(class.NeedLook), "submission", "submissions"), strings.Join(class.NeedLook[:min(5, len(class.NeedLook))], ", "),
					shown(filepath.Join(o.out, "records")))
			}
			if len(held)+len(class.NeedLook) > 0 {
				return exitLook
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&o.out, "output", "o", "", "folder for the results")
	cmd.Flags().IntVarP(&o.jobs, "jobs", "j", runtime.NumCPU(), "submissions graded at a time")
	cmd.Flags().BoolVar(&o.fresh, "fresh", false, "grade again what an earlier run has graded, with new seeds")
	cmd.Flags().StringArrayVar(&o.accept, "accept-lower", nil, "a student whose grade may become lower, or all; may be repeated")
	cmd.Flags().BoolVar(&o.json, "json", false, "print an event a line, as JSON")
	cmd.Flags().BoolVar(&o.trust, "i-trust-these-students", false, "grade without a sandbox: submissions may do what you may do")
	return cmd
}

// openSandbox is sandbox.Open; tests take the boundary away.
var openSandbox = sandbox.Open

// box opens the sandbox, or does without where that is asked for.
func box(trust bool) (sandbox.Sandbox, error) {
	if trust {
		note("no sandbox: submissions run as you, on this machine, with its network")
		return sandbox.Unsafe(), nil
	}
	s, err := openSandbox()
	if err != nil {
		return nil, fmt.Errorf("%w; see autograde doctor, or grade unprotected with --i-trust-these-students", err)
	}
	return s, nil
}

// outFolder refuses a folder for results that holds something else, or is mixed up with the submissions.
func outFolder(out, submissions, lab string) error {
	absOut, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	absIn, err := filepath.Abs(submissions)
	if err != nil {
		return err
	}
	if absOut == absIn || strings.HasPrefix(absOut, absIn+string(filepath.Separator)) || strings.HasPrefix(absIn, absOut+string(filepath.Separator)) {
		return fmt.Errorf("the results cannot go to %s, which is mixed up with the submissions: give another folder with -o", out)
	}
	entries, err := os.ReadDir(out)
	if err != nil {
		if info, statErr := os.Stat(out); statErr == nil && !info.IsDir() {
			return fmt.Errorf("%s is a file: give a folder for the results with -o", out)
		}
		return nil // new
	}
	for _, entry := range entries {
		if entry.Name() == "records" && entry.IsDir() {
			return sameLab(out, lab)
		}
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s holds other files: give a new folder for the results with -o", out)
	}
	return nil
}

// sameLab refuses results of another lab.
func sameLab(out, lab string) error {
	for _, student := range result.Folder(out).Students() {
		if r := result.Folder(out).Load(student); r != nil {
			if r.Lab != lab {
				return fmt.Errorf("%s holds grades of %s: give another folder for those of %s with -o", out, r.Lab, lab)
			}
			return nil
		}
	}
	return nil
}

// report prints the class.
func report(w io.Writer, class *result.Class, out string) {
	header := []any{"student", "score", "verdict"}
	for _, t := range class.Tasks {
		header = append(header, t.ID)
	}
	t := newTable(w, header...)
	for _, line := range class.Submissions {
		row := []any{line.Student, points(line.Score), colored(line.Verdict)}
		for _, p := range line.Tasks {
			row = append(row, points(p))
		}
		t.AppendRow(row)
	}
	footer := []any{"mean", points(class.Mean), "of " + points(class.Max)}
	for _, task := range class.Tasks {
		footer = append(footer, points(task.Mean))
	}
	t.AppendFooter(footer)
	t.Render()
	fmt.Fprintf(w, "%s in %.1f s", plural(class.Count, "submission", "submissions"), class.Seconds)
	if class.Kept > 0 {
		fmt.Fprintf(w, ", %d of them kept from before", class.Kept)
	}
	fmt.Fprintf(w, "; one takes %.2f s and %.2f s of processor time (medians). Sandbox: %s.\n", class.PerSeconds, class.CPUSeconds, class.Sandbox)
	if n := class.Verdicts[string(check.Forbidden)]; n > 0 {
		fmt.Fprintf(w, "%s broke a rule of the lab and got no points.\n", plural(n, "submission", "submissions"))
	}
	movesTable(w, class, out)
	fmt.Fprintf(w, "Next: open %s, or autograde stats %s; the grades are in %s\n", shown(filepath.Join(out, "index.html")), shown(out), shown(filepath.Join(out, "grades.csv")))
}
