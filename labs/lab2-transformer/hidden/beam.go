package hidden

import (
	"math"
	"slices"

	"courselab/autograde/check"
)

// table is a decoder: next[t][a] are log-probabilities after token a at step t.
type table struct {
	next       [][][]float64
	start, end int
}

// drawTable draws a table of random distributions; start and end are any two tokens. The larger ending is, the sooner
// sequences end.
func drawTable(t *check.T, steps, vocabulary int, ending float64) table {
	tokens := t.Rand().Perm(vocabulary)
	drawn := table{start: tokens[0], end: tokens[1], next: make([][][]float64, steps)}
	for step := range drawn.next {
		for range vocabulary {
			logits := t.Normal64(vocabulary).Float64s()
			logits[drawn.end] += ending
			drawn.next[step] = append(drawn.next[step], logSoftmax(logits))
		}
	}
	return drawn
}

// sequence is what a search keeps.
type sequence struct {
	tokens  []int
	logProb float64
}

// extended are all extensions of a sequence by one token.
func (d table) extended(s sequence) (all []sequence) {
	last := d.start
	if n := len(s.tokens); n > 0 {
		last = s.tokens[n-1]
	}
	for token, logProb := range d.next[len(s.tokens)][last] {
		all = append(all, sequence{append(slices.Clone(s.tokens), token), s.logProb + logProb})
	}
	return all
}

func (d table) complete(s sequence) bool {
	return len(s.tokens) == len(d.next) || len(s.tokens) > 0 && s.tokens[len(s.tokens)-1] == d.end
}

func score(s sequence, alpha float64) float64 {
	return s.logProb / math.Exp(alpha*math.Log((5+float64(len(s.tokens)))/6))
}

// best is the sequence of the highest score.
func best(all []sequence, alpha float64) sequence {
	found := all[0]
	for _, s := range all {
		if score(s, alpha) > score(found, alpha) {
			found = s
		}
	}
	return found
}

// everything is all complete sequences from s on.
func (d table) everything(s sequence) (all []sequence) {
	if d.complete(s) {
		return []sequence{s}
	}
	for _, longer := range d.extended(s) {
		all = append(all, d.everything(longer)...)
	}
	return all
}

// beam keeps the width likeliest at each step, by taking out the likeliest candidate width times.
func (d table) beam(width int, alpha float64) sequence {
	running, complete := []sequence{{}}, []sequence{}
	for len(running) > 0 {
		var candidates, kept []sequence
		for _, s := range running {
			candidates = append(candidates, d.extended(s)...)
		}
		for range min(width, len(candidates)) {
			likeliest := 0
			for i, s := range candidates {
				if s.logProb > candidates[likeliest].logProb {
					likeliest = i
				}
			}
			kept = append(kept, candidates[likeliest])
			candidates = slices.Delete(candidates, likeliest, likeliest+1)
		}
		running = nil
		for _, s := range kept {
			if d.complete(s) {
				complete = append(complete, s)
			} else {
				running = append(running, s)
			}
		}
	}
	return best(complete, alpha)
}

// requireBeam compares one search of the student's.
func requireBeam(t *check.T, d table, width int, alpha float64, want sequence) {
	tokens, got := t.Call2("Beam", d.next, d.start, d.end, width, alpha)
	t.Equal("tokens", tokens, want.tokens)
	t.Close("score", got, score(want, alpha), 1e-9, 1e-9)
}

// penalties compares lengths and exponents of which neither is round.
func penalties(t *check.T) {
	for range 5 {
		length, alpha := 2+t.Rand().IntN(40), 2*t.Rand().Float64()
		t.Close("LengthPenalty", t.Call1("LengthPenalty", length, alpha), math.Exp(alpha*math.Log((5+float64(length))/6)), 1e-9, 1e-9)
		t.Close("LengthPenalty", t.Call1("LengthPenalty", length, 0.), 1., 1e-9, 0)
	}
}

// greedyValues compares tables that end soon, late and never.
func greedyValues(t *check.T) {
	for i := range 12 {
		d := drawTable(t, 1+t.Rand().IntN(6), 3+t.Rand().IntN(3), []float64{0, 1, -9}[i%3])
		want := d.beam(1, 0)
		tokens, logProb := t.Call2("Greedy", d.next, d.start, d.end)
		t.Equal("tokens", tokens, want.tokens)
		t.Close("logProb", logProb, want.logProb, 1e-9, 1e-9)
	}
}

// beamValues compares tables that end soon, late and never, with and without a penalty.
func beamValues(t *check.T) {
	for i := range 80 { // a search that ranks by the last token alone writes the same in six of seven
		d := drawTable(t, 2+t.Rand().IntN(7), 3+t.Rand().IntN(5), []float64{0, 1, -9}[i%3])
		width, alpha := 2+t.Rand().IntN(3), []float64{0, 0.6, 2}[t.Rand().IntN(3)]
		requireBeam(t, d, width, alpha, d.beam(width, alpha))
	}
}

// beamExhaustive compares with a search of everything.
func beamExhaustive(t *check.T) {
	for _, alpha := range []float64{0, 0, 0.75, 2} {
		d := drawTable(t, 4, 3, t.Rand().Float64())
		requireBeam(t, d, 81, alpha, best(d.everything(sequence{}), alpha))
	}
}

// beamOne compares the student's Beam with the student's Greedy.
func beamOne(t *check.T) {
	for range 6 {
		d := drawTable(t, 4, 4, 0)
		tokens, logProb := t.Call2("Greedy", d.next, d.start, d.end)
		got, score := t.Call2("Beam", d.next, d.start, d.end, 1, 0.)
		t.Finite("score", logProb)
		t.Equal("number of tokens", len(got.IntList()) > 0 && len(got.IntList()) <= 4, true)
		t.Equal("tokens", got, tokens)
		t.Close("score", score, logProb, 1e-9, 1e-9)
		likelihood := 0.0
		last := d.start
		for step, token := range got.IntList() {
			if token < 0 || token >= 4 || last == d.end && step > 0 {
				t.Failf("it writes what is no token, or goes on after end")
			}
			likelihood += d.next[step][last][token]
			last = int(token)
		}
		t.Close("score against the table", score, likelihood, 1e-9, 1e-9)
	}
}
