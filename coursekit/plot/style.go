package plot

import (
	"image/color"
	"math"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// margin is the white space around a figure, in points.
const margin = 8

// The colours of Okabe and Ito (2008), darkest first, without yellow, which is too light for a line.
var palette = []color.NRGBA{
	{0, 114, 178, 255},   // blue
	{213, 94, 0, 255},    // vermilion
	{0, 158, 115, 255},   // green
	{204, 121, 167, 255}, // purple
	{230, 159, 0, 255},   // orange
	{86, 180, 233, 255},  // sky
	{60, 60, 60, 255},    // nearly black
}

var (
	ink   = color.NRGBA{34, 34, 34, 255}
	muted = color.NRGBA{95, 95, 95, 255}
	line  = color.NRGBA{170, 170, 170, 255}
	faint = color.NRGBA{230, 230, 230, 255}
)

// fonts are the fonts that come with gonum/plot, so that a figure looks the same on every machine.
var fonts = font.NewCache(liberation.Collection())

var (
	titleStyle = textStyle(14, xfont.WeightBold, ink, text.XLeft, text.YTop)
	labelStyle = textStyle(12, xfont.WeightNormal, ink, text.XCenter, text.YTop)
	tickStyle  = textStyle(11, xfont.WeightNormal, muted, text.XCenter, text.YTop)
)

func textStyle(size float64, weight xfont.Weight, c color.Color, x text.XAlignment, y text.YAlignment) text.Style {
	return text.Style{
		Color:   c,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Length(size), Weight: weight},
		XAlign:  x,
		YAlign:  y,
		Handler: text.Plain{Fonts: fonts},
	}
}

// aligned returns a copy of the style with other alignments.
func aligned(s text.Style, x text.XAlignment, y text.YAlignment) text.Style {
	s.XAlign, s.YAlign = x, y
	return s
}

func colored(s text.Style, c color.Color) text.Style {
	s.Color = c
	return s
}

func seriesColor(i int) color.NRGBA { return palette[i%len(palette)] }

// translucent returns the colour with the given opacity, 0 to 1.
func translucent(c color.NRGBA, opacity float64) color.NRGBA {
	c.A = uint8(math.Round(255 * opacity))
	return c
}

func stroke(c color.Color, width float64) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: vg.Length(width)}
}

func width(s text.Style, txt string) float64 { return float64(s.Width(txt)) }

// wrap breaks a text into lines no wider than limit, at spaces.
func wrap(txt string, s text.Style, limit float64) []string {
	var lines []string
	current := ""
	for _, word := range strings.Fields(txt) {
		longer := strings.TrimSpace(current + " " + word)
		if current != "" && width(s, longer) > limit {
			lines = append(lines, current)
			longer = word
		}
		current = longer
	}
	return append(lines, current)
}

// shorten cuts a text to the width limit, with an ellipsis.
func shorten(txt string, s text.Style, limit float64) string {
	if width(s, txt) <= limit {
		return txt
	}
	runes := []rune(txt)
	for len(runes) > 1 && width(s, string(runes)+"…") > limit {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

func fillRect(c draw.Canvas, fill color.Color, x0, y0, x1, y1 float64) {
	c.FillPolygon(fill, []vg.Point{
		{X: vg.Length(x0), Y: vg.Length(y0)}, {X: vg.Length(x1), Y: vg.Length(y0)},
		{X: vg.Length(x1), Y: vg.Length(y1)}, {X: vg.Length(x0), Y: vg.Length(y1)},
	})
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
