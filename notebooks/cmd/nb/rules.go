package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// largest is the size of a notebook file that a repository and a browser take without complaint, in bytes.
const largest = 300_000

// rules returns what is wrong with an executed notebook, a line each; isLesson asks for all that a lesson must have.
func (b *book) rules(isLesson bool, paths []hiding) ([]string, error) {
	text, err := b.bytes()
	if err != nil {
		return nil, err
	}
	var wrong []string
	if len(text) > largest {
		wrong = append(wrong, fmt.Sprintf("the file has %d kB, more than %d kB; draw smaller figures or print less", len(text)/1000, largest/1000))
	}
	number := 0
	for _, c := range b.Cells {
		if !c.isCode() {
			continue
		}
		number++
		if slices.Contains(c.tags(), figureTag) && !c.hasFigure() {
			wrong = append(wrong, fmt.Sprintf("cell %d is tagged figure, but shows none (image/svg+xml, image/png, or <svg or <img in HTML)", number))
		}
		if path := c.machinePath(paths); path != "" {
			wrong = append(wrong, fmt.Sprintf("cell %d shows a path of this machine: %s", number, path))
		}
	}
	if isLesson {
		wrong = append(wrong, b.lesson()...)
	}
	return wrong, nil
}

func (c cell) hasFigure() bool {
	for _, output := range c.outputs() {
		data, _ := output["data"].(map[string]any)
		for kind, content := range data {
			text := joined(content)
			if strings.HasPrefix(kind, "image/") && text != "" {
				return true
			}
			if kind == "text/html" && (strings.Contains(text, "<svg") || strings.Contains(text, "<img")) {
				return true
			}
		}
	}
	return false
}

var kernelFolder = regexp.MustCompile(`/tmp/gonb_[\w\-/.]*`)

// machinePath returns a path of this machine that the cell's outputs show, or "".
func (c cell) machinePath(paths []hiding) string {
	text := c.shown()
	if found := kernelFolder.FindString(text); found != "" {
		return found
	}
	for _, h := range paths {
		if h.pattern().MatchString(text) {
			return h.path
		}
	}
	return ""
}

// shown is all text of the cell's outputs.
func (c cell) shown() string {
	var text strings.Builder
	for _, output := range c.outputs() {
		text.WriteString(flat(output))
	}
	return text.String()
}

// flat is all text of an output, with no escapes of JSON between.
func flat(value any) string {
	switch v := value.(type) {
	case string:
		return v + "\n"
	case json.Number:
		return ""
	case []any:
		return joined(v) + "\n"
	case map[string]any:
		var text strings.Builder
		for _, item := range v {
			text.WriteString(flat(item))
		}
		return text.String()
	}
	return ""
}

// sameCells compares a committed notebook with one just built; it returns the number of the first cell that differs,
// counted from 1 among all cells, or 0.
func sameCells(committed []byte, fresh *book) (int, error) {
	old, err := parse(committed)
	if err != nil {
		return 0, err
	}
	for i := range max(len(old.Cells), len(fresh.Cells)) {
		if i >= len(old.Cells) || i >= len(fresh.Cells) {
			return i + 1, nil
		}
		a, b := old.Cells[i], fresh.Cells[i]
		if a["cell_type"] != b["cell_type"] || a.source() != b.source() || !slices.Equal(a.tags(), b.tags()) {
			return i + 1, nil
		}
	}
	return 0, nil
}
