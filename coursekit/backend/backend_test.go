package backend_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/backendtest"
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

// TestBadNames: each is one line that says what to do, and the process goes on.
func TestBadNames(t *testing.T) {
	refuses(t, map[string]string{
		"tpu":                 "unknown backend",
		"xlacpu":              "unknown backend",
		":":                   "unknown backend",
		"GO":                  "unknown backend",
		"go:no_such_option":   "no_such_option",
		"go:parallelism=many": "parallelism",
	})
}

func refuses(t *testing.T, names map[string]string) {
	t.Helper()
	for name, want := range names {
		t.Setenv("GOMLX_BACKEND", name)
		b, _, err := backend.Open()
		require.ErrorContains(t, err, want, name)
		assert.Nil(t, b)
		assert.ErrorContains(t, err, name)
		assert.NotContains(t, err.Error(), "\n")
	}
}

func TestGoRunsOneOperationAtATime(t *testing.T) {
	for name, want := range map[string]string{
		"go":                               "go:ops_sequential",
		"go:":                              "go:ops_sequential",
		"go:parallelism=1":                 "go:parallelism=1,ops_sequential",
		"go:ops_parallel":                  "go:ops_parallel",
		"go:creation_order,ops_sequential": "go:creation_order,ops_sequential",
	} {
		_, info, err := backend.OpenNamed(name)
		require.NoError(t, err)
		assert.Equal(t, want, info.Config)
	}
}

// TestDoesNotDownload: with no plugin anywhere and a proxy that would count the attempts, opening makes none.
func TestDoesNotDownload(t *testing.T) {
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer proxy.Close()
	out := again(t, "TestFallsBackToGo", "https_proxy="+proxy.URL, "HTTPS_PROXY="+proxy.URL, "HOME="+t.TempDir(), "XDG_CACHE_HOME="+t.TempDir())
	assert.Contains(t, out, "--- PASS")
	assert.Zero(t, asked.Load())
}

// again runs one test of this program in a process of its own: this one may hold XLA already.
func again(t *testing.T, test string, env ...string) string {
	t.Helper()
	command := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.v")
	command.Env = append(os.Environ(), append([]string{"COURSELAB_TEST_CHILD=1", "GOMLX_BACKEND=", "PJRT_PLUGIN_LIBRARY_PATH=" + t.TempDir()}, env...)...)
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

func TestFallsBackToGo(t *testing.T) {
	if os.Getenv("COURSELAB_TEST_CHILD") != "" {
		_, info, err := backend.Open()
		require.NoError(t, err)
		assert.Equal(t, backend.Go, info.Name)
		assert.Contains(t, info.Reason, "falling back to pure Go")
		assert.NotContains(t, info.String(), "\n")
		backend.Must()
		backend.Must()
		return
	}
	out := again(t, "TestFallsBackToGo")
	assert.Contains(t, out, "--- PASS")
	assert.Equal(t, 1, strings.Count(out, "(falling back"), "Must says it once: %s", out)
}

// TestIsGo: exactly one of the backends is Go's.
func TestIsGo(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		assert.Equal(t, strings.HasSuffix(t.Name(), "/"+backend.Go), backend.IsGo(b))
	})
}
