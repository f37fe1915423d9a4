package plot

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// gallery is one figure of each kind, as large as they come in the course.
func gallery() []*Figure {
	r := rand.New(rand.NewPCG(1, 2))
	var x, noisy, smooth, low, high, chance []float64
	for i := range 5000 {
		v := 3.3*math.Exp(-float64(i)/900) + 0.05
		x, smooth, chance = append(x, float64(i)), append(smooth, v), append(chance, 3.296)
		noisy = append(noisy, v*math.Exp(0.2*r.NormFloat64()))
		low, high = append(low, 0.9*v), append(high, 1.2*v+0.1)
	}
	points := func(n int, cx, cy float64) (xs, ys []float64) {
		for range n {
			xs, ys = append(xs, cx+0.3*r.NormFloat64()), append(ys, cy+0.3*r.NormFloat64())
		}
		return xs, ys
	}
	ax, ay := points(700, 1, 0)
	bx, by := points(700, -1, 0.5)
	waves := make([][]float64, 40)
	for k := range waves {
		for i := range 64 {
			waves[k] = append(waves[k], math.Sin(float64(k)/math.Pow(100, float64(i)/64)))
		}
	}
	var pictures []Image
	for i := range 10 {
		p := Image{Width: 28, Height: 28, Channels: 1, Label: fmt.Sprint(i)}
		for range 28 * 28 {
			p.Pixels = append(p.Pixels, float32(r.Float64()))
		}
		pictures = append(pictures, p)
	}
	return []*Figure{
		Curves("Loss & <chance>", "step", "loss (nats)", Series{Name: "training", X: x, Y: noisy},
			Series{Name: "held out", X: x, Y: smooth, Low: low, High: high}, Series{Name: "chance", X: x, Y: chance, Dashed: true}),
		Curves("The same on logarithmic axes", "step", "loss (nats)", Series{Name: "training", X: x, Y: noisy}).LogX().LogY(),
		HeatMap("Attention", [][]float64{{1, 0}, {0.25, 0.75}}, []string{"Thinking", "Machines"}, []string{"Thinking", "Machines"}).ColorBar("weight").Axes("key", "query"),
		HeatMap("Positions", waves, nil, nil).Axes("dimension", "position").ColorBar(""),
		Scatter("Words", "first", "second", Series{Name: "nouns", X: ax, Y: ay}, Series{Name: "verbs", X: bx, Y: by}).SquareAxes(),
		Scatter("Named", "x", "y", Series{X: []float64{1, 2, 3}, Y: []float64{3, 1, 2}, Labels: []string{"one", "two", "three"}}),
		Bars("Exact match", "share", []string{"with positions", "without"}, Group{Name: "sequence", Values: []float64{1, 0.17}}, Group{Name: "set", Values: []float64{1, 0.99}, Low: []float64{0.99, 0.97}, High: []float64{1, 1}}),
		ImageGrid("Digits", 5, pictures...),
		Row(HeatMap("head 0", [][]float64{{1, 0}, {0.25, 0.75}}, nil, nil).Values(false), HeatMap("head 1", [][]float64{{0.5, 0.5}, {1, 0}}, nil, nil)),
	}
}

func TestEveryFigureIsSmallValidAndTheSameTwice(t *testing.T) {
	first, second := gallery(), gallery()
	for i, f := range first {
		t.Run(f.Title(), func(t *testing.T) {
			svg, err := f.SVG()
			require.NoError(t, err)
			again, err := second[i].SVG()
			require.NoError(t, err)
			assert.Equal(t, string(svg), string(again))
			assert.Less(t, len(svg), 60_000)
			text := wellFormed(t, svg)
			assert.Contains(t, text, f.Title(), "the title is text, escaped")

			data, err := f.PNG()
			require.NoError(t, err)
			againPNG, err := second[i].PNG()
			require.NoError(t, err)
			assert.True(t, bytes.Equal(data, againPNG))
			assert.Less(t, len(data), 60_000)
			img, err := png.Decode(bytes.NewReader(data))
			require.NoError(t, err)
			w, h := f.size()
			assert.Equal(t, int(2*w), img.Bounds().Dx(), "two pixels to a point")
			assert.Equal(t, int(2*h), img.Bounds().Dy())
			assert.LessOrEqual(t, w, 480.0)
		})
	}
}

// wellFormed reads the document as XML, and returns its text.
func wellFormed(t *testing.T, svg []byte) string {
	t.Helper()
	var text strings.Builder
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return text.String()
		}
		require.NoError(t, err)
		if data, ok := token.(xml.CharData); ok {
			text.Write(data)
		}
	}
}

func ExampleCurves() {
	f := Curves("Training", "step", "loss (nats)", Series{Name: "train", Y: []float64{3, 2, 1.5, 1.2}})
	svg, err := f.SVG()
	fmt.Println(err, bytes.HasPrefix(svg, []byte("<svg")), len(svg) < 4000)
	// Output: <nil> true true
}

func TestRowGoesOnInTheNextLine(t *testing.T) {
	small := func() *Figure { return HeatMap("", [][]float64{{1, 2}, {3, 4}}, nil, nil).Size(200, 100) }
	for n, want := range map[int][2]float64{1: {200, 100}, 3: {600, 100}, 4: {600, 200}, 7: {600, 300}} {
		var figures []*Figure
		for range n {
			figures = append(figures, small())
		}
		w, h := Row(figures...).size()
		assert.Equal(t, want, [2]float64{w, h}, "%d figures", n)
	}
	assert.ErrorContains(t, Row().Err(), "no figures")
	assert.ErrorContains(t, Row(small(), Curves("f", "", "")).Err(), `plot "f": there is no series`)
	assert.ErrorContains(t, Row(HeatMap("g", nil, nil, nil)).Save("x.svg"), `plot "g"`)
}

// The middle of each cell has the colour of its value, row 0 at the top.
func TestHeatMapPutsColoursWhereTheyBelong(t *testing.T) {
	values := [][]float64{{0, 0.25, 0.5}, {1, 0.75, 0}}
	f := HeatMap("", values, nil, nil).Values(false)
	data, err := f.PNG()
	require.NoError(t, err)
	img, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	l := f.content.(*heatMap).layout(&f.options, defaultWidth-2*margin)
	scale := newColorScale(values, nil)
	for r, row := range values {
		for c, v := range row {
			x, y := margin+l.left+(float64(c)+0.5)*l.cellW, margin+l.top+(float64(r)+0.5)*l.cellH
			red, green, blue, _ := img.At(int(2*x), int(2*y)).RGBA()
			want := scale.color(v)
			assert.InDelta(t, float64(want.R), float64(red>>8), 6, "row %d, column %d", r, c)
			assert.InDelta(t, float64(want.G), float64(green>>8), 6)
			assert.InDelta(t, float64(want.B), float64(blue>>8), 6)
		}
	}
}

func TestColorScale(t *testing.T) {
	white := blues[0]
	oneSign := newColorScale([][]float64{{0.1, 0.9}}, nil)
	assert.Equal(t, white, oneSign.color(0), "values of one sign start at zero")
	assert.Equal(t, blues[len(blues)-1], oneSign.color(0.9))
	both := newColorScale([][]float64{{-1, 3}}, nil)
	assert.Equal(t, white, both.color(0), "zero is white between two signs")
	assert.Equal(t, blueRed[0], both.color(-3))
	assert.NotEqual(t, both.color(math.NaN()), white)
	assert.Equal(t, blueRed[len(blueRed)-1], both.color(math.Inf(1)))
	fixed := newColorScale([][]float64{{5}}, &[2]float64{0, 10})
	assert.Equal(t, 0.0, fixed.low)
	for _, c := range append(append(stops{}, blues...), blueRed...) { // text on any colour can be read
		ink := readable(c)
		assert.Greater(t, math.Abs(luminance(ink.R, ink.G, ink.B)-luminance(c.R, c.G, c.B)), 80.0)
	}
}

func luminance(r, g, b uint8) float64 {
	return 0.299*float64(r) + 0.587*float64(g) + 0.114*float64(b)
}

func TestTicks(t *testing.T) {
	labels := func(low, high float64, log bool, count int) []string {
		a, ok := newAxis([]float64{low, high}, log, nil, 0)
		require.True(t, ok)
		var s []string
		for _, tick := range a.ticks(count) {
			s = append(s, tick.label)
			position, ok := a.at(tick.value)
			require.True(t, ok)
			require.True(t, position >= a.from-1e-9 && position <= a.to+1e-9)
		}
		return s
	}
	assert.Equal(t, []string{"0", "1", "2", "3"}, labels(0, 3.3, false, 4))
	assert.Equal(t, []string{"0.00", "0.25", "0.50", "0.75", "1.00"}, labels(0, 1, false, 4))
	assert.Equal(t, []string{"−1.0", "−0.5", "0.0", "0.5", "1.0"}, labels(-1, 1, false, 4))
	assert.Equal(t, []string{"0", "500", "1000", "1500", "2000", "2500"}, labels(0, 2999, false, 6))
	assert.Equal(t, []string{"0.01", "0.1", "1", "10"}, labels(0.01, 10, true, 6))
	assert.Equal(t, []string{"0.1", "0.2", "0.5", "1", "2", "5"}, labels(0.1, 5, true, 6))
	assert.Equal(t, []string{"0", "2e-06", "4e-06"}, labels(0, 4e-6, false, 3))
	for _, span := range [][2]float64{{1e-12, 2e-12}, {1e15, 3e15}, {-5, -5}, {0, 0}, {1e9, 1e9 + 1}} {
		assert.NotEmpty(t, labels(span[0], span[1], false, 5), "%v", span)
	}
}

// What thinning drops cannot be seen: the extremes of every column and the ends stay, and every dropped point is near a
// line that stays.
func TestThinKeepsWhatCanBeSeen(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var points []vg.Point
	for i := range 20000 {
		y := vg.Length(100 + 40*math.Sin(float64(i)/900))
		if r.IntN(500) == 0 {
			y += 50 // a spike of one step
		}
		points = append(points, vg.Point{X: vg.Length(float64(i) * 460 / 20000), Y: y})
	}
	thinned := thin(points)
	assert.Less(t, len(thinned), 2500)
	assert.Equal(t, points[0], thinned[0])
	assert.Equal(t, points[len(points)-1], thinned[len(thinned)-1])
	highest := func(points []vg.Point, column int) float64 {
		top := 0.0
		for _, p := range points {
			if int(p.X) == column {
				top = max(top, float64(p.Y))
			}
		}
		return top
	}
	for column := range 460 {
		if top := highest(points, column); top > 145 { // every spike survives
			assert.InDelta(t, top, highest(thinned, column), 0.2)
		}
	}
	straight := thin([]vg.Point{{X: 0, Y: 0}, {X: 1, Y: 1}, {X: 2, Y: 2}, {X: 3, Y: 0}})
	assert.Equal(t, []vg.Point{{X: 0, Y: 0}, {X: 2, Y: 2}, {X: 3, Y: 0}}, straight)
}

func TestGapsAndEmptyAxes(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, f := range map[string]*Figure{
		"gaps":         Curves("", "", "", Series{Y: []float64{1, nan, 3, inf, 5}}),
		"nothing":      Curves("", "", "", Series{Y: []float64{nan, nan}}),
		"one point":    Curves("", "", "", Series{Y: []float64{7}}),
		"log of zero":  Curves("", "x", "y", Series{Y: []float64{0, -1}}).LogY(),
		"log of some":  Curves("", "x", "y", Series{Y: []float64{0, 1, 10}}).LogY().LogX(),
		"NaN cells":    HeatMap("", [][]float64{{nan, 1}, {inf, -inf}}, nil, nil),
		"one cell":     HeatMap("", [][]float64{{0}}, nil, nil).ColorBar("value"),
		"NaN bars":     Bars("", "", []string{"a", "b"}, Group{Values: []float64{nan, -2}}),
		"log bars":     Bars("", "", []string{"a", "b"}, Group{Values: []float64{0.1, 20}}).LogY(),
		"a wide table": HeatMap("", [][]float64{make([]float64, 900)}, nil, nil),
		"a tall one":   HeatMap("", make2(300, 2), nil, nil),
		"small":        Curves("A long title that needs several lines", "x", "y", Series{Name: "a long name that has no room", Y: []float64{1, 2}}).Size(150, 110),
	} {
		svg, err := f.SVG()
		require.NoError(t, err, name)
		assert.NotContains(t, string(svg), `"NaN`, name)
		assert.NotContains(t, string(svg), "LNaN", name)
		assert.NotContains(t, string(svg), "Inf,", name)
		_, err = f.PNG()
		require.NoError(t, err, name)
	}
	parts := (&frame{x: axis{high: 4, to: 4}, y: axis{high: 5, to: 5}}).project([]float64{0, 1, 2, 3, 4}, []float64{1, nan, 3, 4, inf})
	assert.Len(t, parts, 2, "a line is broken where there is no value")
}

func make2(rows, columns int) [][]float64 {
	m := make([][]float64, rows)
	for i := range m {
		m[i] = make([]float64, columns)
	}
	return m
}

func TestBadDataIsAnErrorEverywhere(t *testing.T) {
	for want, f := range map[string]*Figure{
		"no series to draw":                       Curves("f", "", ""),
		`series "a" has no points`:                Curves("f", "", "", Series{Name: "a"}),
		`series "a" has 2 values of x and 1 of y`: Scatter("f", "", "", Series{Name: "a", X: []float64{1, 2}, Y: []float64{1}}),
		`series "0" has 1 points, but a band of`:  Curves("f", "", "", Series{Y: []float64{1}, Low: []float64{1}}),
		"1 points and 2 labels":                   Scatter("f", "", "", Series{Y: []float64{1}, Labels: []string{"a", "b"}}),
		"no values to draw":                       HeatMap("f", nil, nil, nil),
		"row 1 has 1 values, row 0 has 2":         HeatMap("f", [][]float64{{1, 2}, {1}}, nil, nil),
		"1 rows and 2 names of rows":              HeatMap("f", [][]float64{{1, 2}}, []string{"a", "b"}, nil),
		"2 columns and 1 names of columns":        HeatMap("f", [][]float64{{1, 2}}, nil, []string{"a"}),
		"range of colours must go from low":       HeatMap("f", [][]float64{{1, 2}}, nil, nil).ColorRange(1, 1),
		"vertical axis must go from low to high":  Curves("f", "", "", Series{Y: []float64{1}}).RangeY(2, math.NaN()),
		"no bars to draw":                         Bars("f", "", nil),
		`group "0" has 1 values for 2 categories`: Bars("f", "", []string{"a", "b"}, Group{Values: []float64{1}}),
		"error bars of 1 and 0":                   Bars("f", "", []string{"a"}, Group{Values: []float64{1}, Low: []float64{1}}),
		"no pictures to draw":                     ImageGrid("f", 3),
		"2 x 2 with 1 channels cannot have 3":     ImageGrid("f", 3, Image{Width: 2, Height: 2, Channels: 1, Pixels: make([]float32, 3)}),
		"picture 1 is 1 x 1, but picture 0":       ImageGrid("f", 3, Image{Width: 1, Height: 2, Channels: 1, Pixels: make([]float32, 2)}, Image{Width: 1, Height: 1, Channels: 1, Pixels: make([]float32, 1)}),
	} {
		_, errSVG := f.SVG()
		_, errPNG := f.PNG()
		errSave := f.Save(filepath.Join(t.TempDir(), "f.svg"))
		for _, err := range []error{f.Err(), errSVG, errPNG, errSave} {
			assert.ErrorContains(t, err, want)
			assert.ErrorContains(t, err, `plot "f": `)
		}
	}
}

func TestSave(t *testing.T) {
	dir := t.TempDir()
	f := Curves("f", "x", "y", Series{Y: []float64{1, 2}})
	for _, name := range []string{"a.svg", "a.png", "B.PNG"} {
		require.NoError(t, f.Save(filepath.Join(dir, name)))
	}
	assert.ErrorContains(t, f.Save(filepath.Join(dir, "a.pdf")), "must end in .svg or .png")
	assert.ErrorContains(t, f.Save(filepath.Join(dir, "missing", "a.svg")), "no such file or directory")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 3, "no temporary file stays")
	info, err := entries[1].Info()
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o644), info.Mode().Perm())
}

func TestPicturesKeepTheirPixels(t *testing.T) {
	nan := float32(math.NaN())
	m := Image{Width: 2, Height: 2, Channels: 3, Pixels: []float32{1, 0, 0, 0, 1, 0, 0, 0, 2, nan, 0, 0}}
	img := m.picture(10)
	assert.Equal(t, 20, img.Bounds().Dx())
	at := func(x, y int) [3]uint32 {
		r, g, b, _ := img.At(x, y).RGBA()
		return [3]uint32{r >> 8, g >> 8, b >> 8}
	}
	assert.Equal(t, [3]uint32{255, 0, 0}, at(9, 9))
	assert.Equal(t, [3]uint32{0, 255, 0}, at(10, 0))
	assert.Equal(t, [3]uint32{0, 0, 255}, at(0, 10), "clamped")
	assert.Equal(t, [3]uint32{255, 0, 255}, at(19, 19), "NaN is to be seen")
}

func TestNoTwoSeriesLookAlike(t *testing.T) {
	type look struct {
		color color.NRGBA
		glyph draw.GlyphDrawer
	}
	seen := map[look]int{}
	for i := range 49 {
		l := look{seriesColor(i), seriesGlyph(i)}
		before, found := seen[l]
		assert.False(t, found, "series %d looks like series %d", i, before)
		seen[l] = i
	}
	_, found := seen[look{seriesColor(49), seriesGlyph(49)}]
	assert.True(t, found, "the control: colours and shapes are finite")
}
