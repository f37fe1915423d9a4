package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"courselab/coursekit/backend"
	"courselab/coursekit/workload"
)

// profiler is the program that runs a module of XLA under JAX's profiler.
//
//go:embed profile.py
var profiler string

// profiledSteps is over how many steps a profile is the mean.
const profiledSteps = "20"

// cost of one kind of operation in a step: milliseconds, and how many operations.
type cost [2]float64

// profile prints for each workload what kinds of operations XLA spends a step on: in ours and in the fastest of JAX. Both are
// dumped by the process that runs them, and run again by jaxlib, so that one compiler and one profiler see both.
func (o *options) profile(ctx context.Context, out, progress io.Writer) error {
	if o.against == "" {
		return errors.New("--profile needs JAX's program and a Python that has JAX: give --against and --python")
	}
	for _, name := range o.workloads {
		if w, err := workload.Find(name); err != nil || len(w.Golden) == 1 {
			return errors.Join(err, fmt.Errorf("--profile: %s is no training: how often it loops depends on its inputs; choose others with --workloads", name))
		}
	}
	o.backends, o.peers = []string{backend.XLACPU}, []string{"jax"}
	jobs, err := o.jobs(ctx)
	if err != nil {
		return err
	}
	for _, w := range o.workloads {
		ours, theirs := map[string]cost{}, map[string]cost{}
		theirMode := "jit"
		for _, j := range jobs {
			if j.workload != w || j.mode == "jit" && hasMode("flat", w) {
				continue
			}
			fmt.Fprintln(progress, "profiling", j)
			costs, err := j.costs(ctx, o)
			if err != nil {
				return fmt.Errorf("%s: %w", j, err)
			}
			if j.framework == coursekit {
				ours = costs
			} else {
				theirs, theirMode = costs, j.mode
			}
		}
		writeProfile(out, w, theirMode, ours, theirs)
	}
	return nil
}

// costs runs the job with XLA dumping what it compiles, and profiles the largest module.
func (j job) costs(ctx context.Context, o *options) (map[string]cost, error) {
	dir, err := os.MkdirTemp("", "courselab-profile-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	j.flags = "--xla_dump_hlo_as_proto --xla_dump_to=" + dir
	if _, err := j.run(ctx, o.limit); err != nil {
		return nil, err
	}
	modules, err := filepath.Glob(filepath.Join(dir, "*.before_optimizations.hlo.pb"))
	if err != nil || len(modules) == 0 {
		return nil, errors.Join(err, errors.New("XLA dumped no module"))
	}
	size := func(path string) int64 {
		info, err := os.Stat(path)
		if err != nil {
			return 0
		}
		return info.Size()
	}
	largest := slices.MaxFunc(modules, func(a, b string) int { return int(size(a) - size(b)) })
	command := exec.CommandContext(ctx, o.python, "-c", profiler, largest, profiledSteps)
	command.Env = environment(o.limit)
	var text, problems bytes.Buffer
	command.Stdout, command.Stderr = &text, &problems
	if err := command.Run(); err != nil {
		lines := strings.Split(strings.TrimSpace(problems.String()), "\n")
		return nil, fmt.Errorf("profile: %w: %s", err, lines[len(lines)-1])
	}
	var costs map[string]cost
	if err := json.Unmarshal(text.Bytes(), &costs); err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	return costs, nil
}

// writeProfile prints the table of one workload, the dearest kind first.
func writeProfile(w io.Writer, name, theirMode string, ours, theirs map[string]cost) {
	t := newTable(w, name, "ours, ms", "operations", "jax "+theirMode+", ms", "operations")
	kinds := slices.Collect(maps.Keys(ours))
	for kind := range theirs {
		if _, found := ours[kind]; !found {
			kinds = append(kinds, kind)
		}
	}
	slices.SortFunc(kinds, func(a, b string) int { return cmp.Compare(ours[b][0], ours[a][0]) })
	var our, their cost
	row := func(kind string, a, b cost) {
		t.AppendRow(table.Row{kind, fmt.Sprintf("%.2f", a[0]), fmt.Sprintf("%.0f", a[1]), fmt.Sprintf("%.2f", b[0]), fmt.Sprintf("%.0f", b[1])})
	}
	for _, kind := range kinds {
		row(kind, ours[kind], theirs[kind])
		for i := range our {
			our[i], their[i] = our[i]+ours[kind][i], their[i]+theirs[kind][i]
		}
	}
	row("together", our, their)
	t.Render()
}
