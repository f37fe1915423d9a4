package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/datasets"
)

// run runs the command on a machine whose only data are those in root.
func run(t *testing.T, root string, args ...string) (string, error) {
	t.Helper()
	t.Setenv("COURSELAB_DATA", root)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", "")
	var out, errs bytes.Buffer
	c := newCommand()
	c.SetArgs(args)
	c.SetOut(&out)
	c.SetErr(&errs)
	err := c.Execute()
	assert.Empty(t, errs.String())
	return out.String(), err
}

// cola makes up a data set with the numbers of sentences of GLUE's CoLA.
func cola(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	folder := filepath.Join(root, "cola")
	require.NoError(t, os.Mkdir(folder, 0o755))
	for name, n := range map[string]int{"train.tsv": 8_551, "dev.tsv": 1_043, "test.tsv": 1_063} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "gj04\t1\t\tSentence %d.\n", i)
		}
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(b.String()), 0o644))
	}
	return root
}

func TestList(t *testing.T) {
	out, err := run(t, cola(t), "list", "--json")
	require.NoError(t, err)
	var rows []row
	require.NoError(t, json.Unmarshal([]byte(out), &rows))
	require.Len(t, rows, len(datasets.Names()))
	for _, r := range rows {
		want := "absent"
		if r.Name == "cola" {
			want = "verified"
			assert.Equal(t, "glue", r.Release)
			assert.Equal(t, datasets.ByStructure, r.Checks["dev.tsv"])
		}
		assert.Equal(t, want, r.State, r.Name)
	}
	out, err = run(t, t.TempDir(), "list")
	require.NoError(t, err)
	assert.Contains(t, out, "tinyshakespeare")
	assert.NotContains(t, out, "verified")
}

func TestShow(t *testing.T) {
	out, err := run(t, t.TempDir(), "show", "mnist")
	require.NoError(t, err)
	for _, want := range []string{"CC BY-SA 3.0", "release full: 60,000", "t10k-labels-idx1-ubyte.gz, 4542 bytes, SHA-256 f7ae60f9", "from https://", "(COURSELAB_DATA), folder mnist"} {
		assert.Contains(t, out, want)
	}
	_, err = run(t, t.TempDir(), "show", "imagenet")
	assert.ErrorIs(t, err, datasets.ErrUnknown)
	out, err = run(t, t.TempDir(), "show", "cola", "--json")
	require.NoError(t, err)
	var entry datasets.Entry
	require.NoError(t, json.Unmarshal([]byte(out), &entry))
	assert.Equal(t, "cola", entry.Name)
}

func TestCheck(t *testing.T) {
	root := cola(t)
	out, err := run(t, root, "check", "cola")
	require.NoError(t, err)
	assert.Contains(t, out, "cola: verified, release glue in "+filepath.Join(root, "cola")+" (0 files by SHA-256, 3 by structure)")
	_, err = run(t, root, "check")
	require.NoError(t, err, "what is absent is no fault if it was not named")
	out, err = run(t, root, "check", "cola", "mnist")
	assert.EqualError(t, err, "not usable: mnist")
	assert.Contains(t, out, "mnist: data set not found in ")

	require.NoError(t, os.WriteFile(filepath.Join(root, "cola", "dev.tsv"), []byte("damaged"), 0o644))
	out, err = run(t, root, "check")
	assert.EqualError(t, err, "not usable: cola")
	assert.Contains(t, out, "dev.tsv: line 1: want 4 columns, got 1")
	out, err = run(t, root, "check", "--json")
	assert.EqualError(t, err, "not usable: cola")
	assert.True(t, json.Valid([]byte(out)))
}

// What is here is not downloaded.
func TestGetOfWhatIsHere(t *testing.T) {
	root := cola(t)
	out, err := run(t, root, "get", "cola")
	require.NoError(t, err)
	assert.Equal(t, "cola: release glue in "+filepath.Join(root, "cola")+"\n", out)
	_, err = run(t, root, "get", "imagenet")
	assert.ErrorIs(t, err, datasets.ErrUnknown)
	_, err = run(t, root, "get")
	assert.Error(t, err)
}

func TestSample(t *testing.T) {
	for name := range samplers {
		out, err := run(t, t.TempDir(), "sample", name, "3")
		require.NoError(t, err)
		again, err := run(t, t.TempDir(), "sample", name, "3")
		require.NoError(t, err)
		other, err := run(t, t.TempDir(), "sample", name, "3", "--seed", "2")
		require.NoError(t, err)
		assert.GreaterOrEqual(t, strings.Count(out, "\n"), 3, name)
		assert.Equal(t, out, again, name)
		assert.NotEqual(t, out, other, name)
	}
	_, err := run(t, t.TempDir(), "sample", "dragons")
	assert.ErrorContains(t, err, `no generator "dragons"; there are adding, agreement, `)
	_, err = run(t, t.TempDir(), "sample", "ring", "0")
	assert.ErrorContains(t, err, `"0" items, want a number above 0`)
}
