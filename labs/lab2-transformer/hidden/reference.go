package hidden

import (
	"math"
	"slices"

	"courselab/autograde/check"
)

// rowsOf copies the elements of a tensor of any floating dtype into rows over the last axis.
func rowsOf(x check.Tensor) [][]float64 {
	width := x.Shape[len(x.Shape)-1]
	return slices.Collect(slices.Chunk(x.Float64s(), width))
}

// tensor puts rows back into a Float64 tensor of the shape.
func tensor(rows [][]float64, shape ...int) check.Tensor {
	return check.Of(slices.Concat(rows...), shape...)
}

// layerNorm normalizes each row by itself.
func layerNorm(rows [][]float64, gamma, beta []float64, epsilon float64) [][]float64 {
	out := make([][]float64, len(rows))
	for i, row := range rows {
		mean, variance := 0.0, 0.0
		for _, x := range row {
			mean += x / float64(len(row))
		}
		for _, x := range row {
			variance += (x - mean) * (x - mean) / float64(len(row))
		}
		for j, x := range row {
			out[i] = append(out[i], (x-mean)/math.Sqrt(variance+epsilon)*gamma[j]+beta[j])
		}
	}
	return out
}

// times is rows·w, plus a bias if there is one.
func times(rows, w [][]float64, bias []float64) [][]float64 {
	out := make([][]float64, len(rows))
	for i, row := range rows {
		out[i] = make([]float64, len(w[0]))
		copy(out[i], bias)
		for j, x := range row {
			for k := range w[j] {
				out[i][k] += x * w[j][k]
			}
		}
	}
	return out
}

func feedForward(rows, w1 [][]float64, b1 []float64, w2 [][]float64, b2 []float64) [][]float64 {
	inner := times(rows, w1, b1)
	for _, row := range inner {
		for j := range row {
			row[j] = max(row[j], 0)
		}
	}
	return times(inner, w2, b2)
}

// attend is causal self-attention with one head for rows [B·L][D] of sequences of the given length, w = W_Q, W_K, W_V, W_O.
func attend(rows [][]float64, length int, w [4][][]float64) [][]float64 {
	query, key, value := times(rows, w[0], nil), times(rows, w[1], nil), times(rows, w[2], nil)
	mixed := make([][]float64, len(rows))
	for i := range rows {
		first, total := i-i%length, 0.0
		var scores []float64
		for j := first; j <= i; j++ {
			score := 0.0
			for k := range query[i] {
				score += query[i][k] * key[j][k] / math.Sqrt(float64(len(rows[i])))
			}
			scores = append(scores, score)
		}
		mixed[i] = make([]float64, len(rows[i]))
		for j, score := range scores {
			share := math.Exp(score - slices.Max(scores))
			total += share
			for k := range mixed[i] {
				mixed[i][k] += share * value[first+j][k]
			}
		}
		for k := range mixed[i] {
			mixed[i][k] /= total
		}
	}
	return times(mixed, w[3], nil)
}

func sum(a, b [][]float64) [][]float64 {
	out := make([][]float64, len(a))
	for i := range a {
		for j := range a[i] {
			out[i] = append(out[i], a[i][j]+b[i][j])
		}
	}
	return out
}

// logSoftmax of one row.
func logSoftmax(logits []float64) []float64 {
	largest, total := slices.Max(logits), 0.0
	for _, x := range logits {
		total += math.Exp(x - largest)
	}
	out := make([]float64, len(logits))
	for i, x := range logits {
		out[i] = x - largest - math.Log(total)
	}
	return out
}

// tokenLoss is the mean of -ln p(target) over the positions that count, 0 if none does, and its gradient.
func tokenLoss(logits [][]float64, targets []int32, counts []bool) (loss float64, gradient [][]float64) {
	tokens := 0.0
	for _, counted := range counts {
		if counted {
			tokens++
		}
	}
	gradient = make([][]float64, len(logits))
	for i, row := range logits {
		gradient[i] = make([]float64, len(row))
		if !counts[i] {
			continue
		}
		logProbs := logSoftmax(row)
		loss -= logProbs[targets[i]] / tokens
		for token, logProb := range logProbs {
			gradient[i][token] = math.Exp(logProb) / tokens
		}
		gradient[i][targets[i]] -= 1 / tokens
	}
	return loss, gradient
}

// slopes is the derivative of Σ f(x)·cotangent with respect to x by central differences.
func slopes(x, cotangent []float64, f func(x []float64) []float64) []float64 {
	const step = 1e-5
	total := func(x []float64) (sum float64) {
		for i, value := range f(x) {
			sum += value * cotangent[i]
		}
		return sum
	}
	out := make([]float64, len(x))
	for i := range x {
		moved := slices.Clone(x)
		moved[i] = x[i] + step
		up := total(moved)
		moved[i] = x[i] - step
		out[i] = (up - total(moved)) / (2 * step)
	}
	return out
}
