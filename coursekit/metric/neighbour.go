package metric

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// queryBlock is how many queries are compared at a time, so that the table of distances stays small.
const queryBlock = 256

// NearestNeighbours returns for each query [N][F] the index of the nearest reference [M][F] in Euclidean distance; of equally near
// ones, one of them. For the nearest by cosine, divide each row by its length before.
//
// It returns an error if there are none of either, or rows differ in width or are not finite.
func NearestNeighbours[T Float](queries, references [][]T) ([]int, error) {
	return nearest(queries, references, false)
}

// NearestOthers returns for each row [N][F] the index of the nearest of the other rows. As NearestNeighbours, but there must be two.
func NearestOthers[T Float](rows [][]T) ([]int, error) {
	if len(rows) < 2 {
		return nil, fmt.Errorf("metric: %d rows have no others, must be at least 2", len(rows))
	}
	return nearest(rows, rows, true)
}

// NearestNeighbourAccuracy is the share of the queries whose nearest reference has their label, in [0, 1].
//
// Errors as NearestNeighbours, or if the number of labels is not that of the rows.
func NearestNeighbourAccuracy[T Float, L comparable](references [][]T, referenceLabels []L, queries [][]T, queryLabels []L) (float64, error) {
	if len(references) != len(referenceLabels) {
		return 0, fmt.Errorf("metric: %d labels for %d references", len(referenceLabels), len(references))
	}
	indices, err := NearestNeighbours(queries, references)
	if err != nil {
		return 0, err
	}
	predictions := make([]L, len(indices))
	for i, index := range indices {
		predictions[i] = referenceLabels[index]
	}
	return Accuracy(predictions, queryLabels)
}

func nearest[T Float](queries, references [][]T, others bool) ([]int, error) {
	q, err := matrix("queries", queries)
	if err != nil {
		return nil, err
	}
	r, err := matrix("references", references)
	if err != nil {
		return nil, err
	}
	if err := sameWidth("queries", q, "references", r); err != nil {
		return nil, err
	}
	n, width := q.Dims()
	// |q-r|² = |q|² - 2·q·r + |r|²: one matrix product, and |q|² is the same for all references. Distances from the references'
	// mean, so that what all rows share does not cost digits.
	mean := columnMeans(r)
	shift(q, mean)
	shift(r, mean)
	squares := make([]float64, len(references))
	for j := range squares {
		row := r.RawRowView(j)
		squares[j] = floats.Dot(row, row)
	}
	indices := make([]int, n)
	var products mat.Dense
	for from := 0; from < n; from += queryBlock {
		to := min(from+queryBlock, n)
		products.Reset()
		products.Mul(q.Slice(from, to, 0, width), r.T())
		for i := from; i < to; i++ {
			row, best := products.RawRowView(i-from), math.Inf(1)
			for j, square := range squares {
				if d := square - 2*row[j]; d < best && !(others && j == i) {
					indices[i], best = j, d
				}
			}
		}
	}
	return indices, nil
}

func columnMeans(x *mat.Dense) []float64 {
	n, width := x.Dims()
	mean := make([]float64, width)
	for i := range n {
		floats.Add(mean, x.RawRowView(i))
	}
	floats.Scale(1/float64(n), mean)
	return mean
}

// shift subtracts from every row.
func shift(x *mat.Dense, by []float64) {
	n, _ := x.Dims()
	for i := range n {
		floats.Sub(x.RawRowView(i), by)
	}
}
