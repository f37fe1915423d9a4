package hidden

import "courselab/autograde/check"

func softmaxDrawn(t *check.T) {
	for _, classes := range []int{2, 5, 11} {
		s := normals(t.Rand(), classes)
		moved := make([]float64, classes)
		for k := range s {
			moved[k] = s[k] + 3
		}
		t.Close("Softmax", t.Call1("Softmax", s), softmax(s), 1e-12, 1e-9)
		t.Close("Softmax of scores that are all higher by 3", t.Call1("Softmax", moved), softmax(s), 1e-12, 1e-9)
	}
	t.Close("Softmax of one score", t.Call1("Softmax", normals(t.Rand(), 1)), []float64{1}, 1e-12, 0)
}

// large are scores of thousands; that of one class is so far below the others that its probability is 0 in a float64.
func large(t *check.T, sign float64, low int) []float64 {
	s := normals(t.Rand(), 5)
	for k := range s {
		s[k] += sign * 2000
	}
	s[low] -= 1500
	return s
}

func softmaxLarge(t *check.T) {
	for low, sign := range []float64{1, -1, 1, -1, 1} {
		s := large(t, sign, low)
		t.Close("Softmax", t.Call1("Softmax", s), softmax(s), 1e-12, 1e-9)
	}
}

func lossDrawn(t *check.T) {
	const classes = 7
	s := normals(t.Rand(), classes)
	for truth := range classes {
		t.Close("CrossEntropy", t.Call1("CrossEntropy", s, truth), crossEntropy(s, truth), 1e-12, 1e-9)
	}
	t.Close("CrossEntropy of one class", t.Call1("CrossEntropy", s[:1], 0), 0.0, 1e-12, 0)
}

func lossLarge(t *check.T) {
	for low, sign := range []float64{1, -1, 1, -1, 1} {
		s := large(t, sign, low)
		for truth := range s {
			t.Close("CrossEntropy", t.Call1("CrossEntropy", s, truth), crossEntropy(s, truth), 1e-9, 1e-9)
		}
	}
}
