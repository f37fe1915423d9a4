package hidden

import (
	"math"

	"courselab/autograde/check"
)

// feedForwardValues compares fresh sizes, and an inner layer of width one.
func feedForwardValues(t *check.T) {
	for range 2 {
		p := primes(t, 4)
		compareFeedForward(t, p[0], p[1], p[2], p[3])
	}
	compareFeedForward(t, 1, 5, 3, 1)
}

func compareFeedForward(t *check.T, batch, length, width, inner int) {
	x, w1, b1 := t.Normal64(batch, length, width), t.Normal64(width, inner), t.Normal64(inner)
	w2, b2 := t.Normal64(inner, width), t.Normal64(width)
	got := t.Call1("FeedForward", x, w1, b1, w2, b2)
	t.Contract(got, "Float64", batch, length, width)
	want := feedForward(rowsOf(x), rowsOf(w1), b1.Float64s(), rowsOf(w2), b2.Float64s())
	t.Close("FeedForward", got, tensor(want, batch, length, width), 1e-9, 1e-9)
}

// epsilon is the lab's Epsilon.
const epsilon = 1e-5

// layer is the input and the weights of a block in Float64.
type layer struct {
	batch, length, width, inner          int
	x                                    check.Tensor
	norm1, attention, norm2, feedForward []check.Tensor
}

// drawLayer draws them: matrices with variance 1/rows, so that scores stay moderate, gains near one.
func drawLayer(t *check.T, batch, length, width, inner int) layer {
	matrix := func(rows, columns int) check.Tensor {
		drawn := t.Normal64(rows, columns).Float64s()
		for i := range drawn {
			drawn[i] /= math.Sqrt(float64(rows))
		}
		return check.Of(drawn, rows, columns)
	}
	norm := func() []check.Tensor {
		gamma := t.Uniform(0.5, 2, width).Float64s()
		return []check.Tensor{check.Of(gamma, width), t.Normal64(width)}
	}
	return layer{batch, length, width, inner, t.Normal64(batch, length, width), norm(),
		[]check.Tensor{matrix(width, width), matrix(width, width), matrix(width, width), matrix(width, width)}, norm(),
		[]check.Tensor{matrix(width, inner), t.Normal64(inner), matrix(inner, width), t.Normal64(width)}}
}

// call asks the student's Block and requires the shape and dtype of x.
func (l layer) call(t *check.T) check.Value {
	got := t.Call1("Block", l.x, l.norm1, l.attention, l.norm2, l.feedForward)
	t.Contract(got, "Float64", l.batch, l.length, l.width)
	return got
}

// attend is the given attention of rows, by the reference.
func (l layer) attend(rows [][]float64) [][]float64 {
	var w [4][][]float64
	for i := range w {
		w[i] = rowsOf(l.attention[i])
	}
	return attend(rows, l.length, w)
}

// block is the whole block of x by the reference.
func (l layer) block(x [][]float64) [][]float64 {
	y := sum(x, l.attend(layerNorm(x, l.norm1[0].Float64s(), l.norm1[1].Float64s(), epsilon)))
	ff := l.feedForward
	normalized := layerNorm(y, l.norm2[0].Float64s(), l.norm2[1].Float64s(), epsilon)
	return sum(y, feedForward(normalized, rowsOf(ff[0]), ff[1].Float64s(), rowsOf(ff[2]), ff[3].Float64s()))
}

// blockValues compares fresh sizes and sequences of length one.
func blockValues(t *check.T) {
	p := primes(t, 2)
	for _, l := range []layer{drawLayer(t, 2, p[0], p[1], 4), drawLayer(t, 3, 1, 3, 7)} {
		t.Close("Block", l.call(t), tensor(l.block(rowsOf(l.x)), l.batch, l.length, l.width), 1e-6, 1e-6)
	}
}

// blockOwnSteps makes the block of the student's own LayerNorm and FeedForward: a slip in them is charged where it is.
func blockOwnSteps(t *check.T) {
	l := drawLayer(t, 2, primes(t, 1)[0], 6, 4)
	normalized := func(x check.Tensor, norm []check.Tensor) check.Tensor {
		got := normalize(t, x, norm[0], norm[1], epsilon)
		t.Finite("LayerNorm", got)
		return got.Tensor()
	}
	x := rowsOf(l.x)
	y := sum(x, l.attend(rowsOf(normalized(l.x, l.norm1))))
	ff := l.feedForward
	added := t.Call1("FeedForward", normalized(tensor(y, l.batch, l.length, l.width), l.norm2), ff[0], ff[1], ff[2], ff[3])
	t.Contract(added, "Float64", l.batch, l.length, l.width)
	want := sum(y, rowsOf(added.Tensor()))
	t.Finite("FeedForward", added)
	t.Close("Block", l.call(t), tensor(want, l.batch, l.length, l.width), 1e-6, 1e-6)
}

// smooth tells whether the cut-off at zero is far enough from all inputs for finite differences.
func (l layer) smooth() bool {
	x, ff := rowsOf(l.x), l.feedForward
	y := sum(x, l.attend(layerNorm(x, l.norm1[0].Float64s(), l.norm1[1].Float64s(), epsilon)))
	for _, row := range times(layerNorm(y, l.norm2[0].Float64s(), l.norm2[1].Float64s(), epsilon), rowsOf(ff[0]), ff[1].Float64s()) {
		for _, inner := range row {
			if math.Abs(inner) < 1e-3 {
				return false
			}
		}
	}
	return true
}

// blockGradient compares the gradient of x with finite differences of the reference.
func blockGradient(t *check.T) {
	l := drawLayer(t, 1, 3, 4, 5)
	for !l.smooth() {
		l = drawLayer(t, 1, 3, 4, 5)
	}
	cotangent := t.Normal64(l.batch, l.length, l.width)
	got := t.Gradient("Block", []int{0}, 0, cotangent, l.x, l.norm1, l.attention, l.norm2, l.feedForward)
	want := slopes(l.x.Float64s(), cotangent.Float64s(), func(x []float64) []float64 {
		return tensor(l.block(rowsOf(check.Of(x, l.batch, l.length, l.width))), l.batch, l.length, l.width).Float64s()
	})
	t.Close("d/dx", got[0], check.Of(want, got[0].Shape...), 1e-5, 1e-5)
}
