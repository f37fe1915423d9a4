package hidden

import (
	"math"
	"slices"

	"courselab/autograde/check"
)

// primes draws n different primes up to 13, so that no two axes can be taken for each other.
func primes(t *check.T, n int) []int {
	all := []int{2, 3, 5, 7, 11, 13}
	t.Rand().Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:n]
}

// normalize calls the student's LayerNorm and requires the shape and dtype of x.
func normalize(t *check.T, x, gamma, beta check.Tensor, epsilon float64) check.Value {
	got := t.Call1("LayerNorm", x, gamma, beta, epsilon)
	t.Contract(got, x.DType, x.Shape...)
	return got
}

// normValues compares tensors of rank 1 to 4, with a large ε, so that its place shows, and a small one.
func normValues(t *check.T) {
	p := primes(t, 4)
	for _, shape := range [][]int{{p[0]}, {p[0], p[1]}, {p[0], p[1], p[2]}, {p[0], p[1], p[2], p[3]}} {
		width := shape[len(shape)-1]
		x, gamma, beta := t.Normal(shape...), t.Normal(width), t.Normal(width)
		for _, epsilon := range []float64{1e-6, 0.2 + t.Rand().Float64()} {
			want := layerNorm(rowsOf(x), gamma.Float64s(), beta.Float64s(), epsilon)
			t.Close("LayerNorm", normalize(t, x, gamma, beta, epsilon), tensor(want, shape...), 2e-4, 2e-4)
		}
	}
}

// normOwnToken holds whatever the variance is divided by: rows of mean zero, of one spread for all of them, that do not move
// when other tokens do.
func normOwnToken(t *check.T) {
	p := primes(t, 2)
	batch, length, width := p[0], p[1], 5+t.Rand().IntN(4)
	ones, zeros := make([]float64, width), make([]float64, width)
	for i := range ones {
		ones[i] = 1
	}
	gamma, beta := check.Of(ones, width), check.Of(zeros, width)
	x := t.Normal64(batch, length, width)
	before := rowsOf(normalize(t, x, gamma, beta, 1e-9).Tensor())
	spread := func(row []float64) (squares float64) {
		for _, y := range row {
			squares += y * y
		}
		return squares / float64(width)
	}
	for _, row := range before {
		mean := 0.0
		for _, y := range row {
			mean += y / float64(width)
		}
		if !(math.Abs(mean) < 1e-6 && math.Abs(spread(row)-spread(before[0])) < 1e-4 && spread(row) > 0.5 && spread(row) < 1.5) {
			t.Failf("the features of a token do not have mean 0 and the same variance as those of others")
		}
	}
	rows, changed := rowsOf(x), t.Rand().IntN(batch*length)
	for i := range rows[changed] {
		rows[changed][i] = 3*rows[changed][i] + float64(i*i)
	}
	after := rowsOf(normalize(t, tensor(rows, batch, length, width), gamma, beta, 1e-9).Tensor())
	t.Close("other tokens", slices.Delete(after, changed, changed+1), slices.Delete(before, changed, changed+1), 1e-9, 0)
}

// normFar moves the features by thousands in Float32.
func normFar(t *check.T) {
	batch, width := 3, primes(t, 1)[0]+4
	moved := t.Normal(batch, width).Float64s()
	values := make([]float32, len(moved))
	for i := range moved {
		values[i] = float32(moved[i] + 3000*float64(1+i/width))
	}
	x, gamma, beta := check.Of(values, batch, width), t.Uniform(0.5, 2, width), t.Normal(width)
	want := layerNorm(rowsOf(x), gamma.Float64s(), beta.Float64s(), 1e-5)
	t.Close("LayerNorm", normalize(t, x, gamma, beta, 1e-5), tensor(want, batch, width), 0.02, 0)
}

// normConstant gives tokens of one value, exact in float32, and tokens of one feature.
func normConstant(t *check.T) {
	length, width := 1+t.Rand().IntN(4), 4
	values := make([]float32, 2*length*width)
	for i := range values {
		values[i] = float32(i/width%5) - 2
	}
	gamma, beta := t.Normal(width), t.Normal(width)
	want := slices.Repeat([][]float64{beta.Float64s()}, 2*length)
	t.Close("LayerNorm", normalize(t, check.Of(values, 2, length, width), gamma, beta, 1e-5), tensor(want, 2, length, width), 1e-5, 0)

	gamma, beta = t.Normal(1), t.Normal(1)
	t.Close("LayerNorm", normalize(t, t.Normal(2, length, 1), gamma, beta, 1e-5),
		tensor(slices.Repeat([][]float64{beta.Float64s()}, 2*length), 2, length, 1), 1e-5, 0)
}

// normGradient compares with finite differences of the reference, in Float64, values included.
func normGradient(t *check.T) {
	const batch, length, width, epsilon = 2, 3, 5, 0.1
	x, gamma, beta := t.Normal64(batch, length, width), t.Normal64(width), t.Normal64(width)
	values := func(x, gamma, beta []float64) []float64 {
		return slices.Concat(layerNorm(slices.Collect(slices.Chunk(x, width)), gamma, beta, epsilon)...)
	}
	t.Close("LayerNorm", normalize(t, x, gamma, beta, epsilon),
		check.Of(values(x.Float64s(), gamma.Float64s(), beta.Float64s()), batch, length, width), 1e-9, 1e-9)

	cotangent := t.Normal64(batch, length, width)
	got := t.Gradient("LayerNorm", []int{0, 1, 2}, 0, cotangent, x, gamma, beta, epsilon)
	args := [][]float64{x.Float64s(), gamma.Float64s(), beta.Float64s()}
	for i, name := range []string{"d/dx", "d/dγ", "d/dβ"} {
		want := slopes(args[i], cotangent.Float64s(), func(moved []float64) []float64 {
			a := slices.Clone(args)
			a[i] = moved
			return values(a[0], a[1], a[2])
		})
		t.Close(name, got[i], check.Of(want, got[i].Shape...), 1e-6, 1e-5)
	}
}
