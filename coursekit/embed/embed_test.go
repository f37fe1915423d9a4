package embed

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/gradcheck"
	"courselab/coursekit/training"
)

// TestPairsOfTheLecture: with window 2, a word inside has the four factors p(w[i-2..i+2] | w[i]).
func TestPairsOfTheLecture(t *testing.T) {
	var of2 []int32
	pairs := Pairs([]int32{0, 1, 2, 3, 4}, 2)
	for _, p := range pairs {
		if p.Centre == 2 {
			of2 = append(of2, p.Context)
		}
	}
	assert.Equal(t, []int32{0, 1, 3, 4}, of2)
	assert.Len(t, pairs, 2+3+4+3+2)
	for _, p := range pairs {
		assert.Contains(t, pairs, Pair{p.Context, p.Centre}, "to both sides")
	}
	assert.Empty(t, Pairs([]int32{7}, 2))
}

// slowLoss is the definition, pair by pair.
func slowLoss(v, u []float64, noise [][]float64) float64 {
	score := func(a, b []float64) (s float64) {
		for i := range a {
			s += a[i] * b[i]
		}
		return s
	}
	logSigmoid := func(x float64) float64 { return -math.Log(1 + math.Exp(-x)) }
	loss := -logSigmoid(score(v, u))
	for _, n := range noise {
		loss -= logSigmoid(-score(v, n))
	}
	return loss
}

func TestNegativeSampling(t *testing.T) {
	const b, n, d = 3, 5, 7
	r := rand.New(rand.NewPCG(1, 1))
	draw := func(rows int) [][]float64 {
		m := make([][]float64, rows)
		for i := range m {
			for range d {
				m[i] = append(m[i], r.NormFloat64())
			}
		}
		return m
	}
	centre, context, noise := draw(b), draw(b), [][][]float64{draw(n), draw(n), draw(n)}
	loss := func(x []*graph.Node) *graph.Node { return NegativeSampling(x[0], x[1], x[2]) }
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		exec, err := model.NewExec(be, model.NewStore(), func(_ *model.Scope, x []*graph.Node) *graph.Node { return loss(x) })
		require.NoError(t, err)
		outputs, err := exec.Call(centre, context, noise)
		require.NoError(t, err)
		got := tensors.MustCopyFlatData[float64](outputs[0])
		for i := range got {
			assert.InDelta(t, slowLoss(centre[i], context[i], noise[i]), got[i], 1e-12)
		}
		gradcheck.Check(t, be, loss, centre, context, noise)

		// By hand: with vectors of zeros every word is a coin, ln 2 each; a score of 1000 does not overflow.
		outputs, err = exec.Call([][]float64{{0}, {1000}}, [][]float64{{0}, {1}}, [][][]float64{{{0}, {0}}, {{1}, {-1}}})
		require.NoError(t, err)
		assert.InDeltaSlice(t, []float64{3 * math.Ln2, 1000}, tensors.MustCopyFlatData[float64](outputs[0]), 1e-12)

		_, err = exec.Call(centre, context, centre)
		assert.ErrorContains(t, err, "[B, N, D]")
	})
}

// islands are sentences of two worlds: in each, the words of one half stand before those of the other.
func islands(n int, seed uint64) (sentences [][]int32) {
	r := rand.New(rand.NewPCG(seed, 2))
	for i := range n {
		base := int32(i%2) * 6
		sentences = append(sentences, []int32{base + r.Int32N(3), base + 3 + r.Int32N(3)})
	}
	return sentences
}

func TestBothFindIslands(t *testing.T) {
	sentences := islands(601, 1)
	check := func(t *testing.T, v *Vectors) {
		for word := range int32(12) {
			near, err := v.Nearest(word, 2)
			require.NoError(t, err)
			for _, n := range near {
				assert.Equal(t, word/3, n.Word/3, "%d is near %d", word, n.Word)
			}
		}
	}
	counted, err := PPMI(sentences, 12, PPMIConfig{Width: 4, Window: 2, Power: 1, Negatives: 1})
	require.NoError(t, err)
	check(t, counted)
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		config := smallConfig()
		v, history, err := Train(context.Background(), b, sentences, 12, config)
		require.NoError(t, err)
		check(t, v)
		assert.InDelta(t, 4*math.Ln2, history.Points[0].Loss, 0.01, "at first every word is a coin")
		assert.Less(t, history.LastLoss(), history.Points[0].Loss-0.3)

		again, _, err := Train(context.Background(), b, sentences, 12, config)
		require.NoError(t, err)
		assert.Equal(t, v.Rows(), again.Rows(), "the same seed, the same vectors")
	})
}

func smallConfig() Config {
	c := DefaultConfig()
	c.Width, c.Negatives, c.Batch = 5, 3, 128
	c.Training.Steps, c.Training.Quiet, c.Training.RecordEvery, c.Training.Schedule = 150, true, 1, training.Constant(0.05)
	return c
}

// TestPPMIByHand: two words that are always together, and never with the other two.
func TestPPMIByHand(t *testing.T) {
	sentences := [][]int32{{0, 1}, {0, 1}, {2, 3}, {2, 3}}
	table, err := mutualInformation(sentences, 5, PPMIConfig{Width: 2, Window: 1, Power: 1, Negatives: 1})
	require.NoError(t, err)
	for i := range 5 {
		for j := range 5 {
			want := 0.
			if i < 4 && j == i^1 {
				want = math.Log(4) // p(w,c) = ¼, p(w) = p(c) = ¼
			}
			assert.InDelta(t, want, table.At(i, j), 1e-12, "%d %d", i, j)
		}
	}
	shifted, err := mutualInformation(sentences, 5, PPMIConfig{Width: 2, Window: 1, Power: 1, Negatives: 3})
	require.NoError(t, err)
	assert.InDelta(t, math.Log(4./3), shifted.At(0, 1), 1e-12)

	// With all dimensions, U·√S has the length that M·Mᵀ gives its square: |row|² = Σ U²·S = (M·Mᵀ)^½ on the diagonal.
	v, err := PPMI(sentences, 5, PPMIConfig{Width: 5, Window: 1, Power: 1, Negatives: 1})
	require.NoError(t, err)
	length := 0.
	for _, x := range v.Rows()[0] {
		length += x * x
	}
	assert.InDelta(t, math.Log(4), length, 1e-12)
}

// TestNoiseAndSubsampling compares what is drawn with the stated probabilities, by four standard deviations.
func TestNoiseAndSubsampling(t *testing.T) {
	const n = 50_000
	s := newSampler([]float64{16, 1, 0, 81}, 0.75)
	want := []float64{8. / 36, 1. / 36, 0, 27. / 36}
	r := rand.New(rand.NewPCG(3, 3))
	got := make([]float64, 4)
	for range n {
		got[s.draw(r)]++
	}
	assert.Equal(t, 0., got[2], "a word that is not there is never drawn")
	for i, p := range want {
		assert.InDelta(t, p, got[i]/n, 4*math.Sqrt(p*(1-p)/n)+1e-12)
	}

	// Word 0 is 90 % of the corpus: with Subsample .1 it is kept with sqrt(.1/.9) = ⅓, word 1 always.
	c := DefaultConfig()
	c.Subsample = 0.1
	var sentences [][]int32
	for range n / 10 {
		sentences = append(sentences, []int32{0, 0, 0, 0, 0, 1, 0, 0, 0, 0})
	}
	counts, err := count(sentences, 2)
	require.NoError(t, err)
	c.Window = 1
	centres := map[int32]int{}
	c.Window = 9 // every kept word is a neighbour of every other: k words make k(k-1) pairs
	ones := 0
	for _, p := range c.pairs(sentences, counts) {
		centres[p.Centre]++
		if p.Centre == 1 {
			ones++
		}
	}
	// The one word 1 of a sentence has as many neighbours as words 0 were kept: 9·⅓ = 3.
	sentencesN := float64(n / 10)
	assert.InDelta(t, 3, float64(ones)/sentencesN, 4*math.Sqrt(9*(1./3)*(2./3)/sentencesN))
}

func TestVectors(t *testing.T) {
	// A parallelogram: 1-0 = 3-2, and a word that is far.
	v, err := NewVectors([][]float64{{1, 0, 0}, {1, 1, 0}, {1, 0, 1}, {1, 1, 1}, {-1, -2, 0}})
	require.NoError(t, err)
	got, err := v.Analogy(0, 1, 2, 1)
	require.NoError(t, err)
	assert.Equal(t, int32(3), got[0].Word)
	near, err := v.Nearest(0, 4)
	require.NoError(t, err)
	assert.Equal(t, []int32{1, 2, 3, 4}, []int32{near[0].Word, near[1].Word, near[2].Word, near[3].Word}, "equal ones in their order")
	assert.InDelta(t, 1/math.Sqrt(3), near[2].Cosine, 1e-15)
	cosine, err := v.Cosine(0, 4)
	require.NoError(t, err)
	assert.InDelta(t, -1/math.Sqrt(5), cosine, 1e-15)

	points, share, err := v.Project(3)
	require.NoError(t, err)
	assert.InDelta(t, 1, share, 1e-12)
	for i := range points { // all dimensions: distances stay
		for j := range points {
			a, b := 0., 0.
			for k := range 3 {
				a += math.Pow(points[i][k]-points[j][k], 2)
				b += math.Pow(v.rows[i][k]-v.rows[j][k], 2)
			}
			assert.InDelta(t, b, a, 1e-12)
		}
	}
	_, less, err := v.Project(1)
	require.NoError(t, err)
	assert.Less(t, less, 1.)

	rows := v.Rows()
	rows[0][0] = 99
	assert.Equal(t, 1., v.Rows()[0][0], "a copy")
}

func TestRefuse(t *testing.T) {
	b, _, err := backend.OpenNamed(backend.Go)
	require.NoError(t, err)
	v, err := NewVectors([][]float64{{1, 0}, {0, 1}, {0, 0}, {1, 1}})
	require.NoError(t, err)
	zero, err := v.Cosine(0, 2)
	require.NoError(t, err)
	assert.Equal(t, 0., zero)
	train := func(sentences [][]int32, vocabulary int, change func(*Config)) error {
		c := smallConfig()
		change(&c)
		_, _, err := Train(context.Background(), b, sentences, vocabulary, c)
		return err
	}
	nothing := func(*Config) {}
	good := [][]int32{{0, 1}}
	for want, f := range map[string]func() error{
		"id 2, must be in [0, 2)": func() error { return train([][]int32{{0, 2}}, 2, nothing) },
		"no two neighbouring":     func() error { return train([][]int32{{0}, {1}}, 2, nothing) },
		"vocabulary of 1":         func() error { return train(good, 1, nothing) },
		"Width is 0":              func() error { return train(good, 2, func(c *Config) { c.Width = 0 }) },
		"Window is 0":             func() error { return train(good, 2, func(c *Config) { c.Window = 0 }) },
		"Negatives is 0":          func() error { return train(good, 2, func(c *Config) { c.Negatives = 0 }) },
		"Power is -1":             func() error { return train(good, 2, func(c *Config) { c.Power = -1 }) },
		"Subsample is 1":          func() error { return train(good, 2, func(c *Config) { c.Subsample = 1 }) },
		"Batch is 0":              func() error { return train(good, 2, func(c *Config) { c.Batch = 0 }) },
		"Steps is 0":              func() error { return train(good, 2, func(c *Config) { c.Training.Steps = 0 }) },
		"PPMI of Width 3":         func() error { _, err := PPMI(good, 2, PPMIConfig{3, 2, 1, 1}); return err },
		"PPMI has Width 0":        func() error { _, err := PPMI(good, 2, PPMIConfig{0, 2, 1, 1}); return err },
		"PPMI has Power 0":        func() error { _, err := PPMI(good, 2, PPMIConfig{1, 2, 0, 1}); return err },
		"1 sentences have no two": func() error { _, err := PPMI([][]int32{{1}}, 2, PPMIConfig{1, 2, 1, 1}); return err },
		"word 0 has id 5":         func() error { _, err := PPMI([][]int32{{5}}, 2, PPMIConfig{1, 2, 1, 1}); return err },
		"word 4, must be in":      func() error { _, err := v.Nearest(4, 1); return err },
		"4 neighbours asked for":  func() error { _, err := v.Nearest(0, 4); return err },
		"2 neighbours asked for":  func() error { _, err := v.Analogy(0, 1, 2, 2); return err },
		"word -1":                 func() error { _, err := v.Analogy(0, -1, 2, 1); return err },
		"word 9":                  func() error { _, err := v.Cosine(0, 9); return err },
		"3 dimensions of":         func() error { _, _, err := v.Project(3); return err },
		"0 vectors":               func() error { _, err := NewVectors(nil); return err },
		"vector 1 has 1 entries":  func() error { _, err := NewVectors([][]float64{{1, 2}, {1}}); return err },
		"length NaN":              func() error { _, err := NewVectors([][]float64{{math.NaN()}}); return err },
	} {
		assert.ErrorContains(t, f(), want)
	}
}

func Example() {
	// Ships and courts never meet.
	words := []string{"sailor", "harbor", "judge", "court"}
	sentences := [][]int32{{0, 1}, {1, 0}, {2, 3}, {3, 2}}
	vectors, _ := PPMI(sentences, len(words), PPMIConfig{Width: 4, Window: 2, Power: 1, Negatives: 1})
	near, _ := vectors.Cosine(0, 2)
	fmt.Printf("%s and %s: %.2f\n", words[0], words[2], near)
	// Output: sailor and judge: 0.00
}
