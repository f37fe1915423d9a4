package hidden

import (
	"math"

	"courselab/autograde/check"
)

// drawBase draws a base between 20 and 20000, evenly in its logarithm, and not a round number.
func drawBase(t *check.T) float64 { return 20 * math.Pow(1000, t.Rand().Float64()) }

// encode calls the student's function and requires the size of its table.
func encode(t *check.T, length, dim int, base float64) (check.Value, [][]float64) {
	got := t.Call1("PositionalEncoding", length, dim, base)
	t.Equal("number of rows", len(got.List), length)
	rows := make([][]float64, length)
	for k, row := range got.List {
		rows[k] = row.FloatList()
		t.Equal("number of columns", len(rows[k]), dim)
	}
	return got, rows
}

// positionsValues compares tables of even width.
func positionsValues(t *check.T) {
	for _, dim := range []int{2, 4, 6, 2 * (3 + t.Rand().IntN(30))} {
		length, base := 1+t.Rand().IntN(40), drawBase(t)
		got, _ := encode(t, length, dim, base)
		t.Close("PositionalEncoding", got, positionalEncoding(length, dim, base), 1e-7, 0)
	}
}

// positionsOdd compares tables of odd width.
func positionsOdd(t *check.T) {
	for _, dim := range []int{1, 3, 5, 7 + 2*t.Rand().IntN(20)} {
		length, base := 2+t.Rand().IntN(20), drawBase(t)
		got, _ := encode(t, length, dim, base)
		t.Close("PositionalEncoding", got, positionalEncoding(length, dim, base), 1e-7, 0)
	}
}

// positionsFar compares long tables at the paper's base.
func positionsFar(t *check.T) {
	length := 2000 + t.Rand().IntN(500)
	got, _ := encode(t, length, 4, 10000)
	t.Close("PositionalEncoding", got, positionalEncoding(length, 4, 10000), 1e-8, 0)
}

// positionsRotation holds for any falling frequencies: it gives credit for the order of the columns and for counting
// positions from zero.
func positionsRotation(t *check.T) {
	const length, dim = 12, 8
	_, rows := encode(t, length, dim, drawBase(t))
	last := math.Inf(1)
	for pair := 0; pair < dim; pair += 2 {
		speed := math.Atan2(rows[1][pair], rows[1][pair+1])
		if pair == 0 && !(math.Abs(speed-1) < 1e-6) {
			t.Failf("the first pair does not turn by one radian a position")
		}
		if !(speed > 1e-6 && speed < last) {
			t.Failf("the pairs do not turn slower and slower")
		}
		last = speed
		for k, row := range rows {
			sin, cos := math.Sincos(float64(k) * speed)
			if !(math.Abs(row[pair]-sin) < 1e-6 && math.Abs(row[pair+1]-cos) < 1e-6) {
				t.Failf("a pair does not turn at a constant speed from (0, 1)")
			}
		}
	}
}
