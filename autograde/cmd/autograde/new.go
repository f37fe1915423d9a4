package main

import (
	"fmt"
	"path/filepath"
	"time"

	"courselab/autograde/lab"
	"courselab/autograde/scaffold"

	"github.com/spf13/cobra"
)

func newCommand() *cobra.Command {
	var dir string
	var asNotebook bool
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Write a small lab that works, to be edited",
		Long: "Writes labs/NAME: two tasks with their solutions, public and hidden checks, wrong answers, a class of three and a course to try\n" +
			"the gradebook with. With --notebook the source is a GoNB notebook, and students hand in theirs. The lab passes autograde audit as it is; edit it piece by piece, and keep it so. Nothing is overwritten.",
		Example: "  autograde new lab6-diffusion\n  autograde new lab7-flows --notebook\n  autograde help walkthrough",
		Args:    exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if dir == "" {
				root, _, err := lab.FindRoot(".")
				if err != nil {
					return err
				}
				dir = filepath.Join(root, "labs", args[0])
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
	cmd.Flags().BoolVar(&asNotebook, "notebook", false, "make a lab whose source is a GoNB notebook")
	cmd.Flags().StringVarP(&dir, "output", "o", "", "folder of the lab (default labs/NAME in the repository)")
	return cmd
}
