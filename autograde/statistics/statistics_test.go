package statistics

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDescribe: computed by hand.
func TestDescribe(t *testing.T) {
	d := Describe([]float64{4, 1, 3, 8}, 10)
	assert.Equal(t, 4, d.Students)
	assert.InDelta(t, 4, d.Mean, 1e-12)
	assert.InDelta(t, math.Sqrt((0+9+1+16)/4.), d.Deviation, 1e-12, "divided by 4, not by 3")
	assert.InDelta(t, 3.5, d.Median, 1e-12)
	assert.Equal(t, 3.0, Median([]float64{9, 1, 3}))
	counts := map[float64]int{}
	for _, bin := range d.Histogram {
		assert.InDelta(t, .5, bin.To-bin.From, 1e-12)
		if bin.Count > 0 {
			counts[bin.From] = bin.Count
		}
	}
	assert.Equal(t, map[float64]int{1: 1, 3: 1, 4: 1, 8: 1}, counts)

	edges := Describe([]float64{0, 10, 10, -1, 12}, 10).Histogram
	assert.Equal(t, 2, edges[0].Count, "what lies outside is at the edge")
	assert.Equal(t, 3, edges[len(edges)-1].Count, "the last bin has its end")
}

// TestItems: four students, two items of 2 and 6 points.
//
//	share 1  share 2  score  rest of 1  rest of 2
//	1        1        8      6          2
//	1        .5       5      3          2
//	0        .5       3      3          0
//	0        0        0      0          0
//
// r of item 1: shares less .5 are .5 .5 -.5 -.5, rests less 3 are 3 0 0 -3; Σ = 3, Σs² = 1, Σr² = 18: 3/√18 = .7071.
// r of item 2: shares less .5 are .5 0 0 -.5, rests less 1 are 1 1 -1 -1; Σ = 1, Σs² = .5, Σr² = 4: 1/√2 = .7071.
// 27 % of 4 is one student: the first against the last.
func TestItems(t *testing.T) {
	items := Items([][]float64{{1, 1}, {1, .5}, {0, .5}, {0, 0}}, []float64{2, 6})
	for i, want := range []Item{{.5, 3 / math.Sqrt(18), 1}, {.5, 1 / math.Sqrt2, 1}} {
		assert.InDelta(t, want.Difficulty, items[i].Difficulty, 1e-12)
		assert.InDelta(t, want.Discrimination, items[i].Discrimination, 1e-12)
		assert.InDelta(t, want.UpperLower, items[i].UpperLower, 1e-12)
	}
	// The third item is solved by those who solve nothing else, the fourth by all.
	odd := Items([][]float64{{1, 1, 0, 1}, {1, .5, 0, 1}, {0, .5, 1, 1}, {0, 0, 1, 1}}, []float64{2, 6, 1, 3})
	assert.Less(t, odd[2].Discrimination, -.7)
	assert.Equal(t, -1.0, odd[2].UpperLower)
	assert.Equal(t, Item{Difficulty: 1}, odd[3], "no spread tells nothing")
}

// TestAnItemIsNotComparedWithItself: two items drawn by coin have nothing to do with each other; with itself in the total, each
// would correlate by .7.
func TestAnItemIsNotComparedWithItself(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	shares := make([][]float64, 4000)
	for s := range shares {
		shares[s] = []float64{float64(r.IntN(2)), float64(r.IntN(2))}
	}
	for _, item := range Items(shares, []float64{1, 1}) {
		assert.InDelta(t, 0, item.Discrimination, .06)
		assert.True(t, item.Weak(len(shares)))
		assert.False(t, item.Weak(19), "too few to tell")
		assert.Greater(t, item.UpperLower, .5, "which is why it is not the only number: the groups are chosen with the item in the score")
	}
	assert.False(t, Item{Difficulty: 1}.Weak(100), "everybody solved it")
	assert.False(t, Item{Difficulty: .5, Discrimination: .1}.Weak(100))
	assert.False(t, Item{Difficulty: .5}.Weak(100), "all have the same share: nothing can be told")
}

func TestTails(t *testing.T) {
	upper, lower := Tails([]float64{5, 9, 1, 7, 3, 8, 2, 6, 4, 0, 10})
	assert.Equal(t, []int{10, 1, 5}, upper, "27 % of 11 is 2.97")
	assert.Equal(t, []int{6, 2, 9}, lower)
	upper, lower = Tails([]float64{4})
	assert.Empty(t, upper)
	assert.Empty(t, lower)
}

func TestEmptyClassesCanBeWritten(t *testing.T) {
	for _, shares := range [][][]float64{nil, {{1}}, {{math.Nextafter(1, 0)}, {1}}} {
		_, err := json.Marshal(Items(shares, []float64{1}))
		require.NoError(t, err, "NaN cannot")
	}
	_, err := json.Marshal(Describe(nil, 0))
	require.NoError(t, err)
	assert.Zero(t, Describe(nil, 10).Mean)
}
