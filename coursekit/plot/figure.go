// Package plot draws figures as SVG or PNG: curves, heat maps, scatter plots, bars, grids of images.
//
//	plot.Curves("Training", "step", "loss (nats)", plot.Series{Name: "train", X: steps, Y: losses}).Save("loss.svg")
//
// A figure is one call with sensible defaults, and a few methods to change them. It is built on gonum/plot.
//
// Considerations:
//
//   - A figure with unusable data (lengths that differ, no points) does not panic: every way of rendering it
//     returns the error. NaN and infinite values leave gaps.
//   - The same data gives the same bytes: no dates, no random names.
//   - Figures are at most 480 points wide unless [Figure.Size] says otherwise, so that their text stays readable on a telephone.
//     They are static: they survive in a saved notebook, without scripts and without a network.
//   - Colours are those of Okabe and Ito, which the colour-blind can tell apart.
//
// It is no general plotting library: use gonum/plot for that.
package plot

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Figure is a drawing that can be rendered. Its zero value is of no use: [Curves], [HeatMap], [Scatter], [Bars],
// [ImageGrid] and [Row] make one.
type Figure struct {
	title         string
	width, height float64 // points; 0 lets the drawing choose
	err           error
	content       content
	options       options
	bare          bool // the parts of the content have titles of their own
}

// content is what fills a figure below its title.
type content interface {
	// width returns how much of the offered width the drawing uses, and height its height at that width, in points.
	width(o *options, offered float64) float64
	height(o *options, width float64) float64
	draw(c draw.Canvas, o *options)
}

// options are what the methods of Figure change.
type options struct {
	x, y           string // axis labels
	logX, logY     bool
	xRange, yRange *[2]float64
	valueRange     *[2]float64 // of colours
	showValues     *bool
	colorBar       bool
	colorLabel     string
}

const defaultWidth = 480

func newFigure(title string, c content, err error) *Figure {
	if err != nil {
		err = fmt.Errorf("plot %q: %w", title, err)
	}
	return &Figure{title: title, content: c, err: err}
}

// Title returns the figure's title.
func (f *Figure) Title() string { return f.title }

// Err returns why the figure cannot be drawn, or nil.
func (f *Figure) Err() error { return f.err }

// Size sets width and height in points (CSS pixels). With 0 the figure chooses; it is never wider than 480.
func (f *Figure) Size(width, height float64) *Figure {
	f.width, f.height = width, height
	return f
}

// Axes sets the labels of the axes; an empty one is left out. Give units, as in "loss (nats)".
func (f *Figure) Axes(x, y string) *Figure {
	f.options.x, f.options.y = x, y
	return f
}

// LogX makes the horizontal axis logarithmic; values that are not positive are left out.
func (f *Figure) LogX() *Figure { f.options.logX = true; return f }

// LogY makes the vertical axis logarithmic; values that are not positive are left out.
func (f *Figure) LogY() *Figure { f.options.logY = true; return f }

// RangeX fixes the ends of the horizontal axis.
func (f *Figure) RangeX(low, high float64) *Figure {
	f.options.xRange = f.span("horizontal axis", low, high)
	return f
}

// RangeY fixes the ends of the vertical axis.
func (f *Figure) RangeY(low, high float64) *Figure {
	f.options.yRange = f.span("vertical axis", low, high)
	return f
}

func (f *Figure) span(what string, low, high float64) *[2]float64 {
	if !(low < high) && f.err == nil {
		f.err = fmt.Errorf("plot %q: the %s must go from low to high, got %v to %v", f.title, what, low, high)
	}
	return &[2]float64{low, high}
}

// SVG returns the figure as a stand-alone SVG document, which is also right inside an HTML page.
func (f *Figure) SVG() ([]byte, error) {
	if f.err != nil {
		return nil, f.err
	}
	width, height := f.size()
	canvas := vgsvg.NewWith(vgsvg.UseWH(vg.Length(width), vg.Length(height)))
	f.drawOn(draw.New(canvas))
	var buffer bytes.Buffer
	if _, err := canvas.WriteTo(&buffer); err != nil {
		return nil, fmt.Errorf("plot %q: %w", f.title, err)
	}
	return tidy(buffer.Bytes(), f.title, width, height), nil
}

var (
	svgHead  = regexp.MustCompile(`(?s)^.*?<svg[^>]*>`)
	svgFonts = strings.NewReplacer(
		"font-family:Liberation Sans;font-variant:normal;font-weight:normal;font-style:normal;", "",
		"font-family:Liberation Sans;font-variant:normal;font-weight:bold;font-style:normal;", "font-weight:bold;",
		"data:image/jpg;", "data:image/png;",
		"\n\tstyle=", " style=",
		";fill-opacity:1", "",
	)
)

// tidy gives the document a head of our own: it shrinks to the page's width, names fonts that every system has (Arial
// has the same widths as the Liberation Sans it was laid out with), and has a title for those who listen to the page.
func tidy(svg []byte, title string, width, height float64) []byte {
	body := svgFonts.Replace(string(svgHead.ReplaceAll(svg, nil)))
	head := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" `+
		`viewBox="0 0 %g %g" width="%g" height="%g" style="max-width:100%%;height:auto;background:#fff" role="img" `+
		`font-family="'Liberation Sans',Arial,Helvetica,sans-serif"><title>%s</title>`, width, height, width, height, html.EscapeString(title))
	return []byte(head + body)
}

// PNG returns the figure as a PNG image with two pixels to a point.
func (f *Figure) PNG() ([]byte, error) {
	if f.err != nil {
		return nil, f.err
	}
	width, height := f.size()
	canvas := vgimg.NewWith(vgimg.UseWH(vg.Length(width), vg.Length(height)), vgimg.UseDPI(144), vgimg.UseBackgroundColor(color.White))
	f.drawOn(draw.New(canvas))
	return encodePNG(canvas.Image())
}

// Save writes the figure to a file ending in .svg or .png. The file appears whole or not at all.
func (f *Figure) Save(path string) error {
	render := map[string]func() ([]byte, error){".svg": f.SVG, ".png": f.PNG}[strings.ToLower(filepath.Ext(path))]
	if render == nil {
		return fmt.Errorf("plot: cannot save %q: the name must end in .svg or .png", path)
	}
	data, err := render()
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".figure-*")
	if err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(data)
	if closing := temporary.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Chmod(temporary.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("plot: save %q: %w", path, err)
	}
	return nil
}

func (f *Figure) size() (w, h float64) {
	w, h = f.width, f.height
	if w <= 0 {
		const inner = defaultWidth - 2*margin
		w = min(max(f.content.width(&f.options, inner), width(titleStyle, f.title)+1), inner) + 2*margin
	}
	if h <= 0 {
		h = f.content.height(&f.options, w-2*margin) + f.titleHeight(w) + 2*margin
	}
	return math.Ceil(w), math.Ceil(h)
}

// drawOn draws the title at the left of the top, and the content below it.
func (f *Figure) drawOn(c draw.Canvas) {
	if f.bare {
		f.content.draw(c, &f.options)
		return
	}
	c = draw.Crop(c, margin, -margin, margin, -margin)
	if f.title != "" {
		at := vg.Point{X: c.Min.X, Y: c.Max.Y}
		for _, line := range wrap(f.title, titleStyle, float64(c.Size().X)) {
			c.FillText(titleStyle, at, line)
			at.Y -= titleStyle.FontExtents().Height * 1.15
		}
		c = draw.Crop(c, 0, 0, 0, -vg.Length(f.titleHeight(float64(c.Size().X)+2*margin)))
	}
	f.content.draw(c, &f.options)
}

func (f *Figure) titleHeight(figureWidth float64) float64 {
	if f.title == "" {
		return 0
	}
	lines := len(wrap(f.title, titleStyle, figureWidth-2*margin))
	return float64(titleStyle.FontExtents().Height)*1.15*float64(lines) + 5
}
