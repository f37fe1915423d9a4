package debrief

import (
	"fmt"
	"math"
	"slices"

	"courselab/coursekit/worked"
)

// Sizes of the simulated class.
const (
	// ClassSize is that of a class as one would have it in the lecture; its real size is not known.
	ClassSize = 120
	// MinClassSize is the smallest class for which [Class] can meet the three numbers.
	MinClassSize = 40
)

// Constants of the generator. The share of students with a bad day was chosen so that the spread of the others comes out
// as about 2.4 points.
const (
	badDayShare = 0.4
	spreadLimit = 2.5 // no student is farther from the others, in deviations
	lossLimit   = 4   // nor loses more, in means
)

// Class returns the scores of a simulated class, in points of 100, ascending: their mean, standard deviation and median are
// those of the debrief's slide, 86.5, 7.2 and 88.8, to one decimal. The real scores are not known; these have the slide's
// lean to the left, by a story that is easily told:
//
//  1. Each student has a score z from a standard normal distribution, drawn again beyond 2.5.
//  2. 40 % of them have a bad day, and lose points that are exponentially distributed, with mean t, at most 4·t.
//  3. t is chosen such that (median - mean)/deviation of the class is the slide's, by bisection: the greater the losses,
//     the more the mean falls below the median.
//  4. All scores are scaled and shifted to the slide's deviation and median, and rounded to a tenth of a point.
//
// The deviation divides by the number of students, as a class is no sample; with one less it is the same to one decimal from
// 100 students on. Use [Statistics] to see the three numbers.
//
// It returns an error for a class of fewer than [MinClassSize] students, or one whose draws have no such t: another seed
// has.
func Class(seed int64, students int) ([]float64, error) {
	if students < MinClassSize {
		return nil, fmt.Errorf("debrief: a class of %d students cannot be made to have the slide's numbers, take at least %d", students, MinClassSize)
	}
	r := random(seed, "class")
	base, lost := make([]float64, students), make([]float64, students)
	badDays := int(math.Round(badDayShare * float64(students)))
	for i := range base {
		for base[i] = r.NormFloat64(); math.Abs(base[i]) > spreadLimit; {
			base[i] = r.NormFloat64()
		}
		if i < badDays {
			for lost[i] = r.ExpFloat64(); lost[i] > lossLimit; {
				lost[i] = r.ExpFloat64()
			}
		}
	}
	scores := make([]float64, students)
	lean := func(t float64) float64 {
		for i := range scores {
			scores[i] = base[i] - t*lost[i]
		}
		mean, deviation, median := Statistics(scores)
		return (median - mean) / deviation
	}
	want := (worked.Midterm.Median - worked.Midterm.Mean) / worked.Midterm.Deviation
	low, high := 0.0, 30.0
	if lean(low) > want || lean(high) < want {
		return nil, fmt.Errorf("debrief: no class of %d students with seed %d leans to the left as the slide's does; take another seed", students, seed)
	}
	for range 100 {
		if t := (low + high) / 2; lean(t) < want {
			low = t
		} else {
			high = t
		}
	}
	lean(high)
	_, deviation, median := Statistics(scores)
	for i, s := range scores {
		points := worked.Midterm.Median + (s-median)*worked.Midterm.Deviation/deviation
		scores[i] = math.Round(10*min(100, max(0, points))) / 10
	}
	slices.Sort(scores)
	return scores, nil
}

// Statistics returns the mean, the standard deviation (divided by the number of scores) and the median, that of the two in
// the middle where the number is even. All are NaN if there are no scores.
func Statistics(scores []float64) (mean, deviation, median float64) {
	if len(scores) == 0 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	mean, variance := moments(scores)
	sorted := slices.Sorted(slices.Values(scores))
	half := len(sorted) / 2
	if median = sorted[half]; len(sorted)%2 == 0 {
		median = (sorted[half-1] + median) / 2
	}
	return mean, math.Sqrt(variance), median
}
