package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"courselab/autograde/check"
	"courselab/autograde/grade"
	"courselab/autograde/intake"
	"courselab/autograde/lab"
	"courselab/autograde/release"
	"courselab/autograde/result"
	"courselab/autograde/sandbox"

	"github.com/spf13/cobra"
)

// checkSeed is what public checks draw from, the same as under go test.
const checkSeed = 1

func checkCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check DIR",
		Short: "Run the public checks on a student's folder",
		Long: "Runs a lab's rules and public checks on a folder that was released, just as grading does: the same compiler, the\n" +
			"same limits, the same processes; of a notebook, the same declarations, and no kernel. Only the hidden checks are left for\n" +
			"grading; how many they are and what they are worth is shown. Exits 0 only when every public check passes.\n\n" +
			"The checks in the folder run as you, outside the sandbox: this is for your own folder. What others hand in is for autograde grade.",
		Example: "  autograde check release/lab1-attention",
		Args:    exactly("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := lab.Load(args[0])
			if err != nil {
				return err
			}
			manifest, err := release.ReadManifest(l.Dir)
			if err != nil {
				return err
			}
			contract, err := contractOf(l, manifest)
			if err != nil {
				return err
			}
			options := grade.Options{}
			if options.Sandbox, err = openSandbox(); err != nil {
				note("%s; your program runs unprotected, as under go test", oneLine(err))
				options.Sandbox, options.Unboxed = sandbox.Unsafe(), true
			}
			e, err := engine(cmd.Context(), l, contract, options)
			if err != nil {
				return err
			}
			defer e.Close()
			r, err := own(cmd, e, l, manifest)
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), r)
			} else {
				explain(cmd.OutOrStdout(), l, r, manifest)
			}
			if err == nil && r.Verdict != check.Accepted {
				err = exitFailed
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the record as JSON")
	return cmd
}

// contractOf is the manifest's contract, or that of the sources where the instructor checks the lab itself.
func contractOf(l *lab.Lab, manifest *release.Manifest) (*lab.Contract, error) {
	if manifest != nil {
		return &manifest.Contract, nil
	}
	return l.Contract()
}

// own grades the folder with the public checks.
func own(cmd *cobra.Command, e *grade.Engine, l *lab.Lab, manifest *release.Manifest) (*result.Submission, error) {
	list, _, err := intake.List(l.Dir)
	dir, missing := filepath.EvalSymlinks(l.Dir)
	if errors.Join(err, missing) != nil || len(list) != 1 || list[0].Path != dir {
		return nil, fmt.Errorf("there is nothing to check in %s: give the folder of a released lab, e.g. release/lab1-attention", shown(l.Dir))
	}
	files, err := list[0].Read(intake.DefaultLimits())
	if err != nil {
		var refused *intake.Refused
		if errors.As(err, &refused) {
			return nil, errors.New(refused.Message)
		}
		return nil, err
	}
	r := e.Files(cmd.Context(), list[0].Name, files, checkSeed)
	if r == nil {
		return nil, errors.New("stopped")
	}
	var dropped []intake.Dropped
	for _, d := range r.Dropped { // of what came with the release, nobody needs to be told
		expected := d.Name == release.ManifestName || d.Name == lab.File || strings.Contains(d.Name, "/") || strings.HasSuffix(d.Name, "_test.go")
		if manifest != nil {
			_, released := manifest.Files[d.Name]
			expected = expected || released
		}
		if !expected && (strings.HasSuffix(d.Name, ".go") || strings.HasSuffix(d.Name, ".ipynb")) {
			dropped = append(dropped, d)
		}
	}
	r.Dropped = dropped
	return r, nil
}

// explain prints the outcome for a student at a terminal.
func explain(w io.Writer, l *lab.Lab, r *result.Submission, manifest *release.Manifest) {
	t := newTable(w, "task", "public checks", "verdict", "points", "functions")
	passed, total := 0, 0
	for _, task := range r.Tasks {
		s := task.Shares()
		passed, total = passed+s.PublicPassed, total+s.Public
		t.AppendRow([]any{task.ID, fmt.Sprintf("%d of %d", s.PublicPassed, s.Public), verdictOf(&task), points(task.Max), task.Function})
	}
	t.Render()
	if r.Message != "" {
		fmt.Fprintf(w, "\n%s: %s\n", r.Verdict, r.Message)
	}
	if len(r.Problems) > 0 {
		fmt.Fprintf(w, "\n%s:\n", r.Verdict)
		for _, p := range r.Problems {
			fmt.Fprintf(w, "    %s\n", p)
		}
	}
	for _, name := range r.Missing {
		fmt.Fprintf(w, "\n%s is missing: the checks that need it fail.\n", name)
	}
	for _, text := range r.Notes {
		fmt.Fprintf(w, "\n%s.\n", text)
	}
	for _, d := range r.Dropped {
		fmt.Fprintf(w, "\n%s is not graded: %s.\n", d.Name, d.Reason)
	}
	for _, task := range r.Tasks {
		for _, c := range task.Checks {
			if c.Verdict != check.Accepted && !unwritten(c) {
				fmt.Fprintf(w, "\n%s\n", c.Text())
			}
		}
		if task.Staff != "" {
			fmt.Fprintf(w, "\n%s: %s\n", task.ID, task.Staff)
		}
	}
	if r.Staff != "" {
		fmt.Fprintf(w, "\n%s\n", r.Staff)
	}
	fmt.Fprintf(w, "\npublic checks passed: %d of %d", passed, total)
	if manifest != nil {
		hidden, worth := 0, 0.0
		for _, c := range manifest.Tasks {
			hidden, worth = hidden+c.Hidden, worth+c.HiddenWorth
		}
		fmt.Fprintf(w, "; %d hidden checks worth %s of %s points will be run at grading", hidden, points(worth), points(l.Points))
	}
	fmt.Fprintln(w)
}

// unwritten reports whether a check met a hole of the release.
func unwritten(c check.Record) bool {
	return c.Verdict == check.RuntimeError && strings.HasSuffix(c.Message, "not written yet")
}

// verdictOf is the verdict of a task as the table shows it: a hole is no error yet.
func verdictOf(t *result.Task) string {
	if t.Verdict == check.RuntimeError {
		for _, c := range t.Checks {
			if unwritten(c) {
				return "not written yet"
			}
		}
	}
	if t.Verdict == check.InternalError && len(t.Checks) == 0 {
		return "no public checks"
	}
	return colored(t.Verdict)
}
