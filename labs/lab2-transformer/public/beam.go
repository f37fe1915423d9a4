package public

import (
	"math"

	"courselab/autograde/check"
)

// The tokens of the example.
const start, end, a, b, c = 0, 1, 2, 3, 4

// example is the decoder of "Dive into deep learning", 10.8, that says how likely A B C end (0.5·0.4·0.4·0.6) and A C B end
// (0.5·0.3·0.6·0.6) are. The probabilities off these two paths are chosen here so that nothing else is likelier.
func example() [][][]float64 {
	other := []float64{0, 0.1, 0.3, 0.3, 0.3}
	next := make([][][]float64, 4)
	for step := range next {
		next[step] = [][]float64{other, other, other, other, other}
	}
	next[0][start] = []float64{0, 0.05, 0.5, 0.25, 0.2}
	next[1][a] = []float64{0, 0.1, 0.2, 0.4, 0.3}
	next[2][b], next[2][c] = []float64{0, 0.2, 0.2, 0.2, 0.4}, []float64{0, 0.1, 0.1, 0.6, 0.2}
	next[3][b], next[3][c] = []float64{0, 0.6, 0.1, 0.2, 0.1}, []float64{0, 0.6, 0, 0.2, 0.2}
	return logs(next)
}

// logs takes the logarithm of every probability; of 0 it takes that of 1e-12, since a table is finite.
func logs(next [][][]float64) [][][]float64 {
	result := make([][][]float64, len(next))
	for step, rows := range next {
		for _, row := range rows {
			of := make([]float64, len(row))
			for token, probability := range row {
				of[token] = math.Log(max(probability, 1e-12))
			}
			result[step] = append(result[step], of)
		}
	}
	return result
}

// penaltyTable uses lengths at which (5+length)/6 is 1, 2 and 3.
func penaltyTable(t *check.T) {
	for _, row := range []struct {
		length      int
		alpha, want float64
	}{{1, 0.7, 1}, {7, 1, 2}, {13, 2, 9}, {13, 0, 1}, {7, 0.5, math.Sqrt2}} {
		got := t.Call1("LengthPenalty", row.length, row.alpha)
		if row.length == 7 && row.alpha == 1 && near(got.Float(), 7) {
			t.Failf("LengthPenalty(7, 1) is 7: that is length^alpha; this lab's is ((5 + length)/6)^alpha")
		}
		t.Close("LengthPenalty", got, row.want, 1e-9, 0)
	}
}

// greedyTable is misled by the likely B.
func greedyTable(t *check.T) {
	tokens, logProb := t.Call2("Greedy", example(), start, end)
	t.Equal("tokens", tokens, []int{a, b, c, end})
	t.Close("logProb", logProb, math.Log(0.048), 1e-6, 0)
}

// beamTable finds the likelier sequence with two beams; with one it is greedy; and a length penalty makes the longer of two
// sequences, of probability 0.4 and 0.36, the better one: ln 0.4 = -0.916 < ln 0.36 / (7/6) = -0.876.
func beamTable(t *check.T) {
	tokens, score := t.Call2("Beam", example(), start, end, 1, 0.)
	t.Equal("tokens of one beam", tokens, []int{a, b, c, end})
	t.Close("score of one beam", score, math.Log(0.048), 1e-6, 0)
	tokens, score = t.Call2("Beam", example(), start, end, 2, 0.)
	t.Equal("tokens of two beams", tokens, []int{a, c, b, end})
	t.Close("score of two beams", score, math.Log(0.054), 1e-6, 0)

	short := logs([][][]float64{
		{{0, 0.4, 0.6}, {0, 1, 0}, {0, 1, 0}},
		{{0, 1, 0}, {0, 1, 0}, {0, 0.6, 0.4}},
	})
	tokens, score = t.Call2("Beam", short, start, end, 2, 0.)
	t.Equal("tokens without a penalty", tokens, []int{end})
	t.Close("score without a penalty", score, math.Log(0.4), 1e-6, 0)
	tokens, score = t.Call2("Beam", short, start, end, 2, 1.)
	t.Equal("tokens with alpha = 1", tokens, []int{a, end})
	t.Close("score with alpha = 1", score, math.Log(0.36)/(7./6), 1e-6, 0)
}
