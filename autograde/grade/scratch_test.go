package grade

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestKilledGradersLeaveNothing: what a grader that was killed has left goes with the next one; what a living one has stays.
func TestKilledGradersLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	old := func(path string) {
		require.NoError(t, os.WriteFile(filepath.Join(path, "worker"), []byte("x"), 0o600))
		require.NoError(t, os.Chtimes(path, time.Now(), time.Now().Add(-time.Hour)))
	}
	alive, err := newScratch(dir)
	require.NoError(t, err)
	old(alive.path)
	dead := filepath.Join(dir, scratchPrefix+"dead")
	killed := exec.Command("sh", "-c", "mkdir "+dead+" && kill -9 $$")
	require.Error(t, killed.Run())
	young, err := newScratch(dir)
	require.NoError(t, err)
	assert.DirExists(t, dead, "it may be about to take its lock")
	old(dead)
	next, err := newScratch(dir)
	require.NoError(t, err)
	assert.NoDirExists(t, dead)
	for _, s := range []*scratch{alive, young, next} {
		assert.DirExists(t, s.path)
		require.NoError(t, s.close())
		assert.NoDirExists(t, s.path)
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}
