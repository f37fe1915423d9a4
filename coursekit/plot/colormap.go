package plot

import (
	"image/color"
	"math"
)

// stops are the colours of a map at equal distances.
type stops []color.NRGBA

var (
	// blues goes from white to a deep blue: for values of one sign, such as probabilities.
	blues = stops{{255, 255, 255, 255}, {222, 235, 247, 255}, {158, 202, 225, 255}, {66, 146, 198, 255}, {8, 81, 156, 255}, {8, 38, 87, 255}}
	// blueRed goes from blue through white to vermilion: for values of both signs.
	blueRed = stops{{5, 80, 140, 255}, {67, 147, 195, 255}, {190, 217, 235, 255}, {255, 255, 255, 255}, {252, 211, 181, 255}, {226, 128, 60, 255}, {166, 60, 0, 255}}
)

// at returns the colour at share, 0 to 1; NaN is grey.
func (s stops) at(share float64) color.NRGBA {
	if math.IsNaN(share) {
		return color.NRGBA{200, 200, 200, 255}
	}
	share = min(max(share, 0), 1) * float64(len(s)-1)
	i := min(int(share), len(s)-2)
	t := share - float64(i)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + t*(float64(b)-float64(a)))) }
	return color.NRGBA{mix(s[i].R, s[i+1].R), mix(s[i].G, s[i+1].G), mix(s[i].B, s[i+1].B), 255}
}

// readable returns black or white, whichever can be read on the colour.
func readable(c color.NRGBA) color.NRGBA {
	if 0.299*float64(c.R)+0.587*float64(c.G)+0.114*float64(c.B) < 140 {
		return color.NRGBA{255, 255, 255, 255}
	}
	return ink
}

// colorScale maps values to colours.
type colorScale struct {
	low, high float64
	stops     stops
}

// newColorScale covers the values: from 0 (or the lowest value, if that is far from 0) for values of one sign, and
// symmetric around 0 for values of both.
func newColorScale(values [][]float64, fixed *[2]float64) colorScale {
	low, high := math.Inf(1), math.Inf(-1)
	for _, row := range values {
		for _, v := range row {
			if finite(v) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	if fixed != nil {
		low, high = fixed[0], fixed[1]
	} else {
		switch {
		case low > high:
			low, high = 0, 1
		case low < 0 && high > 0:
			high = max(-low, high)
			low = -high
		case low >= 0 && low < high/2:
			low = 0
		case high <= 0 && high > low/2:
			high = 0
		}
	}
	if low == high {
		low, high = low-0.5, high+0.5
	}
	scale := colorScale{low, high, blues}
	if low < 0 && high > 0 {
		scale.stops = blueRed
	}
	return scale
}

func (s colorScale) color(value float64) color.NRGBA {
	if math.IsInf(value, 0) {
		value = math.Copysign(math.MaxFloat64, value)
	}
	return s.stops.at((value - s.low) / (s.high - s.low))
}
