package vision

import (
	"fmt"
	"math"
	"slices"
)

// Bins are the classes of colours that a colorizer chooses from: offsets from grey, in [-1, 1].
//
// Zhang et al. 2016 quantise the plane of hues (ab of CIE Lab) and keep the 313 squares that photographs use; here it is the red and
// blue offsets from the drawing, and the squares that the training pictures use.
type Bins struct {
	// Offsets are the mean red, green and blue offset of the pixels in each bin, [K][3].
	Offsets [][3]float64
}

// NewBins finds the squares of the given width, in units of the value range, that hold at least share of the pixels. Pictures are
// [N, Y, X, 3], drawings [N, Y, X], both in [0, 1].
//
// It returns an error if the lengths do not fit, width or share is out of range or there is no bin.
func NewBins(pictures, drawings []float32, width, share float64) (Bins, error) {
	if len(pictures) != 3*len(drawings) || len(drawings) == 0 {
		return Bins{}, fmt.Errorf("vision: bins: %d picture values for %d drawing values, want three times as many and at least 3", len(pictures), len(drawings))
	}
	if !(width > 0 && width <= 1) || !(share >= 0 && share < 1) {
		return Bins{}, fmt.Errorf("vision: bins: width is %g, must be in (0, 1]; share is %g, must be in [0, 1)", width, share)
	}
	type square struct{ red, blue int }
	type sum struct {
		square square
		total  [3]float64
		pixels float64
	}
	squares := map[square]*sum{}
	for i, grey := range drawings {
		offset := [3]float64{}
		for c := range offset {
			offset[c] = float64(pictures[3*i+c]) - float64(grey)
		}
		at := square{int(math.Round(offset[0] / width)), int(math.Round(offset[2] / width))}
		if squares[at] == nil {
			squares[at] = &sum{square: at}
		}
		for c := range offset {
			squares[at].total[c] += offset[c]
		}
		squares[at].pixels++
	}
	var kept []*sum
	for _, s := range squares {
		if s.pixels >= share*float64(len(drawings)) {
			kept = append(kept, s)
		}
	}
	slices.SortFunc(kept, func(a, b *sum) int {
		if a.square.red != b.square.red {
			return a.square.red - b.square.red
		}
		return a.square.blue - b.square.blue
	})
	if len(kept) == 0 {
		return Bins{}, fmt.Errorf("vision: bins: no square of width %g holds %g of the pixels", width, share)
	}
	bins := Bins{}
	for _, s := range kept {
		for c := range s.total {
			s.total[c] /= s.pixels
		}
		bins.Offsets = append(bins.Offsets, s.total)
	}
	return bins, nil
}

// Nearest returns the bin whose offset is nearest to a pixel's.
func (b Bins) Nearest(offset [3]float64) int {
	best, least := 0, math.Inf(1)
	for k, o := range b.Offsets {
		distance := 0.0
		for c := range o {
			distance += (o[c] - offset[c]) * (o[c] - offset[c])
		}
		if distance < least {
			best, least = k, distance
		}
	}
	return best
}

// Labels returns the bin of every pixel, [N, Y, X], of pictures [N, Y, X, 3] and drawings [N, Y, X].
func (b Bins) Labels(pictures, drawings []float32) []int32 {
	labels := make([]int32, len(drawings))
	known := map[[3]float32]int32{}
	for i, grey := range drawings {
		key := [3]float32{pictures[3*i] - grey, pictures[3*i+1] - grey, pictures[3*i+2] - grey}
		label, found := known[key]
		if !found {
			label = int32(b.Nearest([3]float64{float64(key[0]), float64(key[1]), float64(key[2])}))
			known[key] = label
		}
		labels[i] = label
	}
	return labels
}
