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

// each maps two or more lists of one length, value by value.
func each(f func(x ...float64) float64, lists ...[]float64) []float64 {
	out := make([]float64, len(lists[0]))
	for i := range out {
		var at []float64
		for _, list := range lists {
			at = append(at, list[i])
		}
		out[i] = f(at...)
	}
	return out
}

// like is a Float64 tensor of the shape of x.
func like(x check.Tensor, data []float64) check.Tensor { return check.Of(data, x.Shape...) }

func draw(x ...float64) float64 { return x[0] + math.Exp(x[1]/2)*x[2] }

func sampleValues(t *check.T) {
	for range 2 {
		p := primes(t, 2)
		mu, logVar, noise := t.Normal(p...), t.Normal(p...), t.Normal(p...)
		z := t.Call1("Reparameterise", mu, logVar, noise)
		t.Contract(z, "Float32", p...)
		t.Close("z", z, like(mu, each(draw, mu.Float64s(), logVar.Float64s(), noise.Float64s())), 1e-5, 1e-5)
	}
}

func sampleGradient(t *check.T) {
	p := primes(t, 2)
	mu, logVar, noise, cotangent := t.Normal64(p...), t.Normal64(p...), t.Normal64(p...), t.Normal64(p...)
	got := t.Gradient("Reparameterise", []int{0, 1, 2}, 0, cotangent, mu, logVar, noise)
	slope := func(x ...float64) float64 { return x[2] * x[1] * math.Exp(x[0]/2) / 2 }
	scale := func(x ...float64) float64 { return x[1] * math.Exp(x[0]/2) }
	t.Close("d/dmu", got[0], cotangent, 1e-9, 1e-9)
	t.Close("d/dlogVar", got[1], like(mu, each(slope, logVar.Float64s(), noise.Float64s(), cotangent.Float64s())), 1e-9, 1e-9)
	t.Close("d/dnoise", got[2], like(mu, each(scale, logVar.Float64s(), cotangent.Float64s())), 1e-9, 1e-9)
}

func sampleExtremes(t *check.T) {
	mu, noise := t.Normal(1, 4), t.Uniform(1, 2, 1, 4)
	logVar := check.Of([]float32{-150, -40, 40, 100}, 1, 4)
	z := t.Call1("Reparameterise", mu, logVar, noise)
	t.Contract(z, "Float32", 1, 4)
	t.Close("z", z, like(mu, each(draw, mu.Float64s(), logVar.Float64s(), noise.Float64s())), 1e-5, 1e-4)
}

func sampleFloat64(t *check.T) {
	p := primes(t, 2)
	mu, logVar, noise := t.Normal64(p...), t.Normal64(p...), t.Normal64(p...)
	z := t.Call1("Reparameterise", mu, logVar, noise)
	t.Contract(z, "Float64", p...)
	t.Close("z", z, like(mu, each(draw, mu.Float64s(), logVar.Float64s(), noise.Float64s())), 1e-9, 1e-9)
}

func integral(x ...float64) float64 { return divergence(x[0], x[1]) }

func klValues(t *check.T) {
	for range 2 {
		p := primes(t, 2)
		mu, logVar := t.Uniform(-3, 3, p...), t.Uniform(-4, 2, p...)
		kl := t.Call1("KLPerDimension", mu, logVar)
		t.Contract(kl, "Float32", p...)
		t.Close("KL", kl, like(mu, each(integral, mu.Float64s(), logVar.Float64s())), 2e-5, 1e-5)
	}
}

func klGradient(t *check.T) {
	p := primes(t, 2)
	mu, logVar, cotangent := t.Normal64(p...), t.Normal64(p...), t.Normal64(p...)
	got := t.Gradient("KLPerDimension", []int{0, 1}, 0, cotangent, mu, logVar)
	mean := func(x ...float64) float64 { return x[0] * x[1] }
	width := func(x ...float64) float64 { return x[1] * (math.Exp(x[0]) - 1) / 2 }
	t.Close("d/dmu", got[0], like(mu, each(mean, mu.Float64s(), cotangent.Float64s())), 1e-9, 1e-9)
	t.Close("d/dlogVar", got[1], like(mu, each(width, logVar.Float64s(), cotangent.Float64s())), 1e-9, 1e-9)
}

// klPrior mixes the prior with its neighbours, in an order of its own.
func klPrior(t *check.T) {
	mean, logs := []float64{0, 0.1, -0.1, 0, 0}, []float64{0, 0, 0, 0.2, -0.2}
	order := t.Rand().Perm(len(mean))
	mu, logVar := make([]float64, len(mean)), make([]float64, len(mean))
	for i, from := range order {
		mu[i], logVar[i] = mean[from], logs[from]
	}
	kl := t.Call1("KLPerDimension", check.Of(mu, len(mean), 1), check.Of(logVar, len(mean), 1))
	t.Contract(kl, "Float64", len(mean), 1)
	t.Close("KL", kl, check.Of(each(integral, mu, logVar), len(mean), 1), 1e-9, 0)
}

func klEdges(t *check.T) {
	for _, shape := range [][]int{{1, 1}, {1, 5}, {3, 1}} {
		mu, logVar := t.Normal64(shape...), t.Normal64(shape...)
		kl := t.Call1("KLPerDimension", mu, logVar)
		t.Contract(kl, "Float64", shape...)
		t.Close("KL", kl, like(mu, each(integral, mu.Float64s(), logVar.Float64s())), 1e-9, 1e-9)
	}
}

func activeRandom(t *check.T) {
	for _, threshold := range []float64{0.01, 0.1, 1} {
		p := primes(t, 2)
		examples, width := p[0]+20, p[1]
		mu := make([][]float64, examples)
		offset, scale := t.Normal64(width).Float64s(), t.Normal64(width).Float64s()
		for i := range mu {
			for k := range width {
				mu[i] = append(mu[i], 3*offset[k]+math.Exp(2*scale[k])*math.Sqrt(threshold)*t.Rand().NormFloat64())
			}
		}
		variance, active := make([]float64, width), 0
		for k := range variance {
			squares, sum := 0.0, 0.0
			for _, row := range mu {
				sum += row[k] / float64(examples)
			}
			for _, row := range mu {
				squares += math.Pow(row[k]-sum, 2) / float64(examples)
			}
			if variance[k] = squares; squares > threshold {
				active++
			}
		}
		gotActive, gotVariance := t.Call2("ActiveUnits", mu, threshold)
		t.Close("variances", gotVariance, variance, 1e-9, 1e-9)
		t.Equal("active units", gotActive, active)
	}
	// A single example varies in nothing, and a variance of exactly 1 is not above 1.
	offset := t.Rand().NormFloat64()
	for _, mu := range [][][]float64{{{offset}}, {{1}, {-1}}} {
		active, variance := t.Call2("ActiveUnits", mu, 1.0)
		t.Close("variance", variance, []float64{float64(len(mu) - 1)}, 1e-9, 0)
		t.Equal("active units", active, 0)
	}
}

func lineRandom(t *check.T) {
	for _, steps := range append([]int{2, 3}, primes(t, 2)...) {
		width := 1 + t.Rand().IntN(7)
		from, to := t.Normal64(width).Float64s(), t.Normal64(width).Float64s()
		want := make([][]float64, steps)
		for s := range want {
			want[s] = slices.Clone(from)
			for k := range from {
				want[s][k] += (to[k] - from[k]) * float64(s) / float64(steps-1)
			}
		}
		t.Close("points", t.Call1("LinearInterpolation", from, to, steps), want, 1e-9, 1e-9)
	}
}
