package public

import (
	"fmt"
	"math"

	"courselab/autograde/check"
)

// temperatureTable uses the logits ln 1, ln 2, ln 4.
func temperatureTable(t *check.T) {
	logits := []float64{0, math.Ln2, 2 * math.Ln2}
	t.Close("Temperature(ln 1, ln 2, ln 4; t = 1)", t.Call1("Temperature", logits, 1.), []float64{1. / 7, 2. / 7, 4. / 7}, 1e-9, 0)
	sharp := t.Call1("Temperature", logits, 0.5)
	if values := sharp.FloatList(); len(values) == 3 && near(values[2]/values[1], math.Sqrt2) {
		t.Failf("got %.4f: a temperature below 1 must make the likely tokens likelier; divide by t, do not multiply", values)
	}
	t.Close("Temperature(ln 1, ln 2, ln 4; t = 1/2)", sharp, []float64{1. / 21, 4. / 21, 16. / 21}, 1e-9, 0)
	t.Equal("Temperature(ln 1, ln 2, ln 4; t = 0)", t.Call1("Temperature", logits, 0.), []float64{0, 0, 1})
}

// setsTable uses probabilities whose sums are exact in floating point.
func setsTable(t *check.T) {
	p := []float64{0.125, 0.5, 0.125, 0.25}
	t.Close("KeepTopK(1/8 1/2 1/8 1/4; k = 2)", t.Call1("KeepTopK", p, 2), []float64{0, 2. / 3, 0, 1. / 3}, 1e-9, 0)
	t.Close("KeepTopK(1/8 1/2 1/8 1/4; k = 3), of equal ones the lower id", t.Call1("KeepTopK", p, 3),
		[]float64{1. / 7, 4. / 7, 0, 2. / 7}, 1e-9, 0)
	got := t.Call1("KeepNucleus", p, 0.6)
	if values := got.FloatList(); len(values) == 4 && values[1] == 1 {
		t.Failf("got %v: 1/2 alone does not reach p = 0.6; the token with which the sum reaches p belongs to the nucleus", values)
	}
	t.Close("KeepNucleus(1/8 1/2 1/8 1/4; p = 0.6)", got, []float64{0, 2. / 3, 0, 1. / 3}, 1e-9, 0)
	t.Close("KeepNucleus(1/8 1/2 1/8 1/4; p = 0.75)", t.Call1("KeepNucleus", p, 0.75), []float64{0, 2. / 3, 0, 1. / 3}, 1e-9, 0)
}

// drawTable walks u through the stretches of three tokens; the first has probability 0.
func drawTable(t *check.T) {
	for _, row := range []struct {
		u     float64
		token int
	}{{0, 1}, {0.2, 1}, {0.25, 2}, {0.9, 2}} {
		got := t.Call1("Draw", []float64{0, 0.25, 0.75}, row.u)
		if got.Int() == 0 {
			t.Failf("Draw(0 1/4 3/4; u = %v) is token 0, which has probability 0", row.u)
		}
		t.Equal(fmt.Sprintf("Draw(0 1/4 3/4; u = %v)", row.u), got, row.token)
	}
}
