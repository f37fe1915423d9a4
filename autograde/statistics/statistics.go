// Package statistics describes how a class did, in a lab or in a quiz: the distribution of the scores, and of each item (a task, a
// question) how difficult it was and how well it tells who knows more.
//
// # Formulas
//
// With n students, score x of a student and share s of an item's points in [0, 1]:
//
//   - mean μ = Σx/n, deviation σ = √(Σ(x-μ)²/n): the class is no sample of anything, so n, not n-1
//   - difficulty: the mean share. The higher, the easier; the name is the usual one
//   - discrimination: Pearson's correlation of s with the score on the other items, the corrected item-total correlation (Henrysson 1963,
//     "Correction of item-total correlations in item analysis"). Uncorrected, an item would correlate with itself
//   - upper-lower: the mean share of the best 27 % by score less that of the worst 27 % (Kelley 1939, "The selection of upper and lower
//     groups for the validation of test items"). Among equal scores the order of the students decides
package statistics

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Distribution describes scores. Without students all numbers are 0.
type Distribution struct {
	Students  int     `json:"students"`
	Max       float64 `json:"max"` // that could be had
	Mean      float64 `json:"mean"`
	Deviation float64 `json:"deviation"` // σ, divided by the number of students
	Median    float64 `json:"median"`    // of the two in the middle, their mean
	Histogram []Bin   `json:"histogram"`
}

// Bin counts the scores from From up to To, To itself only in the last.
type Bin struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Count int     `json:"count"`
}

// bins is the number of bins of a histogram.
const bins = 20

// Describe returns the distribution of scores of at most most points.
func Describe(scores []float64, most float64) Distribution {
	d := Distribution{Students: len(scores), Max: most, Median: Median(scores), Histogram: histogram(scores, most)}
	if len(scores) > 0 {
		d.Mean, d.Deviation = stat.PopMeanStdDev(scores, nil)
	}
	return d
}

// Median returns the value in the middle, or the mean of the two that are; 0 if there are none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// histogram counts scores from 0 to the most.
func histogram(scores []float64, most float64) []Bin {
	h := make([]Bin, bins)
	for i := range h {
		h[i].From, h[i].To = most*float64(i)/bins, most*float64(i+1)/bins
	}
	for _, score := range scores {
		at := 0
		if most > 0 {
			at = int(math.Floor(score / most * bins))
		}
		h[min(max(at, 0), bins-1)].Count++
	}
	return h
}

// Item says how an item did; see the package's formulas. All are 0 where there is no spread, or nobody.
type Item struct {
	Difficulty     float64 `json:"difficulty"`     // in [0, 1], 1 is easy
	Discrimination float64 `json:"discrimination"` // in [-1, 1]
	UpperLower     float64 `json:"upper_lower"`    // in [-1, 1]
}

// An item is weak if its discrimination is below 0.1; in a class of fewer than 20 that says nothing.
const (
	weakBelow = 0.1
	weakFrom  = 20
)

// Weak says that an item which not everybody solved does not tell who knows more.
func (i Item) Weak(students int) bool {
	return students >= weakFrom && i.Told() && i.Difficulty < 1 && i.Discrimination < weakBelow
}

// Told says whether there was any difference between students to tell something from: otherwise discrimination and upper-lower mean
// nothing.
func (i Item) Told() bool { return i.Discrimination != 0 || i.UpperLower != 0 }

// Items analyses every item. The shares are by student, then item; an item is worth its points.
func Items(shares [][]float64, points []float64) []Item {
	scores := make([]float64, len(shares))
	for s, row := range shares {
		for i, share := range row {
			scores[s] += share * points[i]
		}
	}
	upper, lower := Tails(scores)
	items := make([]Item, len(points))
	for i := range items {
		share, rest := make([]float64, len(shares)), make([]float64, len(shares))
		for s, row := range shares {
			share[s], rest[s] = row[i], scores[s]-row[i]*points[i]
		}
		if len(share) > 0 {
			items[i].Difficulty = stat.Mean(share, nil)
		}
		// Rounding can make a spread out of equal rests.
		if spread(share) && spread(rest) {
			items[i].Discrimination = stat.Correlation(share, rest, nil)
		}
		items[i].UpperLower = meanOf(share, upper) - meanOf(share, lower)
	}
	return items
}

// spread says whether values differ by more than rounding.
func spread(values []float64) bool {
	return len(values) > 1 && slices.Max(values)-slices.Min(values) > 1e-9
}

func meanOf(values []float64, at []int) (mean float64) {
	for _, s := range at {
		mean += values[s] / float64(len(at))
	}
	return mean
}

// tail is the share of a class that counts as its best and as its worst.
const tail = 0.27

// Tails returns the indices of the best and of the worst 27 % by score, rounded to whole students.
func Tails(scores []float64) (upper, lower []int) {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	n := int(math.Round(tail * float64(len(order))))
	return order[:n], order[len(order)-n:]
}
