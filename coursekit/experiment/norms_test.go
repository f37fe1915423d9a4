package experiment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/experiment"
)

// TestNormsQuick runs on the Go backend alone: XLA would compile four deep graphs, for half a minute.
func TestNormsQuick(t *testing.T) {
	config := experiment.QuickNormsConfig()
	config.Backend, config.Quiet = "go", true
	result, err := experiment.NormsAndWarmUp(config)
	require.NoError(t, err)
	for _, check := range result.Checks {
		assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
	}
	assert.Len(t, result.Checks, 3)
	require.Len(t, result.Curves, 4)
	for _, curve := range result.Curves {
		assert.Equal(t, "share of right tokens", curve.YLabel)
	}
}

// TestNormsUntrained is the negative control of the checks.
func TestNormsUntrained(t *testing.T) {
	config := experiment.QuickNormsConfig()
	config.Backend, config.Quiet, config.Steps, config.Every = "go", true, 1, 1
	result, err := experiment.NormsAndWarmUp(config)
	require.NoError(t, err)
	assert.False(t, result.Passed())
	assert.Contains(t, result.Checks[0].Got, "not in 1 steps")
}

func TestNormsValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultNormsConfig().Validate())
	require.NoError(t, experiment.QuickNormsConfig().Validate())
	for want, change := range map[string]func(*experiment.NormsConfig){
		"Seeds is empty":          func(c *experiment.NormsConfig) { c.Seeds = nil },
		"Digits is 1":             func(c *experiment.NormsConfig) { c.Digits = 1 },
		"Length is 1":             func(c *experiment.NormsConfig) { c.Length = 1 },
		"Tests 0":                 func(c *experiment.NormsConfig) { c.Tests = 0 },
		"Steps is 3":              func(c *experiment.NormsConfig) { c.Steps = 3 },
		"LearningRate is 0":       func(c *experiment.NormsConfig) { c.LearningRate = 0 },
		"WarmUp is 0":             func(c *experiment.NormsConfig) { c.WarmUp = 0 },
		"Goal is 0.1":             func(c *experiment.NormsConfig) { c.Goal = 0.1 },
		"Heads is 3, must divide": func(c *experiment.NormsConfig) { c.Heads = 3 },
	} {
		config := experiment.DefaultNormsConfig()
		change(&config)
		_, err := experiment.NormsAndWarmUp(config)
		assert.ErrorContains(t, err, want)
	}
}
