package plot

import (
	"fmt"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Group is a named set of bars, one a category.
type Group struct {
	Name   string
	Values []float64
	// Low and High, if given, are the ends of an error bar on each bar, such as the least and the greatest of several seeds.
	Low, High []float64
}

// Bars draws upright bars: a cluster for each category, in which each group has its bar. Bars start at zero.
func Bars(title, y string, categories []string, groups ...Group) *Figure {
	return newFigure(title, &bars{categories: categories, groups: groups}, checkGroups(categories, groups)).Axes("", y)
}

func checkGroups(categories []string, groups []Group) error {
	if len(categories) == 0 || len(groups) == 0 {
		return fmt.Errorf("there are no bars to draw")
	}
	for i, g := range groups {
		name := g.Name
		if name == "" {
			name = fmt.Sprint(i)
		}
		if len(g.Values) != len(categories) {
			return fmt.Errorf("group %q has %d values for %d categories", name, len(g.Values), len(categories))
		}
		if (g.Low != nil || g.High != nil) && (len(g.Low) != len(g.Values) || len(g.High) != len(g.Values)) {
			return fmt.Errorf("group %q has %d values, but error bars of %d and %d", name, len(g.Values), len(g.Low), len(g.High))
		}
	}
	return nil
}

type bars struct {
	framed
	categories []string
	groups     []Group
}

func (b *bars) frame(o *options) *frame {
	f := &frame{}
	ys := []float64{0}
	for i, g := range b.groups {
		ys = append(append(append(ys, g.Values...), g.Low...), g.High...)
		f.entries = append(f.entries, entry{name: g.Name, color: seriesColor(i), filled: true})
	}
	if o.logY { // there is no zero to start from
		ys = ys[1:]
	}
	withAxes(f, []float64{0, 1}, ys, o, 0)
	f.x = axis{low: -0.5, high: float64(len(b.categories)) - 0.5}
	for i, name := range b.categories {
		f.names = append(f.names, tick{float64(i), name})
	}
	return f
}

func (b *bars) height(o *options, width float64) float64 { return b.frame(o).height(o, width) }

func (b *bars) draw(c draw.Canvas, o *options) {
	f := b.frame(o)
	area := f.draw(c, o)
	room := (f.x.to - f.x.from) / float64(len(b.categories))
	wide := min(room*0.78/float64(len(b.groups)), 64)
	base := f.y.from
	if zero, ok := f.y.at(0); ok {
		base = min(max(zero, f.y.from), f.y.to)
	}
	for i, g := range b.groups {
		for k, value := range g.Values {
			top, ok := f.y.at(value)
			if !ok {
				continue
			}
			top = min(max(top, f.y.from), f.y.to)
			center, _ := f.x.at(float64(k))
			left := center + (float64(i)-float64(len(b.groups))/2)*wide
			fillRect(area, seriesColor(i), left+1, base, left+wide-1, top)
			if g.Low != nil {
				b.errorBar(area, f, left+wide/2, g.Low[k], g.High[k])
				continue
			}
			label := format(value, 2, 1)
			if value >= 100 || value == float64(int(value)) {
				label = format(value, 0, 1)
			}
			if style := aligned(tickStyle, text.XCenter, text.YBottom); width(style, label) < wide+4 {
				if value < 0 {
					style.YAlign = text.YTop
				}
				c.FillText(style, vg.Point{X: vg.Length(left + wide/2), Y: vg.Length(top + 1)}, label)
			}
		}
	}
	c.StrokeLine2(stroke(line, 1), vg.Length(f.x.from), vg.Length(base), vg.Length(f.x.to), vg.Length(base))
}

func (b *bars) errorBar(area draw.Canvas, f *frame, x, low, high float64) {
	from, okLow := f.y.at(low)
	to, okHigh := f.y.at(high)
	if !okLow || !okHigh {
		return
	}
	style := stroke(ink, 1.3)
	area.StrokeLine2(style, vg.Length(x), vg.Length(from), vg.Length(x), vg.Length(to))
	for _, y := range []float64{from, to} {
		area.StrokeLine2(style, vg.Length(x-3.5), vg.Length(y), vg.Length(x+3.5), vg.Length(y))
	}
}
