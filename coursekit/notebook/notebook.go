// Package notebook is what a cell says to the reader: figures, tables, checked numbers, exercises, and models kept from
// one cell to the next. It is the only package that knows GoNB.
//
//   - Every call waits until the front end has what it shows: nothing is lost when the cell ends.
//   - Figures are static: they survive saving, printing and a machine without a network.
//   - Outside a notebook everything is plain text on standard output, so that the same code runs as a program or a test.
package notebook

import (
	"bytes"
	"fmt"
	"html"
	pngimage "image/png"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
	"github.com/jedib0t/go-pretty/v6/table"

	"courselab/coursekit/backend"
	"courselab/coursekit/plot"
)

// Start prints on what the notebook computes: the backend, its plugin and why this one, the versions, and what the reader
// may expect to see again. Call it in the first cell. It panics, with what to do, if there is no backend.
func Start() {
	_, info, err := backend.Open()
	if err != nil {
		panic(err)
	}
	fmt.Println("backend:", info)
	fmt.Printf("%s%s %s/%s; all seeds are fixed: on this backend you get the same numbers again, on another one similar ones\n",
		version("github.com/gomlx/gomlx", "GoMLX"), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// version returns the name and version of a module that this program was built with, and a comma; or nothing, where the
// program does not know.
func version(module, name string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, dep := range info.Deps {
		if dep.Path == module {
			return name + " " + dep.Version + ", "
		}
	}
	return ""
}

// Show draws the figures, one below the other. It panics if a figure cannot be drawn.
func Show(figures ...*plot.Figure) {
	for _, f := range figures {
		if err := f.Err(); err != nil {
			panic(err)
		}
		if !gonbui.IsNotebook {
			fmt.Printf("[figure: %s]\n", f.Title())
			continue
		}
		// A PNG: a notebook that somebody else has executed shows no SVG until it is trusted.
		png, err := f.PNG()
		if err != nil {
			panic(err)
		}
		config, err := pngimage.DecodeConfig(bytes.NewReader(png))
		if err != nil {
			panic(err)
		}
		display(&protocol.DisplayData{
			Data:     map[protocol.MIMEType]any{protocol.MIMEImagePNG: png, protocol.MIMETextPlain: f.Title()},
			Metadata: map[string]any{string(protocol.MIMEImagePNG): map[string]int{"width": config.Width / 2}}, // two pixels to a point
		})
	}
}

// Markdown shows formatted text. It is trusted: pass it no text of strangers.
func Markdown(text string) {
	if !gonbui.IsNotebook {
		fmt.Println(text)
		return
	}
	displayText(protocol.MIMETextMarkdown, text)
}

// Table shows rows of text; the first row is the head. Cells are escaped.
func Table(rows [][]string) {
	if len(rows) == 0 {
		return
	}
	if !gonbui.IsNotebook {
		t := table.NewWriter()
		t.SetOutputMirror(os.Stdout)
		for i, row := range rows {
			cells := make(table.Row, len(row))
			for j, cell := range row {
				cells[j] = cell
			}
			if i == 0 {
				t.AppendHeader(cells)
			} else {
				t.AppendRow(cells)
			}
		}
		t.Render()
		return
	}
	var b strings.Builder
	b.WriteString("<table>\n")
	for i, row := range rows {
		tag := "td"
		if i == 0 {
			tag = "th"
		}
		b.WriteString("<tr>")
		for _, cell := range row {
			fmt.Fprintf(&b, "<%s>%s</%s>", tag, html.EscapeString(cell), tag)
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</table>")
	displayText(protocol.MIMETextHTML, b.String())
}

// Matrix returns a tensor of numbers as rows: [M, N], or [..., M, N] with all leading axes of size 1. It panics on
// another shape.
func Matrix(t *tensors.Tensor) [][]float64 {
	dims := t.Shape().Dimensions
	if len(dims) < 2 || t.Shape().Size() != dims[len(dims)-2]*dims[len(dims)-1] {
		panic(fmt.Errorf("notebook: want a matrix, got %s", t.Shape()))
	}
	flat, columns := numbers(t), dims[len(dims)-1]
	rows := make([][]float64, dims[len(dims)-2])
	for i := range rows {
		rows[i] = flat[i*columns : (i+1)*columns]
	}
	return rows
}

// Number returns the value of a tensor that holds one number. It panics on another shape.
func Number(t *tensors.Tensor) float64 {
	if t.Shape().Size() != 1 {
		panic(fmt.Errorf("notebook: want one number, got %s", t.Shape()))
	}
	return numbers(t)[0]
}

// numbers are the values of a tensor, row after row.
func numbers(t *tensors.Tensor) []float64 {
	var flat []float64
	if !appendNumbers(&flat, reflect.ValueOf(t.Value())) {
		panic(fmt.Errorf("notebook: want numbers, got %s", t.Shape()))
	}
	return flat
}

// appendNumbers appends the numbers of nested slices, or one number. It returns false if there is anything else.
func appendNumbers(flat *[]float64, v reflect.Value) bool {
	switch {
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			if !appendNumbers(flat, v.Index(i)) {
				return false
			}
		}
	case v.CanFloat():
		*flat = append(*flat, v.Float())
	case v.CanInt():
		*flat = append(*flat, float64(v.Int()))
	case v.CanUint():
		*flat = append(*flat, float64(v.Uint()))
	default:
		return false
	}
	return true
}
