package hidden

import (
	"math"

	"courselab/autograde/check"
)

// comparePack compares one call with the reference: value (pack, pixel, example, channel) is value (example, pixel, channel).
func comparePack(t *check.T, size int, shape ...int) {
	x := t.Normal(shape...)
	channels := shape[len(shape)-1]
	pixels := 1
	for _, n := range shape[1 : len(shape)-1] {
		pixels *= n
	}
	var want []float32
	in := x.Float64s()
	for pack := range shape[0] / size {
		for pixel := range pixels {
			for example := range size {
				for c := range channels {
					want = append(want, float32(in[((pack*size+example)*pixels+pixel)*channels+c]))
				}
			}
		}
	}
	to := append([]int{shape[0] / size}, shape[1:]...)
	to[len(to)-1] *= size
	got := t.Call1("Pack", x, size)
	t.Contract(got, "Float32", to...)
	t.Equal("Pack", got, check.Of(want, to...))
}

func packVectors(t *check.T) {
	for range 2 {
		p := primes(t, 3)
		comparePack(t, p[0], p[0]*p[1], p[2])
	}
}

func packPictures(t *check.T) {
	for range 2 {
		p := primes(t, 5)
		comparePack(t, p[0], p[0]*2, p[2], p[3], p[4])
	}
	comparePack(t, 2, 4, 3, 3, 1)
}

func packEdges(t *check.T) {
	comparePack(t, 1, 3, 5)
	comparePack(t, 1, 2, 3, 5, 2)
	comparePack(t, 6, 6, 2)
	comparePack(t, 3, 3, 2, 1, 2)
}

// ring are the centres of a ring, by turning the first one on.
func ring(modes int, radius float64) [][]float64 {
	sin, cos := math.Sincos(2 * math.Pi / float64(modes))
	x, y := radius, 0.0
	var centres [][]float64
	for range modes {
		centres = append(centres, []float64{x, y})
		x, y = x*cos-y*sin, x*sin+y*cos
	}
	return centres
}

func modesRing(t *check.T) {
	for _, modes := range append([]int{1}, primes(t, 3)...) {
		radius := 0.5 + 2*t.Rand().Float64()
		t.Close("centres", t.Call1("RingCentres", modes, radius), ring(modes, radius), 1e-9, 0)
	}
}

// modesCover draws samples at known distances: in any direction from the centre of their mode, 0 to 2.8 or 3.2 to 5 deviations.
func modesCover(t *check.T) {
	for range 3 {
		modes, sigma := 3+t.Rand().IntN(6), 0.01+0.02*t.Rand().Float64()
		centres := ring(modes, 1)
		samples, counts, good := [][]float64{}, make([]int, modes), 0
		for range 20 + t.Rand().IntN(20) {
			mode, distance := t.Rand().IntN(modes), 2.8*t.Rand().Float64()
			if t.Rand().IntN(3) == 0 {
				distance = 3.2 + 1.8*t.Rand().Float64()
			} else {
				counts[mode]++
				good++
			}
			sin, cos := math.Sincos(2 * math.Pi * t.Rand().Float64())
			samples = append(samples, []float64{centres[mode][0] + sigma*distance*cos, centres[mode][1] + sigma*distance*sin})
		}
		gotCounts, gotGood := t.Call2("CoverModes", samples, centres, sigma)
		t.Equal("counts", gotCounts, counts)
		t.Close("share of good samples", gotGood, float64(good)/float64(len(samples)), 1e-9, 0)
	}
	// Two modes so wide that their circles overlap: the nearest one has the sample.
	x := 0.5 + 0.2*t.Rand().Float64()
	counts, good := t.Call2("CoverModes", [][]float64{{x, 0}, {-x, 0}, {-x, 0}}, [][]float64{{1, 0}, {-1, 0}}, 2.0)
	t.Equal("counts of overlapping modes", counts, []int{1, 2})
	t.Close("share of good samples", good, 1.0, 1e-9, 0)
	// Exactly three deviations are not too far.
	counts, good = t.Call2("CoverModes", [][]float64{{3, 0}, {3.5, 0}}, [][]float64{{0, 0}}, 1.0)
	t.Equal("counts at the limit", counts, []int{1})
	t.Close("share at the limit", good, 0.5, 1e-9, 0)
}

func modesCovered(t *check.T) {
	for _, share := range []float64{0, 0.01, 0.1 + 0.2*t.Rand().Float64()} {
		counts, samples := make([]int, 3+t.Rand().IntN(8)), 100+t.Rand().IntN(900)
		for i := range counts {
			counts[i] = t.Rand().IntN(1 + samples/(1+t.Rand().IntN(60)))
			if share > 0 && math.Abs(float64(counts[i])-share*float64(samples)) < 1e-6 {
				counts[i]++ // rounding decides there
			}
		}
		counts[t.Rand().IntN(len(counts))] = 0
		want := 0
		for _, count := range counts {
			if count > 0 && float64(count)/float64(samples) >= share {
				want++
			}
		}
		t.Equal("covered modes", t.Call1("CoveredModes", counts, samples, share), want)
	}
	// Half of the samples is half of all of them, also where most are not good.
	t.Equal("covered modes", t.Call1("CoveredModes", []int{50, 49, 0}, 100, 0.5), 1)
	t.Equal("covered modes of few good samples", t.Call1("CoveredModes", []int{3, 2, 0}, 100, 0.25), 0)
}

func modesDivergence(t *check.T) {
	for range 3 {
		counts := make([]int, 2+t.Rand().IntN(9))
		for i := range counts {
			counts[i] = t.Rand().IntN(50)
		}
		counts[t.Rand().IntN(len(counts))] = 0
		t.Close("divergence", t.Call1("Divergence", counts), divergence(counts), 1e-9, 1e-9)
	}
	for _, counts := range [][]int{{0, 0, 0}, {7}, {4, 4, 4, 4}, {9, 0, 0, 0, 0, 0, 0, 0}} {
		t.Close("divergence", t.Call1("Divergence", counts), divergence(counts), 1e-9, 1e-9)
	}
}
