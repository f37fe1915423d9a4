package public

import (
	"math"

	"courselab/autograde/check"
)

func packTable(t *check.T) {
	rows := check.Of([]float32{0, 1, 10, 11, 20, 21, 30, 31}, 4, 2)
	packed := t.Call1("Pack", rows, 2)
	t.Contract(packed, "Float32", 2, 4)
	if got := packed.Tensor().Float64s(); got[2] == 20 {
		t.Failf("pack 0 holds examples 0 and 2: a pack is made of examples that follow each other")
	}
	t.Equal("Pack(rows, 2)", packed, check.Of([]float32{0, 1, 10, 11, 20, 21, 30, 31}, 2, 4))

	// Example e, pixel p, channel c is the number 100·e + 10·p + c.
	var pictures []float32
	for e := range 4 {
		for p := range 2 {
			for c := range 2 {
				pictures = append(pictures, float32(100*e+10*p+c))
			}
		}
	}
	packed = t.Call1("Pack", check.Of(pictures, 4, 1, 2, 2), 2)
	t.Contract(packed, "Float32", 2, 1, 2, 4)
	switch got := packed.Tensor().Float64s(); {
	case got[2] == 10:
		t.Failf("the first pixel of pack 0 holds 0 1 10 11, both pixels of one picture: reshape alone does not pack pictures")
	case got[1] == 100:
		t.Failf("the first pixel of pack 0 holds 0 100 1 101: the channels of one example stay together")
	}
	t.Equal("Pack(pictures, 2)", packed, check.Of([]float32{
		0, 1, 100, 101, 10, 11, 110, 111,
		200, 201, 300, 301, 210, 211, 310, 311,
	}, 2, 1, 2, 4))
}

var compass = [][]float64{{2, 0}, {0, 2}, {-2, 0}, {0, -2}}

func modesRing(t *check.T) {
	ring := t.Call1("RingCentres", 4, 2.0)
	if len(ring.List) != 4 {
		t.Failf("there are %d centres, want 4", len(ring.List))
	}
	first, last := ring.List[0].FloatList(), ring.List[3].FloatList()
	if len(first) == 2 && len(last) == 2 && near(first[0], last[0]) && near(first[1], last[1]) {
		t.Failf("the last centre lies on the first: both ends of the circle are the same place, so there are 3 modes and not 4")
	}
	t.Close("RingCentres(4, 2)", ring, compass, 1e-9, 0)
}

func modesCounted(t *check.T) {
	samples := [][]float64{{2, 0}, {2.1, 0.1}, {1.9, 0}, {2, -0.2}, {0, 2}, {0.1, 1.9}, {0, -2.29}, {-2, 0.4}}
	counts, good := t.Call2("CoverModes", samples, compass, 0.1)
	t.Equal("counts", counts, []int{4, 2, 0, 1})
	t.Close("share of good samples", good, 7.0/8, 1e-9, 0)
	covered := func(share float64) int { return t.Call1("CoveredModes", []int{4, 2, 0, 1}, 8, share).Int() }
	if got := covered(0.25); got != 2 {
		t.Failf("with a share of 1/4, %d modes are covered, want 2: two samples of eight are a quarter, of which good or bad does not matter", got)
	}
	if got := covered(0); got != 3 {
		t.Failf("with a share of 0, %d modes are covered, want 3: an empty mode never is", got)
	}
	t.Close("Divergence of equal counts", t.Call1("Divergence", []int{5, 5}), 0.0, 1e-9, 0)
	// p = (1, 0), u = (1/2, 1/2), m = (3/4, 1/4)
	want := (math.Log(4.0/3) + 0.5*math.Log(2.0/3) + 0.5*math.Log(2)) / 2
	t.Close("Divergence of (7, 0)", t.Call1("Divergence", []int{7, 0}), want, 1e-9, 0)
}
