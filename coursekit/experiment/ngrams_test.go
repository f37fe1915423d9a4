package experiment_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/experiment"
	"courselab/datasets"
)

// TestNGramsQuick runs M2b on a text of known truth: it needs no data.
func TestNGramsQuick(t *testing.T) {
	config := experiment.QuickNGramsConfig()
	config.Seeds = []int64{1, 2}
	result, err := experiment.NGramSweep(config)
	require.NoError(t, err)
	for _, check := range result.Checks {
		assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
	}
	assert.Len(t, result.Checks, 1+4+2)
	uniform, found := result.Number("all alike")
	require.True(t, found)
	assert.Equal(t, []float64{math.Log(11)}, uniform.Values)
	shuffled, found := result.Number("shuffled text, best of the orders")
	require.True(t, found)
	assert.Len(t, shuffled.Values, 2, "one a seed")

	again, err := experiment.NGramSweep(config)
	require.NoError(t, err)
	assert.Equal(t, result.Numbers, again.Numbers, "the same seeds, the same numbers")
	var shown bytes.Buffer
	require.NoError(t, result.WriteText(&shown))
	for _, want := range []string{"M2b  n-grams", "ln 11", "order 3", "↓↑↑↑", "M2b passed"} {
		assert.Contains(t, shown.String(), want)
	}
	_, err = json.Marshal(result)
	require.NoError(t, err)
}

// TestNGramsMissTheGate is the negative control of the checks: a text without order must not pass.
func TestNGramsMissTheGate(t *testing.T) {
	config := experiment.QuickNGramsConfig()
	shuffled := []byte(config.Text)
	for i := range shuffled {
		j := i * 7919 % len(shuffled)
		shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
	}
	config.Text = string(shuffled)
	result, err := experiment.NGramSweep(config)
	require.NoError(t, err)
	assert.False(t, result.Passed())
}

// TestNGramsOnShakespeare is M2b in full, if COURSELAB_DATA names folders with data; one of them must have the text. Where there
// are none, the error must say what to put where.
func TestNGramsOnShakespeare(t *testing.T) {
	if os.Getenv(datasets.Variable) == "" {
		t.Setenv(datasets.Variable, t.TempDir())
		t.Setenv("HOME", t.TempDir())
		t.Setenv("XDG_CACHE_HOME", t.TempDir())
		_, err := experiment.NGramSweep(experiment.DefaultNGramsConfig())
		require.ErrorIs(t, err, datasets.ErrNotFound)
		assert.NotContains(t, err.Error(), "\n")
		assert.ErrorContains(t, err, "n-grams: tinyshakespeare: data set not found in ")
		assert.ErrorContains(t, err, "put ")
		return
	}
	result, err := experiment.NGramSweep(experiment.DefaultNGramsConfig())
	require.NoError(t, err)
	require.NoError(t, result.WriteText(os.Stdout))
	for _, check := range result.Checks {
		assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
	}
	assert.Len(t, result.Checks, 6+4+1)
	uniform, found := result.Number("all alike")
	require.True(t, found)
	assert.Equal(t, []float64{math.Log(65)}, uniform.Values)
	// Adding 0.1 to every order instead: worked out apart, in Python. It rises an order earlier.
	for i, want := range []float64{2.4838, 2.0458, 1.7840, 1.7881, 2.0513, 2.4431} {
		assert.InDelta(t, want, result.Curves[1].Y[i], 5e-4)
	}
}

func TestNGramsValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultNGramsConfig().Validate())
	require.NoError(t, experiment.QuickNGramsConfig().Validate())
	for want, change := range map[string]func(*experiment.NGramsConfig){
		"HeldOut is 1":             func(c *experiment.NGramsConfig) { c.HeldOut = 1 },
		"Orders is [3 2]":          func(c *experiment.NGramsConfig) { c.Orders = []int{3, 2} },
		"Orders is [2 2]":          func(c *experiment.NGramsConfig) { c.Orders = []int{2, 2} },
		"Best is 9":                func(c *experiment.NGramsConfig) { c.Best = 9 },
		"Alphas is empty":          func(c *experiment.NGramsConfig) { c.Alphas = nil },
		"Alphas has 0":             func(c *experiment.NGramsConfig) { c.Alphas = []float64{0} },
		"Expected has 1 numbers":   func(c *experiment.NGramsConfig) { c.Expected = []float64{1} },
		"Tolerance is 0":           func(c *experiment.NGramsConfig) { c.Tolerance = 0 },
		"Seeds is empty":           func(c *experiment.NGramsConfig) { c.Seeds = nil },
		"tokens to count, a model": func(c *experiment.NGramsConfig) { c.Text = "abc" },
	} {
		config := experiment.QuickNGramsConfig()
		change(&config)
		_, err := experiment.NGramSweep(config)
		assert.ErrorContains(t, err, want)
	}
}
