package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func buildCommand() *cobra.Command {
	var solutions bool
	cmd := &cobra.Command{
		Use:   "build [NAME...]",
		Short: "Build notebooks from notebooks/src, without outputs, into build/notebooks",
		RunE: func(cmd *cobra.Command, names []string) error {
			return inPlace(func(p place) error {
				run := execution{place: p, progress: cmd.ErrOrStderr(), target: p.built("notebooks"), solutions: solutions}
				if solutions {
					run.target = p.built("instructor")
				}
				return run.all(cmd.Context(), names)
			})
		},
	}
	cmd.Flags().BoolVar(&solutions, "solutions", false, solutionsUsage)
	return cmd
}

const solutionsUsage = "the instructor's notebooks, with the solutions of their exercises, into build/instructor"

// built is a folder for what is made and never committed.
func (p place) built(name string) string { return filepath.Join(p.root, "build", name) }

func executeCommand() *cobra.Command {
	var check, solutions bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "execute [NAME...]",
		Short: "Build notebooks from notebooks/src and run them on the Go kernel, without the network",
		Long: `Build notebooks from notebooks/src, run them on the Go kernel without the network, and write them to notebooks/.
With --check they are written to build/notebooks instead, and those in notebooks/ must have the same cells.
With COURSELAB_QUICK=1 they run on the Go backend with reduced settings, and are written to build/quick.
Solutions of exercises are run, must solve them, and are left out of what is written unless --solutions asks for them.`,
		RunE: func(cmd *cobra.Command, names []string) error {
			return inPlace(func(p place) error {
				run := execution{place: p, progress: cmd.ErrOrStderr(), target: p.notebooks(), execute: true, timeout: timeout}
				run.check, run.solutions = check, solutions
				switch {
				case solutions:
					run.target = p.built("instructor")
				case os.Getenv("COURSELAB_QUICK") == "1":
					run.target = p.built("quick")
				case check:
					run.target = p.built("notebooks")
				}
				return run.all(cmd.Context(), names)
			})
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "leave notebooks/ alone; fail if its notebooks are not those of notebooks/src")
	cmd.Flags().BoolVar(&solutions, "solutions", false, solutionsUsage)
	cmd.Flags().DurationVar(&timeout, "timeout", 300*time.Second, "longest time for a cell")
	return cmd
}

// inPlace runs body on the repository, once it is known to be set up.
func inPlace(body func(place) error) error {
	found, err := findPlace()
	if err != nil {
		return err
	}
	if err := found.needSetup(); err != nil {
		return err
	}
	return body(found)
}

// execution is one run over several notebooks.
type execution struct {
	place
	progress io.Writer
	target   string // folder of the notebooks to write
	execute  bool
	check    bool
	timeout  time.Duration

	solutions bool // stay in what is written
}

// all goes through the notebooks to the end, even if one fails, so that one run shows all that is wrong.
func (e execution) all(ctx context.Context, names []string) error {
	sources, err := e.sources(names)
	if err != nil {
		return err
	}
	var bad []string
	for i, source := range sources {
		finish := clock(e.progress, fmt.Sprintf("[%d/%d] %s ...", i+1, len(sources), title(source)))
		wrong, remark, err := e.one(ctx, source)
		finish(err == nil && len(wrong) == 0, remark)
		if err != nil {
			return err
		}
		for _, line := range wrong {
			fmt.Fprintf(e.progress, "      %s: %s\n", title(source), strings.ReplaceAll(line, "\n", "\n        "))
		}
		if len(wrong) > 0 {
			bad = append(bad, title(source))
		}
	}
	if len(bad) > 0 {
		return fmt.Errorf("%d of %d notebooks are not right (%s); correct notebooks/src, then run `make notebooks`", len(bad), len(sources), strings.Join(bad, ", "))
	}
	fmt.Fprintf(e.progress, "%d notebooks are right, in %s. Next: make lab\n", len(sources), e.relative(e.target))
	return nil
}

// one makes a notebook and returns what is wrong with it, and how quick its cells were. A notebook with something wrong never
// replaces one in notebooks/.
func (e execution) one(ctx context.Context, source string) (wrong []string, remark string, err error) {
	m, err := e.make(ctx, source, e.execute, e.timeout)
	if err != nil {
		return nil, "", err
	}
	if m.failed != nil {
		wrong = append(wrong, m.failed.String())
	} else if e.execute {
		remark = m.quickness()
		if wrong, err = m.book.rules(isLesson(title(source)), e.hidden()); err != nil {
			return nil, "", err
		}
	}
	students := m.book.withoutSolutions()
	if e.check {
		stale, err := e.stale(source, students)
		if err != nil {
			return nil, "", err
		}
		wrong = append(wrong, stale...)
	}
	written := students
	if e.solutions {
		written = m.book
	}
	text, err := written.bytes()
	if err != nil {
		return nil, "", err
	}
	target := filepath.Join(e.target, title(source)+".ipynb")
	if len(wrong) > 0 && e.target == e.notebooks() { // keep what there is, show what came out
		target = filepath.Join(e.built("notebooks"), title(source)+".ipynb")
	}
	return wrong, remark, writeAtomically(target, text)
}

// quickness says how long a reader waits for a cell that does not train, from the second on: the first one also compiles what
// it imports.
func (m made) quickness() string {
	var seconds []float64
	number := 0
	for _, c := range m.book.Cells {
		if !c.isCode() {
			continue
		}
		if number > 0 && number < len(m.seconds) && !slices.Contains(c.tags(), experimentTag) {
			seconds = append(seconds, m.seconds[number])
		}
		number++
	}
	if len(seconds) == 0 {
		return ""
	}
	slices.Sort(seconds)
	return fmt.Sprintf(" (first cell %.1f s; one that does not train %.1f s, the slowest %.1f s)", m.seconds[0], seconds[len(seconds)/2], seconds[len(seconds)-1])
}

func (e execution) stale(source string, built *book) ([]string, error) {
	name := title(source) + ".ipynb"
	committed, err := os.ReadFile(e.notebooks(name))
	if errors.Is(err, os.ErrNotExist) {
		return []string{"notebooks/" + name + " is missing; run `make notebooks`"}, nil
	}
	if err != nil {
		return nil, err
	}
	cell, err := sameCells(committed, built)
	if err != nil {
		return []string{fmt.Sprintf("notebooks/%s: %v; run `make notebooks`", name, err)}, nil
	}
	if cell > 0 {
		return []string{fmt.Sprintf("notebooks/%s is not what notebooks/src makes, from its cell %d (counting text) on; run `make notebooks`", name, cell)}, nil
	}
	return nil, nil
}
