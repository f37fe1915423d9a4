package synth

import (
	"fmt"
	"math"

	"courselab/datasets/images"
)

// Palette is three plumages, red, green, blue from 0 to 255.
type Palette [3][3]uint8

// EqualLuma is teal, orange and magenta. Their luma (ITU-R BT.601) is 112.0 each, so that a grey picture of a bird tells
// nothing about its plumage, not even to a model that reads grey values exactly.
//
// In units of 8-bit levels, per channel: the mean colour (136, 94, 142) has a mean squared error of 7308, the best any
// constant can do; the three true colours have 15570, 15075 and 13203. Their chroma (largest minus smallest channel) is
// 195, 192 and 195, that of the mean 48.
func EqualLuma() Palette { return Palette{{0, 153, 195}, {192, 93, 0}, {216, 36, 231}} }

// Primaries is blue, red and gold: more familiar birds, whose grey pictures give them away (luma 60, 78 and 185).
//
// The mean colour has a mean squared error of 7356, the true colours 18800, 11389 and 13944; chroma 200, 190 and 190, mean 67.
func Primaries() Palette { return Palette{{20, 50, 220}, {210, 20, 30}, {230, 190, 40}} }

// Mean returns the mean colour: what the squared error drives a colorizer to.
func (p Palette) Mean() [3]float64 {
	var mean [3]float64
	for c := range mean {
		mean[c] = (float64(p[0][c]) + float64(p[1][c]) + float64(p[2][c])) / 3
	}
	return mean
}

// Error returns the mean squared error, per channel, of always answering colour when the three plumages are equally likely.
func (p Palette) Error(colour [3]float64) float64 {
	var sum float64
	for _, plumage := range p {
		for c := range colour {
			d := colour[c] - float64(plumage[c])
			sum += d * d
		}
	}
	return sum / 9
}

// Chroma returns the largest minus the smallest channel: 0 for grey.
func Chroma(colour [3]float64) float64 {
	return max(colour[0], colour[1], colour[2]) - min(colour[0], colour[1], colour[2])
}

// Luma returns 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).
func Luma(colour [3]float64) float64 {
	return 0.299*colour[0] + 0.587*colour[1] + 0.114*colour[2]
}

// Birds is the lecture's "coloring a bird": one drawing, three right answers.
//
// Process: a pose (position, size, tilt, direction, wing, background grey), uniform; independently of it a plumage,
// uniform among three. The background, beak, eye and legs are grey; body, head and tail have the plumage's colour, the
// wing three quarters of it. Edges are blended over sub-pixels.
//
// Truth: the plumage does not depend on the drawing: whoever sees the drawing knows the three colours and nothing more.
// Under squared error the best answer on the plumage is the palette's mean, which is none of them.
type Birds struct {
	Side    int // height and width in pixels, 16 to 128
	Palette Palette
}

// DefaultBirds returns 32 x 32 pixels and the palette EqualLuma.
func DefaultBirds() Birds { return Birds{Side: 32, Palette: EqualLuma()} }

// Bird is a picture with its truth. S is Birds.Side.
type Bird struct {
	Pixels  []uint8 // [S, S, 3]
	Drawing []uint8 // [S, S] the grey picture; for EqualLuma the luma of Pixels within 1
	Mask    []bool  // [S, S] true where the pixel is wholly of the plumage's colour
	Plumage int     // 0, 1 or 2
	Pose    Pose
}

// Pose is what can be drawn before the colour is known. Lengths are in units of the picture's side, y points down.
type Pose struct {
	X, Y       float64 // centre of the body
	Size       float64 // 1: the body is 0.44 long
	Tilt       float64 // radians, head up if positive
	Left       bool    // looks to the left
	Wing       float64 // -1 down to 1 up
	Background float64 // grey level, 0 to 255
}

// Validate implements Generator.
func (g Birds) Validate() error {
	if g.Side < 16 || g.Side > 128 {
		return fmt.Errorf("synth: Birds.Side %d, want 16 to 128", g.Side)
	}
	return nil
}

// At implements Generator.
func (g Birds) At(seed uint64, index int) Bird {
	must(g.Validate())
	rng := source(birdsStream, seed, index)
	pose := Pose{
		X: uniform(rng, 0.42, 0.58), Y: uniform(rng, 0.44, 0.56), Size: uniform(rng, 0.8, 1.1),
		Tilt: uniform(rng, -0.1, 0.5), Left: rng.IntN(2) == 1, Wing: uniform(rng, -1, 1), Background: uniform(rng, 170, 240),
	}
	return g.Paint(pose, rng.IntN(3))
}

// Set returns birds from <= i < to of seed's list as images [N, Side, Side, 3], labelled with their plumage.
func (g Birds) Set(seed uint64, from, to int) (images.Set, error) {
	birds, err := Range(g, seed, from, to)
	set := images.Set{Height: g.Side, Width: g.Side, Channels: 3, Classes: []string{"plumage 0", "plumage 1", "plumage 2"}}
	for _, bird := range birds {
		set.Pixels = append(set.Pixels, bird.Pixels...)
		set.Labels = append(set.Labels, int32(bird.Plumage))
	}
	return set, err
}

// subPixels squared samples are averaged in each pixel.
const subPixels = 4

// Paint draws a pose in a plumage: of one pose, all three answers. Panics if there is no such plumage.
func (g Birds) Paint(pose Pose, plumage int) Bird {
	colour := [3]float64{}
	for c, v := range g.Palette[plumage] {
		colour[c] = float64(v)
	}
	var grey float64 // of the drawing: the palette's mean luma, so that it does not depend on the plumage
	for _, p := range g.Palette {
		grey += Luma([3]float64{float64(p[0]), float64(p[1]), float64(p[2])}) / 3
	}
	n := g.Side * g.Side
	bird := Bird{Pixels: make([]uint8, 3*n), Drawing: make([]uint8, n), Mask: make([]bool, n), Plumage: plumage, Pose: pose}
	view := newView(pose)
	for p := range n {
		if view.far(float64(p%g.Side)+0.5, float64(p/g.Side)+0.5, float64(g.Side)) {
			level := level8(pose.Background)
			bird.Pixels[3*p], bird.Pixels[3*p+1], bird.Pixels[3*p+2], bird.Drawing[p] = level, level, level, level
			continue
		}
		var tinted, plain, whole float64 // sums over the samples: share of plumage colour, grey level beside it, samples of full plumage
		for s := range subPixels * subPixels {
			x := (float64(p%g.Side) + (float64(s%subPixels)+0.5)/subPixels) / float64(g.Side)
			y := (float64(p/g.Side) + (float64(s/subPixels)+0.5)/subPixels) / float64(g.Side)
			share, level := view.sample(x, y)
			tinted, plain = tinted+share, plain+level
			if share == 1 {
				whole++
			}
		}
		const samples = subPixels * subPixels
		for c := range colour {
			bird.Pixels[3*p+c] = level8((tinted*colour[c] + plain) / samples)
		}
		bird.Drawing[p] = level8((tinted*grey + plain) / samples)
		bird.Mask[p] = whole == samples
	}
	return bird
}

func level8(v float64) uint8 { return uint8(math.Round(min(max(v, 0), 255))) }

// view is a pose with its rotation worked out.
type view struct {
	pose     Pose
	sin, cos float64
}

func newView(pose Pose) view {
	sin, cos := math.Sincos(pose.Tilt)
	return view{pose: pose, sin: sin, cos: cos}
}

// far returns whether the pixel round (x, y), in pixels, is wholly background: no part of a bird is 0.45 sizes from its centre.
func (v view) far(x, y, side float64) bool {
	dx, dy := x/side-v.pose.X, y/side-v.pose.Y
	reach := 0.45*v.pose.Size + 1/side
	return dx*dx+dy*dy > reach*reach
}

// sample returns, for a point of the picture, the share of plumage colour (1 body, 0.75 wing, 0 elsewhere) and the grey
// level to add.
func (v view) sample(x, y float64) (share, level float64) {
	// To the bird's own frame: it looks to the right, head up, the body round the origin.
	dx, dy := x-v.pose.X, y-v.pose.Y
	if v.pose.Left {
		dx = -dx
	}
	dx, dy = (dx*v.cos-dy*v.sin)/v.pose.Size, (dx*v.sin+dy*v.cos)/v.pose.Size
	const dark = 40
	switch {
	case ellipse(dx-0.21, dy+0.17, 0.018, 0.018): // eye
		return 0, 0
	case dx > 0.28 && dx < 0.40 && math.Abs(dy+0.145) < 0.35*(0.40-dx)*0.9: // beak
		return 0, dark
	case ellipse(dx+0.03, dy-0.01+0.06*v.pose.Wing, 0.13, 0.065): // wing
		return 0.75, 0
	case ellipse(dx, dy, 0.22, 0.13), // body
		ellipse(dx-0.20, dy+0.15, 0.10, 0.10),                                // head
		dx > -0.40 && dx < -0.15 && math.Abs(dy+0.02) < 0.03+0.16*(-0.15-dx): // tail
		return 1, 0
	case dy > 0.10 && dy < 0.26 && (math.Abs(dx-0.02) < 0.012 || math.Abs(dx-0.09) < 0.012): // legs
		return 0, dark
	}
	return 0, v.pose.Background
}

func ellipse(dx, dy, a, b float64) bool {
	return (dx/a)*(dx/a)+(dy/b)*(dy/b) < 1
}
