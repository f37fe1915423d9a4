package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCollect: what can be taken is taken, what cannot is named, and grading reads what was taken.
func TestCollect(t *testing.T) {
	clones, in := t.TempDir(), filepath.Join(t.TempDir(), "in")
	ada := filepath.Join(clones, "ada")
	write(t, filepath.Join(ada, "lab", "tiny.go"), right(t))
	write(t, filepath.Join(clones, "broken.bundle"), "no bundle")
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "work"}} {
		out, err := exec.Command("git", append([]string{"-C", ada}, args...)...).CombinedOutput()
		require.NoError(t, err, string(out))
	}
	stdout, stderr, code := autograde(t, "collect", clones, "-o", in, "--folder", "lab", "--received", "2023-03-31T23:59:00-04:00")
	assert.Equal(t, 3, code, stderr)
	assert.Contains(t, stdout, "the file is no complete bundle")
	assert.Contains(t, stdout, "1 submission taken, 1 could not be.")
	received, err := os.ReadFile(filepath.Join(in, "received.csv"))
	require.NoError(t, err)
	assert.Equal(t, "student,received\nada,2023-04-01T03:59:00Z\n", string(received))
	stdout, stderr, code = autograde(t, "grade", tiny, in, "-o", filepath.Join(t.TempDir(), "grades"))
	assert.Zero(t, code, stderr)
	assert.Contains(t, stdout, "10")
	assert.NotContains(t, stderr, "received.csv")
	_, stderr, code = autograde(t, "collect", clones)
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "collect needs a folder for the submissions: -o DIR")
}
