package metric_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/metric"
)

// TestMatthewsByHand has 6 true and 2 false negatives of one class, 3 true and 1 false of the other.
func TestMatthewsByHand(t *testing.T) {
	labels := []int{1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}
	predictions := []int{1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1}
	got, err := metric.Matthews(predictions, labels)
	require.NoError(t, err)
	assert.InDelta(t, (6*3-1*2)/math.Sqrt(7*8*4*5), got, 1e-15)
	counts, err := metric.Confusion(predictions, labels, 2)
	require.NoError(t, err)
	assert.Equal(t, [][]int{{3, 1}, {2, 6}}, counts)

	// CoLA's trap: 70 % right by always saying "acceptable" is a correlation of 0.
	constant, err := metric.Matthews([]string{"a", "a", "a"}, []string{"a", "a", "b"})
	require.NoError(t, err)
	assert.Equal(t, 0., constant)
	perfect, err := metric.Matthews([]string{"a", "b", "c"}, []string{"a", "b", "c"})
	require.NoError(t, err)
	assert.Equal(t, 1., perfect)
	opposite, err := metric.Matthews([]int{0, 1, 0}, []int{1, 0, 1})
	require.NoError(t, err)
	assert.InDelta(t, -1, opposite, 1e-15)
}

// TestMatthewsIsPearson holds for two classes: it is the correlation of the 0s and 1s.
func TestMatthewsIsPearson(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		n := 7 + r.IntN(40)
		a, b := make([]int, n), make([]int, n)
		var sa, sb, saa, sbb, sab float64
		for i := range a {
			a[i], b[i] = r.IntN(2), r.IntN(2)
			x, y := float64(a[i]), float64(b[i])
			sa, sb, saa, sbb, sab = sa+x, sb+y, saa+x*x, sbb+y*y, sab+x*y
		}
		m := float64(n)
		want := (sab - sa*sb/m) / math.Sqrt((saa-sa*sa/m)*(sbb-sb*sb/m))
		got, err := metric.Matthews(a, b)
		require.NoError(t, err)
		assert.InDelta(t, want, got, 1e-12)
		turned, err := metric.Matthews(b, a)
		require.NoError(t, err)
		assert.InDelta(t, got, turned, 1e-15, "symmetric")
	}
}

func TestClassesRefuse(t *testing.T) {
	_, err := metric.Matthews([]int{}, []int{})
	assert.ErrorContains(t, err, "no predictions")
	_, err = metric.Matthews([]int{1}, []int{1, 2})
	assert.ErrorContains(t, err, "1 predictions for 2 references")
	_, err = metric.Confusion([]int{0, 3}, []int{0, 1}, 3)
	assert.ErrorContains(t, err, "example 1 has label 1 and prediction 3, must be in [0, 3)")
	_, err = metric.Confusion([]int{0}, []int{-1}, 3)
	assert.Error(t, err)
	_, err = metric.Confusion([]int{0}, []int{0}, 0)
	assert.Error(t, err)
	_, err = metric.Confusion([]int{0}, []int{0, 0}, 1)
	assert.Error(t, err)
}

func ExampleMatthews() {
	labels := []string{"good", "good", "good", "bad"}
	always := []string{"good", "good", "good", "good"}
	accuracy, _ := metric.Accuracy(always, labels)
	correlation, _ := metric.Matthews(always, labels)
	fmt.Println(accuracy, correlation)
	// Output: 0.75 0
}
