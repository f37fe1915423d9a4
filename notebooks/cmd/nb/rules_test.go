package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withOutputs is a notebook of one code cell tagged figure.
func withOutputs(outputs string) []byte {
	return fmt.Appendf(nil, `{"cells": [{"cell_type": "markdown", "source": "text"},
 {"cell_type": "code", "metadata": {"tags": ["figure"]}, "outputs": [%s], "source": "show()"}]}`, outputs)
}

const (
	svgOutput  = `{"output_type": "display_data", "data": {"image/svg+xml": ["<svg>", "</svg>"]}}`
	pngOutput  = `{"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo="}}`
	htmlOutput = `{"output_type": "display_data", "data": {"text/html": "<div><img src='data:'></div>"}}`
	textOutput = `{"output_type": "stream", "name": "stdout", "text": ["a <svg> in text\n"]}`
)

func TestRules(t *testing.T) {
	const figure = "cell 1 is tagged figure"
	for name, c := range map[string]struct{ outputs, want string }{
		"SVG":                {svgOutput, ""},
		"PNG":                {pngOutput, ""},
		"image in HTML":      {htmlOutput, ""},
		"text is no figure":  {textOutput, figure},
		"empty image":        {`{"output_type": "display_data", "data": {"image/png": ""}}`, figure},
		"no output":          {"", figure},
		"path in a stream":   {svgOutput + `, {"output_type": "stream", "text": ["in /home/ann/x\n"]}`, "shows a path of this machine: /home/ann"},
		"path in HTML":       {svgOutput + `, {"output_type": "display_data", "data": {"text/html": "<a href='/home/ann/lab/x'>"}}`, "/home/ann/lab"},
		"folder of kernel":   {svgOutput + `, {"output_type": "stream", "text": "/tmp/gonb_1a2b/main.go:3"}`, "/tmp/gonb_1a2b/main.go"},
		"another's home":     {svgOutput + `, {"output_type": "stream", "text": "/home/annette"}`, ""},
		"larger than 300 kB": {svgOutput + `, {"output_type": "stream", "text": "` + strings.Repeat("x", largest) + `"}`, "more than 300 kB"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := parse(withOutputs(c.outputs))
			require.NoError(t, err)
			wrong, err := b.rules(false, ann)
			require.NoError(t, err)
			if c.want == "" {
				assert.Empty(t, wrong)
				return
			}
			require.Len(t, wrong, 1)
			assert.Contains(t, wrong[0], c.want)
		})
	}
}

func TestSameCells(t *testing.T) {
	a := `{"cells": [{"cell_type": "markdown", "source": ["# T\n", "x"]}, {"cell_type": "code", "source": "f()", "outputs": [1]}]}`
	for name, c := range map[string]struct {
		other string
		want  int
	}{
		"same text in another form, other outputs": {`{"cells": [{"cell_type": "markdown", "source": "# T\nx"}, {"cell_type": "code", "source": ["f()"]}]}`, 0},
		"other code":  {strings.Replace(a, "f()", "g()", 1), 2},
		"other text":  {strings.Replace(a, "x", "y", 1), 1},
		"another tag": {strings.Replace(a, `"outputs"`, `"metadata": {"tags": ["figure"]}, "outputs"`, 1), 2},
		"other kind":  {strings.Replace(a, `"code"`, `"raw"`, 1), 2},
		"one less":    {`{"cells": [{"cell_type": "markdown", "source": "# T\nx"}]}`, 2},
	} {
		t.Run(name, func(t *testing.T) {
			for _, pair := range [][2]string{{a, c.other}, {c.other, a}} {
				fresh, err := parse([]byte(pair[1]))
				require.NoError(t, err)
				cell, err := sameCells([]byte(pair[0]), fresh)
				require.NoError(t, err)
				assert.Equal(t, c.want, cell)
			}
		})
	}
	_, err := sameCells([]byte("<<<<<<< HEAD"), &book{})
	require.Error(t, err)
}
