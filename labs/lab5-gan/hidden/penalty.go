package hidden

import (
	"slices"

	"courselab/autograde/check"
)

// criticInputs draws real, fake, mix, w1, b1, w2 in Float64, for B examples of X values and M hidden units.
func criticInputs(t *check.T, batch, width, hidden int) []check.Tensor {
	mix := make([]float64, batch)
	for i := range mix {
		mix[i] = t.Rand().Float64()
	}
	return []check.Tensor{t.Normal64(batch, width), t.Normal64(batch, width), check.Of(mix, batch, 1),
		t.Normal64(width, hidden), t.Normal64(hidden), t.Normal64(hidden)}
}

// penaltyOf is the reference, with one of the inputs replaced if at is not negative.
func penaltyOf(inputs []check.Tensor, at int, by []float64) float64 {
	var lists [][]float64
	for _, x := range inputs {
		lists = append(lists, x.Float64s())
	}
	if at >= 0 {
		lists[at] = by
	}
	return penalty(lists[0], lists[1], lists[2], lists[3], lists[4], lists[5])
}

func comparePenalty(t *check.T, batch, width, hidden int) {
	inputs := criticInputs(t, batch, width, hidden)
	got := t.Call1("GradientPenalty", arguments(inputs)...)
	t.Contract(got, "Float64")
	t.Close("penalty", got, penaltyOf(inputs, -1, nil), 1e-9, 1e-9)
}

func arguments(tensors []check.Tensor) (args []any) {
	for _, x := range tensors {
		args = append(args, x)
	}
	return args
}

func penaltyValues(t *check.T) {
	for range 3 {
		p := primes(t, 3)
		comparePenalty(t, p[0], p[1], p[2])
	}
}

func penaltyGradient(t *check.T) {
	inputs := criticInputs(t, 3, 2, 5)
	got := t.Gradient("GradientPenalty", []int{3, 4, 5}, 0, check.Tensor{}, arguments(inputs)...)
	for i, name := range []string{"w1", "b1", "w2"} {
		at := 3 + i
		want := differences(slices.Clone(inputs[at].Float64s()), func(x []float64) float64 { return penaltyOf(inputs, at, x) })
		t.Close("d/d"+name, got[i], check.Of(want, inputs[at].Shape...), 1e-6, 1e-6)
	}
}

func penaltyEdges(t *check.T) {
	for _, size := range [][3]int{{1, 1, 1}, {1, 3, 2}, {4, 1, 2}, {2, 5, 1}} {
		comparePenalty(t, size[0], size[1], size[2])
	}
}
