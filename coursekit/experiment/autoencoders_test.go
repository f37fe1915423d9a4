package experiment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/experiment"
)

// TestAutoencodersQuick runs M12 on drawn digits: it needs no data.
func TestAutoencodersQuick(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.QuickAutoencodersConfig()
			config.Backend, config.Quiet = name, true
			result, err := experiment.Autoencoders(config)
			require.NoError(t, err)
			for _, check := range result.Checks {
				assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
			}
			assert.Len(t, result.Checks, 4, "linear, dense, not trained, probe")
			mean, _ := result.Number("mean image")
			two, _ := result.Number("PCA, k = 2")
			four, _ := result.Number("PCA, k = 4")
			assert.Greater(t, mean.Values[0], two.Values[0])
			assert.Greater(t, two.Values[0], four.Values[0], "components only help")
			require.Len(t, result.Points, 2, "linear and dense, k = 2")
			require.Len(t, result.Pictures, 2)
			assert.Len(t, result.Pictures[0].Images, 3*8)
		})
	}
}

// The negative control of the checks: a step is not enough, and the result says so.
func TestAutoencodersUntrained(t *testing.T) {
	config := experiment.QuickAutoencodersConfig()
	config.Backend, config.Quiet = "go", true
	config.LinearSteps, config.DenseSteps, config.ConvolutionalSteps, config.Draws = 1, 1, 1, 1
	result, err := experiment.Autoencoders(config)
	require.NoError(t, err)
	assert.False(t, result.Checks[0].Passed, result.Checks[0].Name)
	assert.False(t, result.Checks[1].Passed, result.Checks[1].Name)
}

func TestAutoencodersValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultAutoencodersConfig().Validate())
	require.NoError(t, experiment.QuickAutoencodersConfig().Validate())
	for want, change := range map[string]func(*experiment.AutoencodersConfig){
		"Seeds is empty":          func(c *experiment.AutoencodersConfig) { c.Seeds = nil },
		"Digits is unknown(9)":    func(c *experiment.AutoencodersConfig) { c.Digits = 9 },
		"Train is 3 and Test":     func(c *experiment.AutoencodersConfig) { c.Train = 3 },
		"Batch is 0":              func(c *experiment.AutoencodersConfig) { c.Batch = 0 },
		"name at least one":       func(c *experiment.AutoencodersConfig) { c.Dense = nil },
		"a latent width is 500":   func(c *experiment.AutoencodersConfig) { c.Linear = []int{500} },
		"BelowAt has 5":           func(c *experiment.AutoencodersConfig) { c.BelowAt = []int{5} },
		"DenseSteps 0":            func(c *experiment.AutoencodersConfig) { c.DenseSteps = 0 },
		"DenseRate 0":             func(c *experiment.AutoencodersConfig) { c.DenseRate = 0 },
		"Within is 0":             func(c *experiment.AutoencodersConfig) { c.Within = 0 },
		"Below is 2":              func(c *experiment.AutoencodersConfig) { c.Below = 2 },
		"Draws 0":                 func(c *experiment.AutoencodersConfig) { c.Draws = 0 },
		"Labelled has 5":          func(c *experiment.AutoencodersConfig) { c.Labelled = []int{5} },
		"Penalty is 0":            func(c *experiment.AutoencodersConfig) { c.Penalty = 0 },
		"needs positive widths: ": func(c *experiment.AutoencodersConfig) { c.Hidden = []int{0} },
	} {
		config := experiment.DefaultAutoencodersConfig()
		change(&config)
		_, err := experiment.Autoencoders(config)
		assert.ErrorContains(t, err, want)
	}
}
