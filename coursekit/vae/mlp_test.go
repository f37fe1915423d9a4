package vae_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/gradcheck"
	"courselab/coursekit/vae"
)

// small has no size twice.
func small() vae.Config {
	c := vae.DefaultConfig()
	c.Inputs, c.Hidden, c.Latent = 11, []int{7, 5}, 3
	return c
}

func TestValidate(t *testing.T) {
	require.NoError(t, vae.DefaultConfig().Validate())
	err := vae.Config{Hidden: []int{3, 0}, Likelihood: 5, Beta: math.NaN()}.Validate()
	for _, want := range []string{
		"Inputs is 0, must be at least 1", "Hidden[1] is 0, must be at least 1", "Latent is 0, must be at least 1",
		"Likelihood is unknown(5), must be Bernoulli or Gaussian", "Beta is NaN, must be finite and at least 0",
	} {
		assert.ErrorContains(t, err, want)
	}
	assert.PanicsWithError(t, "vae: Latent is 0, must be at least 1", func() {
		c := small()
		c.Latent = 0
		vae.New(model.NewStore().RootScope(), c)
	})
}

// The default model has the 784-512-256-40 and 20-256-512-784 matrices and biases, under these names.
func TestVariables(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		store := model.NewStore()
		_, err := model.CallOnceN(b, store, func(scope *model.Scope, x []*graph.Node) []*graph.Node {
			terms := vae.New(scope, vae.DefaultConfig()).Loss(x[0], x[1])
			return []*graph.Node{terms.Loss}
		}, uniform(1, 2, 784), normal(2, 2, 20))
		require.NoError(t, err)
		total, got := 0, map[string][]int{}
		for v := range store.IterVariables() {
			if v.Trainable {
				total += v.Shape().Size()
				got[v.Path()] = v.Shape().Dimensions
			}
		}
		assert.Equal(t, 1_082_680, total)
		for i, layer := range []struct {
			path string
			dims []int
		}{
			{"/encoder/hidden_0", []int{784, 512}}, {"/encoder/hidden_1", []int{512, 256}}, {"/encoder/output", []int{256, 40}},
			{"/decoder/hidden_0", []int{20, 256}}, {"/decoder/hidden_1", []int{256, 512}}, {"/decoder/output", []int{512, 784}},
		} {
			assert.Equal(t, layer.dims, got[layer.path+"/dense/weights"], "layer %d", i)
			assert.Equal(t, layer.dims[1:], got[layer.path+"/dense/biases"], "layer %d", i)
		}
		assert.Len(t, got, 12)
	})
}

// The terms fit together: the loss is the mean over the batch of sums, and is what calling the parts gives.
func TestTermsOfTheLoss(t *testing.T) {
	const batch = 2
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, likelihood := range []vae.Likelihood{vae.Bernoulli, vae.Gaussian} {
			c := small()
			c.Likelihood, c.Beta = likelihood, .3
			x, noise := uniform(1, batch, c.Inputs), normal(2, batch, c.Latent)
			out, err := model.CallOnceN(b, model.NewStore(), func(scope *model.Scope, in []*graph.Node) []*graph.Node {
				m := vae.New(scope, c)
				terms := m.Loss(in[0], in[1])
				mu, logVar := m.Encode(in[0])
				again := m.Decode(vae.Reparameterise(mu, logVar, in[1])) // the variables are shared
				return []*graph.Node{terms.LogLikelihood, terms.KL, terms.Mu, terms.LogVar, terms.Z, terms.Output, mu, logVar, again, terms.Loss}
			}, x, noise)
			require.NoError(t, err)
			for i, dims := range [][]int{{batch}, {batch}, {batch, 3}, {batch, 3}, {batch, 3}, {batch, 11}} {
				assert.Equal(t, dims, out[i].Shape().Dimensions)
			}
			for i, j := range map[int]int{2: 6, 3: 7, 5: 8} {
				assert.Equal(t, out[i].Value(), out[j].Value())
			}
			l, k := out[0].Value().([]float64), out[1].Value().([]float64)
			assert.InDelta(t, -(l[0]-.3*k[0]+l[1]-.3*k[1])/batch, out[9].Value(), 1e-12)
			reference := func(in []*graph.Node) *graph.Node {
				if likelihood == vae.Gaussian {
					return graph.Neg(vae.SquaredError(in[0], in[1]))
				}
				return vae.BernoulliLogLikelihood(in[0], in[1])
			}
			assert.InDeltaSlice(t, l, call(t, b, reference, x, out[5]), 1e-12)
			assert.InDeltaSlice(t, k, call(t, b, kl, out[2], out[3]), 1e-12)
		}
	})
}

// The gradient of the whole loss, through z, with respect to every variable, the examples and the noise.
func TestGradientThroughTheModel(t *testing.T) {
	c := small()
	c.Hidden = []int{5}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		gradcheck.CheckModel(t, b, model.NewStore(), func(scope *model.Scope, x []*graph.Node) *graph.Node {
			return vae.New(scope, c).Loss(x[0], x[1]).Loss
		}, uniform(1, 2, c.Inputs), normal(2, 2, c.Latent))
	})
}

func TestWrongWidthsPanic(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for want, run := range map[string]func(m *vae.VAE, x *graph.Node) *graph.Node{
			"examples must be [B, X] with X = 11, got (Float64)[2, 4]":      func(m *vae.VAE, x *graph.Node) *graph.Node { return m.Loss(x, x).Loss },
			"latent vectors must be [B, Z] with Z = 3, got (Float64)[2, 4]": func(m *vae.VAE, x *graph.Node) *graph.Node { return m.Decode(x) },
		} {
			_, err := model.CallOnce(b, model.NewStore(), func(scope *model.Scope, x []*graph.Node) *graph.Node {
				return run(vae.New(scope, small()), x[0])
			}, normal(1, 2, 4))
			assert.ErrorContains(t, err, want)
		}
	})
}
