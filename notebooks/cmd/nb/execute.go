package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func buildCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "build [NAME...]",
		Short: "Build notebooks from notebooks/src, without outputs, into build/notebooks",
		RunE: func(cmd *cobra.Command, names []string) error {
			return inPlace(func(p place) error {
				run := execution{place: p, progress: cmd.ErrOrStderr(), target: filepath.Join(p.root, "build", "notebooks")}
				return run.all(cmd.Context(), names)
			})
		},
	}
}

func executeCommand() *cobra.Command {
	var check bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "execute [NAME...]",
		Short: "Build notebooks from notebooks/src and run them on the Go kernel, without the network",
		Long: `Build notebooks from notebooks/src, run them on the Go kernel without the network, and write them to notebooks/.
With --check they are written to build/notebooks instead, and those in notebooks/ must have the same cells.`,
		RunE: func(cmd *cobra.Command, names []string) error {
			return inPlace(func(p place) error {
				run := execution{place: p, progress: cmd.ErrOrStderr(), target: p.notebooks(), execute: true, timeout: timeout}
				if check {
					run.check, run.target = true, filepath.Join(p.root, "build", "notebooks")
				}
				return run.all(cmd.Context(), names)
			})
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "leave notebooks/ alone; fail if its notebooks are not those of notebooks/src")
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
		wrong, err := e.one(ctx, source)
		finish(err == nil && len(wrong) == 0)
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

// one makes a notebook and returns what is wrong with it. A notebook with something wrong never replaces one in notebooks/.
func (e execution) one(ctx context.Context, source string) (wrong []string, err error) {
	text, failed, err := e.make(ctx, source, e.execute, e.timeout)
	if err != nil {
		return nil, err
	}
	if failed != nil {
		wrong = append(wrong, failed.String())
	}
	if e.execute && failed == nil {
		if wrong, err = rules(text, e.hidden()); err != nil {
			return nil, err
		}
	}
	if e.check {
		stale, err := e.stale(source, text)
		if err != nil {
			return nil, err
		}
		wrong = append(wrong, stale...)
	}
	target := filepath.Join(e.target, title(source)+".ipynb")
	if len(wrong) > 0 && !e.check { // keep what there is, show what came out
		target = filepath.Join(e.root, "build", "notebooks", title(source)+".ipynb")
	}
	return wrong, writeAtomically(target, text)
}

func (e execution) stale(source string, built []byte) ([]string, error) {
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
