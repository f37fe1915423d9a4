package feedback

import (
	"bytes"
	"fmt"
	"html/template"
	"math"

	"courselab/autograde/statistics"
)

var histogram = load("histogram.html")

// Histogram draws a distribution as HTML, for a page with [Style].
func Histogram(d statistics.Distribution) (template.HTML, error) {
	view := struct {
		statistics.Distribution
		Bars             []bar
		MeanAt, MedianAt float64
		Ticks            []float64
	}{Distribution: d, MeanAt: place(d.Mean, d.Max), MedianAt: place(d.Median, d.Max)}
	most := 1
	for _, bin := range d.Histogram {
		most = max(most, bin.Count)
	}
	for i, bin := range d.Histogram {
		upTo := "up to"
		if i == len(d.Histogram)-1 {
			upTo = "to"
		}
		view.Bars = append(view.Bars, bar{Count: bin.Count, Height: place(float64(bin.Count), float64(most)),
			Title: fmt.Sprintf("%s %s %s points: %s", points(bin.From), upTo, points(bin.To), plural(bin.Count, "student", "students"))})
	}
	for i := range 5 {
		view.Ticks = append(view.Ticks, d.Max*float64(i)/4)
	}
	var b bytes.Buffer
	err := histogram.ExecuteTemplate(&b, "histogram.html", view)
	return template.HTML(b.String()), err // a template has escaped it
}

type bar struct {
	Count  int
	Height float64 // percent
	Title  string
}

// place is how far along x lies between 0 and of, in percent with one decimal.
func place(x, of float64) float64 {
	if !(of > 0) || !(x > 0) {
		return 0
	}
	return math.Round(1000*min(x/of, 1)) / 10
}
