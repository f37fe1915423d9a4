package transformer

import (
	"cmp"
	"math"
	"slices"
)

// Temperature is softmax(logits / t) (task sampling): the model's own distribution at t = 1, a sharper one below, a flatter
// one above. t = 0 is the limit, greedy decoding: probability 1 for the largest logit, of equal ones for the lowest id.
//
// logits has one finite number a token, at least one token; t is at least 0. Logits of thousands and t of a thousandth must
// neither overflow nor give NaN.
func Temperature(logits []float64, t float64) []float64 {
	// BEGIN SOLUTION
	probabilities := make([]float64, len(logits))
	largest := slices.Max(logits)
	if t == 0 {
		probabilities[slices.Index(logits, largest)] = 1
		return probabilities
	}
	sum := 0.0
	for token, logit := range logits {
		probabilities[token] = math.Exp((logit - largest) / t)
		sum += probabilities[token]
	}
	for token := range probabilities {
		probabilities[token] /= sum
	}
	return probabilities
	// END SOLUTION
}

// KeepTopK is the distribution over the k most likely tokens (task sampling): their probabilities, made to sum to 1 again, and 0
// for all others. Of equally likely tokens the one with the lower id is kept first, so that exactly k remain.
//
// probabilities sums to 1; k is at least 1, and keeps everything from len(probabilities) on.
func KeepTopK(probabilities []float64, k int) []float64 {
	// BEGIN SOLUTION
	order := make([]int, len(probabilities)) // of the tokens, the most likely first
	for token := range order {
		order[token] = token
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(probabilities[b], probabilities[a]) })
	kept, sum := make([]float64, len(probabilities)), 0.0
	for _, token := range order[:min(k, len(order))] {
		kept[token] = probabilities[token]
		sum += probabilities[token]
	}
	for token := range kept {
		kept[token] /= sum
	}
	return kept
	// END SOLUTION
}

// KeepNucleus is the distribution over the nucleus, for top-p sampling (task sampling): the smallest set of most likely tokens
// whose probabilities sum to at least p. They are made to sum to 1 again; all others get 0. Of equally likely tokens the one
// with the lower id comes first.
//
// The token with which the sum reaches p belongs to the set, so that there is always at least one.
// probabilities sums to 1; p is in (0, 1].
//
// Source: Holtzman et al., The Curious Case of Neural Text Degeneration (2020), section 3.1.
func KeepNucleus(probabilities []float64, p float64) []float64 {
	// BEGIN SOLUTION
	sorted := slices.Clone(probabilities)
	slices.SortFunc(sorted, func(a, b float64) int { return cmp.Compare(b, a) })
	size, sum := 0, 0.0
	for size < len(sorted) && sum < p {
		sum += sorted[size]
		size++
	}
	return KeepTopK(probabilities, size)
	// END SOLUTION
}

// Draw turns u, a uniform draw from [0, 1), into a token (task sampling): the first one, counted from id 0, at which the
// probabilities added up so far exceed u. A token of probability 0 is never drawn, and if rounding keeps the whole sum from
// exceeding u, the last token of positive probability is.
//
// So token i comes for a share probabilities[i] of all u, and who knows u can replay the draw.
func Draw(probabilities []float64, u float64) int {
	// BEGIN SOLUTION
	drawn, sum := 0, 0.0
	for token, probability := range probabilities {
		if probability > 0 && sum <= u {
			drawn = token
		}
		sum += probability
	}
	return drawn
	// END SOLUTION
}
