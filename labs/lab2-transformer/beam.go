package transformer

import (
	"cmp"
	"math"
	"slices"
)

// LengthPenalty is ((5 + length) / 6)^alpha (task beam), by which the log-probability of a sequence of length tokens is
// divided before sequences of different lengths are compared. It is 1 for alpha = 0, and for one token.
//
// Source: Wu et al., Google's Neural Machine Translation System (2016), equation 14, without the coverage penalty.
func LengthPenalty(length int, alpha float64) float64 {
	// BEGIN SOLUTION
	return math.Pow(float64(5+length)/6, alpha)
	// END SOLUTION
}

// Greedy writes the most likely token at each step (task beam), of equally likely ones the lowest id, until it has written
// end or the table ends.
//
//	next   [T][V][V]  the decoder, as a table: next[t][a][b] is ln p(b at step t | a was the token before it), finite
//	start  the token before step 0; end the token that ends a sequence
//
// It returns the tokens that it wrote, end included if it came, at most T and at least one, and the sum of their
// log-probabilities, in nats.
func Greedy(next [][][]float64, start, end int) (tokens []int, logProb float64) {
	// BEGIN SOLUTION
	token := start
	for _, step := range next {
		row := step[token]
		token = slices.Index(row, slices.Max(row))
		tokens, logProb = append(tokens, token), logProb+row[token]
		if token == end {
			break
		}
	}
	return tokens, logProb
	// END SOLUTION
}

// Beam is beam search (task beam): it keeps the width most likely beginnings instead of one. next, start and end are as in
// Greedy.
//
// At each step every running sequence is extended by every token, and of all these candidates the width with the highest
// log-probability stay. Those that end with end are complete: they are set aside, and no longer extended; the
// others run on. After the last step, T, what still runs is complete, too.
//
// It returns the complete sequence of the highest score, which is its log-probability divided by LengthPenalty of its number
// of tokens, end included; and the score. No two candidates of a table are equally likely.
//
// width is at least 1, and 1 is greedy decoding. With V^T or more it is exhaustive: nothing is ever dropped.
//
// Hints: candidates of one step have the same length, so the penalty cannot change their order: it matters only between
// complete sequences. append may write into a slice that two hypotheses share; slices.Clone does not.
func Beam(next [][][]float64, start, end, width int, alpha float64) (tokens []int, score float64) {
	// BEGIN SOLUTION
	type hypothesis struct {
		tokens  []int
		logProb float64
	}
	running := []hypothesis{{tokens: []int{start}}}
	for t, step := range next {
		var candidates []hypothesis
		for _, h := range running {
			for token, logProb := range step[h.tokens[t]] {
				candidates = append(candidates, hypothesis{append(slices.Clone(h.tokens), token), h.logProb + logProb})
			}
		}
		slices.SortFunc(candidates, func(a, b hypothesis) int { return cmp.Compare(b.logProb, a.logProb) })
		running = nil
		for _, h := range candidates[:min(width, len(candidates))] {
			if h.tokens[t+1] != end && t+1 < len(next) {
				running = append(running, h)
				continue
			}
			if s := h.logProb / LengthPenalty(t+1, alpha); tokens == nil || s > score {
				tokens, score = h.tokens[1:], s
			}
		}
	}
	return tokens, score
	// END SOLUTION
}
