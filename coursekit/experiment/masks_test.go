package experiment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/experiment"
)

func TestThreeMasksQuick(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.QuickMasksConfig()
			config.Backend, config.Quiet = name, true
			result, err := experiment.ThreeMasks(config)
			require.NoError(t, err)
			for _, check := range result.Checks {
				assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
			}
			assert.Len(t, result.Checks, 2+3+3+1)
			require.Len(t, result.Maps, 3)
			seen := [3]float64{}
			for mask, m := range result.Maps {
				for _, row := range m.Weights {
					for _, moved := range row {
						seen[mask] += moved
					}
				}
			}
			assert.Equal(t, [3]float64{10 * 11 / 2, 10*11/2 + 5*4/2, 10 * 10}, seen, "the masks' own counts")
		})
	}
}

// TestThreeMasksUntrained is the negative control of the checks: after one step the masks hold, and the losses do not.
func TestThreeMasksUntrained(t *testing.T) {
	config := experiment.QuickMasksConfig()
	config.Backend, config.Quiet, config.Steps, config.Tests, config.WarmUp = "go", true, 1, 100, 0
	result, err := experiment.ThreeMasks(config)
	require.NoError(t, err)
	assert.False(t, result.Passed())
	for _, check := range result.Checks[:2] {
		assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
	}
}

func TestThreeMasksValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultMasksConfig().Validate())
	for want, change := range map[string]func(*experiment.MasksConfig){
		"Seeds is empty":                     func(c *experiment.MasksConfig) { c.Seeds = nil },
		"Letters is 1":                       func(c *experiment.MasksConfig) { c.Letters = 1 },
		"Prefix is 1":                        func(c *experiment.MasksConfig) { c.Prefix = 1 },
		"Length is 14, must be at least Pre": func(c *experiment.MasksConfig) { c.Length = 14 },
		"Hidden is 1":                        func(c *experiment.MasksConfig) { c.Hidden = 1 },
		"Tests 0":                            func(c *experiment.MasksConfig) { c.Tests = 0 },
		"LearningRate is 0":                  func(c *experiment.MasksConfig) { c.LearningRate = 0 },
		"WarmUp is -1":                       func(c *experiment.MasksConfig) { c.WarmUp = -1 },
		"Heads is 5, must divide":            func(c *experiment.MasksConfig) { c.Heads = 5 },
	} {
		config := experiment.DefaultMasksConfig()
		change(&config)
		_, err := experiment.ThreeMasks(config)
		assert.ErrorContains(t, err, want)
	}
}
