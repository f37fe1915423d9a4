package embed

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Vectors are those of the words 0 to V-1. They do not change once made.
type Vectors struct {
	rows [][]float64 // [V][D]
	unit [][]float64 // the same of length 1
}

// Neighbour is a word with its cosine to what was asked for, in [-1, 1].
type Neighbour struct {
	Word   int32
	Cosine float64
}

// NewVectors takes rows [V][D] as vectors; it copies them. It returns an error if there are none, or rows differ in width or have
// an entry that is not finite.
func NewVectors(rows [][]float64) (*Vectors, error) {
	if len(rows) == 0 || len(rows[0]) == 0 {
		return nil, fmt.Errorf("embed: %d vectors, must be at least one, of at least one entry", len(rows))
	}
	v := &Vectors{}
	for i, row := range rows {
		if len(row) != len(rows[0]) {
			return nil, fmt.Errorf("embed: vector %d has %d entries, vector 0 has %d", i, len(row), len(rows[0]))
		}
		length := floats.Norm(row, 2)
		if math.IsNaN(length) || math.IsInf(length, 0) {
			return nil, fmt.Errorf("embed: vector %d has length %g", i, length)
		}
		v.rows = append(v.rows, slices.Clone(row))
		unit := slices.Clone(row)
		if length > 0 {
			floats.Scale(1/length, unit)
		}
		v.unit = append(v.unit, unit)
	}
	return v, nil
}

// Rows returns the vectors, [V][D], copied.
func (v *Vectors) Rows() [][]float64 {
	rows := make([][]float64, len(v.rows))
	for i, row := range v.rows {
		rows[i] = slices.Clone(row)
	}
	return rows
}

// Cosine of the angle between two words, in [-1, 1]; 0 if a vector has no length. It returns an error for a word that is not
// there.
func (v *Vectors) Cosine(a, b int32) (float64, error) {
	if err := v.known(a, b); err != nil {
		return 0, err
	}
	return floats.Dot(v.unit[a], v.unit[b]), nil
}

// Nearest returns the n words nearest to a word by cosine, the nearest first, itself left out. n is at most V-1. It returns an error
// for a word that is not there or n out of range.
func (v *Vectors) Nearest(word int32, n int) ([]Neighbour, error) {
	if err := v.known(word); err != nil {
		return nil, err
	}
	return v.nearest(v.unit[word], n, word)
}

// Analogy returns the n words x nearest to b - a + c, of the vectors at length 1: those for which a is to b as c is to x. a, b and c
// are left out, as one of them is often the nearest of all. Errors as Nearest, n at most V-3.
//
// Source: Mikolov, Yih & Zweig 2013, "Linguistic regularities in continuous space word representations", section 4 (3CosAdd).
func (v *Vectors) Analogy(a, b, c int32, n int) ([]Neighbour, error) {
	if err := v.known(a, b, c); err != nil {
		return nil, err
	}
	goal := slices.Clone(v.unit[b])
	floats.Sub(goal, v.unit[a])
	floats.Add(goal, v.unit[c])
	if length := floats.Norm(goal, 2); length > 0 {
		floats.Scale(1/length, goal)
	}
	return v.nearest(goal, n, a, b, c)
}

// Project returns the vectors in the dimensions in which they vary most, [V][dimensions]: their principal components, for a plot.
// share is the part of the variance that these have, in [0, 1]. The sign of a dimension means nothing.
//
// It returns an error if dimensions is not between 1 and the lesser of V and D.
func (v *Vectors) Project(dimensions int) (points [][]float64, share float64, err error) {
	width := len(v.rows[0])
	if dimensions < 1 || dimensions > min(width, len(v.rows)) {
		return nil, 0, fmt.Errorf("embed: %d dimensions of %d vectors of %d entries, must be between 1 and the lesser", dimensions, len(v.rows), width)
	}
	x := mat.NewDense(len(v.rows), width, slices.Concat(v.rows...))
	for j := range width {
		mean := stat.Mean(mat.Col(nil, j, x), nil)
		for i := range v.rows {
			x.Set(i, j, x.At(i, j)-mean)
		}
	}
	var components stat.PC
	if !components.PrincipalComponents(x, nil) {
		return nil, 0, fmt.Errorf("embed: %d vectors of %d entries have no principal components", len(v.rows), width)
	}
	var directions, projected mat.Dense
	components.VectorsTo(&directions)
	projected.Mul(x, directions.Slice(0, width, 0, dimensions))
	variances := components.VarsTo(nil)
	if total := floats.Sum(variances); total > 0 {
		share = floats.Sum(variances[:dimensions]) / total
	}
	for i := range v.rows {
		points = append(points, mat.Row(nil, i, &projected))
	}
	return points, share, nil
}

func (v *Vectors) nearest(goal []float64, n int, without ...int32) ([]Neighbour, error) {
	var all []Neighbour
	for i, unit := range v.unit {
		if !slices.Contains(without, int32(i)) {
			all = append(all, Neighbour{int32(i), floats.Dot(goal, unit)})
		}
	}
	if n < 1 || n > len(all) {
		return nil, fmt.Errorf("embed: %d neighbours asked for, there are %d", n, len(all))
	}
	slices.SortStableFunc(all, func(a, b Neighbour) int {
		switch {
		case a.Cosine > b.Cosine:
			return -1
		case a.Cosine < b.Cosine:
			return 1
		}
		return 0
	})
	return all[:n], nil
}

func (v *Vectors) known(words ...int32) error {
	for _, word := range words {
		if word < 0 || int(word) >= len(v.rows) {
			return fmt.Errorf("embed: word %d, must be in [0, %d)", word, len(v.rows))
		}
	}
	return nil
}
