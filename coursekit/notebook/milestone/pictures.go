package milestone

import (
	"fmt"

	"courselab/coursekit/experiment"
	"courselab/coursekit/plot"
)

// Pictures draws the pictures of the result whose name has one of the given parts, a figure each; all if no part is given. It
// panics if there is none.
func Pictures(result experiment.Result, parts ...string) (figures []*plot.Figure) {
	for _, picture := range result.Pictures {
		if hasPart(picture.Name, parts) {
			figures = append(figures, Picture(picture))
		}
	}
	if len(figures) == 0 {
		panic(fmt.Errorf("milestone: %s has no picture with %q in its name", result.ID, parts))
	}
	return figures
}

// Picture draws images of one size in rows.
func Picture(picture experiment.Picture) *plot.Figure {
	var list []plot.Image
	for _, image := range picture.Images {
		values := make([]float32, len(image.Pixels))
		for i, pixel := range image.Pixels {
			values[i] = float32(pixel) / 255
		}
		list = append(list, plot.Image{Width: image.Width, Height: image.Height, Channels: image.Channels, Pixels: values, Label: image.Label})
	}
	return plot.ImageGrid(picture.Name, picture.Columns, list...)
}

// Scatters draws the points of the result whose name has one of the given parts, a figure each; all if no part is given. It
// panics if there are none.
func Scatters(result experiment.Result, parts ...string) (figures []*plot.Figure) {
	for _, points := range result.Points {
		if hasPart(points.Name, parts) {
			figures = append(figures, Scatter(points))
		}
	}
	if len(figures) == 0 {
		panic(fmt.Errorf("milestone: %s has no points with %q in their name", result.ID, parts))
	}
	return figures
}

// Scatter draws sets of points in the plane, with axes of one scale.
func Scatter(points experiment.Points) *plot.Figure {
	var series []plot.Series
	for _, set := range points.Sets {
		series = append(series, plot.Series{Name: set.Name, X: set.X, Y: set.Y})
	}
	return plot.Scatter(points.Name, points.XLabel, points.YLabel, series...).SquareAxes()
}
