package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"courselab/coursekit/experiment"
	"courselab/coursekit/notebook/milestone"
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
	for i, group := range figuresOf(result.Curves) {
		if err := save(fmt.Sprintf("%s-curves-%d.svg", prefix, i+1), curves(result.Title, group)); err != nil {
			return names, err
		}
	}
	for i, m := range result.Maps {
		figure := plot.HeatMap(m.Name, m.Weights, m.Rows, m.Columns).ColorRange(0, 1).ColorBar("weight")
		if err := save(fmt.Sprintf("%s-map-%d.svg", prefix, i+1), figure); err != nil {
			return names, err
		}
	}
	for i, picture := range result.Pictures {
		if err := save(fmt.Sprintf("%s-picture-%d.png", prefix, i+1), milestone.Picture(picture)); err != nil {
			return names, err
		}
	}
	for i, points := range result.Points {
		if err := save(fmt.Sprintf("%s-points-%d.svg", prefix, i+1), milestone.Scatter(points)); err != nil {
			return names, err
		}
	}
	return names, nil
}

// figuresOf puts the curves with the same axes together.
func figuresOf(all []experiment.Curve) (groups [][]experiment.Curve) {
	at := map[[2]string]int{}
	for _, curve := range all {
		axes := [2]string{curve.XLabel, curve.YLabel}
		i, known := at[axes]
		if !known {
			i, groups = len(groups), append(groups, nil)
			at[axes] = i
		}
		groups[i] = append(groups[i], curve)
	}
	return groups
}

// curves draws curves with the same axes in one figure; losses, in nats, on a logarithmic scale.
func curves(title string, group []experiment.Curve) *plot.Figure {
	var series []plot.Series
	logarithmic := group[0].YLabel == "nats"
	for _, curve := range group {
		series = append(series, plot.Series{Name: curve.Name, X: curve.X, Y: curve.Y})
		logarithmic = logarithmic && slices.Min(append([]float64{1}, curve.Y...)) > 0
	}
	figure := plot.Curves(title, group[0].XLabel, group[0].YLabel, series...)
	if logarithmic {
		return figure.LogY()
	}
	return figure
}
