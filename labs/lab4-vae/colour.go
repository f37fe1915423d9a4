package vae

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// LeastSquaresColour returns the one colour that has the smallest expected squared error, if the truth is one of N colours
// (task colour): what a colorizer trained on squared errors answers when the drawing does not give the colour away.
//
//	colours [N][C], weights [N]  ->  [C]
//
// weights say how likely each colour is: probabilities or counts, at least 0 and not all 0. Only their proportions matter.
//
// Hint: set the derivative of Σ weight·(answer - colour)² to zero.
func LeastSquaresColour(colours [][]float64, weights []float64) []float64 {
	// BEGIN SOLUTION
	total := 0.0
	for _, weight := range weights {
		total += weight
	}
	best := make([]float64, len(colours[0]))
	for i, colour := range colours {
		for c := range best {
			best[c] += weights[i] / total * colour[c]
		}
	}
	return best
	// END SOLUTION
}

// BinCrossEntropy is the loss of a colorizer that chooses among K bins of colours instead of mixing one (task colour): the
// cross-entropy -log p(bin) of the true bin, averaged over all pixels of all pictures, a scalar in nats a pixel.
//
//	logits [B, P, K]     p = softmax over the bins
//	bins   Int32 [B, P]  the true bin of each pixel, 0 to K-1
//	->     []
//
// Logits in the hundreds must give neither Inf nor NaN. Hint: OneHot picks the entry of the true bin.
func BinCrossEntropy(logits, bins *Node) *Node {
	// BEGIN SOLUTION
	count := logits.Shape().Dim(-1)
	truth := OneHot(bins, count, logits.DType())                // [B, P, K]
	picked := ReduceSum(Mul(LogSoftmax(logits, -1), truth), -1) // [B, P]
	return Neg(ReduceAllMean(picked))
	// END SOLUTION
}

// ModeColour is the colour of each pixel's most probable bin (task colour): always a colour of the palette.
//
//	logits  [B, P, K]
//	palette [K, C]     the colour of each bin
//	->      [B, P, C]
//
// Hint: ArgMax finds the bin; OneHot and Einsum look its colour up.
func ModeColour(logits, palette *Node) *Node {
	// BEGIN SOLUTION
	count := palette.Shape().Dim(0)
	best := OneHot(ArgMax(logits, -1), count, palette.DType()) // [B, P, K]
	return Einsum("bpk,kc->bpc", best, palette)
	// END SOLUTION
}

// ExpectedColour is the mean of the palette under softmax(logits/temperature) (task colour). At temperature 1 it is the mean
// colour that squared errors lead to, near 0 it is ModeColour; Zhang et al. 2016 colour photographs at 0.38.
//
//	logits  [B, P, K]
//	palette [K, C]
//	temperature > 0
//	->      [B, P, C]
func ExpectedColour(logits, palette *Node, temperature float64) *Node {
	// BEGIN SOLUTION
	probabilities := Softmax(DivScalar(logits, temperature), -1) // [B, P, K]
	return Einsum("bpk,kc->bpc", probabilities, palette)
	// END SOLUTION
}
