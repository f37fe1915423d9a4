package plugin

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// home gives the test a home and a cache folder of its own, with nothing in them.
func home(t *testing.T) (root string) {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("HOME", folder)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(folder, "cache"))
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", "")
	root, err := Root()
	require.NoError(t, err)
	return root
}

func TestCheckAcceptsALibrary(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), fileName("cpu")), library(t, entry, []byte("code")))
	require.NoError(t, Check(path))
	assert.Empty(t, Version(path), "nobody knows where it is from")
}

func TestCheckRefuses(t *testing.T) {
	good := library(t, entry, make([]byte, 8191))
	other := append([]byte(nil), good...)
	other[18] ^= 0xff // the processor
	for name, c := range map[string]struct {
		contents []byte
		want     string
	}{
		"empty":             {nil, "no ELF file"},
		"page of HTML":      {[]byte("<html>404 Not Found</html>"), "no ELF file"},
		"header only":       {good[:64], "damaged"},
		"half":              {good[:len(good)/2], "damaged"},
		"one byte short":    {good[:len(good)-1], "damaged"},
		"another processor": {other, "made for"},
		"another library":   {library(t, "crc32", nil), "no PJRT plugin"},
	} {
		path := write(t, filepath.Join(t.TempDir(), fileName("cpu")), c.contents)
		err := Check(path)
		require.ErrorContains(t, err, c.want, name)
		assert.ErrorContains(t, err, path, name)
		assert.NotContains(t, err.Error(), "\n", name)
		assert.Regexp(t, "make setup|GOMLX_BACKEND", err.Error(), "%s: no next step", name)
	}
	folder := t.TempDir()
	assert.ErrorContains(t, Check(folder), "no PJRT plugin")
	err := Check(filepath.Join(folder, "none.so"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "make setup")
}

// TestCheckSeesAChangedByte: a file of the right size is read again if it was written since it was installed.
func TestCheckSeesAChangedByte(t *testing.T) {
	contents := library(t, entry, make([]byte, 509))
	path := write(t, filepath.Join(t.TempDir(), fileName("cpu")), contents)
	m, err := describe(source{Package: "made-up", Version: "7"}, path)
	require.NoError(t, err)
	require.NoError(t, m.write(path))
	require.NoError(t, Check(path))
	assert.Equal(t, "made-up 7", Version(path))

	later := time.Unix(2_000_000_011, 0)
	require.NoError(t, os.Chtimes(path, later, later)) // as after a copy
	require.NoError(t, Check(path))
	m, err = readManifest(path)
	require.NoError(t, err)
	assert.Equal(t, later.UnixNano(), m.Modified, "it need not be read a second time")

	contents[len(contents)-300] ^= 1
	write(t, path, contents)
	require.ErrorContains(t, Check(path), "contents have changed")
	require.NoError(t, os.Chtimes(path, later, later))
	require.NoError(t, Check(path), "the quick look goes by size and time")
	require.ErrorContains(t, Verify(path), "contents have changed")

	write(t, path, contents[:len(contents)-1])
	require.ErrorContains(t, Check(path), "were installed")
}

func TestCheckIgnoresABrokenManifest(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), fileName("cpu")), library(t, entry, nil))
	for _, text := range []string{"", "{", "{}", `{"size": 1}`} {
		write(t, manifestPath(path), []byte(text))
		assert.NoError(t, Check(path), text)
		assert.NoError(t, Verify(path), text)
		assert.Empty(t, Version(path), text)
	}
}

func TestFind(t *testing.T) {
	root := home(t)
	if found, err := Find("cuda"); assert.NoError(t, err) {
		assert.Empty(t, found)
	}
	deep := write(t, filepath.Join(root, "x-1", pluginFolder, fileName("cuda")), []byte("x"))
	found, err := Find("cuda")
	require.NoError(t, err)
	assert.Equal(t, deep, found)

	write(t, filepath.Join(root, ".installing-1", fileName("cpu")), []byte("x"))
	theirs := write(t, filepath.Join(os.Getenv("HOME"), ".local/lib/go-xla", "pjrt_c_api_cpu_v0.114.0_plugin.so"), []byte("x"))
	found, err = Find("cpu")
	require.NoError(t, err)
	assert.Equal(t, theirs, found, "go-xla's own place is searched, a half-done installation is not")

	ours := write(t, filepath.Join(root, "y-2", fileName("cpu")), []byte("x"))
	found, err = Find("cpu")
	require.NoError(t, err)
	assert.Equal(t, ours, found, "set-up's place comes first")

	mine := t.TempDir()
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", mine)
	found, err = Find("cpu")
	require.NoError(t, err)
	assert.Empty(t, found, "PJRT_PLUGIN_LIBRARY_PATH replaces all other places")
	want := write(t, filepath.Join(mine, fileName("cpu")), []byte("x"))
	found, err = Find("cpu")
	require.NoError(t, err)
	assert.Equal(t, want, found)
}

func TestNoHome(t *testing.T) {
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "PJRT_PLUGIN_LIBRARY_PATH"} {
		t.Setenv(name, "")
	}
	_, err := Root()
	require.ErrorContains(t, err, "set HOME")
	_, err = Find("cpu")
	assert.NoError(t, err, "the system's places are left")
}
