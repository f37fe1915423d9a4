package experiment_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/experiment"
	"courselab/datasets"
)

func TestNeuralCharactersQuick(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.QuickCharactersConfig()
			config.Backend, config.Quiet = name, true
			result, err := experiment.NeuralCharacters(config)
			require.NoError(t, err)
			for _, check := range result.Checks {
				assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
			}
			assert.Len(t, result.Checks, 2*2)
			trigram, found := result.Number("3-gram")
			require.True(t, found)
			for _, name := range []string{"perceptron", "Transformer"} {
				got, found := result.Number(name)
				require.True(t, found)
				assert.InDelta(t, trigram.Values[0], got.Values[0], 0.12, "%s: the source remembers two letters", name)
			}
		})
	}
}

// TestNeuralCharactersUntrained is the negative control of the checks.
func TestNeuralCharactersUntrained(t *testing.T) {
	config := experiment.QuickCharactersConfig()
	config.Backend, config.Quiet, config.Steps, config.PerceptronSteps = "go", true, 1, 1
	result, err := experiment.NeuralCharacters(config)
	require.NoError(t, err)
	assert.False(t, result.Passed())
}

func TestNeuralCharactersValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultCharactersConfig().Validate())
	for want, change := range map[string]func(*experiment.CharactersConfig){
		"HeldOut is 1":            func(c *experiment.CharactersConfig) { c.HeldOut = 1 },
		"Seeds is empty":          func(c *experiment.CharactersConfig) { c.Seeds = nil },
		"Orders is empty":         func(c *experiment.CharactersConfig) { c.Orders = nil },
		"Orders is [3 2]":         func(c *experiment.CharactersConfig) { c.Orders = []int{3, 2} },
		"Gate is 9":               func(c *experiment.CharactersConfig) { c.Gate = 9 },
		"Hidden 0":                func(c *experiment.CharactersConfig) { c.Hidden = 0 },
		"PerceptronSteps 0":       func(c *experiment.CharactersConfig) { c.PerceptronSteps = 0 },
		"Context 0":               func(c *experiment.CharactersConfig) { c.Context = 0 },
		"LearningRate is 0":       func(c *experiment.CharactersConfig) { c.LearningRate = 0 },
		"WarmUp is -1":            func(c *experiment.CharactersConfig) { c.WarmUp = -1 },
		"Heads is 3, must divide": func(c *experiment.CharactersConfig) { c.Heads = 3 },
		"use more text":           func(c *experiment.CharactersConfig) { c.Text = "abcabc" },
	} {
		config := experiment.DefaultCharactersConfig()
		config.Text = "any"
		change(&config)
		_, err := experiment.NeuralCharacters(config)
		assert.ErrorContains(t, err, want)
	}
	if os.Getenv(datasets.Variable) == "" {
		t.Setenv(datasets.Variable, t.TempDir())
		t.Setenv("HOME", t.TempDir())
		t.Setenv("XDG_CACHE_HOME", t.TempDir())
		_, err := experiment.NeuralCharacters(experiment.DefaultCharactersConfig())
		require.ErrorIs(t, err, datasets.ErrNotFound)
		assert.ErrorContains(t, err, "put ")
	}
}
