package experiment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/experiment"
)

func TestWaysToDecodeQuick(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.QuickDecodingConfig()
			config.Backend, config.Quiet = name, true
			result, err := experiment.WaysToDecode(config)
			require.NoError(t, err)
			for _, check := range result.Checks {
				assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
			}
			assert.Len(t, result.Checks, 4+2+4+4)
			one, found := result.Number("beam 1, log-probability")
			require.True(t, found)
			greedy, found := result.Number("greedy, log-probability")
			require.True(t, found)
			assert.InDelta(t, greedy.Values[0], one.Values[0], 1e-4, "a beam of one is greedy")
		})
	}
}

// TestWaysToDecodeUntrained is the negative control of the checks on the trained model.
func TestWaysToDecodeUntrained(t *testing.T) {
	config := experiment.QuickDecodingConfig()
	config.Backend, config.Quiet, config.Steps, config.WarmUp = "go", true, 1, 0
	result, err := experiment.WaysToDecode(config)
	require.NoError(t, err)
	assert.False(t, result.Passed())
	last := result.Checks[len(result.Checks)-1]
	assert.Contains(t, last.Name, "samples are the source's")
	assert.False(t, last.Passed)
}

func TestWaysToDecodeValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultDecodingConfig().Validate())
	require.NoError(t, experiment.QuickDecodingConfig().Validate())
	for want, change := range map[string]func(*experiment.DecodingConfig){
		"Seeds is empty":          func(c *experiment.DecodingConfig) { c.Seeds = nil },
		"Draws is 1":              func(c *experiment.DecodingConfig) { c.Draws = 1 },
		"Widths is empty":         func(c *experiment.DecodingConfig) { c.Widths = nil },
		"Widths is [2 1]":         func(c *experiment.DecodingConfig) { c.Widths = []int{2, 1} },
		"Letters is 1":            func(c *experiment.DecodingConfig) { c.Letters = 1 },
		"Steps 0":                 func(c *experiment.DecodingConfig) { c.Steps = 0 },
		"Written is 31, must be":  func(c *experiment.DecodingConfig) { c.Written = 31 },
		"Prompts is 1":            func(c *experiment.DecodingConfig) { c.Prompts = 1 },
		"Heads is 3, must divide": func(c *experiment.DecodingConfig) { c.Heads = 3 },
	} {
		config := experiment.DefaultDecodingConfig()
		change(&config)
		_, err := experiment.WaysToDecode(config)
		assert.ErrorContains(t, err, want)
	}
}
