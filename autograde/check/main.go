package check

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// Main is the checks binary: it reads its flags, talks to the worker over inherited descriptors, writes a Record a line
// to stdout and a last line {"end":N} with their number. It exits 0 when every check was judged, whatever the verdicts.
//
//	-task ID -seed N -call-timeout 10s -in 3 -out 4 [-staff] [-list]
//
// -in is the descriptor to read answers from (the worker's stdout), -out the one to write requests to (its stdin).
// -list writes the checks as Records without verdict and runs nothing.
func Main(suites ...Suite) {
	if err := run(os.Args[1:], os.Stdout, suites); err != nil {
		fmt.Fprintln(os.Stderr, "checks:", err)
		os.Exit(2)
	}
	os.Exit(0)
}

func run(args []string, out io.Writer, suites []Suite) error {
	var options Options
	flags := flag.NewFlagSet("checks", flag.ContinueOnError)
	flags.StringVar(&options.Task, "task", "", "run the checks of this task only")
	flags.Uint64Var(&options.Seed, "seed", 0, "recorded seed")
	flags.DurationVar(&options.CallTimeout, "call-timeout", DefaultCallTimeout, "deadline of one call")
	flags.BoolVar(&options.Staff, "staff", false, "add what hidden checks got and wanted, for staff only")
	in := flags.Uint("in", 3, "descriptor to read the worker's answers from")
	to := flags.Uint("out", 4, "descriptor to write requests to")
	list := flags.Bool("list", false, "list the checks and run nothing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := Validate(suites...); err != nil {
		return err
	}
	records := 0
	encoder := json.NewEncoder(out)
	var failed error
	emit := func(r Record) {
		records++
		failed = errors.Join(failed, encoder.Encode(r))
	}
	if *list {
		for _, suite := range suites {
			for i := range suite.Checks {
				if c := &suite.Checks[i]; options.Task == "" || c.Task == options.Task {
					emit(newRecord(c, options.Seed))
				}
			}
		}
	} else {
		caller := NewPipe(os.NewFile(uintptr(*in), "answers"), os.NewFile(uintptr(*to), "requests"))
		Run(context.Background(), options, caller, emit, suites...)
	}
	if records == 0 {
		return fmt.Errorf("no checks for task %q", options.Task)
	}
	return errors.Join(failed, encoder.Encode(end{&records}))
}

// Validate reports what is wrong with suites: a check without ID, task, title or function, negative points, a
// duplicate ID, a task without points.
func Validate(suites ...Suite) error {
	seen := map[string]bool{}
	points := map[string]float64{}
	for _, suite := range suites {
		for _, c := range suite.Checks {
			switch {
			case c.ID == "" || c.Task == "" || c.Run == nil:
				return fmt.Errorf("suite %s: check %q needs an ID, a Task and a Run function", suite.Lab, c.ID)
			case seen[c.ID]:
				return fmt.Errorf("suite %s: two checks have the ID %q", suite.Lab, c.ID)
			case !(c.Points >= 0):
				return fmt.Errorf("suite %s: check %s has %v points", suite.Lab, c.ID, c.Points)
			}
			seen[c.ID] = true
			points[c.Task] += c.Points
		}
	}
	for task, sum := range points {
		if sum == 0 {
			return fmt.Errorf("the checks of task %s have no points", task)
		}
	}
	return nil
}
