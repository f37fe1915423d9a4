package gan_test

import (
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/gan"
	"courselab/coursekit/gradcheck"
)

// smallImages is for images of [4, 12, 3]; workload W6 is the golden value of the default.
func smallImages() gan.Convolutional {
	return gan.Convolutional{Height: 4, Width: 12, Channels: 3, Filters: []int{2, 5}}
}

func TestConvolutionalValidate(t *testing.T) {
	require.NoError(t, gan.DefaultConvolutional().Validate())
	err := gan.Convolutional{Height: 6, Width: 8, Filters: []int{3, 0}}.Validate()
	for _, want := range []string{"Filters[1] is 0", "Height is 6, Width 8, must be multiples of 4", "Channels is 0"} {
		assert.ErrorContains(t, err, want)
	}
	assert.ErrorContains(t, gan.Convolutional{}.Validate(), "Filters is []")
	assert.Panics(t, func() { gan.Convolutional{}.Generator() })
	assert.Panics(t, func() { gan.Convolutional{}.Discriminator() })
}

// The names and shapes of the variables, the range of the images, and the gradient through both players.
func TestConvolutional(t *testing.T) {
	config := gradcheck.DefaultConfig()
	config.Entries = 5
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, norm := range []bool{false, true} {
			c := smallImages()
			c.BatchNorm = norm
			store := model.NewStore()
			play := func(scope *model.Scope, x []*graph.Node) *graph.Node {
				store.SetTraining(x[0].Graph(), true)
				images := c.Generator()(scope.At("g"), x[0])
				return graph.Add(graph.Reshape(c.Discriminator()(scope.At("d"), images), 3), graph.MulScalar(graph.ReduceSum(images, 1, 2, 3), .1))
			}
			_, err := model.CallOnce(b, store, play, normal(1, 3, 7))
			require.NoError(t, err)
			for v := range store.IterVariables() {
				if strings.HasSuffix(v.Path(), "biases") { // at 0, pixels that nothing reaches are at ReLU's kink
					require.NoError(t, v.SetValue(normal(9, v.Shape().Dimensions...)))
				}
			}
			require.NoError(t, config.CompareModel(b, store, play, normal(1, 3, 7)), "batch norm %v", norm)
			got := map[string][]int{}
			for v := range store.IterVariables() {
				if v.Trainable {
					got[v.Path()] = v.Shape().Dimensions
				}
			}
			want := map[string][]int{
				"/g/input/dense/weights": {7, 15}, "/g/input/dense/biases": {15},
				"/g/conv_0/weights": {4, 4, 5, 2}, "/g/conv_0/biases": {2}, "/g/output/weights": {4, 4, 2, 3}, "/g/output/biases": {3},
				"/d/conv_0/weights": {4, 4, 3, 2}, "/d/conv_0/biases": {2}, "/d/conv_1/weights": {4, 4, 2, 5}, "/d/conv_1/biases": {5},
				"/d/output/dense/weights": {15, 1}, "/d/output/dense/biases": {1},
			}
			if norm {
				for path, channels := range map[string]int{"/g/input": 5, "/g/conv_0": 2, "/d/conv_1": 5} {
					want[path+"/batch_norm/gain"], want[path+"/batch_norm/offset"] = []int{channels}, []int{channels}
				}
			}
			assert.Equal(t, want, got)
		}

		images, err := model.CallOnce(b, model.NewStore(), func(scope *model.Scope, z *graph.Node) *graph.Node {
			return smallImages().Generator()(scope, z)
		}, normal(1, 3, 7))
		require.NoError(t, err)
		require.Equal(t, []int{3, 4, 12, 3}, images.Shape().Dimensions)
		for _, x := range tensors.MustCopyFlatData[float64](images) {
			require.True(t, x > -1 && x < 1)
		}
		for want, run := range map[string]gan.Network{
			"noise must be [B, Z], got (Float64)[2, 12, 4, 3]":         smallImages().Generator(),
			"images must be [B, 4, 12, C], got (Float64)[2, 12, 4, 3]": smallImages().Discriminator(),
		} {
			_, err := model.CallOnce(b, model.NewStore(), func(scope *model.Scope, x *graph.Node) *graph.Node { return run(scope, x) }, normal(1, 2, 12, 4, 3))
			assert.ErrorContains(t, err, want)
		}
	})
}
