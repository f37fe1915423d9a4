package experiment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/experiment"
)

func TestContextualQuick(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.QuickContextualConfig()
			config.Backend, config.Quiet = name, true
			result, err := experiment.Contextual(config)
			require.NoError(t, err)
			require.Len(t, result.Checks, 3)
			for _, check := range result.Checks {
				assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
			}
			require.Len(t, result.Points, 1)
			fish, instrument := result.Points[0].Sets[0], result.Points[0].Sets[1]
			assert.InDelta(t, 50, len(fish.X), 25, "a sixth of the sentences, half of them")
			assert.InDelta(t, 50, len(instrument.X), 25)
			assert.Negative(t, stat.Mean(fish.X, nil)*stat.Mean(instrument.X, nil), "the senses lie on two sides")
		})
	}
}

func TestContextualValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultContextualConfig().Validate())
	for want, change := range map[string]func(*experiment.ContextualConfig){
		"Seeds is empty":                      func(c *experiment.ContextualConfig) { c.Seeds = nil },
		"Batch is 0":                          func(c *experiment.ContextualConfig) { c.Batch = 0 },
		"Corpus is 5, must be at least Batch": func(c *experiment.ContextualConfig) { c.Corpus = 5 },
		"Sentences is 7":                      func(c *experiment.ContextualConfig) { c.Sentences = 7 },
		"Width is 30":                         func(c *experiment.ContextualConfig) { c.Width = 30 },
		"Steps is 0":                          func(c *experiment.ContextualConfig) { c.Steps = 0 },
		"LearningRate is 0":                   func(c *experiment.ContextualConfig) { c.LearningRate = 0 },
	} {
		config := experiment.DefaultContextualConfig()
		change(&config)
		_, err := experiment.Contextual(config)
		assert.ErrorContains(t, err, want)
	}
	config := experiment.QuickContextualConfig()
	config.Backend, config.Quiet, config.Steps, config.Checkpoint = "go", true, 1, "nowhere"
	_, err := experiment.Contextual(config)
	assert.ErrorContains(t, err, "nowhere")
}
