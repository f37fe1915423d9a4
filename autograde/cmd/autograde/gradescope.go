package main

import (
	"bytes"
	"fmt"
	"os"

	"courselab/autograde/gradescope"

	"github.com/spf13/cobra"
)

func gradescopeCommand() *cobra.Command {
	var out string
	var options gradescope.Options
	cmd := &cobra.Command{
		Use:   "gradescope LAB [-o FILE]",
		Short: "Make the zip that Gradescope builds an autograder from",
		Long: "Writes a zip with setup.sh, run_autograder, the grader's source and the lab with its hidden checks. Upload it as the autograder of a\n" +
			"programming assignment. While Gradescope builds it, the lab's own solution is graded: the log must say that it gets all points.\n\n" +
			"Where Gradescope's machine gives no sandbox, a submission is not graded and staff are told, unless --i-trust-these-students\n" +
			"says that every submission may read the hidden checks and do to its own container what it likes.",
		Example: "  autograde gradescope labs/lab1-attention -o build/lab1.zip",
		Args:    exactly("LAB"),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := instructorsLab(args[0])
			if err != nil {
				return err
			}
			if out == "" {
				out = l.ID + ".zip"
			}
			var archive bytes.Buffer
			names, err := gradescope.Write(cmd.Context(), l, options, &archive)
			if err != nil {
				return err
			}
			// Renamed into place: nobody uploads half a zip.
			if err := os.WriteFile(out+".part", archive.Bytes(), 0o600); err != nil {
				return err
			}
			if err := os.Rename(out+".part", out); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d files, %d KiB. It holds solution and hidden checks: only staff may have it.\n", shown(out), len(names), archive.Len()>>10)
			fmt.Fprintln(cmd.OutOrStdout(), "Next: in Gradescope, Configure Autograder, Zip file upload; the build's log must end with all points for the solution.")
			return nil
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "the zip (default ID.zip)")
	cmd.Flags().BoolVar(&options.Trust, "i-trust-these-students", false, "grade where there is no sandbox, too")
	return cmd
}
