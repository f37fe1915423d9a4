package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// job is a workload to run in a process of its own, by this program or by another framework's.
type job struct {
	framework, workload, mode string
	command                   []string
	dir                       string
	flags                     string // for XLA
}

func (j job) String() string { return j.workload + " " + j.framework + " " + j.mode }

// peer is another framework: a program in a folder, run by Python.
type peer struct {
	framework string
	program   string
	packages  []string // of Python, with the versions that the golden numbers came from
	modes     []string
}

// peers in the order in which they run. JAX in mode flat has the same sums with fewer axes, which XLA likes better.
var peers = []peer{
	{"jax", "jax_bench.py", []string{"numpy", "jax==0.10.2", "optax==0.2.8"}, []string{"jit", "flat"}},
	{"torch", "torch_bench.py", []string{"numpy", "torch==2.15.0"}, []string{"eager"}},
}

// hasMode says whether a framework has another way of computing the workload in this mode.
func hasMode(mode, workload string) bool {
	return mode != "flat" || workload != "W4" && !strings.HasPrefix(workload, "W7")
}

// checkPeers says what is missing for running the peers' programs in dir: the programs, Python, its packages.
func checkPeers(ctx context.Context, python, dir string, chosen []peer) error {
	var missing []string
	for _, p := range chosen {
		if _, err := os.Stat(filepath.Join(dir, p.program)); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("--against %s: there is no %s in it", dir, p.program)
		}
		for _, requirement := range p.packages {
			name, _, _ := strings.Cut(requirement, "==")
			command := exec.CommandContext(ctx, python, "-c", "import importlib.util, sys; sys.exit(0 if importlib.util.find_spec('"+name+"') else 3)")
			var exit *exec.ExitError
			switch err := command.Run(); {
			case errors.As(err, &exit) && exit.ExitCode() == 3:
				missing = append(missing, requirement)
			case err != nil:
				return fmt.Errorf("--python %s: %w; give the python of a virtual environment that has %s", python, err, strings.Join(p.packages, " "))
			}
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("--python %s lacks packages: run %s -m pip install %s", python, python, strings.Join(missing, " "))
	}
	return nil
}

// environment for the programs: NumPy's matrix library must see the machine as it is, nothing is written beside the
// programs, and they stop when this program's own runs would.
func environment(limit time.Duration) []string {
	var kept []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if name != "OPENBLAS_CORETYPE" && name != "OPENBLAS_L2_SIZE" {
			kept = append(kept, variable)
		}
	}
	return append(kept, "PYTHONDONTWRITEBYTECODE=1", fmt.Sprintf("BENCH_MAX_WALL=%g", limit.Seconds()))
}

// run starts the job's process and reads its record from the last line that it prints.
func (j job) run(ctx context.Context, limit time.Duration) (record, error) {
	command := exec.CommandContext(ctx, j.command[0], j.command[1:]...)
	command.Dir, command.Env = j.dir, environment(limit)
	if j.flags != "" {
		command.Env = append(command.Env, "XLA_FLAGS="+j.flags)
	}
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); err != nil {
		lines := strings.Split(strings.TrimSpace(problems.String()), "\n")
		return record{}, fmt.Errorf("%s: %w: %s", j, err, lines[len(lines)-1])
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var r record
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &r); err != nil {
		return record{}, fmt.Errorf("%s: its last line is no result: %w", j, err)
	}
	if r.Workload != j.workload || r.Framework != j.framework || r.Mode != j.mode {
		return record{}, fmt.Errorf("%s: the result is of %s %s %s", j, r.Workload, r.Framework, r.Mode)
	}
	return r, nil
}
