package vae_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/gradcheck"
	"courselab/coursekit/vae"
)

// smallImages is for images of [4, 12, 3]; workload W5 is the golden value of the default.
func smallImages() vae.ConvolutionalConfig {
	return vae.ConvolutionalConfig{Height: 4, Width: 12, Channels: 3, Filters: []int{2, 5}, Latent: 7, Likelihood: vae.Gaussian, Beta: .3}
}

func TestConvolutionalValidate(t *testing.T) {
	require.NoError(t, vae.DefaultConvolutionalConfig().Validate())
	err := vae.ConvolutionalConfig{Height: 6, Width: 8, Filters: []int{3, 0}, Likelihood: 9, Beta: -1}.Validate()
	for _, want := range []string{
		"Filters[1] is 0", "Height is 6, Width 8, must be multiples of 4", "Channels is 0", "Latent is 0", "Likelihood is unknown(9)", "Beta is -1",
	} {
		assert.ErrorContains(t, err, want)
	}
	assert.ErrorContains(t, vae.ConvolutionalConfig{}.Validate(), "Filters is [], must be 1 to 16 numbers")
	assert.PanicsWithError(t, "vae: Latent is 0, must be at least 1", func() {
		c := smallImages()
		c.Latent = 0
		vae.NewConvolutional(model.NewStore().RootScope(), c)
	})
}

// The names and shapes of the variables, those of the loss's terms, and the gradient of the whole loss.
func TestConvolutional(t *testing.T) {
	const batch = 2
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, likelihood := range []vae.Likelihood{vae.Gaussian, vae.Bernoulli} {
			c := smallImages()
			c.Likelihood = likelihood
			store := model.NewStore()
			x, noise := uniform(1, batch, 4, 12, 3), normal(2, batch, 7)
			out, err := model.CallOnceN(b, store, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
				m := vae.NewConvolutional(scope, c)
				terms := m.Loss(in[0], in[1])
				again := m.Decode(terms.Z) // the variables are shared
				return []*graph.Node{terms.LogLikelihood, terms.KL, terms.Mu, terms.Output, again, terms.Loss}
			}, x, noise)
			require.NoError(t, err)
			for i, dims := range [][]int{{batch}, {batch}, {batch, 7}, {batch, 4, 12, 3}} {
				assert.Equal(t, dims, out[i].Shape().Dimensions)
			}
			assert.Equal(t, out[3].Value(), out[4].Value())
			l, k := out[0].Value().([]float64), out[1].Value().([]float64)
			assert.InDelta(t, -(l[0]-.3*k[0]+l[1]-.3*k[1])/batch, out[5].Value(), 1e-12)
			if likelihood == vae.Gaussian { // means are pixels
				for _, y := range tensors.MustCopyFlatData[float64](out[3]) {
					require.True(t, y > 0 && y < 1)
				}
			}
			got := map[string][]int{}
			for v := range store.IterVariables() {
				if v.Trainable {
					got[v.Path()] = v.Shape().Dimensions
				}
			}
			assert.Equal(t, map[string][]int{
				"/encoder/conv_0/weights": {4, 4, 3, 2}, "/encoder/conv_0/biases": {2}, "/encoder/conv_1/weights": {4, 4, 2, 5}, "/encoder/conv_1/biases": {5},
				"/encoder/output/dense/weights": {15, 14}, "/encoder/output/dense/biases": {14},
				"/decoder/input/dense/weights": {7, 15}, "/decoder/input/dense/biases": {15},
				"/decoder/conv_0/weights": {4, 4, 5, 2}, "/decoder/conv_0/biases": {2}, "/decoder/output/weights": {4, 4, 2, 3}, "/decoder/output/biases": {3},
			}, got)
		}
	})
}

func TestConvolutionalGradient(t *testing.T) {
	config := gradcheck.DefaultConfig()
	config.Entries = 5
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		loss := func(scope *model.Scope, x []*graph.Node) *graph.Node {
			return vae.NewConvolutional(scope, smallImages()).Loss(x[0], x[1]).Loss
		}
		x, noise := uniform(1, 2, 4, 12, 3), normal(2, 2, 7)
		store := model.NewStore()
		_, err := model.CallOnceN(b, store, func(scope *model.Scope, x []*graph.Node) []*graph.Node { return []*graph.Node{loss(scope, x)} }, x, noise)
		require.NoError(t, err)
		// Biases of 0 would leave pixels that no input reaches exactly at a ReLU's kink, where there is no gradient to compare with.
		seed := uint64(3)
		for v := range store.IterVariables() {
			if v.Trainable {
				values := tensors.MustCopyFlatData[float64](normal(seed, v.Shape().Dimensions...))
				for i := range values {
					values[i] *= 0.3
				}
				require.NoError(t, v.SetValue(tensors.FromFlatDataAndDimensions(values, v.Shape().Dimensions...)))
				seed++
			}
		}
		require.NoError(t, config.CompareModel(b, store, loss, x, noise))
		_, err = model.CallOnce(b, model.NewStore(), func(scope *model.Scope, x []*graph.Node) *graph.Node {
			mu, _ := vae.NewConvolutional(scope, smallImages()).Encode(x[0])
			return mu
		}, uniform(1, 2, 12, 4, 3))
		assert.ErrorContains(t, err, "examples must be [B, 4, 12, 3], got (Float64)[2, 12, 4, 3]")
	})
}
