package experiment_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/experiment"
	"courselab/datasets"
)

// passes demands every check of a result, and how many there are.
func passes(t *testing.T, result experiment.Result, err error, checks int) {
	t.Helper()
	require.NoError(t, err)
	for _, check := range result.Checks {
		assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
	}
	assert.Len(t, result.Checks, checks)
	var text bytes.Buffer
	require.NoError(t, result.WriteText(&text))
	assert.Contains(t, text.String(), result.ID+" passed")
}

// withoutData points the lookup of data sets to where there are none.
func withoutData(t *testing.T) {
	t.Helper()
	t.Setenv(datasets.Variable, t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
}

// failed are the names of the checks that are not met.
func failed(result experiment.Result) (names []string) {
	for _, check := range result.Checks {
		if !check.Passed {
			names = append(names, check.Name)
		}
	}
	return names
}

// TestVAEQuick runs the small settings of M13: drawn digits, one seed.
func TestVAEQuick(t *testing.T) {
	for _, name := range backendtest.Names() {
		t.Run(name, func(t *testing.T) {
			config := experiment.QuickVAEConfig()
			config.Backend, config.Quiet = name, true
			result, err := experiment.VariationalAutoencoder(config)
			passes(t, result, err, 3+1)
			require.Len(t, result.Pictures, 5)
			for _, picture := range result.Pictures {
				for _, image := range picture.Images {
					require.Len(t, image.Pixels, 28*28)
				}
			}
			require.Len(t, result.Curves, 3)
			kl := result.Curves[2].Y
			assert.Len(t, kl, config.Latent)
			for k := 1; k < len(kl); k++ {
				assert.LessOrEqual(t, kl[k], kl[k-1], "sorted")
			}
		})
	}
}

// TestVAEMissesTheGate is the negative control of the checks: one step is not enough.
func TestVAEMissesTheGate(t *testing.T) {
	config := experiment.QuickVAEConfig()
	config.Backend, config.Quiet, config.Steps, config.OracleSteps = "go", true, 1, 1
	result, err := experiment.VariationalAutoencoder(config)
	require.NoError(t, err)
	assert.Contains(t, failed(result), "-ELBO, test, seed 1")
	assert.Contains(t, failed(result), "the oracle knows digits from noise")
}

// TestDigitsAreNeeded: without MNIST, the error says what to put where.
func TestDigitsAreNeeded(t *testing.T) {
	withoutData(t)
	for name, run := range map[string]func() (experiment.Result, error){
		"variational autoencoder": func() (experiment.Result, error) {
			return experiment.VariationalAutoencoder(experiment.DefaultVAEConfig())
		},
		"beta sweep":    func() (experiment.Result, error) { return experiment.BetaSweep(experiment.DefaultBetaConfig()) },
		"GAN of digits": func() (experiment.Result, error) { return experiment.DigitGAN(experiment.DefaultDCGANConfig()) },
	} {
		_, err := run()
		require.ErrorIs(t, err, datasets.ErrNotFound)
		assert.ErrorContains(t, err, name+": mnist: data set not found in ")
		assert.ErrorContains(t, err, "put ")
	}
}

func TestVAEValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultVAEConfig().Validate())
	require.NoError(t, experiment.QuickVAEConfig().Validate())
	for want, change := range map[string]func(*experiment.VAEConfig){
		"Seeds is empty":         func(c *experiment.VAEConfig) { c.Seeds = nil },
		"Drawn is -1":            func(c *experiment.VAEConfig) { c.Drawn = -1 },
		"Steps is 0":             func(c *experiment.VAEConfig) { c.Steps = 0 },
		"OracleSteps 0":          func(c *experiment.VAEConfig) { c.OracleSteps = 0 },
		"Batch is 2001":          func(c *experiment.VAEConfig) { c.Batch = 2001 },
		"LearningRate is 0":      func(c *experiment.VAEConfig) { c.LearningRate = 0 },
		"Samples is 5":           func(c *experiment.VAEConfig) { c.Samples = 5 },
		"Bound is 0":             func(c *experiment.VAEConfig) { c.Bound = 0 },
		"Latent is 0, must be a": func(c *experiment.VAEConfig) { c.Latent = 0 },
	} {
		config := experiment.QuickVAEConfig()
		change(&config)
		_, err := experiment.VariationalAutoencoder(config)
		assert.ErrorContains(t, err, want)
	}
}
