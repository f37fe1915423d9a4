package experiment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/experiment"
	"courselab/coursekit/rnn"
)

func TestReversalQuick(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.QuickReversalConfig()
			config.Backend, config.Quiet = name, true
			result, err := experiment.Reversal(config)
			require.NoError(t, err)
			require.Len(t, result.Checks, 2+4+2)
			for _, check := range result.Checks {
				assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
			}
			require.Len(t, result.Maps, 4, "one for each training with attention")
			assert.Len(t, result.Maps[0].Weights, config.MaxLength)
		})
	}
}

func TestReversalValidate(t *testing.T) {
	for want, change := range map[string]func(*experiment.ReversalConfig){
		"Seeds is empty":      func(c *experiment.ReversalConfig) { c.Seeds = nil },
		"MinLength is 0":      func(c *experiment.ReversalConfig) { c.MinLength = 0 },
		"MaxLength is 4":      func(c *experiment.ReversalConfig) { c.MaxLength = 4 },
		"Symbols is 29":       func(c *experiment.ReversalConfig) { c.Symbols = 29 },
		"Judged is 12":        func(c *experiment.ReversalConfig) { c.Judged = 12 },
		"HeldOut is 0":        func(c *experiment.ReversalConfig) { c.HeldOut = 0 },
		"Batch is 0":          func(c *experiment.ReversalConfig) { c.Batch = 0 },
		"Steps is 0":          func(c *experiment.ReversalConfig) { c.Steps, c.WarmUp = 0, 0 },
		"LearningRate is 0":   func(c *experiment.ReversalConfig) { c.LearningRate = 0 },
		"WarmUp is -1":        func(c *experiment.ReversalConfig) { c.WarmUp = -1 },
		"Window is 15":        func(c *experiment.ReversalConfig) { c.Window = 15 },
		"rnn: Hidden is 63":   func(c *experiment.ReversalConfig) { c.Hidden = 63 },
		"rnn: Embedding is 0": func(c *experiment.ReversalConfig) { c.Embedding = 0 },
	} {
		config := experiment.DefaultReversalConfig()
		change(&config)
		_, err := experiment.Reversal(config)
		assert.ErrorContains(t, err, want)
	}
	_, err := rnn.NewSeq2Seq(rnn.Seq2SeqConfig{Kind: 7, Attention: -1})
	for _, want := range []string{"SourceVocab is 0", "TargetVocab is 0", "Kind is 7", "Attention is -1"} {
		assert.ErrorContains(t, err, want)
	}
}
