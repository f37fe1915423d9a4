package experiment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/experiment"
)

func TestWordsQuick(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.QuickWordsConfig()
			config.Backend, config.Quiet = name, true
			result, err := experiment.Words(config)
			require.NoError(t, err)
			require.Len(t, result.Checks, 4)
			for _, check := range result.Checks {
				assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
			}
			for _, number := range result.Numbers {
				require.NotEmpty(t, number.Values, number.Name)
			}
			objects, found := result.Number("skip-gram: analogies of agent and object")
			require.True(t, found)
			assert.Less(t, objects.Values[0], 0.5, "what the docstring says cannot be solved")
			require.Len(t, result.Points, 1)
			assert.Len(t, result.Points[0].Sets, config.Corpus.Topics)
			assert.Equal(t, "classroom", result.Examples[0].Got)
		})
	}
}

// TestWordsMissTheGate is the control of the checks: a corpus whose words ignore its topics must not pass.
func TestWordsMissTheGate(t *testing.T) {
	config := experiment.QuickWordsConfig()
	config.Backend, config.Quiet, config.Corpus.Leak = "go", true, 1
	result, err := experiment.Words(config)
	require.NoError(t, err)
	assert.False(t, result.Passed())
}

func TestWordsValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultWordsConfig().Validate())
	for want, change := range map[string]func(*experiment.WordsConfig){
		"Seeds is empty":    func(c *experiment.WordsConfig) { c.Seeds = nil },
		"Corpus: ":          func(c *experiment.WordsConfig) { c.Corpus.Topics = 1 },
		"Sentences is 9":    func(c *experiment.WordsConfig) { c.Sentences = 9 },
		"Smaller is [0]":    func(c *experiment.WordsConfig) { c.Smaller = []int{0} },
		"Embed: ":           func(c *experiment.WordsConfig) { c.Embed.Width = 0 },
		"Neighbours is 0":   func(c *experiment.WordsConfig) { c.Neighbours = 0 },
		"Analogies is 1.1,": func(c *experiment.WordsConfig) { c.Analogies = 1.1 },
	} {
		config := experiment.QuickWordsConfig()
		change(&config)
		_, err := experiment.Words(config)
		assert.ErrorContains(t, err, want)
	}
}
