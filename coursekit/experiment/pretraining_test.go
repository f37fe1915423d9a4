package experiment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/experiment"
)

func TestPretrainingQuick(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.QuickPretrainingConfig()
			config.Backend, config.Quiet = name, true
			result, err := experiment.Pretraining(config)
			require.NoError(t, err)
			require.Len(t, result.Checks, 3)
			for _, check := range result.Checks {
				assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
			}
			scratch, found := result.Number("from scratch, accuracy")
			require.True(t, found)
			assert.Less(t, scratch.Values[0], 0.75, "what 100 steps and 128 labels give")
			assert.Len(t, result.Examples, 6)
			loss := result.Curves[0].Y
			assert.Less(t, loss[len(loss)-1], loss[0])
		})
	}
}

// TestPretrainingUntrained is the negative control of the checks: one step of pre-training helps nobody.
func TestPretrainingUntrained(t *testing.T) {
	config := experiment.QuickPretrainingConfig()
	config.Backend, config.Quiet, config.PretrainSteps, config.FineTuneSteps = "go", true, 1, 20
	result, err := experiment.Pretraining(config)
	require.NoError(t, err)
	assert.False(t, result.Checks[0].Passed)
	assert.False(t, result.Passed())
}

func TestPretrainingValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultPretrainingConfig().Validate())
	for want, change := range map[string]func(*experiment.PretrainingConfig){
		"Seeds is empty":                      func(c *experiment.PretrainingConfig) { c.Seeds = nil },
		"MaxAttractors is 9":                  func(c *experiment.PretrainingConfig) { c.MaxAttractors = 9 },
		"Batch is 0":                          func(c *experiment.PretrainingConfig) { c.Batch = 0 },
		"Corpus is 5, must be at least Batch": func(c *experiment.PretrainingConfig) { c.Corpus = 5 },
		"Labels is 3":                         func(c *experiment.PretrainingConfig) { c.Labels = 3 },
		"Test is 7":                           func(c *experiment.PretrainingConfig) { c.Test = 7 },
		"Width is 30":                         func(c *experiment.PretrainingConfig) { c.Width = 30 },
		"PretrainSteps is 0":                  func(c *experiment.PretrainingConfig) { c.PretrainSteps = 0 },
		"FineTuneRate 0":                      func(c *experiment.PretrainingConfig) { c.FineTuneRate = 0 },
	} {
		config := experiment.DefaultPretrainingConfig()
		change(&config)
		_, err := experiment.Pretraining(config)
		assert.ErrorContains(t, err, want)
	}
}
