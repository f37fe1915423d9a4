package experiment

import "math"

// Curve is a line to draw. Curves with the same labels of the axes belong into one figure.
type Curve struct {
	Name   string    `json:"name"`
	XLabel string    `json:"x_label"`
	YLabel string    `json:"y_label"`
	X      []float64 `json:"x"`
	Y      []float64 `json:"y"`
}

// Map is a table of weights to draw as a heat map: of one query (row) over the keys (columns).
type Map struct {
	Name    string      `json:"name"`
	Rows    []string    `json:"rows"`
	Columns []string    `json:"columns"`
	Weights [][]float64 `json:"weights"`
}

// Picture is images of one size to draw in rows of so many columns.
type Picture struct {
	Name    string  `json:"name"`
	Columns int     `json:"columns"`
	Images  []Image `json:"images"`
}

// Image is Height·Width·Channels values of 0 to 255, rows from the top, channels last: grey (1) or red, green, blue (3).
type Image struct {
	Label    string `json:"label,omitempty"` // below the image
	Height   int    `json:"height"`
	Width    int    `json:"width"`
	Channels int    `json:"channels"`
	Pixels   []byte `json:"pixels"`
}

// NewImage is the image of values in [0, 1]; those outside are clamped, NaN counts as 0.
func NewImage(label string, height, width, channels int, values []float32) Image {
	pixels := make([]byte, len(values))
	for i, value := range values {
		if value > 0 {
			pixels[i] = byte(math.Round(255 * math.Min(float64(value), 1)))
		}
	}
	return Image{Label: label, Height: height, Width: width, Channels: channels, Pixels: pixels}
}

// Points are sets of points in the plane to draw in one figure, with axes of one scale.
type Points struct {
	Name   string     `json:"name"`
	XLabel string     `json:"x_label"`
	YLabel string     `json:"y_label"`
	Sets   []PointSet `json:"sets"`
}

// PointSet is points under a name.
type PointSet struct {
	Name string    `json:"name"`
	X    []float64 `json:"x"`
	Y    []float64 `json:"y"`
}

// Example is one input with what came out.
type Example struct {
	Input string `json:"input"`
	Want  string `json:"want"`
	Got   string `json:"got"`
}
