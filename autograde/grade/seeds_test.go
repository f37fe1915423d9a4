package grade

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
)

// copyOfTiny copies the tiny lab to a new folder of this module, with a hidden suite that was changed.
func copyOfTiny(t *testing.T, old, new string) string {
	t.Helper()
	dir, err := os.MkdirTemp(filepath.Join("..", "testdata", "labs"), "tmp")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.CopyFS(dir, os.DirFS(tinyDir)))
	path := filepath.Join(dir, "hidden", "suite.go")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(text), old)
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(text), old, new, 1)), 0o644))
	return dir
}

var fewSeeds = []uint64{1, 2, 3, 4, 5, 6, 7, 8}

// TestFlakyCheckIsFound: a check that now and then rejects the right answer is named, with the seeds, and the same seeds find it again.
func TestFlakyCheckIsFound(t *testing.T) {
	quiet := func(int, int, uint64) {}
	sound, err := engine(t, tinyDir).Repeat(context.Background(), 2, fewSeeds, quiet)
	require.NoError(t, err)
	assert.Empty(t, sound.Failures, "the control")
	require.NotEmpty(t, sound.Spreads)
	assert.Equal(t, "scale-random", sound.Spreads[0].Check)
	assert.False(t, sound.Spreads[0].Fixed)
	assert.Less(t, sound.Spreads[0].Share(), 0.1)
	for _, s := range sound.Spreads {
		assert.Empty(t, s.Suggestion, s.Check)
	}

	flaky := engine(t, copyOfTiny(t, "t.Close(\"Mean\", t.Call1(\"Mean\", values), sum/11, 1e-9, 0)",
		"t.Close(\"Mean\", t.Call1(\"Mean\", values), sum/11+1e-3*t.Rand().Float64(), 8e-4, 0)"))
	report, err := flaky.Repeat(context.Background(), 2, fewSeeds, quiet)
	require.NoError(t, err)
	require.NotEmpty(t, report.Failures)
	require.Less(t, len(report.Failures), len(fewSeeds))
	for _, f := range report.Failures {
		assert.Equal(t, "mean-random", f.Check)
		assert.Equal(t, check.WrongAnswer, f.Verdict)
		assert.Contains(t, f.Why, "differ by more than 0.0008")
	}
	assert.Equal(t, "mean-random", report.Spreads[0].Check)
	assert.Contains(t, report.Spreads[0].Suggestion, "tight: allow 0.0")
	again, err := flaky.Repeat(context.Background(), 1, []uint64{report.Failures[0].Seed}, quiet)
	require.NoError(t, err)
	assert.Equal(t, report.Failures[:1], again.Failures)
}

func TestSuggestions(t *testing.T) {
	for _, c := range []struct {
		spread check.Spread
		fixed  bool
		want   string
	}{
		{check.Spread{Want: 1, Off: 2e-6, Allowed: 1e-4}, false, ""},
		{check.Spread{Want: 1, Off: 2e-5, Allowed: 1e-4}, false, "tight: allow 0.0002"},
		{check.Spread{Want: 1, Off: 2e-5, Allowed: 1e-4}, true, ""},
		{check.Spread{Want: 1, Off: 2e-9, Allowed: 1e-4}, false, ""},
		{check.Spread{Want: 1, Off: 2e-6, Allowed: 0.5}, false, "loose: 0.0005 would do"},
		{check.Spread{Want: 1, Off: 0, Allowed: 0.5}, true, "loose: 0.0005 would do"},
		{check.Spread{Want: 1000, Off: 0, Allowed: 0.5}, false, ""},
	} {
		s := CheckSpread{Spread: c.spread, Fixed: c.fixed}
		s.suggest()
		assert.Equal(t, c.want, s.Suggestion, c.spread)
	}
	assert.Equal(t, []string{"0", "1e-05", "3e-05", "0.2"}, []string{upwards(0), upwards(1e-5), upwards(2.1e-5), upwards(0.11)})
}
