package notebook

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Template is what grading needs to know of a lab's own notebook. It holds nothing of a solution.
type Template struct {
	File    string   `json:"file"` // "warmup.ipynb"
	Package string   `json:"package"`
	Allow   []string `json:"allow"` // what a submission may import
	Cells   []Known  `json:"cells"`
}

// Known is a code cell of the lab's notebook.
type Known struct {
	ID      string `json:"id,omitempty"`
	GradeID string `json:"grade_id,omitempty"`
	// Locked is a cell that students are not to change: its declarations are always the lab's. Answer is one that they write. A cell that is
	// neither may be changed; what it declares is put back if it has gone.
	Locked   bool     `json:"locked,omitempty"`
	Answer   bool     `json:"answer,omitempty"`
	Declares []string `json:"declares,omitempty"`
	Source   string   `json:"source,omitempty"` // not of an answer
}

func (k Known) label() string {
	if k.GradeID != "" {
		return k.GradeID
	}
	return k.ID
}

// GoName is the name of the Go file that a notebook's declarations make.
func GoName(pkg string) string { return pkg + ".go" }

// Describe makes the template of a lab's notebook: its test cells, and what its cells say as text, are no part of it.
func Describe(own *Notebook, file, pkg string, allow []string) (*Template, error) {
	n, _, err := own.Public()
	if err != nil {
		return nil, err
	}
	t := &Template{File: file, Package: pkg, Allow: allow}
	labels := map[string]int{}
	for i, c := range n.Cells {
		if g := c.Grading; g != nil && g.GradeID != "" {
			if before := labels[g.GradeID]; before > 0 {
				return nil, fmt.Errorf("cells %d and %d have the same grade_id %q", before, i+1, g.GradeID)
			}
			labels[g.GradeID] = i + 1
		}
		if c.Type != Code {
			continue
		}
		parsed, err := parse(c.Source)
		if err != nil {
			return nil, fmt.Errorf("cell %d, %w", i+1, err)
		}
		if parsed.test || parsed.foreign {
			continue
		}
		k := Known{ID: c.ID, Source: c.Source, Answer: strings.Contains(c.Source, SolutionMarker)}
		if g := c.Grading; g != nil {
			if k.GradeID, k.Locked = g.GradeID, g.Locked && !g.Solution; k.Locked && k.Answer {
				return nil, fmt.Errorf("cell %d is locked and holds a solution: mark it as one (solution: true), or take the markers out", i+1)
			}
			k.Answer = k.Answer || g.Solution
		}
		for _, d := range parsed.decls {
			k.Declares = append(k.Declares, d.names...)
		}
		if k.Answer {
			k.Source = ""
		}
		t.Cells = append(t.Cells, k)
	}
	return t, nil
}

// Reference makes the Go package of a lab's own notebook, without what is for staff only: what its answers and locked cells declare, and
// what that needs. Every code cell of it must be Go.
func Reference(own *Notebook, pkg string, allow []string) (*Package, error) {
	n, _, err := own.Public()
	if err != nil {
		return nil, err
	}
	p := &Package{}
	s := settings{name: pkg, allow: allow}
	var imports, testImports []spec
	var decls, tests []decl
	for i, c := range n.Cells {
		if c.Type != Code {
			continue
		}
		parsed, err := parse(c.Source)
		if err != nil {
			return nil, fmt.Errorf("cell %d, %w", i+1, err)
		}
		for j := range parsed.decls {
			parsed.decls[j].from = i
			g := c.Grading
			parsed.decls[j].root = strings.Contains(c.Source, SolutionMarker) || g != nil && (g.Solution || g.Locked)
		}
		if parsed.test {
			testImports, tests = append(testImports, parsed.imports...), append(tests, parsed.decls...)
			continue
		}
		imports, decls = append(imports, parsed.imports...), append(decls, parsed.decls...)
	}
	if len(decls) == 0 {
		return nil, errors.New("no cell of the notebook declares anything")
	}
	p.Source, p.Places = compose(s, imports, decls)
	if len(tests) > 0 {
		p.Tests, _ = compose(settings{name: pkg, allow: []string{"testing"}}, testImports, tests)
	}
	return p, nil
}

// squeeze leaves out white space: what was only formatted has not been changed.
func squeeze(text string) string { return strings.Join(strings.Fields(text), "") }

// WithCell is the notebook with a cell of Go more at its end: of what it declares, it has the last word.
func (n *Notebook) WithCell(source string) *Notebook {
	out := *n
	out.Cells = append(slices.Clone(n.Cells), Cell{Type: Code, ID: "added", Source: source})
	return &out
}
