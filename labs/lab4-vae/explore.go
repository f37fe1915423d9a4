package vae

// ActiveUnits returns how many latent dimensions say anything about the data, and the variance of each (task latent). The
// variance is that of the encoder's mean over the N examples, divided by N; a dimension is active if it is above threshold. A
// dimension whose mean is the same for all examples, whatever it is, tells nothing apart: it has collapsed.
//
//	mu [N][Z], N ≥ 1  ->  the number, and [Z]
//
// Source: Burda et al. 2016, who use a threshold of 0.01.
func ActiveUnits(mu [][]float64, threshold float64) (active int, variance []float64) {
	// BEGIN SOLUTION
	count := float64(len(mu))
	variance = make([]float64, len(mu[0]))
	for k := range variance {
		mean := 0.0
		for _, row := range mu {
			mean += row[k] / count
		}
		for _, row := range mu {
			away := row[k] - mean
			variance[k] += away * away / count
		}
		if variance[k] > threshold {
			active++
		}
	}
	return active, variance
	// END SOLUTION
}

// LinearInterpolation returns steps points on the straight line from one latent vector to another, evenly spaced, both ends
// included (task latent). Decoded, they show how one example turns into another.
//
//	from, to [Z], steps ≥ 2  ->  [steps][Z]
func LinearInterpolation(from, to []float64, steps int) [][]float64 {
	// BEGIN SOLUTION
	points := make([][]float64, steps)
	for s := range points {
		share := float64(s) / float64(steps-1)
		for k := range from {
			points[s] = append(points[s], (1-share)*from[k]+share*to[k])
		}
	}
	return points
	// END SOLUTION
}
