package sandbox

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUnsafeRunsWithLimitsButWithoutABoundary(t *testing.T) {
	s := Unsafe()
	assert.Contains(t, s.Name(), "UNSAFE")
	spec := attackSpec(t, "hello", "/t/attack", "x/t/attack")
	spec.Env = append(spec.Env, "GREETING=/tmp:/t/attack")
	exe, err := os.Executable()
	require.NoError(t, err)
	got := run(t, s, spec)
	assert.Contains(t, got.out, " "+exe+" x/t/attack ", "paths of binds become paths of the host")
	assert.Contains(t, got.out, ":"+exe)
	assert.NotContains(t, got.out, "/tmp:")
	assert.Contains(t, run(t, s, attackSpec(t, "hostfiles")).out, "LEAK: /etc/passwd", "there is no boundary, and the test sees it")

	for name, want := range map[string]Cause{"sleep": Wall, "loop": CPU, "manyloops": CPU, "stdout": Output, "memory": Memory, "daemonwait": Wall} {
		spec := attackSpec(t, name)
		spec.Limits.Wall, spec.Limits.CPU, spec.Limits.Stdout = 5*time.Second, 300*time.Millisecond, 1<<20
		if want == Wall {
			spec.Limits.Wall = 300 * time.Millisecond
		}
		if want == Memory {
			spec.Limits.CPU = 5 * time.Second
		}
		got := run(t, s, spec)
		assert.Equal(t, want, got.Cause, "%s: %+v", name, got.Result)
	}
	got = run(t, s, attackSpec(t, "exit7"))
	assert.Equal(t, 7, got.ExitCode)
	got = run(t, s, attackSpec(t, "signal"))
	assert.Equal(t, syscall.SIGKILL, got.Signal)

	left, err := filepath.Glob(filepath.Join(os.TempDir(), "courselab-unsafe-*"))
	require.NoError(t, err)
	assert.Empty(t, left, "temporary folders are left")
	spec = attackSpec(t, "hello")
	spec.Argv[0] = "/nonexistent"
	var out bytes.Buffer
	spec.Stderr = &out
	_, err = Run(context.Background(), s, spec)
	assert.ErrorContains(t, err, "/nonexistent")
}

func TestMapped(t *testing.T) {
	assert.True(t, mapped("         0          0 4294967295\n"))
	assert.True(t, mapped("0 1000 1\n1 100000 65536\n"))
	assert.False(t, mapped("0 1000 1\n"))
	assert.False(t, mapped(""))
}

func TestTranslator(t *testing.T) {
	translate := translator(map[string]string{"/t": "/host/t", "/t/deep": "/host/deep", "/tmp": "/scratch/0"})
	for in, want := range map[string]string{"/t": "/host/t", "/t/x": "/host/t/x", "/t/deep/y": "/host/deep/y", "/tmp/z": "/scratch/0/z",
		"/tx": "/tx", "relative/t": "relative/t", "": ""} {
		assert.Equal(t, want, translate(in))
	}
}
