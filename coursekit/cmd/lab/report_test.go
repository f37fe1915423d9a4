package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/experiment"
)

// TestReport runs three milestones, of which one passes, one misses a check and one cannot run.
func TestReport(t *testing.T) {
	half := 0.5
	milestone := func(id string, passed bool, err error) experiment.Milestone {
		return experiment.Milestone{ID: id, Headline: []string{"accuracy", "not measured"}, Run: func(experiment.Options) (experiment.Result, error) {
			return experiment.Result{
				ID: id, Title: "a|b", Seeds: []int64{1, 2, 3}, Seconds: 2.2,
				Backend: backend.Info{Config: "xla:/somewhere/plugin.so", Description: "/somewhere", PluginPath: "/somewhere/plugin.so"},
				Numbers: []experiment.Number{
					{Name: "without comparison", Values: []float64{7}},
					{Name: "accuracy", Values: []float64{.9, 1, .8}, Expected: &half, From: "chance"},
				},
				Curves: []experiment.Curve{{Name: "long", X: []float64{1}, Y: []float64{1}}},
				Checks: []experiment.Check{{Name: "x", Passed: passed}},
			}, err
		}}
	}
	run := func(readme string, milestones ...experiment.Milestone) (dir, text string, err error) {
		dir = t.TempDir()
		root := command(experiment.Find, func() []experiment.Milestone { return milestones })
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetErr(&out)
		root.SetArgs([]string{"report", "--out", dir, "--readme", readme})
		err = root.Execute()
		return dir, out.String(), err
	}
	readme := filepath.Join(t.TempDir(), "README.md")
	require.NoError(t, os.WriteFile(readme, []byte("before\n"+tableBegins+"\nold\n"+tableEnds+"\nafter\n"), 0o666))

	good, bad, broken := milestone("G", true, nil), milestone("B", false, nil), milestone("X", true, errors.New("no data"))
	dir, text, err := run(readme, broken, good)
	assert.ErrorContains(t, err, "could not run X")
	assert.Equal(t, 2, exitCode(err))
	assert.Contains(t, text, "X could not run: no data")
	assert.Contains(t, text, "1 of 2 milestones passed")
	data, err := os.ReadFile(readme)
	require.NoError(t, err)
	assert.Contains(t, string(data), "before\n"+tableBegins+"\n| |")
	assert.Contains(t, string(data), tableEnds+"\nafter\n")
	assert.NotContains(t, string(data), "old")
	assert.Contains(t, string(data), `| ✓ G | a\|b | accuracy: 0.9 ± 0.1 | 0.5 (chance) | 3 | 3 s |`)
	var results []experiment.Result
	data, err = os.ReadFile(filepath.Join(dir, "milestones.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &results))
	require.Len(t, results, 1)
	assert.Empty(t, results[0].Curves, "the table is short")
	assert.NotContains(t, string(data), "/somewhere", "where a plugin lies is told to nobody")

	_, text, err = run(readme, bad, good)
	assert.ErrorIs(t, err, errMissed)
	assert.Contains(t, text, "1 of 2 milestones passed")
	_, _, err = run(readme, good)
	assert.NoError(t, err)

	some, err := named([]experiment.Milestone{broken, good, bad}, []string{"b", "G"})
	require.NoError(t, err)
	require.Len(t, some, 2)
	assert.Equal(t, "G", some[0].ID, "in the order of the catalogue")
	_, err = named(some, []string{"G", "M99"})
	assert.ErrorContains(t, err, `no milestone "M99"`)

	require.NoError(t, os.WriteFile(readme, []byte("nothing"), 0o666))
	_, text, err = run(readme, good)
	assert.ErrorContains(t, err, "has no place for the table")
	assert.Empty(t, text, "known before the work is done")
}
