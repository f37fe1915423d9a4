package metric_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/metric"
)

func TestMatches(t *testing.T) {
	want := [][]int32{{4, 3, 1}, {2}, {}, {5, 5, 6}, {7, 8}}
	got := [][]int32{{1, 3, 4}, {2}, {}, {5, 6, 6}, {7, 8, 9}}
	exact, err := metric.ExactMatch(got, want)
	require.NoError(t, err)
	assert.Equal(t, 0.4, exact)
	set, err := metric.SetMatch(got, want)
	require.NoError(t, err)
	assert.Equal(t, 0.6, set, "how often an element occurs counts")
	assert.Equal(t, []int32{1, 3, 4}, got[0], "arguments are not sorted in place")
	assert.Equal(t, []int32{4, 3, 1}, want[0])

	accuracy, err := metric.Accuracy([]string{"a", "b", "c"}, []string{"a", "x", "c"})
	require.NoError(t, err)
	assert.InDelta(t, 2./3, accuracy, 1e-15)
}

func TestMatchesRefuse(t *testing.T) {
	_, err := metric.ExactMatch([][]int32{{1}}, [][]int32{{1}, {2}})
	assert.ErrorContains(t, err, "1 predictions for 2 references")
	_, err = metric.SetMatch[int32](nil, nil)
	assert.ErrorContains(t, err, "no predictions")
	_, err = metric.Accuracy([]int{}, []int{})
	assert.Error(t, err)
}

// TestPerplexity has the three cases of the textbooks: certain, uniform, impossible.
func TestPerplexity(t *testing.T) {
	for _, c := range []struct {
		nll  []float64
		want float64
	}{
		{[]float64{0, 0, 0}, 1},
		{[]float64{math.Log(27), math.Log(27)}, 27},
		{[]float64{0, math.Inf(1)}, math.Inf(1)},
		{[]float64{math.Log(2), math.Log(8)}, 4},
	} {
		got, err := metric.Perplexity(c.nll)
		require.NoError(t, err)
		if math.IsInf(c.want, 1) {
			assert.Equal(t, c.want, got)
		} else {
			assert.InDelta(t, c.want, got, 1e-12)
		}
	}
	for _, bad := range [][]float64{nil, {-0.1}, {math.NaN()}} {
		_, err := metric.Perplexity(bad)
		assert.Error(t, err, "%v", bad)
	}
}

func ExampleExactMatch() {
	predictions := [][]int{{1, 3, 4}, {2, 1}}
	references := [][]int{{1, 3, 4}, {1, 2}}
	exact, _ := metric.ExactMatch(predictions, references)
	set, _ := metric.SetMatch(predictions, references)
	fmt.Println(exact, set)
	// Output: 0.5 1
}
