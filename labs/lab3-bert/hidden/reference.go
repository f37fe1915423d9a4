package hidden

import (
	"math"
	"slices"

	"courselab/autograde/check"
)

// primes draws n different primes up to 13, so that no two axes can be taken for each other.
func primes(t *check.T, n int) []int {
	all := []int{2, 3, 5, 7, 11, 13}
	t.Rand().Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:n]
}

// rowsOf copies the elements of a tensor of any floating dtype into rows over the last axis.
func rowsOf(x check.Tensor) [][]float64 {
	return slices.Collect(slices.Chunk(x.Float64s(), x.Shape[len(x.Shape)-1]))
}

// tensor puts rows back into a Float64 tensor of the shape.
func tensor(rows [][]float64, shape ...int) check.Tensor {
	return check.Of(slices.Concat(rows...), shape...)
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

func transposed(w [][]float64) [][]float64 {
	out := make([][]float64, len(w[0]))
	for i := range w {
		for j, x := range w[i] {
			out[j] = append(out[j], x)
		}
	}
	return out
}

// labelLoss is the mean of -ln p(label) over the rows that count, 0 if none does, and its gradient.
func labelLoss(logits [][]float64, labels []int32, counts []bool) (loss float64, gradient [][]float64) {
	number := 0.0
	for _, counted := range counts {
		if counted {
			number++
		}
	}
	gradient = make([][]float64, len(logits))
	for i, row := range logits {
		gradient[i] = make([]float64, len(row))
		if !counts[i] {
			continue
		}
		largest, total := slices.Max(row), 0.0
		for _, x := range row {
			total += math.Exp(x - largest)
		}
		loss -= (row[labels[i]] - largest - math.Log(total)) / number
		for class, x := range row {
			gradient[i][class] = math.Exp(x-largest) / total / number
		}
		gradient[i][labels[i]] -= 1 / number
	}
	return loss, gradient
}
