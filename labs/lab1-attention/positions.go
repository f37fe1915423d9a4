package attention

import (
	"math"
)

// PositionalEncoding is the lecture's table of sines and cosines (task positions), in plain Go:
//
//	P(k, 2i)   = sin(k / base^(2i/dim))
//	P(k, 2i+1) = cos(k / base^(2i/dim))
//
// Row k = 0, 1, ..., length-1 belongs to position k; it has dim columns, with values in [-1, 1]. Columns 2i and 2i+1
// share one frequency. If dim is odd, the last column is the sine of its pair. base is the lecture's n: 100 in its
// table "I am a Robot", 10000 in the paper.
//
// It needs length ≥ 1, dim ≥ 1, base > 1 and works in float64 throughout.
func PositionalEncoding(length, dim int, base float64) [][]float64 {
	// BEGIN SOLUTION
	table := make([][]float64, length) // [L][D]
	for k := range table {
		table[k] = make([]float64, dim)
		for column := range dim {
			pair := column / 2 // the i of the formula
			angle := float64(k) / math.Pow(base, float64(2*pair)/float64(dim))
			if column%2 == 0 {
				table[k][column] = math.Sin(angle)
			} else {
				table[k][column] = math.Cos(angle)
			}
		}
	}
	return table
	// END SOLUTION
}
