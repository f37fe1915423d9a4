package hidden

import (
	"math"

	"courselab/autograde/check"
)

// firstStates are the rows of states [B, L, D] that belong to the first token.
func firstStates(states check.Tensor) (first [][]float64) {
	all := rowsOf(states)
	for i := 0; i < len(all); i += states.Shape[1] {
		first = append(first, all[i])
	}
	return first
}

// pooler compares fresh sizes in Float64, a length of one included, and the gradients with their closed forms.
func pooler(t *check.T) {
	p := primes(t, 3)
	for _, size := range [][3]int{{p[0], p[1], p[2]}, {3, 1, 2}, {1, 4, 3}} {
		batch, length, width := size[0], size[1], size[2]
		states, w, b := t.Normal64(batch, length, width), t.Normal64(width, width), t.Normal64(width)
		pooled := times(firstStates(states), rowsOf(w), b.Float64s())
		slope := rowsOf(t.Normal64(batch, width)) // the cotangent, and then what reaches the inside of tanh
		cotangent := tensor(slope, batch, width)
		for i, row := range pooled {
			for k := range row {
				row[k] = math.Tanh(row[k])
				slope[i][k] *= 1 - row[k]*row[k]
			}
		}
		got := t.Call1("Pool", states, w, b)
		t.Contract(got, "Float64", batch, width)
		t.Close("Pool", got, tensor(pooled, batch, width), 1e-9, 1e-9)

		gradients := t.Gradient("Pool", []int{0, 1}, 0, cotangent, states, w, b)
		want := make([][]float64, batch*length)
		for i := range want {
			want[i] = make([]float64, width)
		}
		for i, row := range times(slope, transposed(rowsOf(w)), nil) {
			want[i*length] = row
		}
		t.Close("d/dstates", gradients[0], tensor(want, batch, length, width), 1e-9, 1e-9)
		t.Close("d/dW", gradients[1], tensor(times(transposed(firstStates(states)), slope, nil), width, width), 1e-9, 1e-9)
	}
}

// classifier compares fresh sizes.
func classifier(t *check.T) {
	for range 3 {
		p := primes(t, 3)
		batch, width, classes := p[0], p[1], p[2]
		pooled, w, b := t.Normal64(batch, width), t.Normal64(width, classes), t.Normal64(classes)
		got := t.Call1("ClassLogits", pooled, w, b)
		t.Contract(got, "Float64", batch, classes)
		t.Close("ClassLogits", got, tensor(times(rowsOf(pooled), rowsOf(w), b.Float64s()), batch, classes), 1e-9, 1e-9)
	}
}

// drawLabels draws a class for each example, and says that all of them count.
func drawLabels(t *check.T, batch, classes int) (labels []int32, all []bool) {
	for range batch {
		labels, all = append(labels, int32(t.Rand().IntN(classes))), append(all, true)
	}
	return labels, all
}

// classLoss compares loss and gradient in Float64, and the loss of logits of thousands in Float32.
func classLoss(t *check.T) {
	for range 2 {
		p := primes(t, 2)
		batch, classes := p[0], p[1]
		labels, all := drawLabels(t, batch, classes)
		logits := t.Normal64(batch, classes)
		want, slope := labelLoss(rowsOf(logits), labels, all)
		got := t.Call1("ClassLoss", logits, check.Of(labels, batch))
		t.Contract(got, "Float64")
		t.Close("ClassLoss", got, want, 1e-9, 1e-9)
		gradient := t.Gradient("ClassLoss", []int{0}, 0, check.Tensor{}, logits, check.Of(labels, batch))
		t.Close("gradient", gradient[0], tensor(slope, batch, classes), 1e-9, 1e-9)
	}
	labels, all := drawLabels(t, 7, 5)
	logits := t.Uniform(-3000, 3000, 7, 5)
	want, _ := labelLoss(rowsOf(logits), labels, all)
	t.Close("ClassLoss", t.Call1("ClassLoss", logits, check.Of(labels, 7)), want, 1e-3, 1e-6)
}

// steps compares random classifiers, batches and rates.
func steps(t *check.T) {
	for range 3 {
		p := primes(t, 3)
		batch, width, classes := p[0], p[1], p[2]
		pooled, w, b := t.Normal64(batch, width), t.Normal64(width, classes), t.Normal64(classes)
		labels, all := drawLabels(t, batch, classes)
		rate := math.Exp(3*t.Rand().Float64() - 2)
		newW, newB := t.Call2("Step", pooled, check.Of(labels, batch), w, b, rate)
		t.Contract(newW, "Float64", width, classes)
		t.Contract(newB, "Float64", classes)

		_, slope := labelLoss(times(rowsOf(pooled), rowsOf(w), b.Float64s()), labels, all)
		wantW, wantB := rowsOf(w), b.Float64s()
		for i, row := range times(transposed(rowsOf(pooled)), slope, nil) {
			for k, x := range row {
				wantW[i][k] -= rate * x
			}
		}
		for _, row := range slope {
			for k, x := range row {
				wantB[k] -= rate * x
			}
		}
		t.Close("W", newW, tensor(wantW, width, classes), 1e-9, 1e-9)
		t.Close("b", newB, wantB, 1e-9, 1e-9)
	}
}

// descent takes steps of the student's and measures them by the student's own loss: it must fall with each, and W alone
// and b alone must have moved. The step is small enough for any loss that is a mean or a sum.
func descent(t *check.T) {
	const batch, width, classes = 7, 3, 4
	pooled := t.Call1("Pool", t.Normal64(batch, 2, width), t.Normal64(width, width), t.Normal64(width))
	t.Contract(pooled, "Float64", batch, width)
	drawn, _ := drawLabels(t, batch, classes)
	labels, w, b := check.Of(drawn, batch), t.Normal64(width, classes), t.Normal64(classes)
	loss := func() float64 {
		got := t.Call1("ClassLoss", t.Call1("ClassLogits", pooled, w, b), labels)
		t.Contract(got, "Float64")
		t.Finite("loss", got)
		return got.Tensor().Float64s()[0]
	}
	for before, i := loss(), 0; i < 4; i++ {
		newW, newB := t.Call2("Step", pooled, labels, w, b, 0.05)
		t.Contract(newW, "Float64", width, classes)
		t.Contract(newB, "Float64", classes)
		oldW, oldB := w, b
		w, b = newW.Tensor(), newB.Tensor()
		after := loss()
		if !(after < before) {
			t.Failf("a small step does not lower the loss")
		}
		for _, moved := range [][2]check.Tensor{{oldW, w}, {oldB, b}} {
			distance := 0.0
			for k, x := range moved[1].Float64s() {
				distance += math.Abs(x - moved[0].Float64s()[k])
			}
			if !(distance > 1e-6) {
				t.Failf("a step leaves W or b where it was")
			}
		}
		before = after
	}
}
