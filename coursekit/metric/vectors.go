package metric

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Float is the type of a vector's entries.
type Float interface{ ~float32 | ~float64 }

// matrix copies rows [N][F] into a matrix, or says what is wrong with them.
func matrix[T Float](name string, rows [][]T) (*mat.Dense, error) {
	if len(rows) == 0 || len(rows[0]) == 0 {
		return nil, fmt.Errorf("metric: %s: %d rows, must be at least one, of at least one entry", name, len(rows))
	}
	width := len(rows[0])
	data := make([]float64, 0, len(rows)*width)
	for i, row := range rows {
		if len(row) != width {
			return nil, fmt.Errorf("metric: %s: row %d has %d entries, row 0 has %d", name, i, len(row), width)
		}
		for j, x := range row {
			if v := float64(x); math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("metric: %s: row %d, entry %d is %g", name, i, j, v)
			}
			data = append(data, float64(x))
		}
	}
	return mat.NewDense(len(rows), width, data), nil
}

// sameWidth says if two matrices have the same number of columns.
func sameWidth(nameA string, a *mat.Dense, nameB string, b *mat.Dense) error {
	_, widthA := a.Dims()
	_, widthB := b.Dims()
	if widthA != widthB {
		return fmt.Errorf("metric: %s has %d columns, %s has %d", nameA, widthA, nameB, widthB)
	}
	return nil
}
