package metric

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Entropy of a distribution, -Σ p·ln p, in nats: 0 if one outcome is certain, ln N if all N are alike. Weights may be counts:
// they are divided by their sum.
//
// It returns an error if a weight is negative or not finite, or their sum is not more than 0.
func Entropy(weights []float64) (float64, error) {
	p, err := normalize("weights", weights)
	if err != nil {
		return 0, err
	}
	return entropy(p), nil
}

// JensenShannon is the divergence of two distributions over the same outcomes, H((p+q)/2) - (H(p)+H(q))/2, in nats: 0 if they
// are equal, ln 2 if no outcome is possible under both. It is symmetric and always finite, which Kullback-Leibler is not; its
// root is a metric. Weights may be counts: each list is divided by its sum.
//
// It returns an error as Entropy does, or if the lengths differ. Source: Lin 1991, "Divergence measures based on the Shannon
// entropy", equation 3.2 with equal weights.
func JensenShannon(p, q []float64) (float64, error) {
	if len(p) != len(q) {
		return 0, fmt.Errorf("metric: distributions over %d and %d outcomes", len(p), len(q))
	}
	a, err := normalize("the first distribution", p)
	if err != nil {
		return 0, err
	}
	b, err := normalize("the second distribution", q)
	if err != nil {
		return 0, err
	}
	// As the mean of two divergences from the middle and not as the difference of entropies: that loses all digits where the
	// two are nearly equal.
	sum := 0.
	for i := range a {
		sum += (fromMiddle(a[i], b[i]) + fromMiddle(b[i], a[i])) / 2
	}
	return math.Max(sum, 0), nil
}

// fromMiddle is x·ln(x/m) with m = (x+y)/2.
func fromMiddle(x, y float64) float64 {
	switch {
	case x == 0:
		return 0
	case x < y/2: // where x is lost in x+y, the form below would be ln 0
		return x * math.Log(2*x/(x+y))
	}
	return x * math.Log1p((x-y)/(x+y))
}

// DistinctN is the number of different n-grams in the sequences, as a share of all their n-grams, in (0, 1]: near 0 if a model
// says the same again and again. It falls with the amount of text, so compare equal amounts only.
//
// It returns an error if n is below 1 or no sequence has n tokens. Source: Li et al. 2016, "A diversity-promoting objective
// function for neural conversation models", section 5.
func DistinctN[T comparable](sequences [][]T, n int) (float64, error) {
	if n < 1 {
		return 0, fmt.Errorf("metric: n is %d, must be at least 1", n)
	}
	ids := map[T]uint32{}
	seen := map[string]bool{}
	all := 0
	for _, sequence := range sequences {
		encoded := make([]byte, 0, 4*len(sequence))
		for _, token := range sequence {
			id, known := ids[token]
			if !known {
				id = uint32(len(ids))
				ids[token] = id
			}
			encoded = binary.LittleEndian.AppendUint32(encoded, id)
		}
		for start := 0; start+n <= len(sequence); start++ {
			seen[string(encoded[4*start:4*(start+n)])] = true
			all++
		}
	}
	if all == 0 {
		return 0, fmt.Errorf("metric: none of %d sequences has %d tokens", len(sequences), n)
	}
	return float64(len(seen)) / float64(all), nil
}

func entropy(p []float64) float64 {
	sum := 0.
	for _, x := range p {
		if x > 0 {
			sum -= x * math.Log(x)
		}
	}
	return sum
}

func normalize(name string, weights []float64) ([]float64, error) {
	sum := 0.
	for i, w := range weights {
		if !(w >= 0) || math.IsInf(w, 1) {
			return nil, fmt.Errorf("metric: %s: entry %d is %g, must be finite and at least 0", name, i, w)
		}
		sum += w
	}
	if !(sum > 0) || math.IsInf(sum, 1) {
		return nil, fmt.Errorf("metric: %s: the sum is %g, must be finite and more than 0", name, sum)
	}
	p := make([]float64, len(weights))
	for i, w := range weights {
		p[i] = w / sum
	}
	return p, nil
}
