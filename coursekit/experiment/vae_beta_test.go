package experiment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/experiment"
)

// TestBetaQuick runs the small settings of M14: drawn digits, one seed.
func TestBetaQuick(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.QuickBetaConfig()
			config.Backend, config.Quiet = name, true
			result, err := experiment.BetaSweep(config)
			passes(t, result, err, 5)
			require.Len(t, result.Pictures, 2)
			assert.Len(t, result.Pictures[0].Images, 10*(1+len(config.Betas)))
			assert.Len(t, result.Curves[0].X, len(config.Betas))
		})
	}
}

// TestBetaMissesTheGate is the negative control of the checks: with betas that are all small, nothing collapses.
func TestBetaMissesTheGate(t *testing.T) {
	config := experiment.QuickBetaConfig()
	config.Backend, config.Quiet, config.Betas, config.Steps = "go", true, []float64{0.5, 1, 2}, 100
	result, err := experiment.BetaSweep(config)
	require.NoError(t, err)
	assert.Contains(t, failed(result), "posterior collapse at beta 2, seed 1")
	assert.NotContains(t, failed(result), "no collapse at beta 1, seed 1")
}

func TestBetaValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultBetaConfig().Validate())
	require.NoError(t, experiment.QuickBetaConfig().Validate())
	for want, change := range map[string]func(*experiment.BetaConfig){
		"Seeds is empty":         func(c *experiment.BetaConfig) { c.Seeds = nil },
		"Betas is [1 2]":         func(c *experiment.BetaConfig) { c.Betas = []float64{1, 2} },
		"Betas is [1 3 2]":       func(c *experiment.BetaConfig) { c.Betas = []float64{1, 3, 2} },
		"Betas is [2 3 4]":       func(c *experiment.BetaConfig) { c.Betas = []float64{2, 3, 4} },
		"Betas begins with 0":    func(c *experiment.BetaConfig) { c.Betas = []float64{0, 1, 2} },
		"Drawn is -1":            func(c *experiment.BetaConfig) { c.Drawn = -1 },
		"Steps is 0":             func(c *experiment.BetaConfig) { c.Steps = 0 },
		"Batch is 0":             func(c *experiment.BetaConfig) { c.Batch = 0 },
		"LearningRate is 0":      func(c *experiment.BetaConfig) { c.LearningRate = 0 },
		"Hidden[0] is 0, must b": func(c *experiment.BetaConfig) { c.Hidden = []int{0} },
	} {
		config := experiment.QuickBetaConfig()
		change(&config)
		_, err := experiment.BetaSweep(config)
		assert.ErrorContains(t, err, want)
	}
}
