package training

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSchedules(t *testing.T) {
	cases := []struct {
		schedule Schedule
		name     string
		rates    map[int]float64
	}{
		{Constant(0.25), "constant(0.25)", map[int]float64{1: 0.25, 1000: 0.25}},
		{Constant(0.25).WithWarmUp(0), "constant(0.25)", map[int]float64{1: 0.25}},
		{Constant(0.5).WithWarmUp(10), "constant(0.5, warm-up 10)", map[int]float64{1: 0.05, 5: 0.25, 10: 0.5, 11: 0.5}},
		{Cosine(1, 0.2, 100), "cosine(1 to 0.2 over 100 steps)", map[int]float64{0: 1, 50: 0.6, 100: 0.2, 400: 0.2, 25: 0.6 + 0.4*math.Sqrt2/2}},
		{Linear(1, 0.2, 100), "linear(1 to 0.2 over 100 steps)", map[int]float64{0: 1, 25: 0.8, 100: 0.2, 400: 0.2}},
		{Linear(0.5, 0, 20).WithWarmUp(10), "linear(0.5 to 0 over 20 steps, warm-up 10)", map[int]float64{5: 0.1875, 10: 0.25, 15: 0.125, 20: 0}},
		{InverseSquareRoot(0.1, 25), "inverse-sqrt(0.1, warm-up 25)", map[int]float64{5: 0.02, 25: 0.1, 100: 0.05, 2500: 0.01}},
		// The paper's base model: width 512, warm-up 4000, peak 512^-.5 · 4000^-.5 = 6.988e-4.
		{Noam(512, 4000, 1), "noam(width 512, warm-up 4000, factor 1)", map[int]float64{4000: 1 / math.Sqrt(512*4000), 16000: 0.5 / math.Sqrt(512*4000), 1: math.Pow(4000, -1.5) / math.Sqrt(512)}},
	}
	for _, c := range cases {
		assert.Equal(t, c.name, c.schedule.String())
		for step, want := range c.rates {
			assert.InDelta(t, want, c.schedule.Rate(step), 1e-12, "%s at step %d", c.name, step)
		}
	}
	data, err := json.Marshal(Constant(1))
	require.NoError(t, err)
	assert.Equal(t, `"constant(1)"`, string(data))
}

func TestRandDependsOnSeedAndStepAlone(t *testing.T) {
	assert.Equal(t, Rand(3, 5).Uint64(), Rand(3, 5).Uint64())
	seen := make(map[uint64]string)
	for seed := int64(-2); seed < 30; seed++ {
		for step := -2; step < 30; step++ {
			first := Rand(seed, step).Uint64()
			assert.Empty(t, seen[first], "(%d, %d) draws as %s", seed, step, seen[first])
			seen[first] = fmt.Sprintf("(%d, %d)", seed, step)
		}
	}
}

// TestFirstDrawsAreUniform looks at the draws that matter: the first of many neighbouring steps.
func TestFirstDrawsAreUniform(t *testing.T) {
	const bins, n = 10, 20000
	counts := make([]int, bins)
	for step := range n {
		counts[Rand(1, step).IntN(bins)]++
	}
	chi := 0.0
	for _, count := range counts {
		chi += math.Pow(float64(count)-n/bins, 2) / (n / bins)
	}
	assert.Less(t, chi, 27.88, "chi-square with 9 degrees of freedom, p = .001")
}

func TestShuffle(t *testing.T) {
	const examples, batch = 23, 5
	s := NewShuffle(11, examples, batch)
	assert.Equal(t, 4, s.StepsPerEpoch())
	epoch := func(s *Shuffle, n int) (order []int) {
		for i := range s.StepsPerEpoch() {
			order = append(order, s.At(n*s.StepsPerEpoch()+i+1)...)
		}
		return order
	}
	first, second := epoch(s, 0), epoch(s, 1)
	for _, order := range [][]int{first, second} {
		sorted := append([]int(nil), order...)
		sort.Ints(sorted)
		for i := 1; i < len(sorted); i++ {
			assert.Less(t, sorted[i-1], sorted[i], "no example twice in an epoch")
		}
		assert.Less(t, sorted[len(sorted)-1], examples)
	}
	assert.NotEqual(t, first, second, "epochs differ in order")
	assert.Equal(t, first, epoch(s, 0), "going back gives the same epoch")
	fresh := NewShuffle(11, examples, batch)
	assert.Equal(t, s.At(7), fresh.At(7), "no state but the step")
	assert.NotEqual(t, first, epoch(NewShuffle(12, examples, batch), 0))
	assert.Panics(t, func() { NewShuffle(1, 4, 5) })
}

func TestBatchStreamIsNotTheShuffleStream(t *testing.T) {
	var batch, shuffle *rand.Rand = Rand(5, 1), Rand(5, -1)
	assert.NotEqual(t, batch.Uint64(), shuffle.Uint64())
}
