package synth

import (
	"fmt"
	"math"
	"math/rand/v2"

	"courselab/datasets/images"
)

// DigitSide is the height and width of a drawn digit in pixels, as in MNIST.
const DigitSide = 28

// Digits draws handwritten-looking digits in MNIST's format, for machines without MNIST. They are easier: do not
// compare numbers across the two.
//
// Process: a digit, uniform; its strokes (polylines along lines and arcs); every joint of the strokes moved by a smooth
// random displacement; the whole slanted, turned, stretched and shifted at random; a pen of random width with soft
// edges. Jitter scales all of these, 0 gives ten fixed pictures.
//
// Truth: Label. At the default jitter the nearest class mean, fitted on 2000 digits, classifies about 0.86 of others.
type Digits struct {
	Jitter float64 // 0 to 2
}

// DefaultDigits returns jitter 1.
func DefaultDigits() Digits { return Digits{Jitter: 1} }

// Digit is a picture and its label.
type Digit struct {
	Pixels []uint8 // [28, 28], 0 paper, 255 ink
	Label  int     // 0 to 9
}

// Validate implements Generator.
func (g Digits) Validate() error {
	if !(g.Jitter >= 0 && g.Jitter <= 2) {
		return fmt.Errorf("synth: Digits.Jitter %v, want 0 to 2", g.Jitter)
	}
	return nil
}

// At implements Generator.
func (g Digits) At(seed uint64, index int) Digit {
	must(g.Validate())
	rng := source(digitsStream, seed, index)
	label := rng.IntN(10)
	return Digit{Pixels: g.Render(label, rng), Label: label}
}

// Set returns digits from <= i < to of seed's list as images [N, 28, 28, 1].
func (g Digits) Set(seed uint64, from, to int) (images.Set, error) {
	digits, err := Range(g, seed, from, to)
	set := images.Set{Height: DigitSide, Width: DigitSide, Channels: 1}
	for c := range 10 {
		set.Classes = append(set.Classes, string(rune('0'+c)))
	}
	for _, d := range digits {
		set.Pixels = append(set.Pixels, d.Pixels...)
		set.Labels = append(set.Labels, int32(d.Label))
	}
	return set, err
}

// joint is a point of a stroke, x to the right and y down, the digit within [-0.5, 0.5] x [-0.5, 0.5].
type joint struct{ x, y float64 }

// arc returns joints of an ellipse from angle a to b in degrees, 0 right, 90 down.
func arc(cx, cy, rx, ry, a, b float64) []joint {
	const steps = 10
	joints := make([]joint, 0, steps+1)
	for i := range steps + 1 {
		sin, cos := math.Sincos((a + (b-a)*float64(i)/steps) * math.Pi / 180)
		joints = append(joints, joint{cx + rx*cos, cy + ry*sin})
	}
	return joints
}

func path(parts ...[]joint) []joint {
	var all []joint
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

// digitStrokes are the strokes of the digits 0 to 9.
var digitStrokes = [10][][]joint{
	{arc(0, 0, 0.30, 0.48, -90, 270)},
	{{{-0.15, -0.30}, {0.04, -0.48}, {0.04, 0.48}}},
	{path(arc(0, -0.22, 0.27, 0.26, -160, 40), []joint{{-0.29, 0.46}, {0.31, 0.46}})},
	{path(arc(-0.02, -0.24, 0.27, 0.24, -150, 90), arc(-0.02, 0.23, 0.31, 0.25, -90, 150))},
	{{{0.10, -0.48}, {-0.32, 0.14}, {0.34, 0.14}}, {{0.14, -0.14}, {0.14, 0.48}}},
	{path([]joint{{0.28, -0.46}, {-0.22, -0.46}, {-0.26, -0.06}}, arc(-0.01, 0.18, 0.31, 0.29, -130, 150))},
	{path([]joint{{0.20, -0.47}, {-0.14, -0.22}}, arc(0, 0.21, 0.28, 0.27, -170, 190))},
	{{{-0.31, -0.46}, {0.31, -0.46}, {-0.08, 0.48}}},
	{path(arc(0, -0.24, 0.23, 0.23, 90, 450), arc(0, 0.24, 0.29, 0.25, -90, 270))},
	{path(arc(0, -0.20, 0.26, 0.26, 0, 360), []joint{{0.22, 0.10}, {0.12, 0.48}})},
}

// Render draws a digit with the jitter that rng gives: [28, 28]. Panics if label is not 0 to 9.
func (g Digits) Render(label int, rng *rand.Rand) []uint8 {
	jitter := func(scale float64) float64 { return g.Jitter * uniform(rng, -scale, scale) }
	const size = 20 // pixels from top to bottom, as MNIST's digits are scaled to a box of 20
	slant, sin, cos := jitter(0.25), 0.0, 0.0
	sin, cos = math.Sincos(jitter(0.2))
	width, height := size*(1+jitter(0.15)), size*(1+jitter(0.12))
	right, down := jitter(2), jitter(2)
	pen := 1.15 + jitter(0.4) // half the width of the line, pixels
	bend := [2]wave{newWave(rng, jitter), newWave(rng, jitter)}

	var strokes [][]joint
	for _, stroke := range digitStrokes[label] {
		moved := make([]joint, len(stroke))
		for i, j := range stroke {
			x, y := j.x+bend[0].at(j), j.y+bend[1].at(j)
			x -= slant * y
			x, y = x*width, y*height
			moved[i] = joint{DigitSide/2 + right + x*cos - y*sin, DigitSide/2 + down + x*sin + y*cos}
		}
		strokes = append(strokes, moved)
	}
	fit(strokes, pen)
	return ink(strokes, pen)
}

// fit shrinks and shifts the strokes, where it must, so that no ink falls on the outermost pixels.
func fit(strokes [][]joint, pen float64) {
	margin := 1 + pen // the outermost centres lie at 0.5, and ink ends pen+0.5 from a stroke
	low, high := joint{math.Inf(1), math.Inf(1)}, joint{math.Inf(-1), math.Inf(-1)}
	for _, stroke := range strokes {
		for _, j := range stroke {
			low = joint{min(low.x, j.x), min(low.y, j.y)}
			high = joint{max(high.x, j.x), max(high.y, j.y)}
		}
	}
	room := DigitSide - 2*margin
	scale := min(1, room/(high.x-low.x), room/(high.y-low.y))
	place := func(v, low, high float64) float64 {
		middle, half := (low+high)/2, scale*(high-low)/2
		return min(max(middle, margin+half), DigitSide-margin-half) + scale*(v-middle)
	}
	for _, stroke := range strokes {
		for i, j := range stroke {
			stroke[i] = joint{place(j.x, low.x, high.x), place(j.y, low.y, high.y)}
		}
	}
}

// wave is a displacement that changes slowly over the digit, so that lines bend and stay connected.
type wave struct{ amplitude, fx, fy, phase float64 }

func newWave(rng *rand.Rand, jitter func(float64) float64) wave {
	return wave{amplitude: jitter(0.07), fx: uniform(rng, -5, 5), fy: uniform(rng, -5, 5), phase: uniform(rng, 0, 2*math.Pi)}
}

func (w wave) at(j joint) float64 { return w.amplitude * math.Sin(w.fx*j.x+w.fy*j.y+w.phase) }

// ink draws strokes with a pen of this half width: 255 inside, 0 outside, in between over one pixel at the edge.
func ink(strokes [][]joint, pen float64) []uint8 {
	nearest := make([]float64, DigitSide*DigitSide) // squared distance of a pixel's centre to the strokes
	for p := range nearest {
		nearest[p] = math.Inf(1)
	}
	reach := pen + 0.5 // further away a segment leaves no ink
	first := func(v float64) int { return max(int(math.Floor(v-reach-0.5)), 0) }
	last := func(v float64) int { return min(int(math.Ceil(v+reach-0.5)), DigitSide-1) }
	for _, stroke := range strokes {
		for i := range len(stroke) - 1 {
			a, b := stroke[i], stroke[i+1]
			for row := first(min(a.y, b.y)); row <= last(max(a.y, b.y)); row++ {
				for column := first(min(a.x, b.x)); column <= last(max(a.x, b.x)); column++ {
					p := row*DigitSide + column
					nearest[p] = min(nearest[p], squaredDistance(joint{float64(column) + 0.5, float64(row) + 0.5}, a, b))
				}
			}
		}
	}
	pixels := make([]uint8, len(nearest))
	for p, squared := range nearest {
		pixels[p] = level8(255 * (reach - math.Sqrt(squared)))
	}
	return pixels
}

// squaredDistance returns the square of the distance from p to the segment from a to b.
func squaredDistance(p, a, b joint) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	along := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		along = min(max(((p.x-a.x)*dx+(p.y-a.y)*dy)/length, 0), 1)
	}
	ox, oy := p.x-a.x-along*dx, p.y-a.y-along*dy
	return ox*ox + oy*oy
}
