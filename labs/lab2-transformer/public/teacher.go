package public

import (
	"math"
	"slices"

	"courselab/autograde/check"
	"courselab/coursekit/worked"
)

// forcedBatch shifts the lecture's batch.
func forcedBatch(t *check.T) {
	rows, width := len(worked.Batch.IDs), worked.Batch.Width
	var inputs, targets []int32
	var mask []bool
	for _, row := range worked.Batch.IDs {
		inputs, targets = append(inputs, row[:width-1]...), append(targets, row[1:]...)
		for _, id := range row[1:] {
			mask = append(mask, id != worked.Pad)
		}
	}
	gotInputs, gotTargets, gotMask := t.Call3("TeacherForcing",
		check.Of(slices.Concat(worked.Batch.IDs...), rows, width), worked.Pad)
	t.Contract(gotInputs, "Int32", rows, width-1)
	t.Contract(gotTargets, "Int32", rows, width-1)
	t.Contract(gotMask, "Bool", rows, width-1)
	if slices.Equal(gotTargets.Tensor().Float64s(), gotInputs.Tensor().Float64s()) {
		t.Failf("the targets are the inputs: the model would learn to repeat what it reads; move them on by one")
	}
	t.Equal("inputs", gotInputs, check.Of(inputs, rows, width-1))
	t.Equal("targets", gotTargets, check.Of(targets, rows, width-1))
	t.Equal("mask", gotMask, check.Of(mask, rows, width-1))
}

// uniformLoss gives equal logits to V = 8 tokens, with three of six positions padding, and then a model that is right.
func uniformLoss(t *check.T) {
	const vocabulary = 8
	targets := check.Of([]int32{3, 7, 0, 1, 1, 1}, 2, 3)
	mask := check.Of([]bool{true, true, false, true, false, false}, 2, 3)
	got := t.Call1("TokenLoss", check.Of(make([]float32, 6*vocabulary), 2, 3, vocabulary), targets, mask)
	t.Contract(got, "Float32")
	switch loss := got.Tensor().Float64s()[0]; {
	case near(loss, math.Log(vocabulary)/2):
		t.Failf("got %.4f: divided by all 6 positions, but only 3 of them hold a token", loss)
	case near(loss, 3*math.Log(vocabulary)):
		t.Failf("got %.4f: that is the sum over the tokens, want their mean", loss)
	case near(loss, -math.Log(vocabulary)):
		t.Failf("got %.4f: the loss is minus the log-probability", loss)
	}
	t.Close("TokenLoss of equal logits", got, math.Log(vocabulary), 1e-5, 0)

	sure := make([]float32, 6*vocabulary)
	for position, target := range []int{3, 7, 5, 1, 5, 5} { // wrong wherever the mask is false
		sure[position*vocabulary+target] = 50
	}
	t.Close("TokenLoss of a model that is right where it counts", t.Call1("TokenLoss", check.Of(sure, 2, 3, vocabulary), targets, mask), 0., 1e-5, 0)
}
