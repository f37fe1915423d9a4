package public

import (
	"math"

	"courselab/autograde/check"
	"courselab/coursekit/worked"
)

// robotTable compares with the lecture's table of "I am a Robot", d = 4 and n = 100, as printed with two decimals, and
// names the step that is off.
func robotTable(t *check.T) {
	lecture := worked.Positions
	value := t.Call1("PositionalEncoding", len(lecture.Words), lecture.Dim, lecture.Base)
	got := table(t, value, len(lecture.Words), lecture.Dim)
	switch {
	case near(got[0][0], 1) && near(got[0][1], 0):
		t.Failf("row 0 is %.2f: sine and cosine have changed places", got[0])
	case near(got[0][0], math.Sin(1)):
		t.Failf("row 0 is %.2f: positions count from 0, so row 0 is sin(0), cos(0), ...", got[0])
	case near(got[0][1], 0) && near(got[0][2], 1):
		t.Failf("row 0 is %.2f: sines and cosines alternate, column 2i is a sine and 2i+1 its cosine", got[0])
	case near(got[1][2], math.Sin(1/math.Sqrt(10))):
		t.Failf("row 1 is %.2f: pair i = 1 turns by 1/√10 a position; the exponent is 2i/d, not i/d", got[1])
	case near(got[1][2], math.Sin(0.01)):
		t.Failf("row 1 is %.2f: pair i = 1 turns by 1/100 a position: that is base 10000, and 100 was asked for", got[1])
	case !near(got[1][3], math.Cos(0.1)) && near(got[1][2], math.Sin(0.1)):
		t.Failf("row 1 is %.4f: the cosine of a pair has the frequency of its sine, with the same i", got[1])
	}
	t.Close("PositionalEncoding(4, 4, 100)", value, lecture.Printed, 0.00501, 0)
}

// table takes the rows of a [][]float64 result and requires its size.
func table(t *check.T, value check.Value, length, dim int) [][]float64 {
	if len(value.List) != length {
		t.Failf("the table has %d rows, want %d: one a position", len(value.List), length)
	}
	rows := make([][]float64, length)
	for k, row := range value.List {
		rows[k] = row.FloatList()
		if len(rows[k]) != dim {
			t.Failf("row %d has %d columns, want %d", k, len(rows[k]), dim)
		}
	}
	return rows
}
