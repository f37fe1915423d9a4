package hidden

import (
	"cmp"
	"math"
	"slices"

	"courselab/autograde/check"
)

// drawProbabilities draws a distribution without ties, in which a few tokens are likely.
func drawProbabilities(t *check.T, vocabulary int) []float64 {
	logits := t.Normal64(vocabulary).Float64s()
	for i := range logits {
		logits[i] = math.Exp(2 * logits[i])
	}
	return normalized(logits)
}

// normalized makes weights sum to one.
func normalized(weights []float64) []float64 {
	total := 0.0
	for _, weight := range weights {
		total += weight
	}
	out := make([]float64, len(weights))
	for i, weight := range weights {
		out[i] = weight / total
	}
	return out
}

// mostLikely are the k most likely tokens, by searching k times for the next.
func mostLikely(p []float64, k int) (tokens []int) {
	for range min(k, len(p)) {
		best := -1
		for token := range p {
			if !slices.Contains(tokens, token) && (best < 0 || p[token] > p[best]) {
				best = token
			}
		}
		tokens = append(tokens, best)
	}
	return tokens
}

// kept is the distribution over the k most likely tokens.
func kept(p []float64, k int) []float64 {
	out := make([]float64, len(p))
	for _, token := range mostLikely(p, k) {
		out[token] = p[token]
	}
	return normalized(out)
}

// temperatures compares random logits, hot and cold.
func temperatures(t *check.T) {
	for range 6 {
		logits := t.Normal64(2 + t.Rand().IntN(12)).Float64s()
		temperature := math.Exp(2*t.Rand().Float64() - 1)
		divided := make([]float64, len(logits))
		for i := range logits {
			divided[i] = logits[i] / temperature
		}
		want := logSoftmax(divided)
		for i := range want {
			want[i] = math.Exp(want[i])
		}
		t.Close("Temperature", t.Call1("Temperature", logits, temperature), want, 1e-9, 0)
	}
}

// temperatureExtremes goes where exp overflows, and to the limit.
func temperatureExtremes(t *check.T) {
	vocabulary := 3 + t.Rand().IntN(5)
	first := t.Rand().IntN(vocabulary - 1)
	logits := make([]float64, vocabulary)
	for i := range logits {
		logits[i] = -2000 - float64(i)
	}
	logits[first] = 3000
	want := make([]float64, vocabulary)
	want[first] = 1
	t.Close("Temperature", t.Call1("Temperature", logits, 1.), want, 1e-9, 0)
	t.Close("Temperature", t.Call1("Temperature", logits, 1e-3), want, 1e-9, 0)
	logits[vocabulary-1] = 3000
	t.Close("Temperature", t.Call1("Temperature", logits, 0.), want, 1e-9, 0)
	want[first], want[vocabulary-1] = 0.5, 0.5
	t.Close("Temperature", t.Call1("Temperature", logits, 1e-3), want, 1e-9, 0)
}

// topK compares random distributions, ties, and a k that is larger than the vocabulary.
func topK(t *check.T) {
	for range 4 {
		vocabulary := 2 + t.Rand().IntN(10)
		p := drawProbabilities(t, vocabulary)
		for _, k := range []int{1, 1 + t.Rand().IntN(vocabulary), vocabulary, vocabulary + 3} {
			t.Close("KeepTopK", t.Call1("KeepTopK", p, k), kept(p, k), 1e-9, 0)
		}
	}
	tied := ties(t)
	for k := range len(tied) {
		t.Close("KeepTopK of ties", t.Call1("KeepTopK", tied, k+1), kept(tied, k+1), 1e-9, 0)
	}
}

// ties are 1/4 1/4 1/8 1/8 1/8 1/16 1/16 in any order: sums of them are exact.
func ties(t *check.T) []float64 {
	tied := []float64{0.25, 0.25, 0.125, 0.125, 0.125, 0.0625, 0.0625}
	t.Rand().Shuffle(len(tied), func(i, j int) { tied[i], tied[j] = tied[j], tied[i] })
	return tied
}

// nucleus compares random distributions, with p between two sums, and ties, where p may be a sum exactly.
func nucleus(t *check.T) {
	for range 4 {
		vocabulary := 3 + t.Rand().IntN(9)
		p := drawProbabilities(t, vocabulary)
		mass := 0.0
		for i, token := range mostLikely(p, vocabulary) {
			within := mass + p[token]*(0.1+0.8*t.Rand().Float64()) // reached by this token, missed by those before it
			t.Close("KeepNucleus", t.Call1("KeepNucleus", p, within), kept(p, i+1), 1e-9, 0)
			mass += p[token]
		}
		t.Close("KeepNucleus, p = 1", t.Call1("KeepNucleus", p, 1.), p, 1e-9, 0)
	}
	tenths := slices.Repeat([]float64{0.1}, 10) // which add up to less than one
	t.Close("KeepNucleus, p = 1", t.Call1("KeepNucleus", tenths, 1.), tenths, 1e-9, 0)
	tied := ties(t)
	sorted := slices.SortedFunc(slices.Values(tied), func(a, b float64) int { return cmp.Compare(b, a) })
	mass := 0.0
	for i, probability := range sorted {
		mass += probability
		t.Close("KeepNucleus of ties", t.Call1("KeepNucleus", tied, mass), kept(tied, i+1), 1e-9, 0)
	}
}

// draws places u well inside the stretch of each token.
func draws(t *check.T) {
	for range 3 {
		p := drawProbabilities(t, 2+t.Rand().IntN(8))
		before := 0.0
		for token, probability := range p {
			u := before + probability*(0.1+0.8*t.Rand().Float64())
			t.Equal("Draw", t.Call1("Draw", p, u), token)
			before += probability
		}
	}
}

// drawEdges uses exact sums, and ten tenths, which add up to less than one, with tokens of probability 0 on all sides.
func drawEdges(t *check.T) {
	exact := []float64{0, 0.25, 0, 0.5, 0.25, 0}
	for _, row := range []struct {
		u     float64
		token int
	}{{0, 1}, {0.25, 3}, {0.75, 4}, {math.Nextafter(0.25, 0), 1}, {math.Nextafter(1, 0), 4}} {
		t.Equal("Draw", t.Call1("Draw", exact, row.u), row.token)
	}
	zeros := 1 + t.Rand().IntN(3)
	tenths := make([]float64, zeros+10+zeros)
	for i := range 10 {
		tenths[zeros+i] = 0.1
	}
	t.Equal("Draw", t.Call1("Draw", tenths, math.Nextafter(1, 0)), zeros+9)
	t.Equal("Draw", t.Call1("Draw", tenths, 0.), zeros)
}
