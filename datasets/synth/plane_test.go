package synth_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/datasets/synth"
)

func split(text string) []string { return strings.Fields(text) }

func TestRingCentres(t *testing.T) {
	g := synth.DefaultRing()
	distinct := func(centres [][2]float64) int {
		n := 0
		for i, a := range centres {
			fresh := true
			for _, b := range centres[:i] {
				fresh = fresh && math.Hypot(a[0]-b[0], a[1]-b[1]) > 1e-9
			}
			if fresh {
				n++
			}
		}
		return n
	}
	var ring, linspace [][2]float64
	for i := range 8 {
		ring = append(ring, g.Centre(i))
		angle := 2 * math.Pi * float64(i) / 7 // numpy.linspace(0, 2 pi, 8): both ends included
		linspace = append(linspace, [2]float64{math.Cos(angle), math.Sin(angle)})
	}
	assert.Equal(t, 8, distinct(ring))
	assert.Equal(t, 7, distinct(linspace), "the trap that Ring avoids")
	h := math.Sqrt2 / 2
	for i, want := range [][2]float64{{1, 0}, {h, h}, {0, 1}, {-h, h}, {-1, 0}, {-h, -h}, {0, -1}, {h, -h}} {
		assert.InDeltaSlice(t, want[:], ring[i][:], 1e-15)
	}
}

func TestRingTruth(t *testing.T) {
	g := synth.DefaultRing()
	const n = 20011
	modes, good := make([]int, 8), 0
	var sum, square float64
	for _, p := range draw(t, g, 3, n) {
		modes[p.Mode]++
		mode, distance := g.Nearest(p.X, p.Y)
		require.Equal(t, p.Mode, mode)
		if distance < 3 {
			good++
		}
		c := g.Centre(p.Mode)
		sum += p.X - c[0]
		square += (p.X-c[0])*(p.X-c[0]) + (p.Y-c[1])*(p.Y-c[1])
	}
	requireUniform(t, modes, "mode")
	requireShare(t, good, n, 1-math.Exp(-4.5), "points within 3 sigma in two dimensions")
	assert.InDelta(t, 0, sum/n, 4*0.01/math.Sqrt(n))
	assert.InDelta(t, 2e-4, square/n, 4*2e-4/math.Sqrt(n))
	mode, distance := g.Nearest(math.NaN(), 0)
	assert.Equal(t, -1, mode)
	assert.True(t, math.IsInf(distance, 1))
}

func TestRingGolden(t *testing.T) {
	p := synth.DefaultRing().At(1, 0)
	assert.Equal(t, 4, p.Mode)
	assert.InDelta(t, -0.9901, p.X, 1e-4)
	assert.InDelta(t, 0.0040, p.Y, 1e-4)
}

func TestReversalTruth(t *testing.T) {
	g := synth.Reversal{Symbols: 7, MinLength: 3, MaxLength: 5}
	lengths, symbols := make([]int, 3), make([]int, 7)
	for _, pair := range draw(t, g, 3, 5003) {
		lengths[len(pair.Input)-3]++
		for i, v := range pair.Input {
			symbols[v]++
			require.Equal(t, v, pair.Target[len(pair.Target)-1-i])
		}
	}
	requireUniform(t, lengths, "length")
	requireUniform(t, symbols, "symbol")
	assert.Equal(t, []int{1, 0, 1, 6, 3}, synth.Reversal{Symbols: 7, MinLength: 5, MaxLength: 5}.At(1, 0).Input)
}

func TestAddingTruth(t *testing.T) {
	g := synth.Adding{Length: 11}
	const n = 20011
	first, second := make([]int, 5), make([]int, 6)
	var mean, square float64
	for _, a := range draw(t, g, 3, n) {
		var dot, marks float64
		for i, m := range a.Marks {
			dot, marks = dot+m*a.Values[i], marks+m
			if m == 1 && i < 5 {
				first[i]++
			} else if m == 1 {
				second[i-5]++
			}
		}
		require.Equal(t, 2.0, marks)
		require.InDelta(t, dot, a.Target, 1e-15)
		mean += a.Target
		square += (a.Target - 1) * (a.Target - 1)
	}
	requireUniform(t, first, "first mark")
	requireUniform(t, second, "second mark")
	assert.InDelta(t, 1, mean/n, 4*math.Sqrt(1.0/6/n))
	assert.InDelta(t, g.Baseline(), square/n, 0.006, "always answering 1")
	assert.InDelta(t, 1.0/6, g.Baseline(), 1e-15)
	assert.InDelta(t, 0.7654, g.At(1, 0).Target, 1e-4)
}

func TestCopyTruth(t *testing.T) {
	g := synth.Copy{Symbols: 5, Length: 3, Delay: 7}
	symbols := make([]int, 5)
	for _, pair := range draw(t, g, 3, 3001) {
		require.Len(t, pair.Input, 13)
		require.Len(t, pair.Target, 13)
		for i, v := range pair.Input {
			switch {
			case i < 3:
				symbols[v-1]++
				require.Equal(t, v, pair.Target[i+10], "the lag is Length + Delay")
			case i == 9:
				require.Equal(t, 6, v, "signal")
			default:
				require.Zero(t, v)
			}
			if i < 10 {
				require.Zero(t, pair.Target[i])
			}
		}
	}
	requireUniform(t, symbols, "symbol")
	assert.InDelta(t, 3*math.Log(5)/13, g.Baseline(), 1e-15)
	assert.Equal(t, []int{3, 2, 4, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0}, g.At(1, 0).Input)
}
