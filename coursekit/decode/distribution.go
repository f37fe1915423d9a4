package decode

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// nucleusSlack is how far below p a sum of probabilities still reaches it: .5 + .4 reaches .9, although the sum of their
// rounded values need not.
const nucleusSlack = 1e-12

// LogSoftmax returns the log-probabilities, in nats, of unnormalised ones [V]. An entry of -Inf is a token that cannot
// come. It is an error if an entry is NaN or +Inf, or if no token can come.
func LogSoftmax(logits []float64) ([]float64, error) {
	largest := math.Inf(-1)
	for token, logit := range logits {
		if math.IsNaN(logit) || math.IsInf(logit, 1) {
			return nil, fmt.Errorf("decode: the logit of token %d is %v, must be a number or -Inf", token, logit)
		}
		largest = max(largest, logit)
	}
	if math.IsInf(largest, -1) {
		return nil, fmt.Errorf("decode: none of the %d tokens has a probability above 0", len(logits))
	}
	sum := 0.
	for _, logit := range logits {
		sum += math.Exp(logit - largest)
	}
	result := make([]float64, len(logits))
	for token, logit := range logits {
		result[token] = logit - largest - math.Log(sum)
	}
	return result, nil
}

// Temperature returns the log-probabilities [V] of the distribution that is proportional to p^(1/t): 1 leaves it as it
// is, below 1 the likely tokens become likelier, and 0 is the limit, all on the most likely token; of equally likely
// ones the limit here is the lowest id, as in [Greedy], not an equal share. logProbs is not changed.
//
// It is an error if t is negative, NaN or infinite, or if logProbs is no distribution; see [LogSoftmax].
func Temperature(logProbs []float64, t float64) ([]float64, error) {
	if err := temperatureRule(t); err != nil {
		return nil, err
	}
	if t == 0 {
		return TopK(logProbs, 1)
	}
	if _, err := LogSoftmax(logProbs); err != nil {
		return nil, err
	}
	largest := slices.Max(logProbs)
	scaled := make([]float64, len(logProbs))
	for token, logProb := range logProbs {
		scaled[token] = (logProb - largest) / t // at most 0: a small t cannot give +Inf
	}
	return LogSoftmax(scaled)
}

// TopK returns the log-probabilities [V] of the distribution over the k most likely tokens, -Inf for the others; of
// equally likely tokens those of lower id come first, so that it is exactly k. k = 0 or k >= V keeps all. logProbs is
// not changed.
//
// It is an error if k is negative, or if logProbs is no distribution; see [LogSoftmax].
//
// Source: Fan, Lewis and Dauphin 2018, "Hierarchical neural story generation".
func TopK(logProbs []float64, k int) ([]float64, error) {
	if err := topKRule(k); err != nil {
		return nil, err
	}
	if _, err := LogSoftmax(logProbs); err != nil {
		return nil, err
	}
	if k == 0 || k >= len(logProbs) {
		return slices.Clone(logProbs), nil
	}
	return keep(logProbs, mostLikelyFirst(logProbs)[:k])
}

// Nucleus returns the log-probabilities [V] of the distribution over the nucleus, -Inf for the others: the smallest set
// of tokens whose probability reaches p, up to a rounding of 1e-12; of equally likely tokens those of lower id come
// first. It has at least one token, and p = 1 keeps all. logProbs, which must be normalised, is not changed.
//
// It is an error if p is not above 0 and at most 1, or if logProbs is no distribution; see [LogSoftmax].
//
// Source: Holtzman et al. 2020, "The curious case of neural text degeneration", section 3.1. GoMLX's own top-p takes the
// smallest power of two of tokens that reaches p, before the temperature: it is not this.
func Nucleus(logProbs []float64, p float64) ([]float64, error) {
	if err := topPRule(p); err != nil {
		return nil, err
	}
	if _, err := LogSoftmax(logProbs); err != nil {
		return nil, err
	}
	if p == 1 {
		return slices.Clone(logProbs), nil
	}
	order := mostLikelyFirst(logProbs)
	size, mass := 0, 0.
	for size < len(order) && (size == 0 || mass < p-nucleusSlack) {
		mass += math.Exp(logProbs[order[size]])
		size++
	}
	return keep(logProbs, order[:size])
}

// pick returns the token at which the cumulative probability, by id, passes u, a number in [0, 1).
func pick(logProbs []float64, u float64) int {
	total := 0.
	for _, logProb := range logProbs {
		total += math.Exp(logProb)
	}
	last, mass := 0, 0.
	for token, logProb := range logProbs {
		probability := math.Exp(logProb)
		if probability == 0 {
			continue
		}
		last = token
		if mass += probability; mass > u*total {
			break
		}
	}
	return last
}

// mostLikelyFirst returns the tokens from the most to the least likely, equally likely ones by id.
func mostLikelyFirst(logProbs []float64) []int {
	order := make([]int, len(logProbs))
	for token := range order {
		order[token] = token
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(logProbs[b], logProbs[a]) })
	return order
}

// keep returns the distribution given that the token is one of the kept.
func keep(logProbs []float64, kept []int) ([]float64, error) {
	result := make([]float64, len(logProbs))
	for token := range result {
		result[token] = math.Inf(-1)
	}
	for _, token := range kept {
		result[token] = logProbs[token]
	}
	return LogSoftmax(result)
}

func temperatureRule(t float64) error {
	if !(t >= 0) || math.IsInf(t, 1) {
		return fmt.Errorf("decode: Temperature is %v, must be finite and at least 0", t)
	}
	return nil
}

func topKRule(k int) error {
	if k < 0 {
		return fmt.Errorf("decode: TopK is %d, must be at least 1, or 0 for all tokens", k)
	}
	return nil
}

func topPRule(p float64) error {
	if !(p > 0 && p <= 1) {
		return fmt.Errorf("decode: TopP is %v, must be above 0 and at most 1", p)
	}
	return nil
}
