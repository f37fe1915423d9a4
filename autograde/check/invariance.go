package check

import (
	"fmt"
	"slices"
)

// maxPositions bounds how many positions an invariance check probes in a long sequence.
const maxPositions = 8

// inputOf returns argument number i, which must be a tensor.
func inputOf(args []any, i int) Tensor {
	switch a := args[i].(type) {
	case Tensor:
		return a
	case Value:
		return a.Tensor()
	}
	panic(fmt.Errorf("check: argument %d is %T, want a Tensor", i, args[i]))
}

// replaced returns the arguments with some of them changed.
func replaced(args []any, inputs []int, change func(Tensor) Tensor) []any {
	out := slices.Clone(args)
	for _, i := range inputs {
		out[i] = change(inputOf(args, i))
	}
	return out
}

// outputAxisFits ends the check when the output has no such axis of the wanted length.
func (t *T) outputAxisFits(function string, out Tensor, axis, length int) {
	resolved := axis
	if axis < 0 {
		resolved += out.Rank()
	}
	if resolved < 0 || resolved >= out.Rank() || out.Shape[resolved] != length {
		t.Failf("the result of %s has shape %v, want %d positions on axis %d", function, out.Shape, length, axis)
	}
}

// Causal requires that results[output] at positions up to p stays when the arguments inputs change after p, for every
// p (at most 8 drawn ones in a long sequence), and that it moves somewhere when they change at all. inputAxis and
// outputAxis are the position axes of inputs and output; negative axes count from the end.
func (t *T) Causal(function string, inputs []int, inputAxis, output, outputAxis int, tolerance Tolerance, args ...any) {
	first := inputOf(args, inputs[0])
	length := first.Shape[axisOf(first, inputAxis)]
	if length < 2 {
		panic("check: Causal needs at least two positions")
	}
	before := t.outputOf(function, output, args)
	t.outputAxisFits(function, before, outputAxis, length)
	last := t.rng.Perm(length - 1) // the last position that must stay
	moved := false
	for _, p := range last[:min(len(last), maxPositions)] {
		future, past := span(p+1, length), span(0, p+1)
		after := t.outputOf(function, output, replaced(args, inputs, func(x Tensor) Tensor { return t.redraw(x, inputAxis, future) }))
		what := fmt.Sprintf("the output at positions 0 to %d changed when only the input after position %d changed: a later position leaks", p, p)
		if p == 0 {
			what = "the output at position 0 changed when only the input after position 0 changed: a later position leaks"
		}
		moved = t.unmoved(what, before, after, outputAxis, past, tolerance) || moved
	}
	if !moved {
		t.Failf("the output of %s does not depend on its input at all", function)
	}
}

func span(from, to int) []int {
	out := []int{}
	for i := from; i < to; i++ {
		out = append(out, i)
	}
	return out
}

// PaddingInvariant requires that results[output] at the kept positions stays when the arguments inputs are scrambled at
// the positions that are not kept. keep holds one bool for each position of inputAxis. outputAxis is the axis of the
// output with those positions, or [NoAxis] if the whole output must stay.
func (t *T) PaddingInvariant(function string, inputs []int, inputAxis int, keep []bool, output, outputAxis int, tolerance Tolerance, args ...any) {
	kept, padding := []int{}, []int{}
	for i, k := range keep {
		if k {
			kept = append(kept, i)
		} else {
			padding = append(padding, i)
		}
	}
	if len(kept) == 0 || len(padding) == 0 {
		panic("check: PaddingInvariant needs both kept and padded positions")
	}
	before := t.outputOf(function, output, args)
	if outputAxis != NoAxis {
		t.outputAxisFits(function, before, outputAxis, len(keep))
	}
	after := t.outputOf(function, output, replaced(args, inputs, func(x Tensor) Tensor { return t.redraw(x, inputAxis, padding) }))
	t.unmoved("the output changed when only padded positions of the input changed", before, after, outputAxis, kept, tolerance)
}

// PermutationEquivariant permutes the arguments inputs along inputAxis and requires results[output] permuted likewise
// along outputAxis, or unchanged for [NoAxis] (invariance).
func (t *T) PermutationEquivariant(function string, inputs []int, inputAxis, output, outputAxis int, tolerance Tolerance, args ...any) {
	first := inputOf(args, inputs[0])
	length := first.Shape[axisOf(first, inputAxis)]
	if length < 2 {
		panic("check: PermutationEquivariant needs at least two positions")
	}
	order := t.rng.Perm(length)
	for slices.IsSorted(order) {
		order = t.rng.Perm(length)
	}
	before := t.outputOf(function, output, args)
	want := before
	if outputAxis != NoAxis {
		t.outputAxisFits(function, before, outputAxis, length)
		want = take(before, outputAxis, order)
	}
	got := t.outputOf(function, output, replaced(args, inputs, func(x Tensor) Tensor { return take(x, inputAxis, order) }))
	what := fmt.Sprintf("with the input in the order %v the output is not the old one in that order", order)
	if outputAxis == NoAxis {
		what = fmt.Sprintf("with the input in the order %v the output changed", order)
	}
	t.unmoved(what, want, got, NoAxis, nil, tolerance)
}
