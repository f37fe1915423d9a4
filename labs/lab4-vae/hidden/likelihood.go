package hidden

import (
	"math"

	"courselab/autograde/check"
)

// shapes are those of batches of examples: rows, grey pictures, colour pictures, and the smallest there is.
func shapes(t *check.T) [][]int {
	p := primes(t, 4)
	return [][]int{p[:2], p[:3], p, {1, 1}, {3, 1, 2}}
}

// greys draws values in [0, 1], each third one black or white.
func greys(t *check.T, shape ...int) check.Tensor {
	values := t.Uniform(0, 1, shape...).Float64s()
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(v)
		if t.Rand().IntN(3) == 0 {
			out[i] = float32(math.Round(v))
		}
	}
	return check.Of(out, shape...)
}

func coin(x ...float64) float64 { return bernoulli(x[0], x[1]) }

func bernoulliValues(t *check.T) {
	for _, shape := range shapes(t) {
		x, logits := greys(t, shape...), t.Uniform(-4, 4, shape...)
		got := t.Call1("BernoulliLogLikelihood", x, logits)
		t.Contract(got, "Float32", shape[0])
		t.Close("log-likelihood", got, sums(each(coin, x.Float64s(), logits.Float64s()), shape[0]), 1e-4, 1e-4)
	}
}

func bernoulliLarge(t *check.T) {
	for _, size := range []float32{25, 60, 500} {
		const batch, width = 3, 5
		logits := make([]float32, batch*width)
		for i := range logits {
			logits[i] = size * (1 + t.Rand().Float32())
			if t.Rand().IntN(2) == 0 {
				logits[i] = -logits[i]
			}
		}
		x, l := greys(t, batch, width), check.Of(logits, batch, width)
		got := t.Call1("BernoulliLogLikelihood", x, l)
		t.Contract(got, "Float32", batch)
		t.Close("log-likelihood", got, sums(each(coin, x.Float64s(), l.Float64s()), batch), 1e-3, 1e-4)
		slopes := t.Gradient("BernoulliLogLikelihood", []int{1}, 0, check.Tensor{}, x, l)
		want := each(func(x ...float64) float64 { return x[0] - sigmoid(x[1]) }, x.Float64s(), l.Float64s())
		t.Close("d/dlogits", slopes[0], like(l, want), 1e-5, 1e-4)
	}
}

func bernoulliGradient(t *check.T) {
	p := primes(t, 3)
	x, logits, cotangent := greys(t, p...), t.Normal(p...), t.Normal(p[0])
	got := t.Gradient("BernoulliLogLikelihood", []int{1}, 0, cotangent, x, logits)
	weights := spreadRows(cotangent.Float64s(), p[1]*p[2])
	want := each(func(x ...float64) float64 { return x[2] * (x[0] - sigmoid(x[1])) }, x.Float64s(), logits.Float64s(), weights)
	t.Close("d/dlogits", got[0], like(x, want), 1e-5, 1e-4)
}

// spreadRows repeats each value.
func spreadRows(list []float64, times int) (out []float64) {
	for _, x := range list {
		for range times {
			out = append(out, x)
		}
	}
	return out
}

func gaussianValues(t *check.T) {
	for _, shape := range shapes(t) {
		deviation := math.Exp(t.Rand().NormFloat64() / 2)
		x, mean := t.Normal(shape...), t.Normal(shape...)
		got := t.Call1("GaussianLogLikelihood", x, mean, deviation)
		t.Contract(got, "Float32", shape[0])
		bell := func(x ...float64) float64 { return gaussian(x[0], x[1], deviation) }
		t.Close("log-likelihood", got, sums(each(bell, x.Float64s(), mean.Float64s()), shape[0]), 2e-3, 1e-4)
	}
}

func gaussianGradient(t *check.T) {
	p := primes(t, 2)
	deviation := 0.5 + t.Rand().Float64()
	x, mean, cotangent := t.Normal64(p...), t.Normal64(p...), t.Normal64(p[0])
	value := t.Call1("GaussianLogLikelihood", x, mean, deviation)
	t.Contract(value, "Float64", p[0])
	got := t.Gradient("GaussianLogLikelihood", []int{0, 1}, 0, cotangent, x, mean, deviation)
	weights := spreadRows(cotangent.Float64s(), p[1])
	pull := func(x ...float64) float64 { return x[2] * (x[0] - x[1]) / (deviation * deviation) }
	t.Close("d/dmean", got[1], like(x, each(pull, x.Float64s(), mean.Float64s(), weights)), 1e-9, 1e-9)
	t.Close("d/dx", got[0], like(x, each(pull, mean.Float64s(), x.Float64s(), weights)), 1e-9, 1e-9)
}

func elboValues(t *check.T) {
	for range 3 {
		p := primes(t, 2)
		beta := 4 * t.Rand().Float64()
		logLikelihood, kl := t.Uniform(-20, 2, p[0]), t.Uniform(0, 3, p...)
		loss := t.Call1("NegativeELBO", logLikelihood, kl, beta)
		t.Contract(loss, "Float32")
		t.Close("loss", loss, negativeELBO(logLikelihood.Float64s(), kl.Float64s(), beta), 1e-4, 1e-4)
	}
}

func elboGradient(t *check.T) {
	for _, beta := range []float64{0, 0.5 + t.Rand().Float64()} {
		p := primes(t, 2)
		logLikelihood, kl := t.Uniform(-20, 2, p[0]), t.Uniform(0, 3, p...)
		got := t.Gradient("NegativeELBO", []int{0, 1}, 0, check.Tensor{}, logLikelihood, kl, beta)
		share := 1 / float64(p[0])
		t.Close("d/dlogLikelihood", got[0], spreadRows([]float64{-share}, p[0]), 1e-6, 1e-5)
		t.Close("d/dkl", got[1], like(kl, spreadRows([]float64{beta * share}, p[0]*p[1])), 1e-6, 1e-5)
	}
}

func elboEdges(t *check.T) {
	for _, shape := range [][]int{{1, 1}, {1, 7}, {5, 1}} {
		logLikelihood, kl := t.Normal64(shape[0]), t.Normal64(shape...)
		loss := t.Call1("NegativeELBO", logLikelihood, kl, 1.5)
		t.Contract(loss, "Float64")
		t.Close("loss", loss, negativeELBO(logLikelihood.Float64s(), kl.Float64s(), 1.5), 1e-9, 1e-9)
	}
}
