package public

import (
	"slices"

	"courselab/autograde/check"
	"courselab/coursekit/worked"
)

// causalTable asks for the mask of four positions.
func causalTable(t *check.T) {
	got := t.Call1("Causal", 4)
	t.Contract(got, "Bool", 1, 1, 4, 4)
	t.Equal("Causal(4)", got, check.Of([]bool{
		true, false, false, false,
		true, true, false, false,
		true, true, true, false,
		true, true, true, true,
	}, 1, 1, 4, 4))
}

// paddingOfTheBatch asks for the padding mask of the lecture's batch.
func paddingOfTheBatch(t *check.T) {
	rows, width := len(worked.Batch.IDs), worked.Batch.Width
	ids := slices.Concat(worked.Batch.IDs...)
	want := make([]bool, len(ids))
	for i, id := range ids {
		want[i] = id != worked.Pad
	}
	got := t.Call1("Padding", check.Of(ids, rows, width), worked.Pad)
	t.Contract(got, "Bool", rows, 1, 1, width)
	t.Equal("Padding(batch, 999)", got, check.Of(want, rows, 1, 1, width))
}

// combineTables joins a padding mask of two rows with a causal mask, and each of them with nil.
func combineTables(t *check.T) {
	padding := check.Of([]bool{true, true, true, true, true, false}, 2, 1, 1, 3)
	causal := check.Of([]bool{true, false, false, true, true, false, true, true, true}, 1, 1, 3, 3)
	got := t.Call1("Combine", padding, causal)
	t.Contract(got, "Bool", 2, 1, 3, 3)
	t.Equal("Combine(padding, causal)", got, check.Of([]bool{
		true, false, false,
		true, true, false,
		true, true, true,

		true, false, false,
		true, true, false,
		true, true, false,
	}, 2, 1, 3, 3))
	t.Equal("Combine(padding, nil)", t.Call1("Combine", padding, check.Nil), padding)
	t.Equal("Combine(nil, causal)", t.Call1("Combine", check.Nil, causal), causal)
}

// hiddenWord adds to the lecture's example a third key with a far higher score, and hides it: nothing may change.
func hiddenWord(t *check.T) {
	asked, three := check.Of(query, 1, 1, 1, width), slices.Concat(keys, fill(5, width))
	wantOutput, twoWeights := t.Call2("ScaledDotProduct", asked, check.Of(keys, 1, 1, 2, width),
		check.Of([]float32{1, 2}, 1, 1, 2, 1), check.Nil)
	output, weights := t.Call2("ScaledDotProduct", asked, check.Of(three, 1, 1, 3, width),
		check.Of([]float32{1, 2, 1000}, 1, 1, 3, 1), check.Of([]bool{true, true, false}, 1, 1, 1, 3))

	t.Contract(twoWeights, "Float32", 1, 1, 1, 2)
	t.Contract(weights, "Float32", 1, 1, 1, 3)
	want, got := twoWeights.Tensor().Float64s(), weights.Tensor().Float64s()
	switch {
	case got[2] > 0.9:
		t.Failf("weights are %.4f: the hidden word got nearly all the weight", got)
	case near(got[0], 0) && near(got[1], 0) && near(got[2], 0):
		t.Failf("weights are %.4f: the hidden word was taken out after the softmax, when its share was already gone", got)
	}
	t.RowsSumToOne("weights", weights, 1e-5)
	t.RowsSumToOne("weights without the hidden word", twoWeights, 1e-5)
	t.Finite("output without the hidden word", wantOutput)
	t.Close("weights with the hidden word", weights, check.Of([]float64{want[0], want[1], 0}, 1, 1, 1, 3), 1e-5, 0)
	t.Close("output with the hidden word", output, wantOutput, 1e-4, 0)
}
