package experiment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/experiment"
)

// TestRingQuick runs the small settings of M16 with one seed.
func TestRingQuick(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.QuickRingConfig()
			config.Backend, config.Quiet = name, true
			result, err := experiment.ModeCollapse(config)
			passes(t, result, err, 2+3)
			require.Len(t, result.Points, 2*config.Snapshots)
			for _, points := range result.Points {
				require.Len(t, points.Sets, 2)
				assert.Len(t, points.Sets[0].X, config.Ring.Modes)
				assert.Len(t, points.Sets[1].Y, 400)
			}
			assert.Len(t, result.Curves, 2*3)
		})
	}
}

// TestRingMissesTheGate is the negative control of the checks: players that have not learnt cover nothing, packs or not.
func TestRingMissesTheGate(t *testing.T) {
	config := experiment.QuickRingConfig()
	config.Backend, config.Quiet, config.Steps, config.Seeds = "go", true, 4, []int64{1, 2}
	result, err := experiment.ModeCollapse(config)
	require.NoError(t, err)
	assert.Contains(t, failed(result), "packs of 2: covers all, seed 1")
	assert.Contains(t, failed(result), "packs of 2: covers all, seed 2")
	assert.Contains(t, failed(result), "one by one: collapses")
	spread, found := result.Number("packs of 2, modes covered, standard deviation")
	require.True(t, found)
	assert.Len(t, spread.Values, 1)
}

func TestRingValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultRingConfig().Validate())
	require.NoError(t, experiment.QuickRingConfig().Validate())
	for want, change := range map[string]func(*experiment.RingConfig){
		"Seeds is empty":                   func(c *experiment.RingConfig) { c.Seeds = nil },
		"Ring of 1 modes":                  func(c *experiment.RingConfig) { c.Ring.Modes = 1 },
		"Pack is 1, must be at least 2":    func(c *experiment.RingConfig) { c.Pack = 1 },
		"Pack is 3, must be at least 1 an": func(c *experiment.RingConfig) { c.Pack = 3 },
		"Steps is 5, Snapshots 4":          func(c *experiment.RingConfig) { c.Steps = 5 },
		"LearningRate is 0":                func(c *experiment.RingConfig) { c.LearningRate = 0 },
		"Samples is 1":                     func(c *experiment.RingConfig) { c.Samples = 1 },
		"Collapsed is 8":                   func(c *experiment.RingConfig) { c.Collapsed = 8 },
		"Good is 0":                        func(c *experiment.RingConfig) { c.Good = 0 },
		"Hidden[0] is 0":                   func(c *experiment.RingConfig) { c.Hidden = []int{0} },
		"DiscriminatorRate is 0":           func(c *experiment.RingConfig) { c.DiscriminatorRate = 0 },
		"Noise is 0":                       func(c *experiment.RingConfig) { c.Noise = 0 },
	} {
		config := experiment.QuickRingConfig()
		change(&config)
		_, err := experiment.ModeCollapse(config)
		assert.ErrorContains(t, err, want)
	}
}
