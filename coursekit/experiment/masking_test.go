package experiment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/experiment"
)

func TestMaskingQuick(t *testing.T) {
	result, err := experiment.Masking(experiment.QuickMaskingConfig())
	require.NoError(t, err)
	require.Len(t, result.Checks, 8)
	for _, check := range result.Checks {
		assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
	}
	masked, found := result.Number("masked")
	require.True(t, found)
	assert.Len(t, masked.Values, 5)
	for _, share := range masked.Values {
		assert.InDelta(t, 0.12, share, 0.0015)
	}
	drawn, found := result.Number("wrong rule: special tokens drawn")
	require.True(t, found)
	assert.Positive(t, drawn.Values[0], "the wrong rule draws them, too")
}

func TestMaskingValidate(t *testing.T) {
	for want, change := range map[string]func(*experiment.MaskingConfig){
		"Seeds is empty":  func(c *experiment.MaskingConfig) { c.Seeds = nil },
		"Tokens is 9":     func(c *experiment.MaskingConfig) { c.Tokens = 9 },
		"Length is 130":   func(c *experiment.MaskingConfig) { c.Length = 130 },
		"Vocabulary is 7": func(c *experiment.MaskingConfig) { c.Vocabulary = 7 },
		"Level is 0":      func(c *experiment.MaskingConfig) { c.Level = 0 },
	} {
		config := experiment.DefaultMaskingConfig()
		change(&config)
		_, err := experiment.Masking(config)
		assert.ErrorContains(t, err, want)
	}
}
