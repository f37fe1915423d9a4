package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// book is a notebook file. What is not touched here is carried along as it is.
type book struct {
	Cells    []cell         `json:"cells"`
	Metadata map[string]any `json:"metadata"`
	Format   int            `json:"nbformat"`
	Minor    int            `json:"nbformat_minor"`
}

// cell is one of Markdown or code.
type cell map[string]any

func parse(text []byte) (*book, error) {
	var b book
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&b); err != nil {
		return nil, fmt.Errorf("no notebook: %w", err)
	}
	return &b, nil
}

// bytes writes the notebook as nbformat does: one space a level, keys sorted, characters as they are.
func (b *book) bytes() ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err := encoder.Encode(b)
	return text.Bytes(), err
}

func (c cell) isCode() bool { return c["cell_type"] == "code" }

func (c cell) source() string { return joined(c["source"]) }

func (c cell) tags() []string {
	metadata, _ := c["metadata"].(map[string]any)
	list, _ := metadata["tags"].([]any)
	var tags []string
	for _, tag := range list {
		tags = append(tags, fmt.Sprint(tag))
	}
	return tags
}

func (c cell) outputs() []map[string]any {
	list, _ := c["outputs"].([]any)
	var outputs []map[string]any
	for _, item := range list {
		if output, ok := item.(map[string]any); ok {
			outputs = append(outputs, output)
		}
	}
	return outputs
}

// hiding is a path of this machine and what stands for it in a notebook.
type hiding struct{ path, instead string }

// hidden are the paths that a notebook must not show, the longest first.
func (p place) hidden() []hiding {
	list := []hiding{{p.root, "courselab"}}
	if home, err := os.UserHomeDir(); err == nil && len(home) > 1 {
		list = append(list, hiding{home, "~"})
	}
	slices.SortFunc(list, func(a, b hiding) int { return len(b.path) - len(a.path) })
	return list
}

// tidy makes the same run give the same file: it takes out what differs from machine to machine or run to run, and joins
// the many pieces in which a progress bar arrives.
func (b *book) tidy(paths []hiding) {
	b.Metadata = map[string]any{
		"kernelspec":    map[string]any{"display_name": "Go (gonb)", "language": "go", "name": "gonb"},
		"language_info": map[string]any{"file_extension": ".go", "mimetype": "text/x-go", "name": "go"},
	}
	seen := map[string]int{}
	for _, c := range b.Cells {
		metadata := map[string]any{}
		if tags := c.tags(); len(tags) > 0 {
			metadata["tags"] = tags
		}
		c["metadata"] = metadata
		sum := sha256.Sum256([]byte(c.source()))
		id := hex.EncodeToString(sum[:4])
		if seen[id]++; seen[id] > 1 {
			id = fmt.Sprintf("%s-%d", id, seen[id])
		}
		c["id"] = id
		if c.isCode() {
			c["outputs"] = tidyOutputs(c.outputs(), paths)
		}
	}
}

// tidyOutputs joins neighbouring streams and hides paths.
func tidyOutputs(outputs []map[string]any, paths []hiding) []any {
	var streams []map[string]any
	for _, output := range outputs {
		if n := len(streams); output["output_type"] == "stream" && n > 0 && streams[n-1]["name"] == output["name"] && streams[n-1]["output_type"] == "stream" {
			streams[n-1]["text"] = joined(streams[n-1]["text"]) + joined(output["text"])
			continue
		}
		streams = append(streams, output)
	}
	tidied := []any{} // never null in the file
	for _, output := range streams {
		delete(output, "transient")
		if output["output_type"] == "stream" {
			output["text"] = overwritten(joined(output["text"]))
		}
		tidied = append(tidied, hide(output, paths))
	}
	return tidied
}

var erase = regexp.MustCompile(`\x1b\[[0-9;]*[KJ]`)

// overwritten does what a terminal does to a line with carriage returns: only what was written last stays.
func overwritten(text string) []string {
	lines := []string{}
	for line := range strings.Lines(text) {
		body, ended := strings.CutSuffix(line, "\n")
		body = strings.TrimRight(erase.ReplaceAllString(body, ""), "\r")
		if i := strings.LastIndex(body, "\r"); i >= 0 {
			body = body[i+1:]
		}
		if ended {
			body += "\n"
		}
		lines = append(lines, body)
	}
	return lines
}

// hide replaces the paths in all texts of an output.
func hide(value any, paths []hiding) any {
	switch v := value.(type) {
	case string:
		for _, h := range paths {
			v = h.pattern().ReplaceAllString(v, h.instead+"$1")
		}
		return v
	case []string:
		for i := range v {
			v[i] = hide(v[i], paths).(string)
		}
	case []any:
		for i := range v {
			v[i] = hide(v[i], paths)
		}
	case map[string]any:
		for key := range v {
			v[key] = hide(v[key], paths)
		}
	}
	return value
}

// pattern matches the path where it ends as a path does: /root, but not the beginning of /rootless.
func (h hiding) pattern() *regexp.Regexp {
	return regexp.MustCompile(regexp.QuoteMeta(h.path) + `([^\w.\-]|$)`)
}

// joined returns a text that the format may hold as a list of lines.
func joined(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case []string:
		return strings.Join(v, "")
	case []any:
		var text strings.Builder
		for _, line := range v {
			text.WriteString(fmt.Sprint(line))
		}
		return text.String()
	}
	return ""
}
