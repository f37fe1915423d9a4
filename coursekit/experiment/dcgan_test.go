package experiment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/experiment"
)

// TestDCGANQuick runs the small settings of M17: drawn digits, one seed.
func TestDCGANQuick(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.QuickDCGANConfig()
			config.Backend, config.Quiet = name, true
			result, err := experiment.DigitGAN(config)
			passes(t, result, err, 3)
			require.Len(t, result.Pictures, 1+5+1, "before, five snapshots, test digits")
			require.Len(t, result.Curves, 4)
			distance := result.Curves[2].Y
			assert.Less(t, distance[len(distance)-1], distance[0])
		})
	}
}

// TestDCGANMissesTheGate is the negative control of the checks: after five steps there are no digits.
func TestDCGANMissesTheGate(t *testing.T) {
	config := experiment.QuickDCGANConfig()
	config.Backend, config.Quiet, config.Steps = "go", true, 5
	result, err := experiment.DigitGAN(config)
	require.NoError(t, err)
	assert.Contains(t, failed(result), "classes covered, seed 1")
}

func TestDCGANValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultDCGANConfig().Validate())
	require.NoError(t, experiment.QuickDCGANConfig().Validate())
	for want, change := range map[string]func(*experiment.DCGANConfig){
		"Seeds is empty":         func(c *experiment.DCGANConfig) { c.Seeds = nil },
		"Drawn is -1":            func(c *experiment.DCGANConfig) { c.Drawn = -1 },
		"Steps is 7":             func(c *experiment.DCGANConfig) { c.Steps = 7 },
		"OracleSteps is 0":       func(c *experiment.DCGANConfig) { c.OracleSteps = 0 },
		"Batch is 2001":          func(c *experiment.DCGANConfig) { c.Batch = 2001 },
		"LearningRate is 0":      func(c *experiment.DCGANConfig) { c.LearningRate = 0 },
		"Samples is 501":         func(c *experiment.DCGANConfig) { c.Samples = 501 },
		"Classes is 11":          func(c *experiment.DCGANConfig) { c.Classes = 11 },
		"Share is 0.2":           func(c *experiment.DCGANConfig) { c.Share = 0.2 },
		"Filters is []":          func(c *experiment.DCGANConfig) { c.Filters = nil },
		"Noise is 0, must be at": func(c *experiment.DCGANConfig) { c.Noise = 0 },
	} {
		config := experiment.QuickDCGANConfig()
		change(&config)
		_, err := experiment.DigitGAN(config)
		assert.ErrorContains(t, err, want)
	}
}
