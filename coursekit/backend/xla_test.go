//go:build cgo && !noxla

package backend_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/plugin"
)

func TestBadNamesOfXLA(t *testing.T) {
	refuses(t, map[string]string{
		"xla:tpu":                      "neither cpu nor cuda",
		"xla:./plugin.so":              "neither cpu nor cuda",
		"xla:help":                     "neither cpu nor cuda",
		"xla:/no/such/plugin.so":       "make setup",
		"xla:" + os.TempDir():          "no PJRT plugin",
		"xla:cpu,shared_buffers=maybe": "shared_buffers",
	})
}

func TestMissingPlugin(t *testing.T) {
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", t.TempDir())
	_, _, err := backend.OpenNamed("xla:cpu,shared_buffers=false")
	require.ErrorIs(t, err, backend.ErrNoPlugin)
	assert.ErrorContains(t, err, "make setup")
	if !plugin.HasNVIDIA() {
		_, _, err = backend.OpenNamed(backend.XLACUDA)
		require.ErrorContains(t, err, "no NVIDIA GPU")
		return
	}
	_, _, err = backend.OpenNamed(backend.XLACUDA)
	require.ErrorIs(t, err, backend.ErrNoPlugin)
	assert.ErrorContains(t, err, "make cuda")
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
