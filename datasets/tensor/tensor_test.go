package tensor_test

import (
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/datasets/images"
	"courselab/datasets/synth"
	"courselab/datasets/tensor"
)

func TestImagesAndLabels(t *testing.T) {
	set := images.Set{Height: 1, Width: 2, Channels: 3, Labels: []int32{4, 5, 6}}
	for i := range 18 {
		set.Pixels = append(set.Pixels, uint8(i*15))
	}
	got := tensor.Images(set, []int{2, 0})
	assert.Equal(t, []int{2, 1, 2, 3}, got.Shape().Dimensions)
	values := tensors.MustCopyFlatData[float32](got)
	assert.InDelta(t, 12*15./255, values[0], 1e-7, "the first pixel of image 2")
	assert.Equal(t, float32(1), values[5], "255 is 1")
	assert.Equal(t, float32(0), values[6], "image 0 follows")
	assert.Equal(t, []int{3, 1, 2, 3}, tensor.AllImages(set).Shape().Dimensions)
	assert.Equal(t, []int32{6, 4}, tensor.Labels(set.Labels, []int{2, 0}).Value())
	assert.Equal(t, set.Labels, tensor.AllLabels(set.Labels).Value())
	assert.Panics(t, func() { tensor.Images(set, []int{3}) })
}

func TestSequences(t *testing.T) {
	assert.Equal(t, [][]int32{{1, 2, 3}, {4, 5, 6}}, tensor.IDs([][]int{{1, 2, 3}, {4, 5, 6}}).Value())
	assert.PanicsWithError(t, "tensor.IDs: sequence 1 has length 1, sequence 0 has length 2", func() { tensor.IDs([][]int{{1, 2}, {3}}) })
	assert.Equal(t, []int{0, 0}, tensor.IDs(nil).Shape().Dimensions)

	items, err := synth.Draw(synth.Adding{Length: 5}, 3, 7)
	require.NoError(t, err)
	inputs, targets := tensor.Additions(items)
	assert.Equal(t, []int{7, 5, 2}, inputs.Shape().Dimensions)
	assert.Equal(t, []int{7, 1}, targets.Shape().Dimensions)
	in, out := inputs.Value().([][][]float32), targets.Value().([][]float32)
	for b := range in {
		var sum float32
		for _, step := range in[b] {
			sum += step[0] * step[1]
		}
		assert.InDelta(t, sum, out[b][0], 1e-6)
	}
	items[3].Values = nil
	assert.PanicsWithError(t, "tensor.Additions: item 3 has length 0, item 0 has length 5", func() { tensor.Additions(items) })
}

func TestPointsAndBirds(t *testing.T) {
	assert.Equal(t, [][]float32{{1, 2}, {3, 4}}, tensor.Points([]synth.Point{{X: 1, Y: 2}, {X: 3, Y: 4}}).Value())

	birds, err := synth.Draw(synth.DefaultBirds(), 3, 2)
	require.NoError(t, err)
	colour, grey := tensor.Birds(birds), tensor.Drawings(birds)
	assert.Equal(t, []int{2, 32, 32, 3}, colour.Shape().Dimensions)
	assert.Equal(t, []int{2, 32, 32, 1}, grey.Shape().Dimensions)
	values := tensors.MustCopyFlatData[float32](grey)
	assert.InDelta(t, float64(birds[1].Drawing[500])/255, values[1024+500], 1e-7)
	small, err := synth.Draw(synth.Birds{Side: 17, Palette: synth.Primaries()}, 3, 1)
	require.NoError(t, err)
	assert.PanicsWithError(t, "tensor.Birds: bird 2 is 17 x 17, bird 0 is 32 x 32", func() { tensor.Birds(append(birds, small...)) })
}
