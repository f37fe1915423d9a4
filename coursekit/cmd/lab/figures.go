package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"courselab/coursekit/experiment"
	"courselab/coursekit/plot"
)

// writeFigures writes a result into a folder, as JSON, as the text of the terminal, and its curves and maps as SVG. It
// returns the files' names.
func writeFigures(result experiment.Result, dir string) (names []string, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	prefix := filepath.Join(dir, strings.ToLower(result.ID))
	if err := writeJSON(prefix+".json", result); err != nil {
		return nil, err
	}
	var text strings.Builder
	if err := result.WriteText(&text); err != nil {
		return nil, err
	}
	if err := writeFile(prefix+".txt", []byte(text.String())); err != nil {
		return nil, err
	}
	names = append(names, prefix+".json", prefix+".txt")
	save := func(name string, figure *plot.Figure) error {
		if err := figure.Save(name); err != nil {
			return err
		}
		names = append(names, name)
		return nil
	}
	if len(result.Curves) > 0 {
		if err := save(prefix+"-curves.svg", curves(result)); err != nil {
			return names, err
		}
	}
	for i, m := range result.Maps {
		figure := plot.HeatMap(m.Name, m.Weights, m.Rows, m.Columns).ColorRange(0, 1).ColorBar("weight")
		if err := save(fmt.Sprintf("%s-map-%d.svg", prefix, i+1), figure); err != nil {
			return names, err
		}
	}
	return names, nil
}

// curves draws all of a result's curves in one figure, the value on a logarithmic scale.
func curves(result experiment.Result) *plot.Figure {
	var series []plot.Series
	for _, curve := range result.Curves {
		series = append(series, plot.Series{Name: curve.Name, X: curve.X, Y: curve.Y})
	}
	first := result.Curves[0]
	return plot.Curves(result.Title, first.XLabel, first.YLabel, series...).LogY()
}
