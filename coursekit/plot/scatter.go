package plot

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Scatter draws the points of each series, without lines between them. Points of a series with Labels are named.
func Scatter(title, x, y string, series ...Series) *Figure {
	checked, err := checkSeries(series)
	return newFigure(title, &scatter{series: checked}, err).Axes(x, y)
}

// SquareAxes gives a [Scatter] the same scale on both axes, so that circles are round.
func (f *Figure) SquareAxes() *Figure {
	if s, ok := f.content.(*scatter); ok {
		s.square = true
	}
	return f
}

type scatter struct {
	framed
	series []Series
	square bool
}

// The shapes of the series, so that they differ in more than colour.
var glyphs = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.PyramidGlyph{}, draw.BoxGlyph{}, draw.CrossGlyph{}, draw.RingGlyph{}, draw.TriangleGlyph{}, draw.PlusGlyph{}}

// seriesGlyph moves on by one each time round, so that no two of the first 49 series share colour and shape.
func seriesGlyph(i int) draw.GlyphDrawer { return glyphs[(i+i/len(palette))%len(glyphs)] }

func (s *scatter) frame(o *options) *frame {
	f := &frame{}
	var xs, ys []float64
	for i, one := range s.series {
		xs, ys = append(xs, one.X...), append(ys, one.Y...)
		f.entries = append(f.entries, entry{name: one.Name, color: seriesColor(i), glyph: seriesGlyph(i)})
	}
	withAxes(f, xs, ys, o, 0.04)
	if f.y.low == 0 && o.yRange == nil && !o.logY { // a point on the axis would be cut in half
		f.y.low = -0.04 * f.y.high
	}
	return f
}

func (s *scatter) height(o *options, width float64) float64 {
	f := s.frame(o)
	if s.square {
		return f.height(o, width) + width*(0.8-frameRatio)
	}
	return f.height(o, width)
}

func (s *scatter) draw(c draw.Canvas, o *options) {
	f := s.frame(o)
	area := f.draw(c, o)
	if s.square {
		f.equalize()
		c.SetColor(ink)
		white := draw.Crop(c, -1, 1, -1, 1)
		fillRect(white, blues[0], float64(white.Min.X), float64(white.Min.Y), float64(white.Max.X), float64(white.Max.Y))
		area = f.draw(c, o)
	}
	points := 0
	for _, one := range s.series {
		points += len(one.Y)
	}
	radius := min(max(44/math.Sqrt(float64(points)), 1.3), 3.6)
	c = area
	if points > pointLimit {
		layer := vgimg.NewWith(vgimg.UseWH(c.Size().X, c.Size().Y), vgimg.UseDPI(144), vgimg.UseBackgroundColor(color.Transparent))
		defer func() { area.DrawImage(area.Rectangle, compact(layer.Image())) }()
		c = draw.New(layer)
		c.Translate(vg.Point{X: -area.Min.X, Y: -area.Min.Y})
	}
	for i, one := range s.series {
		style := draw.GlyphStyle{Color: translucent(seriesColor(i), 0.75), Radius: vg.Length(radius), Shape: seriesGlyph(i)}
		for j := range one.Y {
			x, okX := f.x.at(one.X[j])
			y, okY := f.y.at(one.Y[j])
			at := vg.Point{X: vg.Length(x), Y: vg.Length(y)}
			if !okX || !okY || !area.Contains(at) {
				continue
			}
			c.DrawGlyphNoClip(style, at)
			if one.Labels != nil {
				s.label(area, one.Labels[j], at, radius)
			}
		}
	}
}

// pointLimit is the number of points above which they are one image, as so many shapes make a large file.
const pointLimit = 400

// label writes the name of a point to its right, or to its left where the right has no room.
func (s *scatter) label(area draw.Canvas, name string, at vg.Point, radius float64) {
	style := aligned(colored(tickStyle, ink), text.XLeft, text.YCenter)
	gap := vg.Length(radius + 2.5)
	if at.X+gap+style.Width(name) > area.Max.X {
		style.XAlign, gap = text.XRight, -gap
	}
	area.FillText(style, vg.Point{X: at.X + gap, Y: at.Y}, name)
}

// equalize widens one axis until a unit is as long on both.
func (f *frame) equalize() {
	scaleX, scaleY := (f.x.to-f.x.from)/(f.x.high-f.x.low), (f.y.to-f.y.from)/(f.y.high-f.y.low)
	widen := func(a *axis, factor float64) {
		extra := (a.high - a.low) * (factor - 1) / 2
		a.low, a.high = a.low-extra, a.high+extra
	}
	if scaleX > scaleY {
		widen(&f.x, scaleX/scaleY)
	} else {
		widen(&f.y, scaleY/scaleX)
	}
}
