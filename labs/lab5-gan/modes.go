package gan

import (
	"math"
)

// RingCentres returns the centres of so many modes on a circle round the origin (task modes), evenly spaced, all different, the
// first at (radius, 0), the others counter-clockwise.
//
//	->  [modes][2], x and y
//
// Hint: from the last to the first it is as far as from the first to the second.
func RingCentres(modes int, radius float64) [][]float64 {
	// BEGIN SOLUTION
	centres := make([][]float64, modes)
	for k := range centres {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / float64(modes))
		centres[k] = []float64{radius * cos, radius * sin}
	}
	return centres
	// END SOLUTION
}

// CoverModes says where samples lie (task modes). A sample belongs to its nearest centre, and it is good if it is at most
// 3·sigma away from it.
//
//	samples [N][2], centres [modes][2], N ≥ 1
//	->      counts [modes]: the good samples of each centre; good: their share of all samples, in [0, 1]
//
// Source: Srivastava et al. 2017, VEEGAN, section 4.
func CoverModes(samples, centres [][]float64, sigma float64) (counts []int, good float64) {
	// BEGIN SOLUTION
	counts = make([]int, len(centres))
	for _, sample := range samples {
		nearest, least := 0, math.Inf(1)
		for k, centre := range centres {
			distance := math.Hypot(sample[0]-centre[0], sample[1]-centre[1])
			if distance < least {
				nearest, least = k, distance
			}
		}
		if least <= 3*sigma {
			counts[nearest]++
			good += 1 / float64(len(samples))
		}
	}
	return counts, good
	// END SOLUTION
}

// CoveredModes returns how many modes the generator has found (task modes): those with at least share of all samples, good or
// not, and with one sample at least. Among thousands of samples, one in a mode is chance.
//
//	counts [modes] of CoverModes; samples: N; share in [0, 1]
func CoveredModes(counts []int, samples int, share float64) int {
	// BEGIN SOLUTION
	covered := 0
	for _, count := range counts {
		if count > 0 && float64(count) >= share*float64(samples) {
			covered++
		}
	}
	return covered
	// END SOLUTION
}

// Divergence is the Jensen-Shannon divergence of the counts, as a distribution p, from the uniform one u over the modes (task
// modes), in nats: the mean of KL(p, m) and KL(u, m), where m is the mean of p and u. It is 0 if all modes have the same count,
// and grows towards log 2 the fewer are left. Without any good sample it is log 2.
//
// Hint: 0·log 0 is 0, also where Go says NaN.
func Divergence(counts []int) float64 {
	// BEGIN SOLUTION
	total := 0
	for _, count := range counts {
		total += count
	}
	if total == 0 {
		return math.Ln2
	}
	divergence, u := 0.0, 1/float64(len(counts))
	for _, count := range counts {
		p := float64(count) / float64(total)
		m := (p + u) / 2
		divergence += u * math.Log(u/m) / 2
		if p > 0 {
			divergence += p * math.Log(p/m) / 2
		}
	}
	return divergence
	// END SOLUTION
}
