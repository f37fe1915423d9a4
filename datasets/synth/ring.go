package synth

import (
	"fmt"
	"math"
)

// Ring is a mixture of Gaussians on a circle, on which GANs lose modes. The protocol is PacGAN's (Z. Lin and others,
// "PacGAN: the power of two samples in generative adversarial networks", 2018): 8 modes, radius 1, standard deviation 0.01.
//
// Process: a mode, uniform; a point from a normal distribution round its centre with standard deviation Sigma in both directions.
//
// Truth: centre i is at angle i * 2 pi / Modes. The modes are all different: spacing 8 angles evenly from 0 to 2 pi with both
// ends included, as some published code does, puts the last on the first and leaves 7.
type Ring struct {
	Modes  int     // at least 2
	Radius float64 // above 0
	Sigma  float64 // standard deviation, above 0
}

// DefaultRing returns 8 modes, radius 1, sigma 0.01.
func DefaultRing() Ring { return Ring{Modes: 8, Radius: 1, Sigma: 0.01} }

// Point is a point of the plane and the mode that it was drawn from.
type Point struct {
	X, Y float64
	Mode int
}

// Validate implements Generator.
func (g Ring) Validate() error {
	if g.Modes < 2 || !(g.Radius > 0) || !(g.Sigma > 0) {
		return fmt.Errorf("synth: Ring of %d modes, radius %v, sigma %v, want at least 2 modes and both above 0", g.Modes, g.Radius, g.Sigma)
	}
	return nil
}

// At implements Generator.
func (g Ring) At(seed uint64, index int) Point {
	must(g.Validate())
	rng := source(ringStream, seed, index)
	mode := rng.IntN(g.Modes)
	centre := g.Centre(mode)
	return Point{X: centre[0] + g.Sigma*rng.NormFloat64(), Y: centre[1] + g.Sigma*rng.NormFloat64(), Mode: mode}
}

// Centre returns the centre of a mode.
func (g Ring) Centre(mode int) [2]float64 {
	sin, cos := math.Sincos(2 * math.Pi * float64(mode) / float64(g.Modes))
	return [2]float64{g.Radius * cos, g.Radius * sin}
}

// Nearest returns the mode whose centre is nearest to (x, y), and the distance in units of Sigma (the Mahalanobis distance):
// a generated point is good if it is below 3. Not-a-number coordinates give mode -1 at infinite distance.
func (g Ring) Nearest(x, y float64) (mode int, distance float64) {
	mode, distance = -1, math.Inf(1)
	for i := range g.Modes {
		c := g.Centre(i)
		if d := math.Hypot(x-c[0], y-c[1]) / g.Sigma; d < distance {
			mode, distance = i, d
		}
	}
	return mode, distance
}
