// Command gradebench times the grader, and nbgrader and otter-grader beside it, on an assignment of four functions: in Go for
// us (autograde/testdata/labs/four), the same in Python for them (python/).
//
//	gradebench --python VENV/bin/python               a class of 200 of ours, 10 submissions of theirs
//	gradebench --python VENV/bin/python --class 20    a smaller class
//
// Each grader has its warm-up first, one submission that does not count. Its points must be right before its time means
// anything: all for everybody, three quarters for the one whose perplexity is wrong. Theirs run as they come: no sandbox,
// nbgrader one submission after the other, otter (without its containers) as many at a time as ours.
//
// The table goes to standard output, progress to standard error.
package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
)

// assignment is what makes the peers' assignment and their class.
//
//go:embed python
var assignment embed.FS

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "gradebench:", err)
		os.Exit(1)
	}
}

// options of a run.
type options struct {
	python      string // of an environment with nbgrader and otter-grader
	class, peer int    // submissions of ours, of theirs
	jobs        int
}

func command() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:           "gradebench --python PYTHON",
		Short:         "Time autograde against nbgrader and otter-grader",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.class < 2 || o.peer < 2 || o.jobs < 1 {
				return fmt.Errorf("--class and --peer-class must be 2 or more, --jobs 1 or more")
			}
			folder, err := os.MkdirTemp("", "gradebench")
			if err != nil {
				return err
			}
			defer os.RemoveAll(folder)
			lines, err := run(cmd.Context(), o, folder)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), render(lines))
			return nil
		},
	}
	cmd.Flags().StringVar(&o.python, "python", "", "Python of an environment with nbgrader and otter-grader; empty: ours alone")
	cmd.Flags().IntVar(&o.class, "class", 200, "submissions that we grade")
	cmd.Flags().IntVar(&o.peer, "peer-class", 10, "submissions that each of the others grades")
	cmd.Flags().IntVar(&o.jobs, "jobs", runtime.NumCPU(), "submissions graded at a time, by those that can")
	return cmd
}

// line is what one grader took for a class.
type line struct {
	grader      string
	submissions int
	took        cost
	graded      bool // points were given: ratios make sense
}

func run(ctx context.Context, o options, folder string) ([]line, error) {
	lines, err := ours(ctx, o, filepath.Join(folder, "autograde"))
	if err != nil || o.python == "" {
		return lines, err
	}
	theirs := filepath.Join(folder, "python")
	if err := os.CopyFS(folder, assignment); err != nil {
		return nil, err
	}
	bin, err := filepath.Abs(filepath.Dir(o.python))
	if err != nil {
		return nil, err
	}
	p := peers{bin: bin, folder: filepath.Join(folder, "peers"), students: o.peer, jobs: o.jobs}
	if _, err := p.call(ctx, folder, filepath.Base(o.python), filepath.Join(theirs, "prepare.py"), p.folder, fmt.Sprint(o.peer+1)); err != nil {
		return nil, err
	}
	for _, grader := range []func(context.Context) (line, error){p.nbgrader, p.otter} {
		l, err := grader(ctx)
		if err != nil {
			return nil, err
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// cost of a command and of all that it started and waited for.
type cost struct {
	wall, cpu time.Duration
}

// timed runs a command. Its output is shown only if it fails.
func timed(cmd *exec.Cmd) (cost, error) {
	start := time.Now()
	text, err := cmd.CombinedOutput()
	if err != nil {
		return cost{}, fmt.Errorf("%s: %w\n%s", filepath.Base(cmd.Path), err, text)
	}
	return cost{time.Since(start), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}

// render is the table, with the first line as what the others are compared with.
func render(lines []line) string {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"grader", "submissions", "wall s", "wall s each", "CPU-s each", "wall, ours = 1", "CPU, ours = 1"})
	for _, l := range lines {
		n := float64(l.submissions)
		row := table.Row{l.grader, l.submissions, fmt.Sprintf("%.2f", l.took.wall.Seconds()), fmt.Sprintf("%.2f", l.took.wall.Seconds()/n),
			fmt.Sprintf("%.2f", l.took.cpu.Seconds()/n), "", ""}
		if l.graded {
			first := lines[0]
			row[5] = fmt.Sprintf("%.1f", l.took.wall.Seconds()/n*float64(first.submissions)/first.took.wall.Seconds())
			row[6] = fmt.Sprintf("%.1f", l.took.cpu.Seconds()/n*float64(first.submissions)/first.took.cpu.Seconds())
		}
		t.AppendRow(row)
	}
	return t.Render()
}
