package experiment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/experiment"
)

// TestColorizationQuick shows the effect where it needs few steps: the mean is dull and wrong, drawn classes are not. The game needs
// thousands of steps, so that its checks are left to the milestone.
func TestColorizationQuick(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.QuickColoursConfig()
			config.Backend, config.Quiet = name, true
			result, err := experiment.Colorization(config)
			require.NoError(t, err)
			value := func(name string) float64 {
				n, found := result.Number(name)
				require.True(t, found, name)
				require.Len(t, n.Values, 1)
				return n.Values[0]
			}
			assert.Less(t, value("squared error: valid pixels"), 0.05)
			assert.Less(t, value("squared error: chroma"), 0.5)
			assert.Zero(t, value("uncoloured: valid pixels"), "the control")
			assert.Greater(t, value("classes, drawn: valid pixels"), 0.5)
			assert.GreaterOrEqual(t, value("classes, drawn: plumages used"), 2.0)
			assert.Less(t, value("squared error: squared error"), value("classes, drawn: squared error"))
			assert.Len(t, result.Pictures, 1)
			assert.False(t, result.Passed(), "an adversary of few steps does not meet the gate")
		})
	}
}

func TestColorizationValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultColoursConfig().Validate())
	for want, change := range map[string]func(*experiment.ColoursConfig){
		"Seeds is empty":      func(c *experiment.ColoursConfig) { c.Seeds = nil },
		"Train is 0":          func(c *experiment.ColoursConfig) { c.Train = 0 },
		"Batch is 3":          func(c *experiment.ColoursConfig) { c.Batch = 3 },
		"Birds.Side is 18":    func(c *experiment.ColoursConfig) { c.Birds.Side = 18 },
		"Noise 0":             func(c *experiment.ColoursConfig) { c.Noise = 0 },
		"AdversarialSteps is": func(c *experiment.ColoursConfig) { c.AdversarialSteps = 0 },
		"LearningRate is 0":   func(c *experiment.ColoursConfig) { c.LearningRate = 0 },
		"CriticRate is 0":     func(c *experiment.ColoursConfig) { c.CriticRate = 0 },
		"BinWidth is 0":       func(c *experiment.ColoursConfig) { c.BinWidth = 0 },
		"Temperature is 0":    func(c *experiment.ColoursConfig) { c.Temperature = 0 },
		"Near is 80":          func(c *experiment.ColoursConfig) { c.Near = 80 },
	} {
		config := experiment.QuickColoursConfig()
		change(&config)
		_, err := experiment.Colorization(config)
		assert.ErrorContains(t, err, want)
	}
}
