package plot

import (
	"image/color"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// frame is the part that curves, scatter plots and bars share: a legend, two axes with grid lines, and the area between.
type frame struct {
	x, y    axis
	names   []tick // fixed labels on the horizontal axis, instead of round numbers
	entries []entry
}

// entry is a line of the legend.
type entry struct {
	name   string
	color  color.NRGBA
	dashed bool
	filled bool // a square instead of a stroke
	glyph  draw.GlyphDrawer
}

const (
	frameRatio = 0.56 // height by width of the area between the axes
	sample     = 18.0 // width of the legend's stroke
)

func (f *frame) legendRows(width float64) [][]entry {
	var rows [][]entry
	used := width + 1
	for _, e := range f.entries {
		if e.name == "" {
			continue
		}
		w := sample + 5 + float64(labelStyle.Width(e.name)) + 14
		if used+w > width {
			rows = append(rows, nil)
			used = 0
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], e)
		used += w
	}
	return rows
}

// framed is embedded by what has axes: it takes the width that it is offered.
type framed struct{}

func (framed) width(_ *options, offered float64) float64 { return offered }

func (f *frame) height(_ *options, width float64) float64 {
	return width*frameRatio + 17*float64(len(f.legendRows(width))) + 34
}

// draw draws legend and axes on c, and returns the area between the axes; it sets the axes' positions.
func (f *frame) draw(c draw.Canvas, o *options) draw.Canvas {
	rows := f.legendRows(float64(c.Size().X))
	top := float64(c.Max.Y)
	for _, row := range rows {
		x := float64(c.Min.X)
		for _, e := range row {
			e.draw(c, x, top-8)
			style := aligned(labelStyle, text.XLeft, text.YCenter)
			name := shorten(e.name, style, float64(c.Max.X)-x-sample-5)
			c.FillText(style, vg.Point{X: vg.Length(x + sample + 5), Y: vg.Length(top - 8)}, name)
			x += sample + 5 + width(labelStyle, e.name) + 14
		}
		top -= 17
	}
	if len(rows) > 0 {
		top -= 4
	}
	if o.y != "" { // the label of the vertical axis stands above it, where it can be read without turning the head
		c.FillText(aligned(colored(labelStyle, muted), text.XLeft, text.YTop), vg.Point{X: c.Min.X, Y: vg.Length(top)}, shorten(o.y, labelStyle, float64(c.Size().X)))
		top -= 20
	}
	bottom := float64(c.Min.Y) + 17
	if o.x != "" {
		c.FillText(aligned(colored(labelStyle, muted), text.XCenter, text.YBottom), vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: c.Min.Y}, shorten(o.x, labelStyle, float64(c.Size().X)))
		bottom += 18
	}
	f.y.from, f.y.to = bottom, top-4

	yTicks := f.y.ticks(max(2, int((top-bottom)/44)))
	left := 0.0
	for _, t := range yTicks {
		left = max(left, width(tickStyle, t.label))
	}
	f.x.from, f.x.to = float64(c.Min.X)+left+6, float64(c.Max.X)-4
	for _, t := range yTicks {
		if y, ok := f.y.at(t.value); ok {
			c.StrokeLine2(stroke(faint, 0.8), vg.Length(f.x.from), vg.Length(y), vg.Length(f.x.to), vg.Length(y))
			c.FillText(aligned(tickStyle, text.XRight, text.YCenter), vg.Point{X: vg.Length(f.x.from - 5), Y: vg.Length(y + 1)}, t.label)
		}
	}
	c.StrokeLine2(stroke(line, 1), vg.Length(f.x.from), vg.Length(bottom), vg.Length(f.x.to), vg.Length(bottom))
	f.drawTicksX(c, bottom)
	area := c
	area.Rectangle = vg.Rectangle{Min: vg.Point{X: vg.Length(f.x.from), Y: vg.Length(f.y.from)}, Max: vg.Point{X: vg.Length(f.x.to), Y: vg.Length(f.y.to)}}
	return area
}

func (f *frame) drawTicksX(c draw.Canvas, bottom float64) {
	ticks := f.names
	if ticks == nil {
		ticks = f.x.ticks(max(2, int((f.x.to-f.x.from)/70)))
	}
	room := (f.x.to - f.x.from) / float64(max(len(ticks), 1))
	for _, t := range ticks {
		x, ok := f.x.at(t.value)
		if !ok {
			continue
		}
		label := t.label
		if f.names == nil {
			c.StrokeLine2(stroke(line, 1), vg.Length(x), vg.Length(bottom), vg.Length(x), vg.Length(bottom-4))
		} else {
			label = shorten(label, tickStyle, room-4)
		}
		half := width(tickStyle, label) / 2
		x = min(max(x, float64(c.Min.X)+half), float64(c.Max.X)-half)
		c.FillText(tickStyle, vg.Point{X: vg.Length(x), Y: vg.Length(bottom - 5)}, label)
	}
}

func (e entry) draw(c draw.Canvas, x, y float64) {
	if e.glyph != nil {
		c.DrawGlyph(draw.GlyphStyle{Color: e.color, Radius: 4, Shape: e.glyph}, vg.Point{X: vg.Length(x + sample/2), Y: vg.Length(y)})
		return
	}
	if e.filled {
		fillRect(c, e.color, x+sample-11, y-5, x+sample-1, y+5)
		return
	}
	style := stroke(e.color, 2.2)
	if e.dashed {
		style.Dashes = dashes
	}
	c.StrokeLine2(style, vg.Length(x), vg.Length(y), vg.Length(x+sample), vg.Length(y))
}

var dashes = []vg.Length{5, 3.5}
