package backend_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/backend/plugin"
)

// manyProducts has more independent matrix products than there are processors: the shape that stops the Go backend for
// ever when operations run in parallel.
func manyProducts(x *Node) *Node {
	sum := ReduceAllSum(x)
	for range 64 {
		sum = Add(sum, ReduceAllSum(Dot(x, x).Product()))
	}
	return sum
}

func TestManyProductsFinish(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			exec := MustNewExec(b, manyProducts)
			for range 50 {
				exec.MustCall(tensors.FromScalarAndDimensions(float32(0.01), 128, 128))
			}
		}()
		select {
		case <-done:
		case <-time.After(2 * time.Minute):
			t.Fatal("the backend hangs")
		}
	})
}

func TestOpenFollowsTheEnvironment(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Setenv("GOMLX_BACKEND", name)
		b, info, err := backend.Open()
		require.NoError(t, err)
		assert.Equal(t, name, info.Name)
		assert.Equal(t, "GOMLX_BACKEND="+name, info.Reason)
		assert.Positive(t, b.NumDevices())
		again, _, err := backend.Open()
		require.NoError(t, err)
		assert.Same(t, b, again, "a process has one backend of a name")
	}
}

func TestUnknownBackend(t *testing.T) {
	for _, name := range []string{"tpu", "xlacpu", ":", "GO"} {
		t.Setenv("GOMLX_BACKEND", name)
		_, _, err := backend.Open()
		require.Error(t, err)
		assert.Contains(t, err.Error(), "unknown backend")
		assert.Contains(t, err.Error(), "xla:cpu")
		assert.NotContains(t, err.Error(), "\n")
	}
}

func TestMissingPlugin(t *testing.T) {
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", t.TempDir())
	_, _, err := backend.OpenNamed("xla:cpu,shared_buffers=false")
	require.ErrorIs(t, err, backend.ErrNoPlugin)
	assert.Contains(t, err.Error(), "make setup")
	_, _, err = backend.OpenNamed("xla:" + filepath.Join(t.TempDir(), "none.so"))
	require.ErrorContains(t, err, "make setup")
}

// TestFallsBackToGo opens in a process of its own: this one may hold XLA already.
func TestFallsBackToGo(t *testing.T) {
	if os.Getenv("COURSELAB_TEST_FALLBACK") != "" {
		_, info, err := backend.Open()
		require.NoError(t, err)
		assert.Equal(t, backend.Go, info.Name)
		assert.Contains(t, info.Reason, "no PJRT plugin found")
		return
	}
	command := exec.Command(os.Args[0], "-test.run=^TestFallsBackToGo$", "-test.v")
	command.Env = append(os.Environ(), "COURSELAB_TEST_FALLBACK=1", "GOMLX_BACKEND=", "PJRT_PLUGIN_LIBRARY_PATH="+t.TempDir())
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "--- PASS")
}

// TestDamagedPlugin truncates and overwrites the real plugin: each must be refused before the loader sees it.
func TestDamagedPlugin(t *testing.T) {
	real, err := plugin.Find("cpu")
	require.NoError(t, err)
	require.NotEmpty(t, real, "no plugin: run `make setup`")
	whole, err := os.ReadFile(real)
	require.NoError(t, err)
	for name, damaged := range map[string][]byte{
		"empty":     {},
		"text":      []byte("<html>404</html>"),
		"head only": whole[:4096],
		"half":      whole[:len(whole)/2],
	} {
		path := filepath.Join(t.TempDir(), "pjrt_c_api_cpu_plugin.so")
		require.NoError(t, os.WriteFile(path, damaged, 0o755))
		_, _, err := backend.OpenNamed("xla:" + path)
		require.ErrorContains(t, err, "damaged", name)
		assert.Contains(t, err.Error(), "make setup", name)
		assert.NotContains(t, err.Error(), "\n", name)
	}
}
