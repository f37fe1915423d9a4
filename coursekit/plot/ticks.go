package plot

import (
	"math"
	"strconv"
)

// axis maps values to positions between two ends, linearly or logarithmically.
type axis struct {
	low, high float64 // values at the ends; in decades if log
	log       bool
	from, to  float64 // positions, in points
}

// newAxis covers the values, with a little room at the ends of a linear axis, or exactly the fixed range.
func newAxis(values []float64, log bool, fixed *[2]float64, room float64) (axis, bool) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if finite(v) && (!log || v > 0) {
			low, high = min(low, v), max(high, v)
		}
	}
	a := axis{low: low, high: high, log: log}
	if fixed != nil {
		a.low, a.high, room = fixed[0], fixed[1], 0
	}
	if !(a.low <= a.high) || (log && a.low <= 0) {
		return a, false
	}
	if log {
		a.low, a.high = math.Log10(a.low), math.Log10(a.high)
	}
	if a.low == a.high {
		pad := max(math.Abs(a.low)*0.1, 0.5)
		a.low, a.high = a.low-pad, a.high+pad
	}
	span := a.high - a.low
	lowest := a.low
	a.low, a.high = a.low-room*span, a.high+room*span
	if !log && lowest >= 0 && a.low < 0 { // no room below zero for what cannot be negative
		a.low = 0
	}
	return a, true
}

// at returns the position of a value. ok is false if the axis cannot show it.
func (a axis) at(value float64) (position float64, ok bool) {
	if a.log {
		if !(value > 0) {
			return 0, false
		}
		value = math.Log10(value)
	}
	if !finite(value) {
		return 0, false
	}
	return a.from + (value-a.low)/(a.high-a.low)*(a.to-a.from), true
}

type tick struct {
	value float64
	label string
}

// ticks returns about count round values inside the axis.
func (a axis) ticks(count int) []tick {
	if a.log && a.high-a.low >= 1.2 {
		return a.decades(count)
	}
	low, high := a.low, a.high
	if a.log {
		low, high = math.Pow(10, low), math.Pow(10, high)
	}
	return linearTicks(low, high, count)
}

func linearTicks(low, high float64, count int) []tick {
	rough := (high - low) / float64(max(count, 1))
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	step := 10 * power
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*power >= rough*0.999 {
			step = m * power
			break
		}
	}
	decimals := 0
	for s := step; decimals < 12 && math.Abs(s-math.Round(s)) > 1e-6; s = step * math.Pow(10, float64(decimals)) {
		decimals++
	}
	var ticks []tick
	for k := math.Ceil(low/step - 1e-9); k*step <= high+1e-9*step; k++ {
		v := k * step
		if k == 0 {
			v = 0
		}
		ticks = append(ticks, tick{v, format(v, decimals, step)})
	}
	return ticks
}

// decades returns powers of ten, with their double and fivefold where there are few.
func (a axis) decades(count int) []tick {
	first, last := math.Floor(a.low+1e-9), math.Ceil(a.high-1e-9)
	stride := max(1, math.Ceil((last-first)/float64(max(count, 1))))
	multiples := []float64{1}
	if last-first <= 2 {
		multiples = []float64{1, 2, 5}
	}
	var ticks []tick
	for e := first; e <= last; e += stride {
		for _, m := range multiples {
			v := m * math.Pow(10, e)
			if at := math.Log10(v); at >= a.low-1e-9 && at <= a.high+1e-9 {
				ticks = append(ticks, tick{v, format(v, max(0, -int(e)), math.Pow(10, e))})
			}
		}
	}
	return ticks
}

// format writes a value with this many decimals, or in scientific form where that would be long.
func format(v float64, decimals int, step float64) string {
	if v == 0 && decimals > 4 {
		return "0"
	}
	if v != 0 && (math.Abs(v) >= 1e6 || step < 0.9e-4) {
		s := strconv.FormatFloat(v, 'e', -1, 64)
		if len(s) > 8 {
			s = strconv.FormatFloat(v, 'e', 2, 64)
		}
		return minus(s)
	}
	return minus(strconv.FormatFloat(v, 'f', decimals, 64))
}

// minus writes the sign as typesetters do.
func minus(s string) string {
	if len(s) > 1 && s[0] == '-' {
		return "−" + s[1:]
	}
	return s
}
