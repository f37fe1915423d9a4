package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"courselab/autograde/lab"
	"courselab/autograde/notebook"
	"courselab/autograde/scaffold"

	"github.com/spf13/cobra"
)

func newCommand() *cobra.Command {
	var dir, from string
	var asNotebook bool
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Write a small lab that works, to be edited",
		Long: "Writes labs/NAME: two tasks with their solutions, public and hidden checks, wrong answers, a class of three and a course to try\n" +
			"the gradebook with. With --notebook the source is a GoNB notebook, and students hand in theirs. The lab passes autograde audit as it is; edit it piece by piece, and keep it so. Nothing is overwritten.\n\n" +
			"With --from a notebook made for nbgrader becomes a notebook lab: answers, locked cells and points are carried over, tests stand as\n" +
			"comments where the checks are to be written, and whatever cannot be carried over is listed.",
		Example: "  autograde new lab6-diffusion\n  autograde new lab7-flows --notebook\n  autograde new lab8-graphs --from source/ps1/problem1.ipynb\n  autograde help walkthrough",
		Args:    exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if dir == "" {
				root, _, err := lab.FindRoot(".")
				if err != nil {
					return err
				}
				dir = filepath.Join(root, "labs", args[0])
			}
			if from != "" {
				return importNotebook(cmd, args[0], dir, from)
			}
			kind := scaffold.GoFiles
			if asNotebook {
				kind = scaffold.Notebook
			}
			names, err := scaffold.Write(args[0], dir, kind, time.Now())
			if err != nil {
				return err
			}
			for _, name := range names {
				fmt.Fprintf(cmd.OutOrStdout(), "  %s\n", shown(filepath.Join(dir, filepath.FromSlash(name))))
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Next: autograde audit %s; then edit it, and audit again (autograde help walkthrough)\n", shown(dir))
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "make the lab of this notebook with nbgrader's metadata (schema 3, in Go)")
	cmd.Flags().BoolVar(&asNotebook, "notebook", false, "make a lab whose source is a GoNB notebook")
	cmd.Flags().StringVarP(&dir, "output", "o", "", "folder of the lab (default labs/NAME in the repository)")
	return cmd
}

// importNotebook makes a lab of a notebook for nbgrader, and says what it does not have of it.
func importNotebook(cmd *cobra.Command, name, dir, from string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	n, err := notebook.Read(text)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	made, err := scaffold.FromNBGrader(n)
	if err != nil {
		return fmt.Errorf("%s: %w; nothing was written", from, err)
	}
	names, err := made.Write(name, dir)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	for _, list := range []struct {
		title string
		lines []string
	}{{"carried over:", made.Kept}, {"not carried over:", made.Lost}} {
		fmt.Fprintln(out, list.title)
		for _, line := range list.lines {
			fmt.Fprintf(out, "  %s\n", line)
		}
	}
	for _, file := range names {
		fmt.Fprintf(out, "  %s\n", shown(filepath.Join(dir, filepath.FromSlash(file))))
	}
	fmt.Fprintf(out, "Next: write the checks in %s and hidden/; until then autograde audit %s says which are missing\n", shown(filepath.Join(dir, "public")), shown(dir))
	return nil
}
