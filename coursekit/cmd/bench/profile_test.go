package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestProfile runs the smallest workload on XLA; what stands for Python knows JAX's dump, which is empty, and fails on ours.
func TestProfile(t *testing.T) {
	dir, python := fakePeer(t, "*", map[string]string{
		"jax_bench.py": `{"framework": "jax", "workload": "W4", "mode": "jit", "golden": ` + goldenW4 + `}`,
	})
	arguments := []string{"--profile", "--quiet", "1ms", "--limit", "1ms", "--against", dir, "--python", python}
	_, progress, err := bench(append(arguments, "--workloads", "W4")...)
	require.ErrorContains(t, err, "W4 coursekit xla: profile: unexpected end of JSON input", "the dump is the largest module, not empty")
	assert.Contains(t, progress, "profiling W4 coursekit xla")

	_, _, err = bench(append(arguments, "--workloads", "W7")...)
	require.ErrorContains(t, err, "W7 is no training")
	_, _, err = bench("--profile", "--backend", "go", "--workloads", "W4")
	require.ErrorContains(t, err, "--against")

	j := job{framework: "jax", workload: "W4", mode: "jit", dir: dir, command: []string{python, "jax_bench.py", "W4", "--mode", "jit"}}
	costs, err := j.costs(t.Context(), &options{python: python})
	require.NoError(t, err)
	assert.Equal(t, map[string]cost{"matrix products": {4.5, 30}}, costs)
	j.command = []string{"sh", "-c", `echo '{"framework": "jax", "workload": "W4", "mode": "jit"}'`}
	_, err = j.costs(t.Context(), &options{python: python})
	require.ErrorContains(t, err, "dumped no module")
}

func TestWriteProfile(t *testing.T) {
	var out bytes.Buffer
	writeProfile(&out, "W4", "jit", map[string]cost{"moving data": {1, 2}, "matrix products": {3, 4}}, map[string]cost{"reductions": {5, 6}})
	assert.Regexp(t, `(?s)matrix products.*3\.00.*4.*0\.00.*moving data.*reductions.*5\.00.*together.*4\.00.*6.*5\.00`, out.String())
}
