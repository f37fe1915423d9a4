// Autograde releases labs to students, checks and grades what they hand in, and audits labs.
//
//	autograde new NAME              write a small lab that works, to be edited
//	autograde release LAB           make the students' version of a lab
//	autograde check DIR             run the public checks on a student's folder
//	autograde collect REPOSITORIES -o CLASS  take submissions out of git repositories
//	autograde grade LAB CLASS -o OUT  grade a class
//	autograde stats OUT             show how a graded class did
//	autograde similar LAB CLASS     show which submissions share more than the task explains
//	autograde audit LAB             prove a lab: reference, release and wrong answers get what they must
//	autograde replay LAB CLASS OUT  run recorded grades again, and say whether they are the same
//	autograde enter COURSE ASSIGNMENT CLASS OUT --book FILE  keep submissions and grades
//	autograde grades COURSE ASSIGNMENT --book FILE  show and export them, late work counted
//	autograde log BOOK              show who entered what; prove that nobody has changed it
//	autograde quiz QUIZ ANSWERS -o OUT  mark a quiz and analyse how a class did
//	autograde gradescope LAB        make the zip that Gradescope builds an autograder from
//	autograde doctor                say what this machine has, and the fix for what it lacks
//
// Exit codes: 0 all is well; 1 it could not be done, or a check failed; 2 the command line is wrong; 3 graded, but somebody must
// look: some submissions met an internal error, or lower grades are held back.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"courselab/autograde/collect"
	"courselab/autograde/grade"
	"courselab/autograde/lab"

	"github.com/spf13/cobra"
)

// status is an error that only sets the exit code: everything has been said.
type status int

func (s status) Error() string { return fmt.Sprintf("exit code %d", int(s)) }

// usage is an error in the command line.
type usage struct{ error }

const (
	exitFailed = status(1)
	exitUsage  = status(2)
	exitLook   = status(3)
)

func main() {
	grade.Init()
	collect.Init()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run executes a command line and returns its exit code.
func run(ctx context.Context, args []string) int {
	root := rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var code status
	var wrong usage
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &wrong), strings.HasPrefix(err.Error(), "unknown command"):
		fmt.Fprintf(os.Stderr, "autograde: %s; see autograde --help\n", oneLine(err))
		return int(exitUsage)
	}
	fmt.Fprintf(os.Stderr, "autograde: %s\n", oneLine(err))
	return int(exitFailed)
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "autograde",
		Short: "Release, check and grade Courselab's labs",
		Long: "Autograde makes the students' version of a lab, runs its checks, and grades a class.\n" +
			"Student code is built and run in a sandbox, in a process that never sees what is expected of it.",
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage{err} })
	root.AddCommand(newCommand(), releaseCommand(), checkCommand(), collectCommand(), gradeCommand(), statsCommand(), similarCommand(), auditCommand(), replayCommand(), enterCommand(), gradesCommand(), logCommand(), quizCommand(), gradescopeCommand(), doctorCommand())
	root.AddCommand(topics()...)
	return root
}

// exactly requires arguments by name.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usage{fmt.Errorf("%s needs %s: autograde %s", cmd.Name(), names[len(args)], cmd.Use)}
		case len(args) > len(names):
			return usage{fmt.Errorf("%s: %q is one argument too many", cmd.Name(), args[len(names)])}
		}
		return nil
	}
}

// findLab finds a lab by folder, or by id in the repository that the command runs in.
func findLab(name string) (*lab.Lab, error) {
	root, _, err := lab.FindRoot(".")
	if err != nil {
		root = "." // a folder may still be meant
	}
	return lab.Find(root, name)
}

// instructorsLab finds a lab with its hidden checks.
func instructorsLab(name string) (*lab.Lab, error) {
	l, err := findLab(name)
	if err == nil && !l.Has("hidden") {
		return nil, fmt.Errorf("lab %s has no hidden checks here: give the instructor's folder of the lab", l.ID)
	}
	return l, err
}

// graders prepares an engine that runs all checks of a lab; trust does without a sandbox.
func graders(ctx context.Context, l *lab.Lab, trust bool) (*grade.Engine, error) {
	s, err := box(trust)
	if err != nil {
		return nil, err
	}
	contract, err := l.Contract()
	if err != nil {
		return nil, err
	}
	return engine(ctx, l, contract, grade.Options{Sandbox: s, Unboxed: trust, Hidden: true})
}

// engine prepares an engine for a lab.
func engine(ctx context.Context, l *lab.Lab, contract *lab.Contract, options grade.Options) (*grade.Engine, error) {
	options.State = grade.State(l)
	noteFirstRun(l)
	return grade.New(ctx, l, contract, options)
}

// noteFirstRun says that the first run takes longer, if this is the first: what labs share is compiled once.
func noteFirstRun(l *lab.Lab) {
	if kits, _ := filepath.Glob(filepath.Join(grade.State(l), "kit-*")); len(kits) == 0 { // the pattern is well formed
		note("first run here: compiling what submissions link takes a minute or two")
	}
}

// note says something by the way.
func note(format string, args ...any) { fmt.Fprintf(os.Stderr, "note: "+format+"\n", args...) }
