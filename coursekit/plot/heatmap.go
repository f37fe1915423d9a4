package plot

import (
	"fmt"
	"image"
	"math"
	"strconv"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// HeatMap draws a matrix as coloured cells, row 0 at the top, with the rows' names at the left and the columns' names
// above; nil leaves the names out, or counts where there are many. A small matrix shows its numbers.
//
// Colours go from white (0) to blue for values of one sign, and from blue over white (0) to vermilion for values of both;
// NaN is grey. [Figure.ColorRange] fixes the ends, so that several figures can be compared.
func HeatMap(title string, values [][]float64, rows, columns []string) *Figure {
	return newFigure(title, &heatMap{values: values, rows: rows, columns: columns}, checkMatrix(values, rows, columns))
}

// ColorRange sets which values have the first and the last colour of a [HeatMap].
func (f *Figure) ColorRange(low, high float64) *Figure {
	f.options.valueRange = f.span("range of colours", low, high)
	return f
}

// ColorBar shows the scale of colours beside a [HeatMap], with a label such as "weight".
func (f *Figure) ColorBar(label string) *Figure {
	f.options.colorBar, f.options.colorLabel = true, label
	return f
}

// Values says if the cells of a [HeatMap] show their numbers. Default: only if all fit.
func (f *Figure) Values(show bool) *Figure {
	f.options.showValues = &show
	return f
}

func checkMatrix(values [][]float64, rows, columns []string) error {
	if len(values) == 0 || len(values[0]) == 0 {
		return fmt.Errorf("there are no values to draw")
	}
	for r, row := range values {
		if len(row) != len(values[0]) {
			return fmt.Errorf("row %d has %d values, row 0 has %d", r, len(row), len(values[0]))
		}
	}
	if rows != nil && len(rows) != len(values) {
		return fmt.Errorf("there are %d rows and %d names of rows", len(values), len(rows))
	}
	if columns != nil && len(columns) != len(values[0]) {
		return fmt.Errorf("there are %d columns and %d names of columns", len(values[0]), len(columns))
	}
	return nil
}

type heatMap struct {
	values        [][]float64
	rows, columns []string
}

const (
	barWidth   = 12.0 // of the colour bar
	maxCell    = 56.0
	cellLimit  = 1024 // above this, the cells are one image, as so many rectangles make a large file
	namesLimit = 110.0
)

// layout is where the parts of a heat map lie, relative to the upper left corner of the canvas.
type layout struct {
	left, top     float64 // of the cells
	cellW, cellH  float64
	turned        bool // names of columns run upwards
	right, bottom float64
}

func (h *heatMap) layout(o *options, canvasWidth float64) layout {
	var l layout
	for _, name := range h.rows {
		l.left = max(l.left, width(tickStyle, name)+6)
	}
	if h.rows == nil && len(h.values) > 1 {
		l.left = width(tickStyle, fmt.Sprint(len(h.values)-1)) + 6
	}
	l.left = min(l.left, namesLimit)
	if o.y != "" {
		l.left += 18
	}
	if o.colorBar {
		l.right = barWidth + 14 + h.barLabelWidth(o)
	}
	l.cellW = min((canvasWidth-l.left-l.right)/float64(len(h.values[0])), maxCell)
	widest := 0.0
	for _, name := range h.columns {
		widest = max(widest, width(tickStyle, name))
	}
	l.top = 17
	if widest > l.cellW-3 {
		l.turned, l.top = true, min(widest, namesLimit)+6
	}
	if o.x != "" {
		l.top += 18
	}
	l.cellH = l.cellW
	if len(h.values[0]) < 4 { // a narrow matrix need not be a tower
		l.cellH = min(l.cellH, 32)
	}
	if tall := l.cellH * float64(len(h.values)); tall > 1.25*canvasWidth {
		l.cellH *= 1.25 * canvasWidth / tall
	}
	return l
}

func (h *heatMap) barLabelWidth(o *options) float64 {
	widest := 0.0
	for _, t := range h.barTicks(o) {
		widest = max(widest, width(tickStyle, t.label))
	}
	return widest + 4
}

func (h *heatMap) barTicks(o *options) []tick {
	scale := newColorScale(h.values, o.valueRange)
	return linearTicks(scale.low, scale.high, 4)
}

func (h *heatMap) width(o *options, offered float64) float64 {
	l := h.layout(o, offered)
	return l.left + l.cellW*float64(len(h.values[0])) + l.right + 2
}

func (h *heatMap) height(o *options, canvasWidth float64) float64 {
	l := h.layout(o, canvasWidth)
	height := l.top + l.cellH*float64(len(h.values)) + 2
	if o.colorBar && o.colorLabel != "" {
		height = max(height, 120)
	}
	return height
}

func (h *heatMap) draw(c draw.Canvas, o *options) {
	l := h.layout(o, float64(c.Size().X))
	if room := float64(c.Size().Y) - l.top; l.cellH*float64(len(h.values)) > room { // a fixed size of the figure
		l.cellH = room / float64(len(h.values))
		l.cellW = min(l.cellW, l.cellH)
	}
	scale := newColorScale(h.values, o.valueRange)
	x0, y0 := float64(c.Min.X)+l.left, float64(c.Max.Y)-l.top // the upper left corner of the cells
	columns := len(h.values[0])
	wide, tall := l.cellW*float64(columns), l.cellH*float64(len(h.values))

	if len(h.values)*columns > cellLimit {
		c.DrawImage(vg.Rectangle{Min: vg.Point{X: vg.Length(x0), Y: vg.Length(y0 - tall)}, Max: vg.Point{X: vg.Length(x0 + wide), Y: vg.Length(y0)}}, compact(h.image(scale)))
	} else {
		h.drawCells(c, o, scale, l, x0, y0)
	}
	outline := []vg.Point{{X: vg.Length(x0), Y: vg.Length(y0)}, {X: vg.Length(x0 + wide), Y: vg.Length(y0)}, {X: vg.Length(x0 + wide), Y: vg.Length(y0 - tall)}, {X: vg.Length(x0), Y: vg.Length(y0 - tall)}, {X: vg.Length(x0), Y: vg.Length(y0)}}
	c.StrokeLines(stroke(line, 0.8), outline)
	h.drawNames(c, o, l, x0, y0, wide, tall)
	if o.colorBar {
		h.drawBar(c, o, scale, x0+wide+14, y0, max(tall, 60))
	}
}

func (h *heatMap) drawCells(c draw.Canvas, o *options, scale colorScale, l layout, x0, y0 float64) {
	numbers := h.numbers()
	style := aligned(tickStyle, text.XCenter, text.YCenter)
	fits := l.cellH >= 14
	for _, row := range numbers {
		for _, n := range row {
			fits = fits && width(style, n) <= l.cellW-2
		}
	}
	if o.showValues != nil {
		fits = *o.showValues
	}
	gap := 0.5
	if l.cellW < 8 {
		gap = 0
	}
	for r, row := range h.values {
		for k, v := range row {
			x, y := x0+float64(k)*l.cellW, y0-float64(r)*l.cellH
			fill := scale.color(v)
			fillRect(c, fill, x+gap, y-l.cellH+gap, x+l.cellW-gap, y-gap)
			if fits {
				c.FillText(colored(style, readable(fill)), vg.Point{X: vg.Length(x + l.cellW/2), Y: vg.Length(y - l.cellH/2)}, numbers[r][k])
			}
		}
	}
}

// numbers are the values as the cells show them: whole numbers as such, others with two decimals.
func (h *heatMap) numbers() [][]string {
	whole := true
	for _, row := range h.values {
		for _, v := range row {
			whole = whole && (v == math.Trunc(v) || !finite(v))
		}
	}
	numbers := make([][]string, len(h.values))
	for r, row := range h.values {
		for _, v := range row {
			s := strconv.FormatFloat(v, 'f', 2, 64)
			if whole || v == 0 {
				s = strconv.FormatFloat(v, 'f', 0, 64)
			}
			if s == "-0" || s == "-0.00" {
				s = s[1:]
			}
			numbers[r] = append(numbers[r], minus(s))
		}
	}
	return numbers
}

func (h *heatMap) drawNames(c draw.Canvas, o *options, l layout, x0, y0, wide, tall float64) {
	style := aligned(tickStyle, text.XRight, text.YCenter)
	stride := int(math.Ceil(13 / l.cellH)) // the names that have room
	for r := 0; r < len(h.values); r += stride {
		name := fmt.Sprint(r)
		if h.rows != nil {
			name = h.rows[r]
		}
		c.FillText(style, vg.Point{X: vg.Length(x0 - 5), Y: vg.Length(y0 - (float64(r)+0.5)*l.cellH)}, shorten(name, style, namesLimit-6))
	}
	style = aligned(tickStyle, text.XCenter, text.YBottom)
	need := 14.0
	if l.turned {
		style = aligned(tickStyle, text.XLeft, text.YCenter)
		style.Rotation = math.Pi / 2
	} else if h.columns == nil {
		need = width(tickStyle, fmt.Sprint(len(h.values[0]))) + 6
	}
	stride = int(math.Ceil(need / l.cellW))
	if h.columns != nil && !l.turned {
		stride = 1
	}
	for k := 0; k < len(h.values[0]); k += stride {
		name := fmt.Sprint(k)
		if h.columns != nil {
			name = h.columns[k]
		}
		c.FillText(style, vg.Point{X: vg.Length(x0 + (float64(k)+0.5)*l.cellW), Y: vg.Length(y0 + 4)}, shorten(name, tickStyle, namesLimit-6))
	}
	label := colored(labelStyle, muted)
	if o.x != "" {
		c.FillText(aligned(label, text.XCenter, text.YTop), vg.Point{X: vg.Length(x0 + wide/2), Y: c.Max.Y}, shorten(o.x, labelStyle, float64(c.Size().X)-l.left))
	}
	if o.y != "" {
		turned := aligned(label, text.XCenter, text.YTop)
		turned.Rotation = math.Pi / 2
		c.FillText(turned, vg.Point{X: c.Min.X, Y: vg.Length(y0 - tall/2)}, shorten(o.y, labelStyle, tall))
	}
}

func (h *heatMap) drawBar(c draw.Canvas, o *options, scale colorScale, x, top, tall float64) {
	const steps = 64
	for i := range steps {
		share := (float64(i) + 0.5) / steps
		fillRect(c, scale.stops.at(share), x, top-tall+float64(i)*tall/steps, x+barWidth, top-tall+(float64(i)+1)*tall/steps+0.3*float64(min(1, steps-1-i)))
	}
	style := aligned(tickStyle, text.XLeft, text.YCenter)
	for _, t := range h.barTicks(o) {
		y := top - tall + (t.value-scale.low)/(scale.high-scale.low)*tall
		c.FillText(style, vg.Point{X: vg.Length(x + barWidth + 4), Y: vg.Length(y)}, t.label)
	}
	if o.colorLabel != "" {
		label := aligned(colored(tickStyle, muted), text.XRight, text.YBottom)
		right := x + barWidth + h.barLabelWidth(o)
		c.FillText(label, vg.Point{X: vg.Length(right), Y: vg.Length(top + 6)}, o.colorLabel)
	}
}

// image draws each value as a square of whole pixels, so that scaling does not blur the cells.
func (h *heatMap) image(scale colorScale) image.Image {
	columns := len(h.values[0])
	size := max(1, 512/max(columns, len(h.values)))
	img := image.NewNRGBA(image.Rect(0, 0, columns*size, len(h.values)*size))
	for y := range len(h.values) * size {
		for x := range columns * size {
			img.SetNRGBA(x, y, scale.color(h.values[y/size][x/size]))
		}
	}
	return img
}
