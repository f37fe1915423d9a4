package public

import "courselab/autograde/check"

// feedForwardTable sends the tokens (1, 2) and (-1, 1) through D = 2, F = 3, with numbers that are easy on paper:
// (1, 2) -> 1 2 -1 -> + b_1: 1 3 -2 -> cut off: 1 3 0 -> ·W_2: 1 31 -> + b_2: 101 231.
func feedForwardTable(t *check.T) {
	got := t.Call1("FeedForward", check.Of([]float32{1, 2, -1, 1}, 1, 2, 2),
		check.Of([]float32{1, 0, 1, 0, 1, -1}, 2, 3), check.Of([]float32{0, 1, -1}, 3),
		check.Of([]float32{1, 1, 0, 10, 100, 1000}, 3, 2), check.Of([]float32{100, 200}, 2))
	t.Contract(got, "Float32", 1, 2, 2)
	switch values := got.Tensor().Float64s(); {
	case near(values[0], -99) && near(values[1], -1769):
		t.Failf("got %v: nothing was cut off below zero between the two matrices", values)
	case near(values[0], 1) && near(values[1], 31):
		t.Failf("got %v: b_2 is missing", values)
	}
	t.Close("FeedForward(x)", got, check.Of([]float64{101, 231, 100, 220}, 1, 2, 2), 1e-3, 0)
}

// blockStream sets W_O and W_2 to zero: both sub-layers add nothing but b_2, so that to return x is no answer.
func blockStream(t *check.T) {
	const width, inner = 4, 5
	x := t.Normal(2, 3, width)
	ones := check.Of([]float32{1, 1, 1, 1}, width)
	zeros := func(shape ...int) check.Tensor {
		size := 1
		for _, dim := range shape {
			size *= dim
		}
		return check.Of(make([]float32, size), shape...)
	}
	attention := []check.Tensor{t.Normal(width, width), t.Normal(width, width), t.Normal(width, width), zeros(width, width)}
	feedForward := []check.Tensor{t.Normal(width, inner), t.Normal(inner), zeros(inner, width), check.Of([]float32{1, -2, 3, 0.5}, width)}
	norm := []check.Tensor{ones, zeros(width)}
	got := t.Call1("Block", x, norm, attention, norm, feedForward)
	t.Contract(got, "Float32", 2, 3, width)
	want := x.Float64s()
	for i := range want {
		want[i] += []float64{1, -2, 3, 0.5}[i%width]
	}
	t.Close("Block(x) with sub-layers that add nothing but the last bias", got, check.Of(want, 2, 3, width), 1e-5, 0)
}
