package hidden

import (
	"courselab/autograde/check"
)

// teacherShift draws ids among few tokens, so that PAD stands anywhere, with a new PAD each time, down to length 2.
func teacherShift(t *check.T) {
	p := primes(t, 2)
	for _, size := range [][2]int{{p[0], p[1] + 1}, {3, 2}, {1, 5}} {
		batch, length := size[0], size[1]
		pad := []int32{0, 4, 999}[t.Rand().IntN(3)]
		var ids, inputs, targets []int32
		var mask []bool
		for range batch {
			row := make([]int32, length)
			for i := range row {
				row[i] = []int32{0, 1, 2, 3, 4, 998, 999, 1000}[t.Rand().IntN(8)]
			}
			row[1+t.Rand().IntN(length-1)] = pad
			ids, inputs, targets = append(ids, row...), append(inputs, row[:length-1]...), append(targets, row[1:]...)
			for _, id := range row[1:] {
				mask = append(mask, id != pad)
			}
		}
		gotInputs, gotTargets, gotMask := t.Call3("TeacherForcing", check.Of(ids, batch, length), int(pad))
		t.Contract(gotInputs, "Int32", batch, length-1)
		t.Contract(gotTargets, "Int32", batch, length-1)
		t.Contract(gotMask, "Bool", batch, length-1)
		t.Equal("inputs", gotInputs, check.Of(inputs, batch, length-1))
		t.Equal("targets", gotTargets, check.Of(targets, batch, length-1))
		t.Equal("mask", gotMask, check.Of(mask, batch, length-1))
	}
}

// batch is what TokenLoss reads.
type batch struct {
	rows, length, vocabulary int
	logits                   check.Tensor
	targets                  []int32
	counts                   []bool
}

// drawBatch draws rows that end at different places, the first of them at its last position.
func drawBatch(t *check.T, logits func(shape ...int) check.Tensor, rows, length, vocabulary int) batch {
	b := batch{rows: rows, length: length, vocabulary: vocabulary, logits: logits(rows, length, vocabulary)}
	for row := range rows {
		tokens := length - row%length
		for position := range length {
			b.targets = append(b.targets, int32(t.Rand().IntN(vocabulary)))
			b.counts = append(b.counts, position < tokens)
		}
	}
	return b
}

// args are the arguments of TokenLoss.
func (b batch) args() []any {
	return []any{b.logits, check.Of(b.targets, b.rows, b.length), check.Of(b.counts, b.rows, b.length)}
}

// loss calls the student's function and requires a scalar of the dtype of the logits.
func (b batch) loss(t *check.T) check.Value {
	got := t.Call1("TokenLoss", b.args()...)
	t.Contract(got, b.logits.DType)
	return got
}

// want is the reference.
func (b batch) want() (loss float64, gradient check.Tensor) {
	loss, rows := tokenLoss(rowsOf(b.logits), b.targets, b.counts)
	return loss, tensor(rows, b.rows, b.length, b.vocabulary)
}

// lossValues compares fresh sizes in both precisions, and a batch with no padding at all.
func lossValues(t *check.T) {
	p := primes(t, 3)
	for _, b := range []batch{
		drawBatch(t, t.Normal64, p[0], p[1], p[2]), drawBatch(t, t.Normal64, 2, 2, 3), drawBatch(t, t.Normal64, 1, 4, 5),
	} {
		want, _ := b.want()
		t.Close("TokenLoss", b.loss(t), want, 1e-9, 1e-9)
	}
	single := drawBatch(t, t.Normal, p[2], p[0], p[1])
	want, _ := single.want()
	t.Close("TokenLoss in Float32", single.loss(t), want, 2e-5, 2e-5)
}

// lossMasked scrambles what the mask hides: large logits, targets that are no tokens.
func lossMasked(t *check.T) {
	b := drawBatch(t, t.Normal64, 5, 4, 7)
	before := b.loss(t)
	gradients := t.Gradient("TokenLoss", []int{0}, 0, check.Tensor{}, b.args()...)
	t.Finite("TokenLoss", before)
	t.Finite("gradient", gradients[0])
	moved, logits := b, b.logits.Float64s()
	for i, counted := range b.counts {
		if !counted {
			moved.targets[i] = []int32{-1, 999, 7, 0}[t.Rand().IntN(4)]
			for j := range b.vocabulary {
				logits[i*b.vocabulary+j] = (t.Rand().Float64() - 0.5) * 1e6
			}
		}
	}
	moved.logits = check.Of(logits, b.rows, b.length, b.vocabulary)
	want, slope := moved.want()
	t.Close("TokenLoss", moved.loss(t), before, 1e-9, 0)
	if before.Tensor().Float64s()[0] < want/20 { // right on average, or a sum: but no constant
		t.Failf("the loss is far too small")
	}
	got := t.Gradient("TokenLoss", []int{0}, 0, check.Tensor{}, moved.args()...)
	t.Close("gradient", got[0], gradients[0], 1e-9, 0)
	at, expected := rowsOf(got[0]), rowsOf(slope)
	for i, counted := range b.counts {
		for j := range at[i] {
			if !counted && at[i][j] != 0 || counted && !(at[i][j]*expected[i][j] > 0) {
				t.Failf("the gradient moves a logit that does not count, or moves one the wrong way")
			}
		}
	}
}

// lossEmpty asks for a batch without a token, whose gradient is zero, and for one with a single token.
func lossEmpty(t *check.T) {
	for _, tokens := range []int{0, 1} {
		b := drawBatch(t, t.Normal64, 3, 2, 5)
		for i := range b.counts {
			b.counts[i] = i < tokens
		}
		want, slope := b.want()
		t.Close("TokenLoss", b.loss(t), want, 1e-9, 1e-9)
		t.Close("gradient", t.Gradient("TokenLoss", []int{0}, 0, check.Tensor{}, b.args()...)[0], slope, 1e-9, 1e-9)
	}
}

// lossLarge draws logits of thousands, of both signs.
func lossLarge(t *check.T) {
	b := drawBatch(t, func(shape ...int) check.Tensor { return t.Uniform(-3000, 3000, shape...) }, 5, 3, 7)
	want, _ := b.want()
	t.Close("TokenLoss", b.loss(t), want, 1e-3, 1e-6)
}

// lossGradient compares with the closed form, fresh sizes.
func lossGradient(t *check.T) {
	p := primes(t, 3)
	b := drawBatch(t, t.Normal64, p[0], p[1], p[2])
	loss, slope := b.want()
	t.Close("TokenLoss", b.loss(t), loss, 1e-9, 1e-9)
	t.Close("gradient", t.Gradient("TokenLoss", []int{0}, 0, check.Tensor{}, b.args()...)[0], slope, 1e-9, 1e-9)
}
