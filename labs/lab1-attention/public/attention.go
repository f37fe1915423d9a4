package public

import (
	"math"

	"courselab/autograde/check"
	"courselab/coursekit/worked"
)

// The lecture's "Thinking Machines" in tensors: one query and two keys of d_k = 64 equal features each, with the scores
// 112 and 96.
var (
	width = worked.Attention.KeyWidth
	query = fill(worked.Attention.Query, width)
	keys  = append(fill(worked.Attention.Keys[0], width), fill(worked.Attention.Keys[1], width)...)
	share = worked.Attention.Weights // 0.88 and 0.12
)

// thinkingMachines runs the lecture's example and, when the weights are wrong, says which step they speak of.
func thinkingMachines(t *check.T) {
	value := []float32{1, 0, 10, 0, 1, 20}
	output, weights := t.Call2("ScaledDotProduct", check.Of(query, 1, 1, 1, width), check.Of(keys, 1, 1, 2, width),
		check.Of(value, 1, 1, 2, 3), check.Nil)
	t.Contract(weights, "Float32", 1, 1, 1, 2)
	got := weights.Tensor().Float64s()
	for _, mistake := range mistakes {
		if near(got[0], mistake.weights[0]) && near(got[1], mistake.weights[1]) {
			t.Failf("weights are %.4f and %.4f: %s", got[0], got[1], mistake.step)
		}
	}
	t.Close("weights", weights, check.Of(share[:], 1, 1, 1, 2), 1e-5, 0)
	t.Contract(output, "Float32", 1, 1, 1, 3)
	t.Close("output", output, check.Of([]float64{share[0], share[1], 10*share[0] + 20*share[1]}, 1, 1, 1, 3), 1e-4, 0)
}

// mistakes are weights that tell which step of the example went wrong.
var mistakes = []struct {
	weights [2]float64
	step    string
}{
	{[2]float64{1, 0}, "the scores 112 and 96 went into the softmax undivided; divide by √d_k = 8 first"},
	{[2]float64{0.562177, 0.437823}, "the scores were divided by d_k = 64; divide by √d_k = 8"},
	{[2]float64{1, 1}, "each column sums to one; the softmax must run over the keys, the last axis"},
	{[2]float64{14, 12}, "these are the scores after the division; the softmax is missing"},
	{[2]float64{112, 96}, "these are the raw scores; the division and the softmax are missing"},
	{[2]float64{0.119203, 0.880797}, "the two keys have changed places"},
	{[2]float64{0.5, 0.5}, "both keys weigh the same: the scores do not reach the softmax"},
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-4 }

func fill(value float64, size int) []float32 {
	out := make([]float32, size)
	for i := range out {
		out[i] = float32(value)
	}
	return out
}

// attentionSteps uses a different prime for every size, so that a swapped axis shows, and inputs whose answer is known
// without a calculation: a query of zeros averages all values, a query that matches one key alone picks its value.
func attentionSteps(t *check.T) {
	const batch, heads, queries, keys, width, valueWidth = 2, 3, 5, 7, 11, 13
	key := make([]float32, batch*heads*keys*width) // key j is one-hot at j
	for row := range batch * heads * keys {
		key[row*width+row%keys] = 1
	}
	value := make([]float32, batch*heads*keys*valueWidth)
	for i := range value {
		value[i] = float32(i%17) / 4
	}
	query := make([]float32, batch*heads*queries*width) // query 0 is zero, query q > 0 wants key q and no other
	for row := range batch * heads * queries {
		if q := row % queries; q > 0 {
			query[row*width+q] = 300
		}
	}
	output, weights := t.Call2("ScaledDotProduct", check.Of(query, batch, heads, queries, width),
		check.Of(key, batch, heads, keys, width), check.Of(value, batch, heads, keys, valueWidth), check.Nil)
	t.Contract(weights, "Float32", batch, heads, queries, keys)
	t.Contract(output, "Float32", batch, heads, queries, valueWidth)
	t.RowsSumToOne("weights", weights, 1e-5)

	wantWeights := make([]float32, batch*heads*queries*keys)
	wantOutput := make([]float32, batch*heads*queries*valueWidth)
	for group := range batch * heads {
		for q := range queries {
			for k := range keys {
				weight := float32(1) / keys
				if q > 0 {
					weight = 0
					if k == q {
						weight = 1
					}
				}
				wantWeights[(group*queries+q)*keys+k] = weight
				for i := range valueWidth {
					wantOutput[(group*queries+q)*valueWidth+i] += weight * value[(group*keys+k)*valueWidth+i]
				}
			}
		}
	}
	t.Close("weights", weights, check.Of(wantWeights, batch, heads, queries, keys), 1e-5, 0)
	t.Close("output", output, check.Of(wantOutput, batch, heads, queries, valueWidth), 1e-4, 0)
}
