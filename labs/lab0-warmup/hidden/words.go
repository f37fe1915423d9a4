package hidden

import (
	"math"
	"slices"

	"courselab/autograde/check"
)

// uniforms draws so many numbers from [0, 1).
func uniforms(t *check.T, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = t.Rand().Float64()
	}
	return out
}

func dropoutDrawn(t *check.T) {
	for _, rate := range []float64{0.2 + 0.2*t.Rand().Float64(), 0.6 + 0.2*t.Rand().Float64()} {
		x, draws := normals(t.Rand(), 31), uniforms(t, 31)
		draws[0], draws[1] = rate/2, (1+rate)/2 // one of each kind at least
		t.Close("Dropout", t.Call1("Dropout", x, draws, rate, true), dropout(x, draws, rate), 1e-12, 1e-9)
	}
}

func dropoutEdges(t *check.T) {
	x, rate := normals(t.Rand(), 3), 0.25+0.5*t.Rand().Float64()
	draws := []float64{rate, 0, math.Nextafter(rate, 0)}
	t.Close("a draw equal to the rate", t.Call1("Dropout", x, draws, rate, true), dropout(x, draws, rate), 1e-12, 1e-9)
	t.Close("a rate of 0", t.Call1("Dropout", x, []float64{0, 0, 0}, 0.0, true), x, 1e-12, 0)
	if none := t.Call1("Dropout", []float64{}, []float64{}, rate, true); !none.IsNil() && len(none.Value.FloatList()) != 0 {
		t.Failf("of no values some are left")
	}
}

func dropoutUse(t *check.T) {
	x := normals(t.Rand(), 5)
	if training := t.Call1("Dropout", x, []float64{0, 0, 0, 0, 0}, 0.5, true); slices.Equal(training.FloatList(), x) {
		t.Failf("nothing is dropped in training either")
	}
	t.Close("in use", t.Call1("Dropout", x, uniforms(t, 5), 0.5, false), x, 0, 0)
	t.Close("in use, without draws", t.Call1("Dropout", x, []float64{}, 0.5, false), x, 0, 0)
	t.Rejects("Dropout", x, uniforms(t, 4), 0.5, true)
	t.Rejects("Dropout", x, uniforms(t, 6), 0.5, true)
}

func perplexityDrawn(t *check.T) {
	for _, words := range []int{1, 5, 23} {
		p := uniforms(t, words)
		for i := range p {
			p[i] = 0.01 + 0.98*p[i]
		}
		t.Close("Perplexity", t.Call1("Perplexity", p), perplexity(p), 1e-9, 1e-9)
	}
}

func perplexityLong(t *check.T) {
	p := uniforms(t, 3000)
	for i := range p {
		p[i] = 0.001 + 0.01*p[i]
	}
	t.Close("Perplexity", t.Call1("Perplexity", p), perplexity(p), 1e-6, 1e-6)
}

func perplexityEdges(t *check.T) {
	t.Close("probabilities 0 and 1", t.Call1("Perplexity", []float64{1, 0, 1}), math.Inf(1), 0, 0)
	t.Close("probability 1", t.Call1("Perplexity", []float64{1}), 1.0, 1e-12, 0)
	t.Rejects("Perplexity", []float64{})
	for _, bad := range []float64{-0.1, 1.1, math.NaN()} {
		t.Rejects("Perplexity", []float64{0.5, bad})
		t.Rejects("Perplexity", []float64{bad, 0.5})
	}
}
