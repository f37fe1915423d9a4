package plot

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Series is a named row of points.
type Series struct {
	Name string
	X, Y []float64 // X nil counts from 0
	// Low and High, if given, are the ends of a band around Y, such as the least and the greatest of several seeds.
	Low, High []float64
	// Dashed marks what is compared with: a baseline, a bound, a chance level.
	Dashed bool
	// Labels, if given, name the points of a [Scatter].
	Labels []string
}

func (s Series) withX() Series {
	if s.X == nil {
		s.X = make([]float64, len(s.Y))
		for i := range s.X {
			s.X[i] = float64(i)
		}
	}
	return s
}

func checkSeries(series []Series) ([]Series, error) {
	if len(series) == 0 {
		return nil, fmt.Errorf("there is no series to draw")
	}
	checked := make([]Series, len(series))
	for i, s := range series {
		s = s.withX()
		name := s.Name
		if name == "" {
			name = fmt.Sprint(i)
		}
		switch n := len(s.Y); {
		case n == 0:
			return nil, fmt.Errorf("series %q has no points", name)
		case len(s.X) != n:
			return nil, fmt.Errorf("series %q has %d values of x and %d of y", name, len(s.X), n)
		case (s.Low != nil || s.High != nil) && (len(s.Low) != n || len(s.High) != n):
			return nil, fmt.Errorf("series %q has %d points, but a band of %d and %d", name, n, len(s.Low), len(s.High))
		case s.Labels != nil && len(s.Labels) != n:
			return nil, fmt.Errorf("series %q has %d points and %d labels", name, n, len(s.Labels))
		}
		checked[i] = s
	}
	return checked, nil
}

// markedPoints is the number of points up to which each has a dot: few points are measurements, many are a curve.
const markedPoints = 32

// Curves draws one line a series, in the order of their points.
func Curves(title, x, y string, series ...Series) *Figure {
	checked, err := checkSeries(series)
	return newFigure(title, &curves{series: checked}, err).Axes(x, y)
}

type curves struct {
	framed
	series []Series
}

func (k *curves) frame(o *options) *frame {
	f := &frame{}
	var xs, ys []float64
	for i, s := range k.series {
		xs, ys = append(xs, s.X...), append(append(append(ys, s.Y...), s.Low...), s.High...)
		f.entries = append(f.entries, entry{name: s.Name, color: seriesColor(i), dashed: s.Dashed})
	}
	return withAxes(f, xs, ys, o, 0)
}

// withAxes gives the frame axes for the values; axes without any value to show go from 0 to 1.
func withAxes(f *frame, xs, ys []float64, o *options, roomX float64) *frame {
	var okX, okY bool
	if f.x, okX = newAxis(xs, o.logX, o.xRange, roomX); !okX {
		f.x = axis{low: 0, high: 1}
	}
	if f.y, okY = newAxis(ys, o.logY, o.yRange, 0.04); !okY {
		f.y = axis{low: 0, high: 1}
	}
	return f
}

func (k *curves) height(o *options, width float64) float64 { return k.frame(o).height(o, width) }

func (k *curves) draw(c draw.Canvas, o *options) {
	f := k.frame(o)
	area := f.draw(c, o)
	for i, s := range k.series {
		if s.Low != nil {
			k.drawBand(area, f, s, i)
		}
	}
	for i, s := range k.series {
		style := stroke(seriesColor(i), 2)
		if s.Dashed {
			style.Dashes, style.Width = dashes, 1.6
		}
		for _, points := range f.project(s.X, s.Y) {
			strokeLine(area, style, thin(points))
			if len(s.Y) <= markedPoints && !s.Dashed || len(points) == 1 {
				for _, p := range points {
					area.DrawGlyph(draw.GlyphStyle{Color: style.Color, Radius: 2.6, Shape: draw.CircleGlyph{}}, p)
				}
			}
		}
	}
}

func (k *curves) drawBand(area draw.Canvas, f *frame, s Series, i int) {
	low, high := f.project(s.X, s.Low), f.project(s.X, s.High)
	for part := range min(len(low), len(high)) {
		outline := thin(low[part])
		back := thin(high[part])
		for j := len(back) - 1; j >= 0; j-- {
			outline = append(outline, back[j])
		}
		area.FillPolygon(translucent(seriesColor(i), 0.18), area.ClipPolygonXY(outline))
	}
}

// project returns the points as positions, split where a value cannot be shown.
func (f *frame) project(xs, ys []float64) (parts [][]vg.Point) {
	open := false
	for i := range xs {
		x, okX := f.x.at(xs[i])
		y, okY := f.y.at(ys[i])
		if !okX || !okY {
			open = false
			continue
		}
		if !open {
			parts = append(parts, nil)
			open = true
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], vg.Point{X: vg.Length(x), Y: vg.Length(y)})
	}
	return parts
}

// thin drops points that nobody could see. Of those that fall into the same point of the horizontal axis it keeps the
// first, the lowest, the highest and the last, and of those that lie on a line, the ends. A run of 100,000 steps becomes a
// file of a few kilobytes.
func thin(points []vg.Point) []vg.Point {
	if len(points) > 600 {
		points = thinColumns(points)
	}
	if len(points) < 3 {
		return points
	}
	keep := make([]bool, len(points))
	keep[0], keep[len(points)-1] = true, true
	markBends(points, keep, 0, len(points)-1)
	var kept []vg.Point
	for i, p := range points {
		if keep[i] {
			kept = append(kept, p)
		}
	}
	return kept
}

func thinColumns(points []vg.Point) []vg.Point {
	var kept []vg.Point
	for start := 0; start < len(points); {
		column := math.Floor(float64(points[start].X))
		end, lowest, highest := start, start, start
		for ; end < len(points) && math.Floor(float64(points[end].X)) == column; end++ {
			if points[end].Y < points[lowest].Y {
				lowest = end
			}
			if points[end].Y > points[highest].Y {
				highest = end
			}
		}
		last := -1
		for _, i := range []int{start, min(lowest, highest), max(lowest, highest), end - 1} {
			if i > last {
				kept = append(kept, points[i])
				last = i
			}
		}
		start = end
	}
	return kept
}

// markBends keeps the point that is farthest from the line between first and last, if it can be seen to be off it, and
// goes on in the two halves (Ramer, Douglas and Peucker).
func markBends(points []vg.Point, keep []bool, first, last int) {
	a, b := points[first], points[last]
	length := math.Hypot(float64(b.X-a.X), float64(b.Y-a.Y))
	farthest, at := 0.1, -1
	for i := first + 1; i < last; i++ {
		p := points[i]
		distance := math.Hypot(float64(p.X-a.X), float64(p.Y-a.Y))
		if length > 0 {
			distance = math.Abs(float64((b.X-a.X)*(a.Y-p.Y)-(a.X-p.X)*(b.Y-a.Y))) / length
		}
		if distance > farthest {
			farthest, at = distance, i
		}
	}
	if at >= 0 {
		keep[at] = true
		markBends(points, keep, first, at)
		markBends(points, keep, at, last)
	}
}

// strokeLine draws the part of a line that lies in the area, in pieces: the time to rasterise one stroke grows with the
// square of its points.
func strokeLine(area draw.Canvas, style draw.LineStyle, points []vg.Point) {
	for _, visible := range area.ClipLinesXY(points) {
		const piece = 64
		if len(style.Dashes) > 0 { // pieces would break the rhythm of the dashes
			area.StrokeLines(style, visible)
			continue
		}
		for start := 0; start < len(visible)-1; start += piece {
			area.StrokeLines(style, visible[start:min(start+piece+1, len(visible))])
		}
	}
}
