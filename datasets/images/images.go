// Package images holds labelled images as plain bytes, in the layout [N, H, W, C] that GoMLX and TensorFlow use:
// image by image, row by row, pixel by pixel, channels last.
//
// Readers of a format return a Set ([courselab/datasets/idx], [courselab/datasets/cifar], ReadFolder here); a Set becomes a
// tensor in [courselab/datasets/tensor].
package images

import (
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"slices"
)

// Set is N images of one size, and their classes.
type Set struct {
	Height, Width, Channels int      // pixels, pixels, 1 (grey) or 3 (red, green, blue)
	Pixels                  []uint8  // [N, H, W, C], 0 black to 255 full
	Labels                  []int32  // [N], index into Classes; nil if the images have no labels
	Classes                 []string // names of the classes; may be nil
}

// Len returns N.
func (s Set) Len() int {
	if size := s.ItemSize(); size > 0 {
		return len(s.Pixels) / size
	}
	return 0
}

// ItemSize returns the number of bytes of one image, H*W*C.
func (s Set) ItemSize() int { return s.Height * s.Width * s.Channels }

// Validate returns an error unless the lengths agree, the channels are 1 or 3 and every label has a class.
func (s Set) Validate() error {
	size := s.ItemSize()
	switch {
	case s.Height <= 0 || s.Width <= 0:
		return fmt.Errorf("images: size %d x %d, want both above 0", s.Height, s.Width)
	case s.Channels != 1 && s.Channels != 3:
		return fmt.Errorf("images: %d channels, want 1 or 3", s.Channels)
	case len(s.Pixels)%size != 0:
		return fmt.Errorf("images: %d bytes are no whole number of images of [%d, %d, %d]", len(s.Pixels), s.Height, s.Width, s.Channels)
	case s.Labels != nil && len(s.Labels) != s.Len():
		return fmt.Errorf("images: %d labels for %d images", len(s.Labels), s.Len())
	}
	for i, label := range s.Labels {
		if label < 0 || (s.Classes != nil && int(label) >= len(s.Classes)) {
			return fmt.Errorf("images: label %d of image %d is outside the %d classes", label, i, len(s.Classes))
		}
	}
	return nil
}

// Item returns the bytes of image i, [H, W, C], not copied. Panics if i is out of range.
func (s Set) Item(i int) []uint8 {
	size := s.ItemSize()
	return slices.Clip(s.Pixels)[i*size : (i+1)*size : (i+1)*size] // clipped, or a slice may reach beyond the length
}

// Slice returns images from <= i < to as a Set that shares memory with s. Panics if the range is not inside [0, N].
func (s Set) Slice(from, to int) Set {
	size := s.ItemSize()
	part := s
	part.Pixels = slices.Clip(s.Pixels)[from*size : to*size : to*size]
	if s.Labels != nil {
		part.Labels = slices.Clip(s.Labels)[from:to:to]
	}
	return part
}

// Select returns a copy of the images with these indices, in this order. Panics if one is out of range.
func (s Set) Select(indices []int) Set {
	part := s
	part.Pixels = make([]uint8, 0, len(indices)*s.ItemSize())
	part.Labels = nil
	if s.Labels != nil {
		part.Labels = make([]int32, 0, len(indices))
	}
	for _, i := range indices {
		part.Pixels = append(part.Pixels, s.Item(i)...)
		if s.Labels != nil {
			part.Labels = append(part.Labels, s.Labels[i])
		}
	}
	return part
}

// Shuffled returns a copy in an order drawn from seed.
func (s Set) Shuffled(seed uint64) Set {
	return s.Select(rand.New(rand.NewPCG(seed, 0x1a9e5)).Perm(s.Len()))
}

// Concat returns a copy of s followed by the images of others. All must have the same size and all or none have labels.
func (s Set) Concat(others ...Set) (Set, error) {
	all := s
	all.Pixels = append([]uint8(nil), s.Pixels...)
	all.Labels = append([]int32(nil), s.Labels...)
	for _, o := range others {
		if o.Height != s.Height || o.Width != s.Width || o.Channels != s.Channels {
			return Set{}, fmt.Errorf("images: cannot join [%d, %d, %d] and [%d, %d, %d]",
				s.Height, s.Width, s.Channels, o.Height, o.Width, o.Channels)
		}
		if (o.Labels == nil) != (s.Labels == nil) {
			return Set{}, fmt.Errorf("images: cannot join images with labels and images without")
		}
		all.Pixels = append(all.Pixels, o.Pixels...)
		all.Labels = append(all.Labels, o.Labels...)
	}
	if s.Labels == nil {
		all.Labels = nil
	}
	return all, nil
}

// Counts returns how many images each class has, [len(Classes)] or as long as the largest label needs.
func (s Set) Counts() []int {
	counts := make([]int, len(s.Classes))
	for _, label := range s.Labels {
		for int(label) >= len(counts) {
			counts = append(counts, 0)
		}
		counts[label]++
	}
	return counts
}

// Mean returns the mean image, [H, W, C], in [0, 1].
func (s Set) Mean() []float64 {
	mean := make([]float64, s.ItemSize())
	n := s.Len()
	for i := range n {
		for j, v := range s.Item(i) {
			mean[j] += float64(v)
		}
	}
	for j := range mean {
		mean[j] /= 255 * float64(max(n, 1))
	}
	return mean
}

// Image returns image i for the standard library's encoders and for plots, copied. Panics if i is out of range.
func (s Set) Image(i int) image.Image {
	item := s.Item(i)
	bounds := image.Rect(0, 0, s.Width, s.Height)
	if s.Channels == 1 {
		grey := image.NewGray(bounds)
		copy(grey.Pix, item)
		return grey
	}
	rgb := image.NewRGBA(bounds)
	for p := range s.Height * s.Width {
		rgb.Set(p%s.Width, p/s.Width, color.RGBA{R: item[3*p], G: item[3*p+1], B: item[3*p+2], A: 255})
	}
	return rgb
}
