// Command lab runs the course's milestones and says how it went.
//
//	lab list              what there is, what each shows, what to expect
//	lab run M6            train, measure, compare with the expected numbers
//	lab report            all of them, and the table of their numbers
//	lab doctor            which compute backend is used, and why
//
// Results go to standard output, progress to standard error. The exit code is 0 only if every check has passed.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"courselab/coursekit/experiment"
)

// errMissed says that a milestone ran and missed a check; everything about it has been printed already.
var errMissed = errors.New("a check was missed")

func main() {
	err := command(experiment.Find, experiment.Milestones).Execute()
	code := exitCode(err)
	if code == 2 {
		fmt.Fprintln(os.Stderr, "lab:", oneLine(err))
	}
	os.Exit(code)
}

// exitCode is 0 if all is well, 1 if a check was missed, 2 if something could not run.
func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errMissed):
		return 1
	}
	return 2
}

// command is the whole command line. find looks milestones up in the catalogue.
func command(find func(id string) (experiment.Milestone, error), catalogue func() []experiment.Milestone) *cobra.Command {
	root := &cobra.Command{
		Use:           "lab",
		Short:         "Run the course's milestones",
		Long:          "Run the course's milestones: each trains or computes what the lecture claims, and checks the numbers.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(listCommand(), runCommand(find), reportCommand(catalogue), doctorCommand())
	return root
}

// oneLine is an error's text without line breaks.
func oneLine(err error) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "\n", "; ")), " ")
}
