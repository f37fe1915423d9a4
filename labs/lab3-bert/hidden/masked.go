package hidden

import "courselab/autograde/check"

// drawPositions draws positions of each row; a position may come twice.
func drawPositions(t *check.T, batch, places, length int) (check.Tensor, [][]int) {
	var flat []int32
	rows := make([][]int, batch)
	for b := range rows {
		for range places {
			position := t.Rand().IntN(length)
			flat, rows[b] = append(flat, int32(position)), append(rows[b], position)
		}
	}
	return check.Of(flat, batch, places), rows
}

// picks compares fresh sizes, and one place of one token.
func picks(t *check.T) {
	p := primes(t, 4)
	for _, size := range [][4]int{{p[0], p[1], p[2], p[3]}, {2, 1, 1, 3}, {3, 5, 2, 1}} {
		batch, length, places, width := size[0], size[1], size[2], size[3]
		states := t.Normal(batch, length, width)
		positions, at := drawPositions(t, batch, places, length)
		got := t.Call1("AtPositions", states, positions)
		t.Contract(got, "Float32", batch, places, width)
		var want [][]float64
		for b, row := range at {
			for _, position := range row {
				want = append(want, rowsOf(states)[b*length+position])
			}
		}
		t.Close("AtPositions", got, tensor(want, batch, places, width), 1e-5, 0)
	}
}

// scores compares fresh sizes.
func scores(t *check.T) {
	for range 2 {
		p := primes(t, 4)
		batch, places, width, vocabulary := p[0], p[1], p[2], p[3]
		states, table, bias := t.Normal64(batch, places, width), t.Normal64(vocabulary, width), t.Normal64(vocabulary)
		got := t.Call1("TiedLogits", states, table, bias)
		t.Contract(got, "Float64", batch, places, vocabulary)
		want := times(rowsOf(states), transposed(rowsOf(table)), bias.Float64s())
		t.Close("TiedLogits", got, tensor(want, batch, places, vocabulary), 1e-9, 1e-9)
	}
}

// batch is what MaskedLoss reads.
type batch struct {
	rows, places, vocabulary int
	logits                   check.Tensor
	labels                   []int32
	chosen                   []bool
}

// drawBatch draws rows with different numbers of chosen places, the first of them with all.
func drawBatch(t *check.T, logits func(shape ...int) check.Tensor, rows, places, vocabulary int) batch {
	b := batch{rows: rows, places: places, vocabulary: vocabulary, logits: logits(rows, places, vocabulary)}
	for row := range rows {
		for place := range places {
			b.labels = append(b.labels, int32(t.Rand().IntN(vocabulary)))
			b.chosen = append(b.chosen, place < places-row%places)
		}
	}
	return b
}

// args are the arguments of MaskedLoss.
func (b batch) args() []any {
	return []any{b.logits, check.Of(b.labels, b.rows, b.places), check.Of(b.chosen, b.rows, b.places)}
}

// loss calls the student's function and requires a scalar of the dtype of the logits.
func (b batch) loss(t *check.T) check.Value {
	got := t.Call1("MaskedLoss", b.args()...)
	t.Contract(got, b.logits.DType)
	return got
}

// gradient asks for that of the student's loss.
func (b batch) gradient(t *check.T) check.Tensor {
	return t.Gradient("MaskedLoss", []int{0}, 0, check.Tensor{}, b.args()...)[0]
}

// want is the reference.
func (b batch) want() (loss float64, gradient check.Tensor) {
	loss, rows := labelLoss(rowsOf(b.logits), b.labels, b.chosen)
	return loss, tensor(rows, b.rows, b.places, b.vocabulary)
}

// lossValues compares fresh sizes in both precisions, and the gradient.
func lossValues(t *check.T) {
	p := primes(t, 3)
	for _, b := range []batch{
		drawBatch(t, t.Normal64, p[0], p[1], p[2]), drawBatch(t, t.Normal64, 2, 2, 3), drawBatch(t, t.Normal64, 1, 4, 5),
	} {
		want, slope := b.want()
		t.Close("MaskedLoss", b.loss(t), want, 1e-9, 1e-9)
		t.Close("gradient", b.gradient(t), slope, 1e-9, 1e-9)
	}
	single := drawBatch(t, t.Normal, p[2], p[0], p[1])
	want, _ := single.want()
	t.Close("MaskedLoss in Float32", single.loss(t), want, 2e-5, 2e-5)
}

// lossFill changes what stands where nothing is chosen. It holds whatever the sum is divided by.
func lossFill(t *check.T) {
	b := drawBatch(t, t.Normal64, 5, 4, 7)
	before, slope := b.loss(t), b.gradient(t)
	t.Finite("MaskedLoss", before)
	t.Finite("gradient", slope)
	logits := b.logits.Float64s()
	for i, chosen := range b.chosen {
		if !chosen {
			b.labels[i] = int32(t.Rand().IntN(b.vocabulary))
			for j := range b.vocabulary {
				logits[i*b.vocabulary+j] = (t.Rand().Float64() - 0.5) * 1e6
			}
		}
	}
	b.logits = check.Of(logits, b.rows, b.places, b.vocabulary)
	t.Close("MaskedLoss", b.loss(t), before, 1e-9, 0)
	moved := b.gradient(t)
	t.Close("gradient", moved, slope, 1e-9, 0)
	_, reference := b.want()
	want := reference.Float64s()
	for i, got := range moved.Float64s() {
		if chosen := b.chosen[i/b.vocabulary]; !chosen && got != 0 || chosen && !(got*want[i] > 0) {
			t.Failf("the gradient moves logits where nothing is chosen, or moves others the wrong way")
		}
	}
}

// lossEdges asks for nothing chosen, for one place, and for logits of thousands.
func lossEdges(t *check.T) {
	for chosen := range 2 {
		b := drawBatch(t, t.Normal64, 3, 2, 5)
		for i := range b.chosen {
			b.chosen[i] = i < chosen
		}
		want, slope := b.want()
		t.Close("MaskedLoss", b.loss(t), want, 1e-9, 1e-9)
		t.Close("gradient", b.gradient(t), slope, 1e-9, 1e-9)
	}
	b := drawBatch(t, func(shape ...int) check.Tensor { return t.Uniform(-3000, 3000, shape...) }, 5, 3, 7)
	want, _ := b.want()
	t.Close("MaskedLoss", b.loss(t), want, 1e-3, 1e-6)
}

// headGradient compares the gradients of the two steps before the loss with their closed forms.
func headGradient(t *check.T) {
	const rows, length, width, vocabulary = 2, 4, 3, 5
	places := length + 1 // so that at least one position comes twice
	states := t.Normal64(rows, length, width)
	positions, at := drawPositions(t, rows, places, length)
	cotangent := t.Normal64(rows, places, width)
	want := make([][]float64, rows*length)
	for i := range want {
		want[i] = make([]float64, width)
	}
	for b, row := range at {
		for place, position := range row {
			for k, x := range rowsOf(cotangent)[b*places+place] {
				want[b*length+position][k] += x
			}
		}
	}
	got := t.Gradient("AtPositions", []int{0}, 0, cotangent, states, positions)
	t.Close("d/dstates of AtPositions", got[0], tensor(want, rows, length, width), 1e-9, 1e-9)

	picked, table, bias := t.Normal64(rows, places, width), t.Normal64(vocabulary, width), t.Normal64(vocabulary)
	cotangent = t.Normal64(rows, places, vocabulary)
	got = t.Gradient("TiedLogits", []int{0, 1, 2}, 0, cotangent, picked, table, bias)
	c := rowsOf(cotangent)
	t.Close("d/dstates", got[0], tensor(times(c, rowsOf(table), nil), rows, places, width), 1e-9, 1e-9)
	t.Close("d/dtable", got[1], tensor(times(transposed(c), rowsOf(picked), nil), vocabulary, width), 1e-9, 1e-9)
	sums := make([]float64, vocabulary)
	for _, row := range c {
		for token, x := range row {
			sums[token] += x
		}
	}
	t.Close("d/dbias", got[2], sums, 1e-9, 1e-9)
}
