package hidden

import (
	"courselab/autograde/check"
)

// primes draws n different primes up to 13, so that no two axes can be taken for each other.
func primes(t *check.T, n int) []int {
	all := []int{2, 3, 5, 7, 11, 13}
	t.Rand().Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:n]
}

// call calls a loss of one player's or the other's.
func (l loss) call(t *check.T, real, fake check.Tensor) check.Value {
	if l.real == nil {
		return t.Call1(l.function, fake)
	}
	return t.Call1(l.function, real, fake)
}

// values compares a loss for logits [B] and [B, 1], one example and many.
func (l loss) values(t *check.T) {
	for _, shape := range [][2][]int{{{5}, {5}}, {{1}, {1}}, {{primes(t, 1)[0], 1}, {primes(t, 1)[0], 1}}, {{2}, {7}}} {
		real, fake := t.Uniform(-4, 4, shape[0]...), t.Uniform(-4, 4, shape[1]...)
		got := l.call(t, real, fake)
		t.Contract(got, "Float32")
		t.Close(l.function, got, l.value(real.Float64s(), fake.Float64s()), 1e-5, 1e-5)
	}
}

func discriminatorValues(t *check.T) { discriminator.values(t) }
func minimaxValues(t *check.T)       { minimax.values(t) }
func nonSaturatingValues(t *check.T) { nonSaturating.values(t) }
func hingeValues(t *check.T)         { hinge.values(t) }

func criticValues(t *check.T) {
	wasserstein.values(t)
	critic.values(t)
}

// slopes compares the gradients of a loss.
func (l loss) slopes(t *check.T, real, fake check.Tensor) {
	slope := func(logits check.Tensor, f func(float64) float64) check.Tensor {
		list := logits.Float64s()
		for i, x := range list {
			list[i] = f(x) / float64(len(list))
		}
		return check.Of(list, logits.Shape...)
	}
	if l.real == nil {
		got := t.Gradient(l.function, []int{0}, 0, check.Tensor{}, fake)
		t.Close(l.function+": d/dfake", got[0], slope(fake, l.fakeSlope), 1e-6, 1e-4)
		return
	}
	got := t.Gradient(l.function, []int{0, 1}, 0, check.Tensor{}, real, fake)
	t.Close(l.function+": d/dreal", got[0], slope(real, l.realSlope), 1e-6, 1e-4)
	t.Close(l.function+": d/dfake", got[1], slope(fake, l.fakeSlope), 1e-6, 1e-4)
}

// aroundMargin draws logits of which the first lies between 0 and the margin of a hinge, and the second beyond it.
func aroundMargin(t *check.T, n int, margin float32) check.Tensor {
	out := []float32{margin * (0.1 + 0.8*t.Rand().Float32()), margin * (1.1 + t.Rand().Float32())}
	for len(out) < n {
		out = append(out, 8*t.Rand().Float32()-4)
	}
	return check.Of(out, n)
}

func lossesGradient(t *check.T) {
	for _, l := range losses {
		p := primes(t, 2)
		l.slopes(t, aroundMargin(t, p[0], 1), aroundMargin(t, p[1], -1))
	}
}

// lossesLarge draws logits of either sign from 100 to 300.
func lossesLarge(t *check.T) {
	large := func(n int) check.Tensor {
		logits := t.Uniform(100, 300, n).Float64s()
		out := make([]float32, n)
		for i, x := range logits {
			out[i] = float32(x)
			if i%2 == 0 {
				out[i] = -out[i]
			}
		}
		return check.Of(out, n)
	}
	for _, l := range losses {
		if !l.bounded {
			continue
		}
		real, fake := large(5), large(3)
		got := l.call(t, real, fake)
		t.Contract(got, "Float32")
		t.Close(l.function, got, l.value(real.Float64s(), fake.Float64s()), 1e-3, 1e-4)
		l.slopes(t, real, fake)
	}
}
