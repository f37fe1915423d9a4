package vae

import (
	"fmt"
	"math"
)

// ActiveThreshold is the variance above which a latent dimension counts as active (Burda et al. 2016).
const ActiveThreshold = 0.01

// ActiveUnits returns how many latent dimensions say anything about the data, and the variance of each: that of the
// posterior's mean μ over the examples, divided by N. mu is [N, Z]. A dimension is active if its variance is above
// [ActiveThreshold]; in a collapsed one, μ is the same for all examples.
//
// It returns an error if there are fewer than two examples, rows differ in length or a value is not finite.
// Source: Burda et al. 2016, "Importance Weighted Autoencoders", section 5.2.
func ActiveUnits[T float32 | float64](mu [][]T) (active int, variance []float64, err error) {
	if len(mu) < 2 {
		return 0, nil, fmt.Errorf("vae: the variance over %d examples says nothing; give at least 2", len(mu))
	}
	n, width := float64(len(mu)), len(mu[0])
	for i, row := range mu {
		if err := checkVector(row, width); err != nil {
			return 0, nil, fmt.Errorf("vae: example %d: %w", i, err)
		}
	}
	variance = make([]float64, width)
	for k := range variance {
		mean := 0.0
		for _, row := range mu {
			mean += float64(row[k]) / n
		}
		for _, row := range mu {
			d := float64(row[k]) - mean
			variance[k] += d * d / n
		}
		if variance[k] > ActiveThreshold {
			active++
		}
	}
	return active, variance, nil
}

// Path is a way from one latent vector to another.
type Path int

const (
	// Linear is the straight line. Between two samples of N(0, I) it passes closer to 0 than almost any sample does.
	Linear Path = iota
	// Spherical turns at an even speed, (sin((1-t)ω)·from + sin(tω)·to) / sin ω with ω the angle between the two: between
	// vectors of one length, it keeps that length (Shoemake 1985; White 2016, "Sampling Generative Networks").
	Spherical
)

// Interpolate returns S = steps vectors [S, Z] on the path, evenly spaced, the first equal to from and the last to to.
//
// It returns an error if steps is below 2, the vectors differ in length or hold values that are not finite, the path is
// unknown, or, on the spherical path, a vector is zero or the two are opposite, so that no arc is the shortest.
func Interpolate[T float32 | float64](path Path, from, to []T, steps int) ([][]T, error) {
	if steps < 2 {
		return nil, fmt.Errorf("vae: steps is %d, must be at least 2: both ends are included", steps)
	}
	if path != Linear && path != Spherical {
		return nil, fmt.Errorf("vae: unknown path %d; use Linear or Spherical", path)
	}
	for _, v := range [][]T{from, to} {
		if err := checkVector(v, len(from)); err != nil {
			return nil, fmt.Errorf("vae: interpolating between vectors of length %d and %d: %w", len(from), len(to), err)
		}
	}
	weights := func(t float64) (a, b float64) { return 1 - t, t }
	if path == Spherical {
		angle, err := angleBetween(from, to)
		if err != nil {
			return nil, err
		}
		if angle > 1e-7 { // below that, the arc is the line
			weights = func(t float64) (a, b float64) {
				return math.Sin((1-t)*angle) / math.Sin(angle), math.Sin(t*angle) / math.Sin(angle)
			}
		}
	}
	points := make([][]T, steps)
	for s := range points {
		a, b := weights(float64(s) / float64(steps-1))
		points[s] = make([]T, len(from))
		for k := range from {
			points[s][k] = T(a*float64(from[k]) + b*float64(to[k]))
		}
	}
	copy(points[0], from)
	copy(points[steps-1], to)
	return points, nil
}

// angleBetween is the angle in radians, 0..π, by Kahan's formula, which is exact for small angles too.
func angleBetween[T float32 | float64](from, to []T) (float64, error) {
	length := func(at func(k int) float64) float64 {
		sum := 0.0
		for k := range from {
			sum = math.Hypot(sum, at(k))
		}
		return sum
	}
	a, b := length(func(k int) float64 { return float64(from[k]) }), length(func(k int) float64 { return float64(to[k]) })
	if a == 0 || b == 0 {
		return 0, fmt.Errorf("vae: a zero vector has no direction; interpolate linearly")
	}
	difference := length(func(k int) float64 { return float64(from[k])/a - float64(to[k])/b })
	sum := length(func(k int) float64 { return float64(from[k])/a + float64(to[k])/b })
	angle := 2 * math.Atan2(difference, sum)
	if math.Pi-angle < 1e-6 {
		return 0, fmt.Errorf("vae: the two vectors point in opposite directions, no arc between them is the shortest; interpolate linearly")
	}
	return angle, nil
}

func checkVector[T float32 | float64](v []T, width int) error {
	if len(v) != width || width == 0 {
		return fmt.Errorf("it has %d values, want %d and at least 1", len(v), width)
	}
	for k, x := range v {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return fmt.Errorf("value %d is %g", k, x)
		}
	}
	return nil
}
