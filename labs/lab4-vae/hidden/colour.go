package hidden

import (
	"slices"

	"courselab/autograde/check"
)

func leastSquares(t *check.T) {
	for _, count := range append([]int{1}, primes(t, 3)...) {
		channels := 1 + t.Rand().IntN(4)
		colours := rows(t.Uniform(0, 1, count, channels).Float64s(), channels)
		weights := t.Uniform(0.5, 9, count).Float64s()
		if count > 1 {
			weights[t.Rand().IntN(count)] = 0
		}
		total, want := 0.0, make([]float64, channels)
		for i, weight := range weights {
			total += weight
			for c := range want {
				want[c] += weight * colours[i][c]
			}
		}
		for c := range want {
			want[c] /= total
		}
		t.Close("colour", t.Call1("LeastSquaresColour", colours, weights), want, 1e-9, 1e-9)
	}
}

// picture draws sizes B, P, K, C, logits and a palette, in Float32.
func picture(t *check.T) (sizes []int, logits, palette check.Tensor) {
	p := primes(t, 4)
	return p, t.Uniform(-3, 3, p[0], p[1], p[2]), t.Uniform(0, 1, p[2], p[3])
}

// truths draws the true bin of every pixel.
func truths(t *check.T, bins int, shape ...int) (check.Tensor, []int) {
	drawn := t.Integers(0, bins, shape...)
	var list []int
	for _, x := range drawn.Float64s() {
		list = append(list, int(x))
	}
	return drawn, list
}

func meanCross(logits []float64, truth []int) (mean float64) {
	for i, pixel := range rows(logits, len(logits)/len(truth)) {
		mean += cross(pixel, truth[i]) / float64(len(truth))
	}
	return mean
}

func crossEntropy(t *check.T) {
	for range 2 {
		p, logits, _ := picture(t)
		bins, truth := truths(t, p[2], p[0], p[1])
		loss := t.Call1("BinCrossEntropy", logits, bins)
		t.Contract(loss, "Float32")
		t.Close("loss", loss, meanCross(logits.Float64s(), truth), 1e-5, 1e-5)

		var want []float64
		for i, pixel := range rows(logits.Float64s(), p[2]) {
			slope := softmax(pixel)
			slope[truth[i]]--
			for _, s := range slope {
				want = append(want, s/float64(len(truth)))
			}
		}
		slopes := t.Gradient("BinCrossEntropy", []int{0}, 0, check.Tensor{}, logits, bins)
		t.Close("d/dlogits", slopes[0], like(logits, want), 1e-5, 1e-4)
	}
}

func crossEntropyLarge(t *check.T) {
	p, _, _ := picture(t)
	logits := t.Uniform(-400, 400, p[0], p[1], p[2])
	bins, truth := truths(t, p[2], p[0], p[1])
	loss := t.Call1("BinCrossEntropy", logits, bins)
	t.Contract(loss, "Float32")
	t.Close("loss", loss, meanCross(logits.Float64s(), truth), 1e-3, 1e-4)
}

// best is the palette's colour of the largest logit of each pixel.
func best(logits, palette []float64, bins int) (out []float64) {
	channels := len(palette) / bins
	for _, pixel := range rows(logits, bins) {
		k := slices.Index(pixel, slices.Max(pixel))
		out = append(out, palette[k*channels:(k+1)*channels]...)
	}
	return out
}

func modeColours(t *check.T) {
	for range 2 {
		p, logits, palette := picture(t)
		got := t.Call1("ModeColour", logits, palette)
		t.Contract(got, "Float32", p[0], p[1], p[3])
		t.Close("colours", got, check.Of(best(logits.Float64s(), palette.Float64s(), p[2]), p[0], p[1], p[3]), 1e-6, 0)
	}
}

func expectedColours(t *check.T) {
	for _, temperature := range []float64{0.3 + t.Rand().Float64()/3, 1, 2 + 3*t.Rand().Float64()} {
		p, logits, palette := picture(t)
		got := t.Call1("ExpectedColour", logits, palette, temperature)
		t.Contract(got, "Float32", p[0], p[1], p[3])
		var want []float64
		for _, pixel := range rows(logits.Float64s(), p[2]) {
			for k := range pixel {
				pixel[k] /= temperature
			}
			want = append(want, mix(softmax(pixel), palette.Float64s())...)
		}
		t.Close("colours", got, check.Of(want, p[0], p[1], p[3]), 1e-5, 1e-4)
	}
}

// coldColours keeps the two largest logits of a pixel a whole number apart, so that there is one mode.
func coldColours(t *check.T) {
	p, _, palette := picture(t)
	logits := make([]float32, p[0]*p[1]*p[2])
	for pixel := range p[0] * p[1] {
		for k, place := range t.Rand().Perm(p[2]) {
			logits[pixel*p[2]+k] = float32(place)
		}
	}
	drawn := check.Of(logits, p[0], p[1], p[2])
	got := t.Call1("ExpectedColour", drawn, palette, 0.01)
	t.Contract(got, "Float32", p[0], p[1], p[3])
	t.Close("colours", got, check.Of(best(drawn.Float64s(), palette.Float64s(), p[2]), p[0], p[1], p[3]), 1e-5, 0)
}
