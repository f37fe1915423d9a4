package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain lets this program be its own child, as the command is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "--one" {
		main()
		return
	}
	os.Exit(m.Run())
}

// bench runs the command with arguments and returns what it wrote.
func bench(arguments ...string) (out, progress string, err error) {
	cmd := command()
	var stdout, stderr bytes.Buffer
	cmd.SetOut(&stdout)
	cmd.SetErr(&stderr)
	cmd.SetArgs(arguments)
	err = cmd.ExecuteContext(context.Background())
	return stdout.String(), stderr.String(), err
}

// fakePeer writes a folder with programs of the two frameworks and a python that answers as they would: with the record
// given for each, or with an error.
func fakePeer(t *testing.T, has string, records map[string]string) (dir, python string) {
	t.Helper()
	dir = t.TempDir()
	for _, p := range peers {
		require.NoError(t, os.WriteFile(filepath.Join(dir, p.program), nil, 0o666))
	}
	var script strings.Builder
	script.WriteString("#!/bin/sh\n")
	script.WriteString("if [ -n \"$3\" ] && [ \"$1\" = -c ]; then test -s \"$3\" || echo '{\"matrix products\": [4.5, 30]}'; exit 0; fi\n") // profile.py
	script.WriteString("if [ -n \"$XLA_FLAGS\" ]; then touch ${XLA_FLAGS#*--xla_dump_to=}/0.before_optimizations.hlo.pb; fi\n")
	script.WriteString("if [ \"$1\" = -c ]; then case \"$2\" in " + has + ") exit 0;; *) exit 3;; esac; fi\n")
	script.WriteString("test -z \"$OPENBLAS_CORETYPE\" || exit 9\n")
	for program, record := range records {
		script.WriteString("if [ \"$1\" = " + program + " ]; then echo starting; echo '" + record + "' | sed \"s/MODE/$4/\"; exit 0; fi\n")
	}
	script.WriteString("echo 'out of memory' >&2; exit 1\n")
	python = filepath.Join(dir, "python")
	require.NoError(t, os.WriteFile(python, []byte(script.String()), 0o777))
	return dir, python
}

const goldenW4 = "[548.0836791992188, 549.269775390625, 545.8178100585938, 545.2885131835938, 544.9027099609375]"

// TestCompare runs the smallest workload on the Go backend, in turn with programs that stand for JAX and PyTorch.
func TestCompare(t *testing.T) {
	t.Setenv("OPENBLAS_CORETYPE", "Haswell")
	dir, python := fakePeer(t, "*numpy*|*jax*|*optax*|*torch*", map[string]string{
		"jax_bench.py":   `{"framework": "jax", "workload": "W4", "mode": "MODE", "step_ms_median": 5, "quiet_windows": 1, "golden": ` + goldenW4 + `}`,
		"torch_bench.py": `{"framework": "torch", "workload": "W4", "mode": "MODE", "step_ms_median": 5, "quiet_windows": 1, "golden": [1, 2, 3, 4, 5]}`,
	})
	results := filepath.Join(t.TempDir(), "results.jsonl")
	out, progress, err := bench("--workloads", "W4", "--backend", "go", "--rounds", "2", "--quiet", "1ms", "--limit", "1ms",
		"--against", dir, "--python", python, "--json", results)
	require.ErrorIs(t, err, errFailed, "PyTorch's numbers are wrong")
	assert.Contains(t, progress, "W4 of torch: golden number 0 is 1, want 548.08")
	for _, want := range []string{"coursekit", "jax", "jit"} {
		assert.Contains(t, out, want)
	}
	assert.NotContains(t, out, "torch")
	text, err := os.ReadFile(results)
	require.NoError(t, err)
	var who []string
	for line := range strings.Lines(string(text)) {
		var r record
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		who = append(who, r.Framework)
	}
	assert.Equal(t, []string{"coursekit", "jax", "coursekit", "jax"}, who, "in turn")
}

func TestFailingRunIsToldAndTheOthersGoOn(t *testing.T) {
	dir, python := fakePeer(t, "*", map[string]string{
		"jax_bench.py": `{"framework": "jax", "workload": "W4", "mode": "other", "golden": ` + goldenW4 + `}`,
	})
	out, progress, err := bench("--workloads", "W4", "--backend", "go", "--rounds", "1", "--quiet", "1ms", "--limit", "1ms", "--against", dir, "--python", python)
	require.ErrorIs(t, err, errFailed)
	assert.Contains(t, progress, "out of memory")
	assert.Contains(t, progress, "the result is of W4 jax other")
	assert.Contains(t, out, "W4")
}

func TestWhatIsMissingIsTold(t *testing.T) {
	dir, python := fakePeer(t, "*numpy*|*torch*", nil)
	_, _, err := bench("--workloads", "W4", "--backend", "go", "--against", dir, "--python", python)
	require.ErrorContains(t, err, "-m pip install jax==0.10.2 optax==0.2.8")
	assert.NotContains(t, err.Error(), "numpy")

	_, _, err = bench("--workloads", "W4", "--backend", "go", "--against", dir, "--python", filepath.Join(dir, "none"))
	require.ErrorContains(t, err, "virtual environment")
	_, _, err = bench("--workloads", "W4", "--backend", "go", "--against", t.TempDir(), "--python", python)
	require.ErrorContains(t, err, "no jax_bench.py")
	for arguments, want := range map[string]string{
		"--backend go --workloads W9": "W1, ",
		"--backend go --peers keras":  "there are jax, torch",
		"--backend go --rounds 0":     "--rounds 0",
		"--backend abacus --one":      "abacus",
		"--backend go --json /no/x":   "--json",
	} {
		_, _, err := bench(strings.Fields(arguments)...)
		assert.ErrorContains(t, err, want)
	}
}
