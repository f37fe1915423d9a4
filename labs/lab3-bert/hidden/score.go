package hidden

import (
	"math"

	"courselab/autograde/check"
)

// classes compares random logits, those below zero, and equal ones.
func classes(t *check.T) {
	for _, offset := range []float64{0, -50, 50} {
		count := 1 + t.Rand().IntN(6)
		logits, want := [][]float64{}, []int{}
		for range 3 + t.Rand().IntN(8) {
			row, best := make([]float64, count), 0
			for class := range row {
				row[class] = offset + float64(t.Rand().IntN(5)) // equal ones are common
				if row[class] > row[best] {
					best = class
				}
			}
			logits, want = append(logits, row), append(want, best)
		}
		t.Equal("Predict", t.Call1("Predict", logits), want)
	}
}

// drawClasses draws predictions and labels.
func drawClasses(t *check.T, number, classes int) (predictions, labels []int) {
	for range number {
		predictions, labels = append(predictions, t.Rand().IntN(classes)), append(labels, t.Rand().IntN(classes))
	}
	return predictions, labels
}

// accuracy compares random classes, and predictions that are all right and all wrong.
func accuracy(t *check.T) {
	for range 4 {
		predictions, labels := drawClasses(t, 1+t.Rand().IntN(30), 4)
		right := 0.0
		for i := range labels {
			if predictions[i] == labels[i] {
				right++
			}
		}
		t.Close("Accuracy", t.Call1("Accuracy", predictions, labels), right/float64(len(labels)), 1e-9, 0)
		t.Close("Accuracy", t.Call1("Accuracy", labels, labels), 1., 1e-9, 0)
	}
}

// matthews compares with Pearson's correlation of the two columns, which is the same number.
func matthews(t *check.T) {
	for range 6 {
		predictions, labels := drawClasses(t, 6+t.Rand().IntN(30), 2)
		predictions[0], predictions[1], labels[2], labels[3] = 0, 1, 0, 1 // both classes come up
		got := t.Call1("Matthews", predictions, labels)
		t.Close("Matthews", got, pearson(predictions, labels), 1e-9, 0)
		t.Close("Matthews of the labels", t.Call1("Matthews", labels, labels), 1., 1e-9, 0)
		opposite := make([]int, len(labels))
		for i := range labels {
			opposite[i] = 1 - labels[i]
		}
		t.Close("Matthews of the opposite", t.Call1("Matthews", opposite, labels), -1., 1e-9, 0)
		for class := range 2 {
			same := make([]int, len(labels))
			for i := range same {
				same[i] = class
			}
			t.Close("Matthews of one answer", t.Call1("Matthews", same, labels), 0., 0, 0)
			t.Close("Matthews of one label", t.Call1("Matthews", labels, same), 0., 0, 0)
		}
	}
}

// pearson is the correlation of two columns that are not constant.
func pearson(x, y []int) float64 {
	mean := func(column []int) (sum float64) {
		for _, value := range column {
			sum += float64(value) / float64(len(column))
		}
		return sum
	}
	meanX, meanY := mean(x), mean(y)
	var xx, xy, yy float64
	for i := range x {
		dx, dy := float64(x[i])-meanX, float64(y[i])-meanY
		xx, xy, yy = xx+dx*dx, xy+dx*dy, yy+dy*dy
	}
	return xy / math.Sqrt(xx*yy)
}
