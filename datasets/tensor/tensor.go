// Package tensor is the edge between plain data and GoMLX: it turns what [courselab/datasets] loads or draws into tensors. It is
// the only package below datasets that imports GoMLX.
//
// Tensors are made on the host, in the machine's memory; where they are used they move to the device by themselves. As
// in GoMLX, a shape that cannot be is a panic that names it.
package tensor

import (
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"courselab/datasets/images"
	"courselab/datasets/synth"
)

// Images returns the images with these indices as float32 [B, H, W, C] in [0, 1]. Panics if an index is out of range.
func Images(set images.Set, indices []int) *tensors.Tensor {
	size := set.ItemSize()
	values := make([]float32, len(indices)*size)
	for b, i := range indices {
		for j, v := range set.Item(i) {
			values[b*size+j] = float32(v) / 255
		}
	}
	return tensors.FromFlatDataAndDimensions(values, len(indices), set.Height, set.Width, set.Channels)
}

// AllImages returns the whole set as float32 [N, H, W, C] in [0, 1].
func AllImages(set images.Set) *tensors.Tensor { return Images(set, upTo(set.Len())) }

// Labels returns the labels with these indices as int32 [B]. Panics if an index is out of range.
func Labels(labels []int32, indices []int) *tensors.Tensor {
	values := make([]int32, len(indices))
	for b, i := range indices {
		values[b] = labels[i]
	}
	return tensors.FromFlatDataAndDimensions(values, len(values))
}

// AllLabels returns all labels as int32 [N].
func AllLabels(labels []int32) *tensors.Tensor { return Labels(labels, upTo(len(labels))) }

func upTo(n int) []int {
	indices := make([]int, n)
	for i := range indices {
		indices[i] = i
	}
	return indices
}

// IDs returns sequences of one length as int32 [B, L]. Panics if the lengths differ: padding is for the caller to decide.
func IDs(sequences [][]int) *tensors.Tensor {
	length := 0
	if len(sequences) > 0 {
		length = len(sequences[0])
	}
	values := make([]int32, 0, len(sequences)*length)
	for b, sequence := range sequences {
		if len(sequence) != length {
			panic(fmt.Errorf("tensor.IDs: sequence %d has length %d, sequence 0 has length %d", b, len(sequence), length))
		}
		for _, id := range sequence {
			values = append(values, int32(id))
		}
	}
	return tensors.FromFlatDataAndDimensions(values, len(sequences), length)
}

// Points returns points of the plane as float32 [B, 2], x and y.
func Points(points []synth.Point) *tensors.Tensor {
	values := make([]float32, 0, 2*len(points))
	for _, p := range points {
		values = append(values, float32(p.X), float32(p.Y))
	}
	return tensors.FromFlatDataAndDimensions(values, len(points), 2)
}

// Additions returns items of the adding problem: inputs float32 [B, L, 2], value and mark at every step, and targets
// float32 [B, 1]. Panics if the lengths differ.
func Additions(items []synth.Addition) (inputs, targets *tensors.Tensor) {
	length := 0
	if len(items) > 0 {
		length = len(items[0].Values)
	}
	values := make([]float32, 0, 2*len(items)*length)
	sums := make([]float32, 0, len(items))
	for b, item := range items {
		if len(item.Values) != length {
			panic(fmt.Errorf("tensor.Additions: item %d has length %d, item 0 has length %d", b, len(item.Values), length))
		}
		for i, v := range item.Values {
			values = append(values, float32(v), float32(item.Marks[i]))
		}
		sums = append(sums, float32(item.Target))
	}
	return tensors.FromFlatDataAndDimensions(values, len(items), length, 2), tensors.FromFlatDataAndDimensions(sums, len(items), 1)
}

// Drawings returns the grey pictures of birds as float32 [B, S, S, 1] in [0, 1]. Panics if the sizes differ.
func Drawings(birds []synth.Bird) *tensors.Tensor {
	return birdTensor(birds, 1, func(bird synth.Bird) []uint8 { return bird.Drawing })
}

// Birds returns the coloured pictures of birds as float32 [B, S, S, 3] in [0, 1]. Panics if the sizes differ.
func Birds(birds []synth.Bird) *tensors.Tensor {
	return birdTensor(birds, 3, func(bird synth.Bird) []uint8 { return bird.Pixels })
}

func birdTensor(birds []synth.Bird, channels int, pixels func(synth.Bird) []uint8) *tensors.Tensor {
	set := images.Set{Channels: channels}
	for b, bird := range birds {
		side := 0
		for side*side < len(bird.Drawing) {
			side++
		}
		if b == 0 {
			set.Height, set.Width = side, side
		} else if side != set.Height {
			panic(fmt.Errorf("tensor.Birds: bird %d is %d x %d, bird 0 is %d x %d", b, side, side, set.Height, set.Width))
		}
		set.Pixels = append(set.Pixels, pixels(bird)...)
	}
	return AllImages(set)
}
