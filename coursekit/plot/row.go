package plot

import (
	"errors"
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// rowWidth is where a [Row] goes on in the next line: what fits beside a notebook's margin.
const rowWidth = 720

// Row puts figures side by side, to be compared; those that have no room go below. It is meant for small figures, such as
// the attention maps of several heads: give them the same [Figure.ColorRange].
func Row(figures ...*Figure) *Figure {
	if len(figures) == 0 {
		return newFigure("", &row{}, fmt.Errorf("there are no figures to put in a row"))
	}
	var broken []error
	for _, f := range figures {
		broken = append(broken, f.Err())
	}
	if err := errors.Join(broken...); err != nil {
		return &Figure{err: err}
	}
	r := &row{figures: figures}
	together := newFigure("", r, nil)
	for i, f := range figures {
		if i > 0 {
			together.title += " · "
		}
		together.title += f.title
		w, h := f.size()
		if r.x > 0 && r.x+w > rowWidth {
			r.x, r.y = 0, r.y+r.tallest
			r.tallest = 0
		}
		r.places = append(r.places, place{r.x, r.y, w, h})
		r.x += w
		r.tallest = max(r.tallest, h)
		together.width, together.height = max(together.width, r.x), r.y+r.tallest
	}
	together.bare = true
	return together
}

type row struct {
	figures       []*Figure
	places        []place
	x, y, tallest float64 // where the next figure goes, and the height of this line
}

// place is a figure's rectangle, from the upper left corner.
type place struct{ x, y, width, height float64 }

func (r *row) width(*options, float64) float64  { return 0 } // the figure has a fixed size
func (r *row) height(*options, float64) float64 { return 0 }

func (r *row) draw(c draw.Canvas, _ *options) {
	for i, f := range r.figures {
		p := r.places[i]
		part := c
		part.Min = vg.Point{X: c.Min.X + vg.Length(p.x), Y: c.Max.Y - vg.Length(p.y+p.height)}
		part.Max = vg.Point{X: part.Min.X + vg.Length(p.width), Y: part.Min.Y + vg.Length(p.height)}
		f.drawOn(part)
	}
}
