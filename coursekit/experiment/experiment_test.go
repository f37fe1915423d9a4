package experiment_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/experiment"
)

// TestLettersQuick runs the small settings of M6 with one seed: same checks, smaller world.
func TestLettersQuick(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.QuickLettersConfig()
			config.Backend, config.Quiet = name, true
			result, err := experiment.LettersToNumbers(config)
			require.NoError(t, err)
			for _, check := range result.Checks {
				assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
			}
			assert.Len(t, result.Checks, 3)
			assert.True(t, result.Passed())

			sets, found := result.Number("no encoder positions, right set")
			require.True(t, found)
			assert.Greater(t, sets.Values[0], 0.8, "the control knows the numbers, only not their order")
			require.Len(t, result.Curves, 3)
			for _, curve := range result.Curves {
				assert.Less(t, curve.Y[len(curve.Y)-1], curve.Y[0])
			}
			require.Len(t, result.Maps, 6, "three kinds of attention, two heads")
			for _, m := range result.Maps {
				require.Len(t, m.Weights, len(m.Rows))
				for _, row := range m.Weights {
					require.Len(t, row, len(m.Columns))
					sum := 0.0
					for _, weight := range row {
						sum += weight
					}
					assert.InDelta(t, 1, sum, 1e-5)
				}
			}

			var text bytes.Buffer
			require.NoError(t, result.WriteText(&text))
			for _, want := range []string{"M6  Letters to numbers", "quick settings", "SEED 1", "mean of 1/L!", "✓", "M6 passed", "▁"} {
				assert.Contains(t, text.String(), want)
			}
			data, err := json.Marshal(result)
			require.NoError(t, err)
			var back experiment.Result
			require.NoError(t, json.Unmarshal(data, &back))
			assert.Equal(t, result, back)
		})
	}
}

// TestUntrainedMissesTheGate is the negative control of the checks: one step is not enough, and the result says so.
func TestUntrainedMissesTheGate(t *testing.T) {
	config := experiment.QuickLettersConfig()
	config.Backend, config.Quiet = "go", true
	config.SequenceSteps, config.SetSteps, config.ControlSteps, config.HeldOut = 1, 1, 1, 23
	result, err := experiment.LettersToNumbers(config)
	require.NoError(t, err)
	assert.False(t, result.Passed())
	var text bytes.Buffer
	require.NoError(t, result.WriteText(&text))
	assert.Contains(t, text.String(), "M6 FAILED")
	assert.Equal(t, 2, strings.Count(text.String(), "✗"), "sequence and set:\n%s", text.String())
}

func TestWorkedNumbers(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.DefaultWorkedConfig()
			config.Backend = name
			result, err := experiment.WorkedNumbers(config)
			require.NoError(t, err)
			assert.Len(t, result.Checks, 6+2+16+2+4+4+3+2+4+5+1+2)
			for _, check := range result.Checks {
				assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
			}
			cells, found := result.Number("cells of the token batch")
			require.True(t, found)
			assert.Equal(t, []float64{40}, cells.Values)
		})
	}
	_, err := experiment.WorkedNumbers(experiment.WorkedConfig{Tolerance: 0.1})
	assert.ErrorContains(t, err, "Tolerance is 0.1")
	_, err = experiment.WorkedNumbers(experiment.WorkedConfig{Tolerance: 1e-6, Backend: "abacus"})
	assert.ErrorContains(t, err, "abacus")
}

func TestLettersValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultLettersConfig().Validate())
	require.NoError(t, experiment.QuickLettersConfig().Validate())
	for want, change := range map[string]func(*experiment.LettersConfig){
		"Seeds is empty":                   func(c *experiment.LettersConfig) { c.Seeds = nil },
		"Letters is 27":                    func(c *experiment.LettersConfig) { c.Letters = 27 },
		"MinLength is 1":                   func(c *experiment.LettersConfig) { c.MinLength = 1 },
		"at least MinLength, which is 5":   func(c *experiment.LettersConfig) { c.MinLength, c.MaxLength = 5, 4 },
		"less than Letters, which is 6":    func(c *experiment.LettersConfig) { c.Letters = 6 },
		"HeldOut is 0":                     func(c *experiment.LettersConfig) { c.HeldOut = 0 },
		"Batch is 0":                       func(c *experiment.LettersConfig) { c.Batch = 0 },
		"SetSteps 0":                       func(c *experiment.LettersConfig) { c.SetSteps = 0 },
		"LearningRate is 0":                func(c *experiment.LettersConfig) { c.LearningRate = 0 },
		"WarmUp is -1":                     func(c *experiment.LettersConfig) { c.WarmUp = -1 },
		"Heads is 3, must divide ModelDim": func(c *experiment.LettersConfig) { c.Heads = 3 },
	} {
		config := experiment.DefaultLettersConfig()
		change(&config)
		_, err := experiment.LettersToNumbers(config)
		assert.ErrorContains(t, err, want)
	}
}

func TestCatalogue(t *testing.T) {
	for _, m := range experiment.Milestones() {
		found, err := experiment.Find(m.ID)
		require.NoError(t, err)
		assert.Equal(t, m.Title, found.Title)
		for _, text := range []string{m.Title, m.Shows, m.Expect, m.Takes} {
			assert.NotEmpty(t, text, m.ID)
		}
		assert.NotEmpty(t, m.Headline, m.ID)
	}
	_, err := experiment.Find("M0")
	assert.ErrorContains(t, err, "no milestone \"M0\": there are M1 M2")
	assert.False(t, experiment.Result{}.Passed(), "nothing checked is nothing shown")
}
