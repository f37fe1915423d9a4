package experiment

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"courselab/coursekit/backend"
)

// Result is what a milestone found.
type Result struct {
	ID      string       `json:"id"`
	Title   string       `json:"title"`
	Quick   bool         `json:"quick,omitempty"` // the small settings were used
	Backend backend.Info `json:"backend"`
	Seeds   []int64      `json:"seeds,omitempty"`
	Seconds float64      `json:"seconds"` // wall time of everything

	Numbers  []Number  `json:"numbers"`
	Checks   []Check   `json:"checks"`
	Curves   []Curve   `json:"curves,omitempty"`
	Maps     []Map     `json:"maps,omitempty"`
	Pictures []Picture `json:"pictures,omitempty"`
	Points   []Points  `json:"points,omitempty"`
	Examples []Example `json:"examples,omitempty"`
}

// Number is a measured quantity.
type Number struct {
	Name string `json:"name"`
	// Unit of the values, as "share", "nats", "s".
	Unit string `json:"unit"`
	// Values are one for each seed, or a single one where nothing is drawn.
	Values []float64 `json:"values"`
	// Expected is the number that the lecture, theory or guessing gives; nil if there is none.
	Expected *float64 `json:"expected,omitempty"`
	// From says where Expected comes from.
	From string `json:"from,omitempty"`
}

// Check is a condition that the milestone must meet.
type Check struct {
	Name   string `json:"name"`
	Want   string `json:"want"`
	Got    string `json:"got"`
	Passed bool   `json:"passed"`
}

// Passed says if every check is met; a result without checks has proven nothing.
func (r Result) Passed() bool {
	for _, check := range r.Checks {
		if !check.Passed {
			return false
		}
	}
	return len(r.Checks) > 0
}

// Number returns the number of a name, and if there is one.
func (r Result) Number(name string) (Number, bool) {
	for _, number := range r.Numbers {
		if number.Name == name {
			return number, true
		}
	}
	return Number{}, false
}

// WriteText writes the result for a reader at a terminal.
func (r Result) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n", r.ID, r.Title)
	fmt.Fprintf(&b, "backend %s, %s", r.Backend, seconds(r.Seconds))
	if r.Quick {
		b.WriteString(", quick settings")
	}
	b.WriteString("\n\n" + r.table() + "\n\n")
	for _, example := range r.Examples {
		fmt.Fprintf(&b, "  %s → %s", example.Input, example.Got)
		if example.Want != example.Got {
			fmt.Fprintf(&b, "   (right: %s)", example.Want)
		}
		b.WriteByte('\n')
	}
	if len(r.Examples) > 0 {
		b.WriteByte('\n')
	}
	for _, curve := range r.Curves {
		if len(curve.Y) > 1 {
			fmt.Fprintf(&b, "  %s  %s  %.4g → %.4g %s\n", pad(curve.Name, widest(r.Curves)), sparkline(curve.Y, 40), curve.Y[0], curve.Y[len(curve.Y)-1], curve.YLabel)
		}
	}
	if len(r.Curves) > 0 {
		b.WriteByte('\n')
	}
	for _, check := range r.Checks {
		mark := "✓"
		if !check.Passed {
			mark = "✗"
		}
		fmt.Fprintf(&b, "  %s %s: %s (want %s)\n", mark, check.Name, check.Got, check.Want)
	}
	verdict := "passed"
	if !r.Passed() {
		verdict = "FAILED"
	}
	fmt.Fprintf(&b, "\n%s %s\n", r.ID, verdict)
	_, err := io.WriteString(w, b.String())
	return err
}

// table is the numbers, a column a seed.
func (r Result) table() string {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	header := table.Row{"measured"}
	columns := 1
	for _, number := range r.Numbers {
		columns = max(columns, len(number.Values))
	}
	if len(r.Seeds) == columns {
		for _, seed := range r.Seeds {
			header = append(header, fmt.Sprintf("seed %d", seed))
		}
	} else {
		header = append(header, "value")
	}
	t.AppendHeader(append(header, "unit", "expected", "from"))
	for _, number := range r.Numbers {
		row := table.Row{number.Name}
		for i := range columns {
			text := ""
			if i < len(number.Values) {
				text = figure(number.Values[i])
			}
			row = append(row, text)
		}
		expected := ""
		if number.Expected != nil {
			expected = figure(*number.Expected)
		}
		t.AppendRow(append(row, number.Unit, expected, number.From))
	}
	return t.Render()
}

// sparkline draws values in a row of block characters, at most width of them, the smallest lowest.
func sparkline(values []float64, width int) string {
	blocks := []rune("▁▂▃▄▅▆▇█")
	width = min(width, len(values))
	means := make([]float64, width)
	low, high := math.Inf(1), math.Inf(-1)
	for i := range means {
		from, to := i*len(values)/width, (i+1)*len(values)/width
		for _, value := range values[from:to] {
			means[i] += value / float64(to-from)
		}
		low, high = math.Min(low, means[i]), math.Max(high, means[i])
	}
	line := make([]rune, width)
	for i, mean := range means {
		level := 0
		if high > low {
			level = int((mean - low) / (high - low) * float64(len(blocks)-1))
		}
		line[i] = blocks[level]
	}
	return string(line)
}

func widest(curves []Curve) int {
	width := 0
	for _, curve := range curves {
		width = max(width, len([]rune(curve.Name)))
	}
	return width
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-len([]rune(s))))
}

// figure writes a number with four digits after the point, or in short where that says nothing.
func figure(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e6 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	if math.Abs(x) < 1e-3 || math.Abs(x) >= 1e5 {
		return strconv.FormatFloat(x, 'g', 3, 64)
	}
	return strconv.FormatFloat(x, 'f', 4, 64)
}

func seconds(s float64) string { return fmt.Sprintf("%.1f s", s) }

func ptr(x float64) *float64 { return &x }
