//go:build long

package experiment_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/experiment"
)

// TestLettersMilestone is M6 in full: three seeds, 2,000 unseen inputs, with XLA on the CPU. The wall time is in the table, not in a check.
func TestLettersMilestone(t *testing.T) {
	config := experiment.DefaultLettersConfig()
	config.Backend = backend.XLACPU
	result, err := experiment.LettersToNumbers(config)
	require.NoError(t, err)
	require.NoError(t, result.WriteText(os.Stdout))
	assert.Len(t, result.Checks, 3*3)
	for _, check := range result.Checks {
		assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
	}
}
