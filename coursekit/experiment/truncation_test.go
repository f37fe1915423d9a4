package experiment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/experiment"
)

func TestTruncationQuick(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.QuickTruncationConfig()
			config.Backend, config.Quiet = name, true
			result, err := experiment.Truncation(config)
			require.NoError(t, err)
			require.Len(t, result.Checks, 5+2+2)
			for _, check := range result.Checks {
				assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
			}
		})
	}
}

func TestTruncationValidate(t *testing.T) {
	for want, change := range map[string]func(*experiment.TruncationConfig){
		"Seeds is empty":                  func(c *experiment.TruncationConfig) { c.Seeds = nil },
		"Early is 1":                      func(c *experiment.TruncationConfig) { c.Early = 1 },
		"Length is 12":                    func(c *experiment.TruncationConfig) { c.Length = 12 },
		"must have at least two":          func(c *experiment.TruncationConfig) { c.Truncations = []int{24} },
		"must rise":                       func(c *experiment.TruncationConfig) { c.Truncations = []int{6, 2, 24} },
		"the last of Truncations is 23":   func(c *experiment.TruncationConfig) { c.Truncations = []int{2, 23} },
		"all but the last must be":        func(c *experiment.TruncationConfig) { c.Truncations = []int{13, 24} },
		"leaves the first 13 in reach of": func(c *experiment.TruncationConfig) { c.Length, c.Early, c.Truncations = 24, 13, []int{12, 24} },
		"Hidden is 0":                     func(c *experiment.TruncationConfig) { c.Hidden = 0 },
		"Batch is 0":                      func(c *experiment.TruncationConfig) { c.Batch = 0 },
		"Steps is 0":                      func(c *experiment.TruncationConfig) { c.Steps = 0 },
		"LearningRate is 0":               func(c *experiment.TruncationConfig) { c.LearningRate = 0 },
	} {
		config := experiment.DefaultTruncationConfig()
		change(&config)
		_, err := experiment.Truncation(config)
		assert.ErrorContains(t, err, want)
	}
}
