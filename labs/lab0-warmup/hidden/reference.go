package hidden

import "math"

// The definitions, slowly: what answers are compared with.

func flatten(image [][]float64) (pixels []float64) {
	for r := range image {
		for c := range image[r] {
			pixels = append(pixels, image[r][c])
		}
	}
	return pixels
}

func scores(weights [][]float64, bias, pixels []float64) (out []float64) {
	for k := range bias {
		sum := 0.0
		for i := range pixels {
			sum += weights[k][i] * pixels[i]
		}
		out = append(out, sum+bias[k])
	}
	return out
}

// softmax is exp(s_k - ln Σ exp(s_j)), with the logarithm of the sum taken by adding one score after the other.
func softmax(s []float64) []float64 {
	out := make([]float64, len(s))
	for k := range s {
		out[k] = math.Exp(-crossEntropy(s, k))
	}
	return out
}

func crossEntropy(s []float64, truth int) float64 {
	sum := math.Inf(-1) // ln of nothing
	for _, score := range s {
		high, low := math.Max(sum, score), math.Min(sum, score)
		sum = high + math.Log1p(math.Exp(low-high))
	}
	return sum - s[truth]
}

func dropout(x, draws []float64, rate float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		if !(draws[i] < rate) {
			out[i] = x[i] / (1 - rate)
		}
	}
	return out
}

// perplexity is the geometric mean of 1/p.
func perplexity(probabilities []float64) float64 {
	product := 1.0
	for _, p := range probabilities {
		product *= math.Pow(1/p, 1/float64(len(probabilities)))
	}
	return product
}
