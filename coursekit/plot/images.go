package plot

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Image is a small picture: Pixels has Height·Width·Channels values in [0, 1], rows from the top, channels last; one
// channel is grey, three are red, green and blue. Values outside are clamped; NaN is drawn in magenta, to be seen.
type Image struct {
	Width, Height, Channels int
	Pixels                  []float32
	Label                   string // below the picture
}

// ImageGrid draws pictures of one size in rows of the given number of columns, without blurring their pixels.
func ImageGrid(title string, columns int, images ...Image) *Figure {
	return newFigure(title, &grid{columns: columns, images: images}, checkImages(columns, images))
}

func checkImages(columns int, images []Image) error {
	if len(images) == 0 || columns < 1 {
		return fmt.Errorf("there are no pictures to draw, or no columns to draw them in")
	}
	first := images[0]
	for i, m := range images {
		if m.Width < 1 || m.Height < 1 || (m.Channels != 1 && m.Channels != 3) || len(m.Pixels) != m.Width*m.Height*m.Channels {
			return fmt.Errorf("picture %d: %d x %d with %d channels cannot have %d values", i, m.Height, m.Width, m.Channels, len(m.Pixels))
		}
		if m.Width != first.Width || m.Height != first.Height {
			return fmt.Errorf("picture %d is %d x %d, but picture 0 is %d x %d", i, m.Height, m.Width, first.Height, first.Width)
		}
	}
	return nil
}

type grid struct {
	columns int
	images  []Image
}

const imageGap = 4

func (g *grid) cell(width float64) (w, h float64) {
	w = min((width-imageGap*float64(g.columns-1))/float64(g.columns), 96)
	return w, w * float64(g.images[0].Height) / float64(g.images[0].Width)
}

func (g *grid) labelHeight() float64 {
	for _, m := range g.images {
		if m.Label != "" {
			return 16
		}
	}
	return 0
}

func (g *grid) width(_ *options, offered float64) float64 {
	w, _ := g.cell(offered)
	return (w+imageGap)*float64(min(g.columns, len(g.images))) - imageGap
}

func (g *grid) height(_ *options, width float64) float64 {
	_, h := g.cell(width)
	rows := (len(g.images) + g.columns - 1) / g.columns
	return float64(rows) * (h + g.labelHeight() + imageGap)
}

func (g *grid) draw(c draw.Canvas, _ *options) {
	w, h := g.cell(float64(c.Size().X))
	for i, m := range g.images {
		x := float64(c.Min.X) + float64(i%g.columns)*(w+imageGap)
		y := float64(c.Max.Y) - float64(i/g.columns)*(h+g.labelHeight()+imageGap)
		box := vg.Rectangle{Min: vg.Point{X: vg.Length(x), Y: vg.Length(y - h)}, Max: vg.Point{X: vg.Length(x + w), Y: vg.Length(y)}}
		c.DrawImage(box, m.picture(w))
		if m.Label != "" {
			style := aligned(tickStyle, text.XCenter, text.YTop)
			c.FillText(style, vg.Point{X: vg.Length(x + w/2), Y: vg.Length(y - h - 2)}, shorten(m.Label, style, w))
		}
	}
}

// picture repeats each pixel until the image has about two pixels to a point, so that scaling does not blur it.
func (m Image) picture(points float64) image.Image {
	size := max(1, int(math.Round(2*points/float64(m.Width))))
	img := image.NewNRGBA(image.Rect(0, 0, m.Width*size, m.Height*size))
	for y := range m.Height * size {
		for x := range m.Width * size {
			img.SetNRGBA(x, y, m.at(x/size, y/size))
		}
	}
	return img
}

func (m Image) at(x, y int) color.NRGBA {
	values := m.Pixels[(y*m.Width+x)*m.Channels:][:m.Channels]
	c := color.NRGBA{A: 255}
	for i, channel := range []*uint8{&c.R, &c.G, &c.B} {
		v := float64(values[i%m.Channels])
		if math.IsNaN(v) {
			return color.NRGBA{255, 0, 255, 255}
		}
		*channel = uint8(math.Round(255 * min(max(v, 0), 1)))
	}
	return c
}
