package experiment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/experiment"
	"courselab/datasets"
)

// TestClassifiersQuick runs M20 on drawn digits: it needs no data.
func TestClassifiersQuick(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.QuickClassifiersConfig()
			config.Backend, config.Quiet = name, true
			result, err := experiment.ImageClassifiers(config)
			require.NoError(t, err)
			for _, check := range result.Checks {
				assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
			}
			assert.Len(t, result.Checks, 4)
			require.Len(t, result.Pictures, 1)
			require.Len(t, result.Pictures[0].Images, 10, "a template a digit")
			for _, image := range result.Pictures[0].Images {
				assert.Len(t, image.Pixels, 28*28*3)
			}
			assert.Len(t, result.Curves, 4)
		})
	}
}

// The negative control of the checks: a step is not enough, and the result says so.
func TestClassifiersUntrained(t *testing.T) {
	config := experiment.QuickClassifiersConfig()
	config.Backend, config.Quiet = "go", true
	config.Train, config.Test, config.LinearSteps, config.CNNSteps, config.PatchesSteps = 100, 50, 1, 1, 1
	result, err := experiment.ImageClassifiers(config)
	require.NoError(t, err)
	for _, check := range result.Checks[:3] {
		assert.False(t, check.Passed, check.Name)
	}
}

func TestClassifiersValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultClassifiersConfig().Validate())
	require.NoError(t, experiment.QuickClassifiersConfig().Validate())
	for want, change := range map[string]func(*experiment.ClassifiersConfig){
		"Seeds is empty":        func(c *experiment.ClassifiersConfig) { c.Seeds = nil },
		"Digits is unknown(9)":  func(c *experiment.ClassifiersConfig) { c.Digits = 9 },
		"Train is 3":            func(c *experiment.ClassifiersConfig) { c.Train = 3 },
		"Batch is 0":            func(c *experiment.ClassifiersConfig) { c.Batch = 0 },
		"CNNSteps 0":            func(c *experiment.ClassifiersConfig) { c.CNNSteps = 0 },
		"WeightDecay is -1":     func(c *experiment.ClassifiersConfig) { c.WeightDecay = -1 },
		"PatchesRate is 0":      func(c *experiment.ClassifiersConfig) { c.PatchesRate = 0 },
		"RidgePenalty is 0":     func(c *experiment.ClassifiersConfig) { c.RidgePenalty = 0 },
		"LeastLinear is 1":      func(c *experiment.ClassifiersConfig) { c.LeastLinear = 1 },
		"LeastNetworks is 1":    func(c *experiment.ClassifiersConfig) { c.LeastNetworks = 1 },
		"have 3 and 10 classes": func(c *experiment.ClassifiersConfig) { c.CNN.Classes = 3 },
		"Patch is 0":            func(c *experiment.ClassifiersConfig) { c.Patches.Patch = 0 },
	} {
		config := experiment.DefaultClassifiersConfig()
		change(&config)
		_, err := experiment.ImageClassifiers(config)
		assert.ErrorContains(t, err, want)
	}
}

// TestDigitsNeedData: without MNIST, the milestones on it say what is missing.
func TestDigitsNeedData(t *testing.T) {
	t.Setenv("COURSELAB_DATA", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	_, err := experiment.ImageClassifiers(experiment.DefaultClassifiersConfig())
	assert.ErrorIs(t, err, datasets.ErrNotFound)
	assert.ErrorContains(t, err, "mnist")
	_, err = experiment.Autoencoders(experiment.DefaultAutoencodersConfig())
	assert.ErrorIs(t, err, datasets.ErrNotFound)
}
