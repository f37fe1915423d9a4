package notebook

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxNotes is how many notes a package has.
const maxNotes = 20

// Extract makes the Go package of a student's notebook: the student's declarations, the lab's where cells are locked, and back what has
// gone that was given. Notes say what was repaired and what was left out. An error says, to the student, why there is no package.
func (t *Template) Extract(n *Notebook) (*Package, error) { return t.ExtractWithout(n, nil) }

// ExtractWithout is Extract without the cells, counted from 1, that do not compile, for the reasons given.
func (t *Template) ExtractWithout(n *Notebook, broken map[int]string) (*Package, error) {
	e := &extraction{t: t, n: n, broken: broken, owners: make([]*Known, len(n.Cells)), given: map[string]*Known{},
		declared: map[string]int{}, asked: map[string]bool{}}
	e.match()
	e.read()
	if len(e.decls) == 0 {
		if len(e.notes) > 0 {
			return nil, errors.New("no cell of the notebook declares a function. " + e.notes[0])
		}
		return nil, errors.New("no cell of the notebook declares a function: hand in the notebook in which you wrote your answers")
	}
	e.complete()
	p := &Package{Notes: e.notes}
	if len(p.Notes) > maxNotes {
		p.Notes = append(p.Notes[:maxNotes:maxNotes], fmt.Sprintf("and %d more such things", len(e.notes)-maxNotes))
	}
	p.Source, p.Places = compose(settings{name: t.Package, allow: t.Allow}, e.imports, e.decls)
	return p, nil
}

// extraction is the work on one notebook.
type extraction struct {
	t      *Template
	n      *Notebook
	owners []*Known // the cell of the lab that each of the notebook is, if any
	given  map[string]*Known
	broken map[int]string

	imports  []spec
	decls    []decl
	declared map[string]int  // by the cell
	asked    map[string]bool // what students are to write
	notes    []string
}

// note adds a sentence without its full stop.
func (e *extraction) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	e.notes = append(e.notes, strings.ToUpper(text[:1])+text[1:])
}

// cell names a cell of the student's for messages. What it is called by the lab is added; nothing of the student's is quoted.
func (e *extraction) cell(i int) string {
	if k := e.owners[i]; k != nil && k.label() != "" {
		return fmt.Sprintf("cell %d (%s)", i+1, k.label())
	}
	return fmt.Sprintf("cell %d", i+1)
}

// match finds the lab's cells in the notebook: by what nbgrader or Jupyter calls them, then by their text.
func (e *extraction) match() {
	for i := range e.t.Cells {
		k := &e.t.Cells[i]
		if k.Locked {
			for _, name := range k.Declares {
				e.given[name] = k
			}
		}
		if k.Answer {
			for _, name := range k.Declares {
				e.asked[name] = true
			}
		}
		found := e.called(k)
		if len(found) == 0 && !k.Answer {
			found = e.alike(k)
		}
		for _, at := range found {
			e.owners[at] = k
		}
		name := k.label()
		if name == "" {
			name = strings.Join(k.Declares, ", ")
		}
		switch {
		case k.Locked && len(k.Declares) > 0 && len(found) == 0:
			e.note("the locked cell %s is gone; it was put back", name)
		case k.Locked && len(found) > 1:
			e.note("the locked cell %s is there %d times; the lab's own counts", name, len(found))
		case k.Locked && len(found) == 1 && (e.n.Cells[found[0]].Type != Code || squeeze(e.n.Cells[found[0]].Source) != squeeze(k.Source)):
			e.note("%s is locked and was changed; the lab's own counts", e.cell(found[0]))
		}
	}
}

// called finds the notebook's cells that have the name of the lab's.
func (e *extraction) called(k *Known) (found []int) {
	for i, c := range e.n.Cells {
		graded := c.Grading != nil && c.Grading.GradeID != ""
		if graded && k.GradeID != "" {
			if c.Grading.GradeID == k.GradeID {
				found = append(found, i)
			}
			continue
		}
		if c.ID != "" && c.ID == k.ID && e.owners[i] == nil {
			found = append(found, i)
		}
	}
	return found
}

// alike finds the notebook's code cells with the same text.
func (e *extraction) alike(k *Known) (found []int) {
	for i, c := range e.n.Cells {
		if c.Type == Code && e.owners[i] == nil && squeeze(c.Source) == squeeze(k.Source) {
			found = append(found, i)
		}
	}
	return found
}

// read collects the declarations of the notebook's cells.
func (e *extraction) read() {
	var commands []string
	for i, c := range e.n.Cells {
		k := e.owners[i]
		answer := k != nil && k.Answer
		if c.Type != Code && !answer {
			continue
		}
		parsed, err := parse(c.Source)
		if err != nil {
			if k == nil || !k.Locked {
				e.note("%s is no Go and was left out, with all that it declares: %v", e.cell(i), err)
			}
			continue
		}
		if reason, ok := e.broken[i+1]; ok {
			e.note("%s does not compile and was left out, with all that it declares: %s", e.cell(i), reason)
			continue
		}
		if c.Type != Code && len(parsed.decls) > 0 {
			e.note("%s is no code cell any more; it was read as one", e.cell(i))
		}
		if parsed.commands && k == nil {
			commands = append(commands, fmt.Sprint(i+1))
		}
		if parsed.test || parsed.foreign {
			continue
		}
		for _, imported := range parsed.imports {
			imported.at.Cell = i + 1
			e.imports = append(e.imports, imported)
		}
		for _, d := range parsed.decls {
			e.take(d, i)
		}
	}
	if len(commands) > 0 {
		e.note("commands of the notebook (lines with !, cells of a shell) are not run for grading: cells %s", strings.Join(commands[:min(8, len(commands))], ", "))
	}
}

// take takes a declaration over, but for the names that the lab gives.
func (e *extraction) take(d decl, i int) {
	d.from = i
	own := func(name string) bool { return e.given[name] == nil }
	foreign := func(name string) bool { return !own(name) }
	if slices.ContainsFunc(d.names, foreign) {
		if e.owners[i] == nil || !e.owners[i].Locked {
			e.note("%s declares %s, which the lab gives; the lab's own counts", e.cell(i), d.names[slices.IndexFunc(d.names, foreign)])
		}
		if !slices.ContainsFunc(d.names, own) {
			return
		}
		d = d.without(foreign)
	}
	for _, name := range d.names {
		d.root = d.root || e.asked[name]
		if before, twice := e.declared[name]; twice && before != i && e.asked[name] {
			e.note("%s is declared in cells %d and %d; the last counts", name, before+1, i+1)
		}
		e.declared[name] = i
	}
	e.decls = append(e.decls, d)
}

// complete adds what locked cells declare, and of the other cells of the lab what the notebook does not have.
func (e *extraction) complete() {
	var imports []spec
	var decls []decl
	for _, k := range e.t.Cells {
		if k.Answer {
			continue
		}
		parsed, err := parse(k.Source)
		if err != nil {
			continue // Describe has parsed it
		}
		imports = append(imports, parsed.imports...)
		for _, d := range parsed.decls {
			d.from, d.root = -1, k.Locked
			here := func(name string) bool { _, ok := e.declared[name]; return ok }
			if !k.Locked && (len(d.names) == 0 || slices.ContainsFunc(d.names, here)) {
				continue
			}
			decls = append(decls, d)
		}
	}
	e.imports, e.decls = append(imports, e.imports...), append(decls, e.decls...)
}
