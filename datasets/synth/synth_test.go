package synth_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"

	"courselab/datasets/synth"
)

// chiSquare returns the p-value of counts against expected counts.
func chiSquare(t testing.TB, counts []int, expected []float64) float64 {
	t.Helper()
	require.Len(t, expected, len(counts))
	var sum float64
	for i, c := range counts {
		require.Greater(t, expected[i], 5.0, "too few expected for a chi-square test")
		d := float64(c) - expected[i]
		sum += d * d / expected[i]
	}
	return distuv.ChiSquared{K: float64(len(counts) - 1)}.Survival(sum)
}

// requireUniform fails if counts are not from a uniform distribution (p < 0.001; the seeds are fixed, so it fails always or never).
func requireUniform(t testing.TB, counts []int, what string) {
	t.Helper()
	total := 0
	for _, c := range counts {
		total += c
	}
	expected := make([]float64, len(counts))
	for i := range expected {
		expected[i] = float64(total) / float64(len(counts))
	}
	p := chiSquare(t, counts, expected)
	require.Greater(t, p, 0.001, "%s is not uniform: %v", what, counts)
}

// requireShare fails if hits of n are further than 4 sigma from share.
func requireShare(t testing.TB, hits, n int, share float64, what string) {
	t.Helper()
	p := distuv.Binomial{N: float64(n), P: share}
	require.InDelta(t, share, float64(hits)/float64(n), 4*p.StdDev()/float64(n)+1e-12, what)
}

func draw[T any](t testing.TB, g synth.Generator[T], seed uint64, n int) []T {
	t.Helper()
	items, err := synth.Draw(g, seed, n)
	require.NoError(t, err)
	return items
}

// contract is what every generator promises, whatever it draws.
func contract[T any](t *testing.T, g synth.Generator[T], bad ...synth.Generator[T]) {
	t.Run(fmt.Sprintf("%T", g), func(t *testing.T) {
		long := draw(t, g, 7, 53)
		assert.Equal(t, long, draw(t, g, 7, 53), "not deterministic")
		assert.Equal(t, long[:13], draw(t, g, 7, 13), "a longer draw must begin with the shorter one")
		part, err := synth.Range(g, 7, 31, 41)
		require.NoError(t, err)
		assert.Equal(t, long[31:41], part, "items must not depend on where the draw begins")
		assert.False(t, reflect.DeepEqual(long, draw(t, g, 8, 53)), "the seed has no effect")
		same := 0
		for i, item := range draw(t, g, 8, 53) {
			if reflect.DeepEqual(item, long[i]) {
				same++
			}
		}
		assert.Less(t, same, 10, "seeds 7 and 8 draw nearly the same")
		_, err = synth.Range(g, 7, 5, 3)
		assert.Error(t, err)
		for _, b := range bad {
			_, err := synth.Draw(b, 7, 1)
			require.Error(t, err, "%+v", b)
			assert.NotContains(t, err.Error(), "\n")
			assert.Panics(t, func() { b.At(7, 0) }, "%+v", b)
		}
	})
}

func TestContract(t *testing.T) {
	letters := synth.DefaultLetters()
	contract(t, letters, synth.Letters{}, synth.Letters{Alphabet: 27, MinLength: 1, MaxLength: 1},
		synth.Letters{Alphabet: 3, MinLength: 1, MaxLength: 4}, synth.Letters{Alphabet: 3, MinLength: 1, MaxLength: 2, Held: 2},
		synth.Letters{Alphabet: 3, MinLength: 1, MaxLength: 2, Split: 3},
		synth.Letters{Alphabet: 3, MinLength: 1, MaxLength: 2, Held: 0, Split: synth.Test},
		synth.Letters{Alphabet: 3, MinLength: 1, MaxLength: 2, Held: 1, Split: synth.Train})
	contract(t, synth.DefaultTopics(), synth.Topics{}, synth.Topics{Topics: 9}, synth.Topics{Topics: 3, Leak: -1})
	contract(t, synth.DefaultSenses(), synth.Senses{Leak: 1.5})
	contract(t, synth.DefaultAgreement(), synth.Agreement{MaxAttractors: -1})
	contract(t, synth.DefaultSentiment(), synth.Sentiment{}, synth.Sentiment{MaxClauses: 1, Negation: 2})
	contract(t, synth.DefaultBirds(), synth.Birds{Side: 3})
	contract(t, synth.DefaultRing(), synth.Ring{}, synth.Ring{Modes: 8, Radius: 1}, synth.Ring{Modes: 1, Radius: 1, Sigma: 1})
	contract(t, synth.DefaultDigits(), synth.Digits{Jitter: -1})
	contract(t, synth.DefaultReversal(), synth.Reversal{}, synth.Reversal{Symbols: 2, MinLength: 3, MaxLength: 2})
	contract(t, synth.DefaultAdding(), synth.Adding{Length: 1})
	contract(t, synth.DefaultCopy(), synth.Copy{}, synth.Copy{Symbols: 2, Length: 1})
}

func BenchmarkDigit(b *testing.B) {
	g := synth.DefaultDigits()
	for i := range b.N {
		g.At(3, i)
	}
}

func BenchmarkBird(b *testing.B) {
	g := synth.DefaultBirds()
	for i := range b.N {
		g.At(3, i)
	}
}

func BenchmarkLetters(b *testing.B) {
	g := synth.DefaultLetters()
	for i := range b.N {
		g.At(3, i)
	}
}
