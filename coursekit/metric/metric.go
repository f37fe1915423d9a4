// Package metric scores predictions on the host, in float64: functions over slices, no graphs.
//
//	Accuracy, Confusion, Matthews                   predicted classes
//	ExactMatch, SetMatch, Perplexity, DistinctN     sequences and language models
//	Entropy, JensenShannon                          distributions
//	CoverModes, Covered, FrechetDistance            samples of a generative model
//	FitRidge, FitLogistic, NearestNeighbours        what a representation is good for
//	Summarize, ChiSquare, PairedT                   what is chance
//
// Vectors are rows of a slice of slices, [N][F] for N examples of F features, in float32 or float64; they are read and never
// changed. Every function returns an error, and no number, for inputs that it has no answer for: none at all, different
// lengths, values that are not finite.
package metric

import (
	"fmt"
	"math"
	"slices"
)

// ExactMatch is the share of predictions that equal their reference token by token, in [0, 1].
//
// It returns an error if the numbers of sequences differ or there are none.
func ExactMatch[T comparable](predictions, references [][]T) (float64, error) {
	return share(predictions, references, func(p, r []T) bool { return slices.Equal(p, r) })
}

// SetMatch is the share of predictions that hold exactly the tokens of their reference, each as many times, in any
// order, in [0, 1]. Errors as ExactMatch.
func SetMatch[T interface {
	~int | ~int32 | ~int64 | ~string
}](predictions, references [][]T) (float64, error) {
	return share(predictions, references, func(p, r []T) bool {
		p, r = slices.Clone(p), slices.Clone(r)
		slices.Sort(p)
		slices.Sort(r)
		return slices.Equal(p, r)
	})
}

// Accuracy is the share of predictions that equal their label, in [0, 1]. Errors as ExactMatch.
func Accuracy[T comparable](predictions, labels []T) (float64, error) {
	return share(predictions, labels, func(p, l T) bool { return p == l })
}

// Perplexity is exp of the mean negative log-likelihood of the tokens, in nats: 1 if every token was certain, V if all
// V tokens were always equally likely, +Inf if a token that came was held impossible.
//
// It returns an error if there are no tokens or a negative log-likelihood is negative or not a number.
func Perplexity(negativeLogLikelihoods []float64) (float64, error) {
	if len(negativeLogLikelihoods) == 0 {
		return 0, fmt.Errorf("metric: perplexity of no tokens")
	}
	sum := 0.0
	for i, nll := range negativeLogLikelihoods {
		if !(nll >= 0) {
			return 0, fmt.Errorf("metric: negative log-likelihood %d is %g, must be at least 0", i, nll)
		}
		sum += nll
	}
	return math.Exp(sum / float64(len(negativeLogLikelihoods))), nil
}

func share[P any](predictions, references []P, equal func(p, r P) bool) (float64, error) {
	if err := sameCount(len(predictions), len(references)); err != nil {
		return 0, err
	}
	right := 0
	for i := range predictions {
		if equal(predictions[i], references[i]) {
			right++
		}
	}
	return float64(right) / float64(len(predictions)), nil
}
