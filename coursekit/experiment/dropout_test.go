package experiment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/experiment"
)

func TestDropoutQuick(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.QuickDropoutConfig()
			config.Backend, config.Quiet = name, true
			result, err := experiment.Dropout(config)
			require.NoError(t, err)
			require.Len(t, result.Checks, 5+1+2, "no t-test of one seed")
			for _, check := range result.Checks {
				assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
			}
			variance, found := result.Number("layer: variance in training")
			require.True(t, found)
			assert.InDelta(t, 0.42857, *variance.Expected, 1e-5)
			assert.Len(t, result.Curves, 6)
		})
	}
}

// TestDropoutMissesTheGate is the control of the checks: a model with as few examples must not pass for one with plenty.
func TestDropoutMissesTheGate(t *testing.T) {
	config := experiment.QuickDropoutConfig()
	config.Backend, config.Quiet, config.Plenty = "go", true, config.Examples+1
	result, err := experiment.Dropout(config)
	require.NoError(t, err)
	assert.False(t, result.Passed(), "the control's examples are as few")
}

func TestDropoutValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultDropoutConfig().Validate())
	for want, change := range map[string]func(*experiment.DropoutConfig){
		"Seeds is empty":  func(c *experiment.DropoutConfig) { c.Seeds = nil },
		"Draws is 9":      func(c *experiment.DropoutConfig) { c.Draws = 9 },
		"Rate is 1 and":   func(c *experiment.DropoutConfig) { c.Rate = 1 },
		"ModelRate 0":     func(c *experiment.DropoutConfig) { c.ModelRate = 0 },
		"Examples is 1":   func(c *experiment.DropoutConfig) { c.Examples = 1 },
		"Inputs is 0":     func(c *experiment.DropoutConfig) { c.Inputs = 0 },
		"Flipped is 0.5,": func(c *experiment.DropoutConfig) { c.Flipped = 0.5 },
		"Steps is 0":      func(c *experiment.DropoutConfig) { c.Steps = 0 },
		"Level is 0":      func(c *experiment.DropoutConfig) { c.Level = 0 },
	} {
		config := experiment.QuickDropoutConfig()
		change(&config)
		_, err := experiment.Dropout(config)
		assert.ErrorContains(t, err, want)
	}
}
