// Package public holds the checks of lab 0 that students see and run themselves: the lecture's own numbers and small tables. The
// hidden checks draw fresh inputs of other sizes.
package public

import (
	"math"

	"courselab/autograde/check"
	"courselab/coursekit/worked"
)

// Suite is the public checks, in the order of the tasks.
var Suite = check.Suite{Lab: "lab0-warmup", Checks: []check.Check{
	{ID: "linear-flatten", Task: "linear", Points: 1, Title: "the lecture's four pixels, and two rows of three",
		Hint: "The first row comes first, whole.", Run: flatten},
	{ID: "linear-lecture", Task: "linear", Points: 2, Title: "the lecture's scores: 96.4, 212.8, 181.1",
		Hint: "Score k is row k of W times x, plus element k of b.", Run: lectureScores},
	{ID: "linear-predict", Task: "linear", Points: 1, Title: "Car has the highest score",
		Hint: "Return where the highest score stands, not how high it is.", Run: predict},

	{ID: "batch-lecture", Task: "batch", Points: 1, Title: "the lecture's image and a black one, in one batch",
		Hint: "Reshape the images to [B, pixels] first; a black image scores the bias.", Run: batchScores},

	{ID: "softmax-lecture", Task: "softmax", Points: 1, Title: "14 and 12 become 0.88 and 0.12",
		Hint: "Exponentials, divided by their sum.", Run: softmax},
	{ID: "softmax-loss", Task: "softmax", Points: 1, Title: "taking the cat for a car costs 116.4 nats",
		Hint: "The natural logarithm of the probability of the truth, with a minus.", Run: crossEntropy},

	{ID: "dropout-table", Task: "dropout", Points: 1, Title: "four values, two of them dropped; none in use",
		Hint: "What is kept is divided by the probability of being kept.", Run: dropout},

	{ID: "perplexity-known", Task: "perplexity", Points: 1, Title: "always sure: 1; a guess among 27 letters: 27",
		Hint: "The mean of the logarithms, with a minus, then exp.", Run: perplexity},
}}

func flatten(t *check.T) {
	t.Close("Flatten", t.Call1("Flatten", [][]float64{{10, 150}, {7, 232}}), worked.Linear.Pixels[:], 0, 0)
	t.Close("Flatten", t.Call1("Flatten", [][]float64{{1, 2, 3}, {4, 5, 6}}), []float64{1, 2, 3, 4, 5, 6}, 0, 0)
}

// Weights of the lecture's classifier; two of the three rows are made up, see package worked.
func weights() (rows [][]float64) {
	for _, row := range worked.Linear.Weights {
		rows = append(rows, row[:])
	}
	return rows
}

func lectureScores(t *check.T) {
	l := worked.Linear
	got := t.Call1("Scores", weights(), l.Bias[:], l.Pixels[:])
	if first := t.Call1("Scores", weights(), []float64{0, 0, 0}, l.Pixels[:]); !got.IsNil() && sameFloats(got, first) {
		t.Failf("the bias does not reach the scores")
	}
	t.Close("Scores", got, l.Scores[:], 1e-9, 0)
}

func sameFloats(a, b check.Value) bool {
	x, y := a.Value.FloatList(), b.Value.FloatList()
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return false
		}
	}
	return len(x) > 0
}

func predict(t *check.T) {
	t.Equal("Predict", t.Call1("Predict", worked.Linear.Scores[:]), 1)
	t.Equal("Predict", t.Call1("Predict", []float64{-3, -1, -2, -0.5}), 3)
}

func batchScores(t *check.T) {
	l := worked.Linear
	var flat, bias, images []float32
	for _, row := range l.Weights {
		for _, w := range row {
			flat = append(flat, float32(w))
		}
	}
	for _, b := range l.Bias {
		bias = append(bias, float32(b))
	}
	for _, pixel := range append(l.Pixels[:], 0, 0, 0, 0) {
		images = append(images, float32(pixel))
	}
	got := t.Call1("BatchScores", check.Of(images, 2, 2, 2), check.Of(flat, 3, 4), check.Of(bias, 3))
	t.Contract(got, "Float32", 2, 3)
	t.Close("BatchScores", got, [][]float64{l.Scores[:], l.Bias[:]}, 1e-3, 0)
}

func softmax(t *check.T) {
	t.Close("Softmax", t.Call1("Softmax", []float64{14, 12}), worked.Attention.Weights[:], 1e-7, 0)
	t.Close("Softmax", t.Call1("Softmax", []float64{2, 2, 2, 2}), []float64{0.25, 0.25, 0.25, 0.25}, 1e-12, 0)
}

func crossEntropy(t *check.T) {
	t.Close("CrossEntropy", t.Call1("CrossEntropy", worked.Linear.Scores[:], 0), worked.LinearLosses.CrossEntropy, 1e-9, 0)
	t.Close("CrossEntropy", t.Call1("CrossEntropy", []float64{5, 5}, 1), math.Ln2, 1e-12, 0)
}

func dropout(t *check.T) {
	x, draws := []float64{1, 2, 3, 4}, []float64{0.9, 0.1, 0.5, 0.2}
	t.Close("in training", t.Call1("Dropout", x, draws, 0.3, true), []float64{1 / 0.7, 0, 3 / 0.7, 0}, 1e-12, 0)
	t.Close("in use", t.Call1("Dropout", x, draws, 0.3, false), x, 0, 0)
}

func perplexity(t *check.T) {
	t.Close("always sure", t.Call1("Perplexity", []float64{1, 1, 1}), 1.0, 1e-12, 0)
	t.Close("27 letters", t.Call1("Perplexity", []float64{1. / 27, 1. / 27}), 27.0, 1e-9, 0)
}
