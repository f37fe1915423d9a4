package hidden

import (
	"math"

	"courselab/autograde/check"
)

// layerInputs draws x [B, L, D] and the four weights [D, D] in Float64; a weight has variance 1/D, so that the scores
// stay moderate.
func layerInputs(t *check.T, batch, length, dim int) (x check.Tensor, w [4]check.Tensor) {
	for i := range w {
		drawn := arrayOf(t.Normal64(dim, dim))
		for j := range drawn.data {
			drawn.data[j] /= math.Sqrt(float64(dim))
		}
		w[i] = drawn.tensor()
	}
	return t.Normal64(batch, length, dim), w
}

// apply calls the student's layer and requires its shapes.
func apply(t *check.T, x check.Tensor, w [4]check.Tensor, heads int, allowed *mask) (output, weights check.Value) {
	output, weights = t.Call2("SelfAttention", x, w[0], w[1], w[2], w[3], heads, allowed.argument())
	t.Contract(weights, x.DType, x.Shape[0], heads, x.Shape[1], x.Shape[1])
	t.Contract(output, x.DType, x.Shape...)
	return output, weights
}

// compareLayer compares one call with the reference.
func compareLayer(t *check.T, batch, length, heads, width int, allowed *mask) {
	x, w := layerInputs(t, batch, length, heads*width)
	output, weights := apply(t, x, w, heads, allowed)
	wantOutput, wantWeights := selfAttention(arrayOf(x), arrayOf(w[0]), arrayOf(w[1]), arrayOf(w[2]), arrayOf(w[3]), heads, allowed)
	t.Close("weights", weights, wantWeights.tensor(), 1e-7, 1e-6)
	t.Close("output", output, wantOutput.tensor(), 1e-6, 1e-6)
}

// layerValues compares fresh sizes, a single head and heads of width one.
func layerValues(t *check.T) {
	p := primes(t.Rand(), 3)
	compareLayer(t, 2, p[0], 3, 2, nil)
	compareLayer(t, 3, p[1], 2, 5, nil)
	compareLayer(t, 1, p[2], 1, 4, nil)
	compareLayer(t, 2, 3, 5, 1, nil)
}

// layerMasked compares under a padding mask, a causal mask and one mask for each head.
func layerMasked(t *check.T) {
	const batch, length, heads = 3, 5, 2
	compareLayer(t, batch, length, heads, 3, randomMask(t.Rand(), 0.6, batch, 1, 1, length))
	compareLayer(t, batch, length, heads, 3, causalMask(length))
	compareLayer(t, batch, length, heads, 3, randomMask(t.Rand(), 0.6, batch, heads, length, length))
}

// layerOwnSteps requires that a layer's results belong together, whatever its scores are divided by: weights that
// follow the scores of each head, and the output that they make with W_V and W_O. A layer that hands x back does not pass.
func layerOwnSteps(t *check.T, x check.Tensor, w [4]check.Tensor, heads int, allowed *mask) {
	output, weights := apply(t, x, w, heads, allowed)
	t.RowsSumToOne("weights", weights, 1e-6)
	inHeads := func(i int) array { return splitHeads(project(arrayOf(x), arrayOf(w[i])), heads) }
	own := arrayOf(weights.Tensor())
	followScores(t, inHeads(0), inHeads(1), own, allowed)
	want := project(mergeHeads(average(own, inHeads(2))), arrayOf(w[3]))
	t.Close("output against the weights, W_V and W_O", output, want.tensor(), 1e-6, 1e-6)
}

// layerPermutation shuffles the tokens of a layer that does attend.
func layerPermutation(t *check.T) {
	x, w := layerInputs(t, 2, 7, 6)
	layerOwnSteps(t, x, w, 3, nil)
	t.PermutationEquivariant("SelfAttention", []int{0}, 1, 0, 1, check.Tolerance{Abs: 1e-8, Rel: 1e-8},
		x, w[0], w[1], w[2], w[3], 3, check.Nil)
}

// layerFuture requires that under a causal mask no earlier output moves when later tokens change, and that the output
// of the changed token does.
func layerFuture(t *check.T) {
	const length = 7
	x, w := layerInputs(t, 2, length, 6)
	layerOwnSteps(t, x, w, 3, causalMask(length))
	t.Causal("SelfAttention", []int{0}, 1, 0, 1, check.Tolerance{Abs: 1e-9},
		x, w[0], w[1], w[2], w[3], 3, causalMask(length).tensor())
}

// layerGradient compares the gradients of the output with finite differences of the reference, under a causal mask.
func layerGradient(t *check.T) {
	const batch, length, heads, dim = 1, 4, 2, 6
	x, w := layerInputs(t, batch, length, dim)
	allowed := causalMask(length)
	cotangent := t.Normal64(batch, length, dim)
	got := t.Gradient("SelfAttention", []int{0, 1, 2, 3, 4}, 0, cotangent,
		x, w[0], w[1], w[2], w[3], heads, allowed.tensor())
	args := []array{arrayOf(x), arrayOf(w[0]), arrayOf(w[1]), arrayOf(w[2]), arrayOf(w[3])}
	for i, name := range []string{"d/dx", "d/dW_Q", "d/dW_K", "d/dW_V", "d/dW_O"} {
		want := gradient(args[i], arrayOf(cotangent), func(moved array) array {
			a := append([]array(nil), args...)
			a[i] = moved
			output, _ := selfAttention(a[0], a[1], a[2], a[3], a[4], heads, allowed)
			return output
		})
		t.Close(name, got[i], want.tensor(), 1e-6, 1e-5)
	}
}
