package hidden

import (
	"courselab/autograde/check"
)

const function = "ScaledDotProduct"

// Float32 against float64: sums of at most 13 products of standard normals.
const (
	atol = 2e-5
	rtol = 1e-4
)

// attend calls the student's function and requires the shapes and dtype of the contract.
func attend(t *check.T, query, key, value check.Tensor, allowed *mask) (output, weights check.Value) {
	output, weights = t.Call2(function, query, key, value, allowed.argument())
	t.Contract(weights, query.DType, query.Shape[0], query.Shape[1], query.Shape[2], key.Shape[2])
	t.Contract(output, query.DType, query.Shape[0], query.Shape[1], query.Shape[2], value.Shape[3])
	return output, weights
}

// attentionValues compares weights and output with the reference for fresh sizes, K = V and K ≠ V.
func attentionValues(t *check.T) {
	for range 3 {
		p := primes(t.Rand(), 6)
		batch, heads, queries, keys, width, valueWidth := p[0], p[1], p[2], p[3], p[4], p[5]
		query, key := t.Normal(batch, heads, queries, width), t.Normal(batch, heads, keys, width)
		value := t.Normal(batch, heads, keys, valueWidth)
		output, weights := attend(t, query, key, value, nil)
		wantOutput, wantWeights := scaledDotProduct(arrayOf(query), arrayOf(key), arrayOf(value), nil)
		t.Close("weights", weights, wantWeights.tensor(), atol, rtol)
		t.Close("output", output, wantOutput.tensor(), atol, rtol)
	}
}

// attentionOwnSteps holds whatever the scores are divided by: it gives credit for the softmax and the average.
func attentionOwnSteps(t *check.T) {
	p := primes(t.Rand(), 6)
	query, key := t.Normal(p[0], p[1], p[2], p[4]), t.Normal(p[0], p[1], p[3], p[4])
	value := t.Normal(p[0], p[1], p[3], p[5])
	output, weights := attend(t, query, key, value, nil)
	ownSteps(t, query, key, value, nil, output, weights)
}

// ownSteps requires what does not depend on the scale: rows of weights over the allowed keys sum to one, a key with a
// higher score never weighs less, the best weighs more than the worst, and output is the average under these weights.
func ownSteps(t *check.T, query, key, value check.Tensor, allowed *mask, output, weights check.Value) {
	t.RowsSumToOne("weights", weights, 1e-4)
	w := arrayOf(weights.Tensor())
	followScores(t, arrayOf(query), arrayOf(key), w, allowed)
	t.Close("output against weights·V", output, average(w, arrayOf(value)).tensor(), 1e-4, 1e-3)
}

// followScores requires that among the allowed keys a higher q·k never weighs less, and that the best key weighs more
// than the worst: equal weights for everything do not pass.
func followScores(t *check.T, q, k, w array, allowed *mask) {
	batch, heads, queries, keys := w.shape[0], w.shape[1], w.shape[2], w.shape[3]
	for b := range batch {
		for h := range heads {
			for i := range queries {
				score := func(j int) (sum float64) {
					for c := range q.shape[3] {
						sum += q.get(b, h, i, c) * k.get(b, h, j, c)
					}
					return sum
				}
				best, worst := -1, -1
				for j := range keys {
					if !allowed.allows(b, h, i, j) {
						continue
					}
					if best < 0 || score(j) > score(best) {
						best = j
					}
					if worst < 0 || score(j) < score(worst) {
						worst = j
					}
					for other := range j {
						if allowed.allows(b, h, i, other) && (score(j)-score(other))*(w.get(b, h, i, j)-w.get(b, h, i, other)) < -1e-5 {
							t.Failf("a key with a lower score weighs more than one with a higher score")
						}
					}
				}
				if best >= 0 && score(best)-score(worst) > 0.5 && !(w.get(b, h, i, best) > w.get(b, h, i, worst)*1.01) {
					t.Failf("the best key weighs no more than the worst")
				}
			}
		}
	}
}

// average is weights·V for weights [B, H, Lq, Lk] and value [B, H, Lk, V].
func average(weights, value array) array {
	batch, heads, queries, keys := weights.shape[0], weights.shape[1], weights.shape[2], weights.shape[3]
	out := newArray(batch, heads, queries, value.shape[3])
	for b := range batch {
		for h := range heads {
			for q := range queries {
				for k := range keys {
					for i := range value.shape[3] {
						out.data[out.at(b, h, q, i)] += weights.get(b, h, q, k) * value.get(b, h, k, i)
					}
				}
			}
		}
	}
	return out
}

// attentionLargeScores uses scores of thousands, of both signs: every row is far above zero or far below it throughout.
func attentionLargeScores(t *check.T) {
	const batch, heads, queries, keys, width = 1, 2, 5, 7, 4
	query := make([]float32, batch*heads*queries*width)
	for i := range query {
		query[i] = []float32{60, -60}[i/width%2] // even queries score about +3600, odd ones about -3600
	}
	key, value := spread(t, 29.5, 30.5, batch, heads, keys, width), t.Normal(batch, heads, keys, 3)
	asked := check.Of(query, batch, heads, queries, width)
	output, weights := attend(t, asked, key, value, nil)
	t.Finite("weights", weights)
	t.Finite("output", output)
	ownSteps(t, asked, key, value, nil, output, weights)
}

// attentionGradient compares the gradients of both results with finite differences of the reference.
func attentionGradient(t *check.T) {
	width := 3 + 2*t.Rand().IntN(2) // neither the batch nor the number of heads
	query, key := t.Normal64(1, 2, 4, width), t.Normal64(1, 2, 7, width)
	value := t.Normal64(1, 2, 7, 6)
	args := []array{arrayOf(query), arrayOf(key), arrayOf(value)}
	for output, wrt := range [][]int{{0, 1, 2}, {0, 1}} {
		reference := func(args []array) array {
			out, weights := scaledDotProduct(args[0], args[1], args[2], nil)
			return []array{out, weights}[output]
		}
		cotangent := t.Normal64(reference(args).shape...)
		got := t.Gradient(function, wrt, output, cotangent, query, key, value, check.Nil)
		for i, argument := range wrt {
			want := gradient(args[argument], arrayOf(cotangent), func(x array) array {
				moved := append([]array(nil), args...)
				moved[argument] = x
				return reference(moved)
			})
			t.Close([]string{"d/dquery", "d/dkey", "d/dvalue"}[argument], got[i], want.tensor(), 1e-6, 1e-5)
		}
	}
}

// attentionFloat64 asks in Float64 and compares sharply.
func attentionFloat64(t *check.T) {
	p := primes(t.Rand(), 4)
	query, key := t.Normal64(1, p[0], p[1], p[2]), t.Normal64(1, p[0], p[3], p[2])
	value := t.Normal64(1, p[0], p[3], 4)
	output, weights := attend(t, query, key, value, nil)
	wantOutput, wantWeights := scaledDotProduct(arrayOf(query), arrayOf(key), arrayOf(value), nil)
	t.Close("weights", weights, wantWeights.tensor(), 1e-9, 1e-9)
	t.Close("output", output, wantOutput.tensor(), 1e-9, 1e-9)
}

// attentionEdges walks through sizes with axes of one.
func attentionEdges(t *check.T) {
	for _, size := range [][6]int{
		// B, H, Lq, Lk, K, V
		{1, 1, 1, 3, 2, 5}, {1, 1, 3, 1, 2, 1}, {2, 1, 1, 1, 1, 1}, {1, 3, 2, 5, 1, 4}, {1, 1, 7, 7, 7, 7},
	} {
		query, key := t.Normal(size[0], size[1], size[2], size[4]), t.Normal(size[0], size[1], size[3], size[4])
		value := t.Normal(size[0], size[1], size[3], size[5])
		output, weights := attend(t, query, key, value, nil)
		wantOutput, wantWeights := scaledDotProduct(arrayOf(query), arrayOf(key), arrayOf(value), nil)
		t.Close("weights", weights, wantWeights.tensor(), atol, rtol)
		t.Close("output", output, wantOutput.tensor(), atol, rtol)
	}
}
