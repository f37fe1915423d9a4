package public

import "courselab/autograde/check"

// The two tokens of the tables: features 0 to 5 and 10 to 15.
var (
	tokens = []float32{
		0, 1, 2, 3, 4, 5,
		10, 11, 12, 13, 14, 15,
	}
	tokensInHeads = []float32{
		0, 1, 10, 11, // head 0: both tokens
		2, 3, 12, 13, // head 1
		4, 5, 14, 15, // head 2
	}
)

// splitTable splits two tokens into three heads.
func splitTable(t *check.T) {
	got := t.Call1("SplitHeads", check.Of(tokens, 1, 2, 6), 3)
	t.Contract(got, "Float32", 1, 3, 2, 2)
	if values := got.Tensor().Float64s(); values[2] == 2 {
		t.Failf("head 0 holds 0 1 2 3, all of one token: reshape alone cuts a token's features into rows; " +
			"give the heads an axis of their own first, then move it")
	}
	t.Equal("SplitHeads(x, 3)", got, check.Of(tokensInHeads, 1, 3, 2, 2))
}

// mergeTable merges the three heads again.
func mergeTable(t *check.T) {
	got := t.Call1("MergeHeads", check.Of(tokensInHeads, 1, 3, 2, 2))
	t.Contract(got, "Float32", 1, 2, 6)
	t.Equal("MergeHeads(heads)", got, check.Of(tokens, 1, 2, 6))
}

// projectTable projects two heads of width 1 for one token: 2·(1, 10, 100) + 3·(5, 50, 500).
func projectTable(t *check.T) {
	got := t.Call1("ProjectHeads", check.Of([]float32{2, 3}, 1, 2, 1, 1),
		check.Of([]float32{1, 10, 100, 5, 50, 500}, 2, 3))
	t.Contract(got, "Float32", 1, 1, 3)
	if values := got.Tensor().Float64s(); near(values[0], 5) && near(values[1], 50) {
		t.Failf("got %v: both heads went through the first row of W_O; head 1 has a row of its own", values)
	}
	t.Close("ProjectHeads(heads, wO)", got, check.Of([]float64{17, 170, 1700}, 1, 1, 3), 1e-3, 0)
}
