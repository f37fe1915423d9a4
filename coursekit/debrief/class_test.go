package debrief_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/debrief"
	"courselab/coursekit/worked"
)

func TestClassHasTheSlidesNumbers(t *testing.T) {
	refused := 0
	for seed := range int64(50) {
		for _, students := range []int{debrief.MinClassSize, 41, 101, debrief.ClassSize, 301} {
			scores, err := debrief.Class(seed, students)
			if err != nil {
				assert.ErrorContains(t, err, "take another seed")
				refused++
				continue
			}
			require.Len(t, scores, students)
			mean, deviation, median := debrief.Statistics(scores)
			for name, pair := range map[string][2]float64{
				"mean": {worked.Midterm.Mean, mean}, "deviation": {worked.Midterm.Deviation, deviation}, "median": {worked.Midterm.Median, median},
			} {
				assert.Equal(t, fmt.Sprintf("%.1f", pair[0]), fmt.Sprintf("%.1f", pair[1]), "%s of %d students, seed %d", name, students, seed)
			}
			assert.True(t, slices.IsSorted(scores))
			assert.GreaterOrEqual(t, scores[0], 0.0)
			assert.LessOrEqual(t, scores[students-1], 100.0)
			assert.Less(t, scores[0], 2*median-scores[students-1], "the tail is on the left")
			for _, s := range scores {
				assert.InDelta(t, math.Round(10*s), 10*s, 1e-9)
			}
			if students >= 100 {
				sample := deviation * math.Sqrt(float64(students)/float64(students-1))
				assert.Equal(t, "7.2", fmt.Sprintf("%.1f", sample), "as a sample")
			}
		}
	}
	assert.Less(t, refused, 10, "of 250")
}

func TestClassIsReproducible(t *testing.T) {
	first, err := debrief.Class(1, debrief.ClassSize)
	require.NoError(t, err)
	again, err := debrief.Class(1, debrief.ClassSize)
	require.NoError(t, err)
	assert.Equal(t, first, again)
	other, err := debrief.Class(2, debrief.ClassSize)
	require.NoError(t, err)
	assert.NotEqual(t, first, other)
	_, err = debrief.Class(1, debrief.MinClassSize-1)
	assert.ErrorContains(t, err, "39 students")
}

func TestStatistics(t *testing.T) {
	mean, deviation, median := debrief.Statistics([]float64{4, 1, 3, 8})
	assert.Equal(t, []float64{4, math.Sqrt(6.5), 3.5}, []float64{mean, deviation, median})
	_, _, median = debrief.Statistics([]float64{9, 1, 3})
	assert.Equal(t, 3.0, median)
	mean, deviation, median = debrief.Statistics(nil)
	assert.True(t, math.IsNaN(mean) && math.IsNaN(deviation) && math.IsNaN(median))
}
