package public

import "courselab/autograde/check"

// identity is the d by d identity matrix times scale.
func identity(d int, scale float32) check.Tensor {
	out := make([]float32, d*d)
	for i := range d {
		out[i*d+i] = scale
	}
	return check.Of(out, d, d)
}

// layerOneHead feeds two orthogonal tokens of length 2 through one head and identity weights: d_k = 4, so the scores
// are 4/√4 = 2 on the diagonal and 0 off it, and the weights e²/(e²+1) and 1/(e²+1), that is 0.8808 and 0.1192 again.
func layerOneHead(t *check.T) {
	one := identity(4, 1)
	x := check.Of([]float32{
		2, 0, 0, 0,
		0, 2, 0, 0,
	}, 1, 2, 4)
	output, weights := t.Call2("SelfAttention", x, one, one, one, one, 1, check.Nil)
	t.Contract(weights, "Float32", 1, 1, 2, 2)
	t.Contract(output, "Float32", 1, 2, 4)
	t.Close("weights", weights, check.Of([]float64{
		share[0], share[1],
		share[1], share[0],
	}, 1, 1, 2, 2), 1e-5, 0)
	t.Close("output", output, check.Of([]float64{
		2 * share[0], 2 * share[1], 0, 0,
		2 * share[1], 2 * share[0], 0, 0,
	}, 1, 2, 4), 1e-4, 0)
}

// layerShapes uses three heads, W_O = 10 times the identity and a causal mask: the first token sees itself alone, so its
// output is 10 times its own features, whatever the scores are.
func layerShapes(t *check.T) {
	const length, width, heads = 5, 6, 3
	x := t.Normal(2, length, width)
	causal := make([]bool, length*length)
	for q := range length {
		for k := range length {
			causal[q*length+k] = k <= q
		}
	}
	one := identity(width, 1)
	output, weights := t.Call2("SelfAttention", x, one, one, one, identity(width, 10), heads,
		check.Of(causal, 1, 1, length, length))
	t.Contract(weights, "Float32", 2, heads, length, length)
	t.Contract(output, "Float32", 2, length, width)
	t.RowsSumToOne("weights", weights, 1e-5)
	for i, weight := range weights.Tensor().Float64s() {
		if query, key := i/length%length, i%length; key > query && weight != 0 {
			t.Failf("query %d gives key %d the weight %.4f although the mask hides it", query, key, weight)
		}
	}
	got, features := output.Tensor().Float64s(), x.Float64s()
	for _, token := range []int{0, length} { // the first token of each sequence
		for i := range width {
			want := 10 * features[token*width+i]
			if !(got[token*width+i]-want < 1e-3 && want-got[token*width+i] < 1e-3) {
				t.Failf("feature %d of the first token is %.4f, want %.4f: it sees itself alone, so its output is x·W_V·W_O",
					i, got[token*width+i], want)
			}
		}
	}
}
