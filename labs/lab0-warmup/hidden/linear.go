package hidden

import (
	"math/rand/v2"

	"courselab/autograde/check"
)

// normals draws so many numbers.
func normals(rng *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = rng.NormFloat64()
	}
	return out
}

func matrix(rng *rand.Rand, rows, columns int) [][]float64 {
	out := make([][]float64, rows)
	for r := range out {
		out[r] = normals(rng, columns)
	}
	return out
}

func linearFlatten(t *check.T) {
	for _, size := range [][2]int{{3, 5}, {5, 2}, {1, 7}, {7, 1}, {1, 1}} {
		image := matrix(t.Rand(), size[0], size[1])
		t.Close("Flatten", t.Call1("Flatten", image), flatten(image), 0, 0)
	}
	if empty := t.Call1("Flatten", [][]float64{}); !empty.IsNil() && len(empty.Value.FloatList()) != 0 {
		t.Failf("an image without rows has pixels")
	}
}

func linearScores(t *check.T) {
	for _, size := range [][2]int{{3, 7}, {7, 2}, {1, 5}, {5, 1}} {
		classes, pixels := size[0], size[1]
		w, b, x := matrix(t.Rand(), classes, pixels), normals(t.Rand(), classes), normals(t.Rand(), pixels)
		t.Close("Scores", t.Call1("Scores", w, b, x), scores(w, b, x), 1e-9, 1e-9)
	}
}

func linearErrors(t *check.T) {
	w, b, x := matrix(t.Rand(), 3, 4), normals(t.Rand(), 3), normals(t.Rand(), 4)
	t.Close("Scores", t.Call1("Scores", w, b, x), scores(w, b, x), 1e-9, 1e-9) // one that rejects everything must not pass
	t.Rejects("Scores", w, b[:2], x)
	t.Rejects("Scores", w[:2], b, x)
	t.Rejects("Scores", w, b, x[:3])
	for row := range w {
		short, long := matrix(t.Rand(), 3, 4), matrix(t.Rand(), 3, 4)
		short[row], long[row] = short[row][:3], append(long[row], 1)
		t.Rejects("Scores", short, b, x)
		t.Rejects("Scores", long, b, x)
	}
}

func linearPredict(t *check.T) {
	const classes = 7
	for best := range classes {
		s := normals(t.Rand(), classes)
		for k := range s {
			s[k] -= 20 // below zero throughout
		}
		s[best] += 10
		t.Equal("Predict", t.Call1("Predict", s), best)
		s[classes-1] = s[best]
		t.Equal("Predict of equal scores", t.Call1("Predict", s), best)
	}
	same := normals(t.Rand(), 1)[0]
	t.Equal("Predict of equal scores only", t.Call1("Predict", []float64{same, same, same}), 0)
	t.Equal("Predict of one score", t.Call1("Predict", []float64{same}), 0)
}

// drawnBatch draws images [B, R, C], weights [K, R·C] and bias [K], and computes the scores [B, K].
func drawnBatch(t *check.T, dtype string, b, r, c, k int) (images, weights, bias check.Tensor, want []float64) {
	normal := t.Normal
	if dtype == "Float64" {
		normal = t.Normal64
	}
	images, weights, bias = normal(b, r, c), normal(k, r*c), normal(k)
	rows := make([][]float64, k)
	flat := weights.Float64s()
	for row := range rows {
		rows[row] = flat[row*r*c : (row+1)*r*c]
	}
	for i := range b {
		want = append(want, scores(rows, bias.Float64s(), images.Float64s()[i*r*c:(i+1)*r*c])...)
	}
	return images, weights, bias, want
}

func batchDrawn(t *check.T) {
	for _, size := range [][4]int{{5, 2, 3, 7}, {2, 7, 3, 5}} {
		images, weights, bias, want := drawnBatch(t, "Float32", size[0], size[1], size[2], size[3])
		got := t.Call1("BatchScores", images, weights, bias)
		t.Contract(got, "Float32", size[0], size[3])
		t.Close("BatchScores", got, check.Of(want, size[0], size[3]), 1e-5, 1e-5)
	}
}

func batchEdges(t *check.T) {
	for _, size := range [][4]int{{1, 2, 3, 4}, {3, 2, 2, 1}, {4, 1, 1, 3}, {3, 3, 1, 3}, {1, 1, 1, 1}} {
		images, weights, bias, want := drawnBatch(t, "Float64", size[0], size[1], size[2], size[3])
		got := t.Call1("BatchScores", images, weights, bias)
		t.Contract(got, "Float64", size[0], size[3])
		t.Close("BatchScores", got, check.Of(want, size[0], size[3]), 1e-9, 1e-9)
	}
}

// batchGradient compares with the gradients of Wx + b, which are known.
func batchGradient(t *check.T) {
	const b, p, k = 3, 4, 5
	images, weights, bias, _ := drawnBatch(t, "Float64", b, 2, 2, k)
	cotangent := t.Normal64(b, k)
	got := t.Gradient("BatchScores", []int{1, 2}, 0, cotangent, images, weights, bias)
	x, c := images.Float64s(), cotangent.Float64s()
	wantW, wantB := make([]float64, k*p), make([]float64, k)
	for i := range b {
		for class := range k {
			wantB[class] += c[i*k+class]
			for j := range p {
				wantW[class*p+j] += c[i*k+class] * x[i*p+j]
			}
		}
	}
	t.Close("d/dweights", got[0], check.Of(wantW, k, p), 1e-9, 1e-9)
	t.Close("d/dbias", got[1], check.Of(wantB, k), 1e-9, 1e-9)
}
