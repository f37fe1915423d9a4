package main

import (
	"fmt"
	"path/filepath"

	"courselab/autograde/grade"
	"courselab/autograde/lab"
	"courselab/autograde/release"

	"github.com/spf13/cobra"
)

func releaseCommand() *cobra.Command {
	var options release.Options
	cmd := &cobra.Command{
		Use:   "release LAB [-o DIR]",
		Short: "Make the students' version of a lab",
		Long: "Makes the students' version of a lab: solutions become holes that say which task they belong to, hidden checks,\n" +
			"wrong answers and samples stay behind. Before anything is written, the release is searched for text of a solution or\n" +
			"of a hidden check, compiled, and its tests must fail kindly. A folder that a student has worked in is not overwritten.",
		Example: "  autograde release labs/lab1-attention\n  autograde release lab1-attention -o release/lab1-attention",
		Args:    exactly("LAB"),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := findLab(args[0])
			if err != nil {
				return err
			}
			options.State, options.Accepted = grade.State(l), func() { noteFirstRun(l) }
			r, err := release.Make(cmd.Context(), l, options)
			if err != nil {
				return err
			}
			if r.Aside != "" {
				note("what you had is in %s", r.Aside)
			}
			say(cmd, l, r)
			return nil
		},
	}
	cmd.Flags().StringVarP(&options.Dir, "output", "o", "", "folder of the release (default release/ID in the lab's repository)")
	cmd.Flags().BoolVar(&options.Force, "force", false, "move a folder that a student has worked in aside")
	return cmd
}

func say(cmd *cobra.Command, l *lab.Lab, r *release.Release) {
	public, hidden, worth := 0, 0, 0.0
	for _, c := range r.Manifest.Tasks {
		public, hidden, worth = public+c.Public, hidden+c.Hidden, worth+c.HiddenWorth
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s released into %s: %d files, %d tasks, %d public checks; %d hidden checks worth %s points stay here.\n",
		l.ID, shown(r.Dir), len(r.Files), len(l.Tasks), public, hidden, points(worth))
	fmt.Fprintf(cmd.OutOrStdout(), "No line of a solution or of a hidden check is in it, it compiles, and its tests fail until the holes are filled.\n")
	if rel, err := filepath.Rel(l.Root, r.Dir); err == nil && !filepath.IsAbs(rel) && rel[0] != '.' {
		first := "go test ./" + filepath.ToSlash(rel)
		if l.Notebook != "" {
			first = "open " + shown(filepath.Join(r.Dir, l.Notebook)) + " in JupyterLab"
		}
		fmt.Fprintf(cmd.OutOrStdout(), "Next: %s; autograde check %s\n", first, shown(r.Dir))
		return
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Next: students put it into their copy of the repository as %s\n", filepath.Join("release", l.ID))
}
