package release

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"courselab/autograde/lab"
	"courselab/autograde/notebook"
)

// sourceText is a text with solutions: a Go file, or a cell of a notebook.
type sourceText struct {
	name   string
	text   string
	parsed string // the text as Go
	down   int    // lines that parsed has before it
}

// sourcesOf returns the texts of the lab that may hold solutions.
func sourcesOf(l *lab.Lab) (texts []sourceText, err error) {
	if l.Notebook == "" {
		names, err := l.Sources()
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			text, err := os.ReadFile(filepath.Join(l.Dir, name))
			if err != nil {
				return nil, err
			}
			texts = append(texts, sourceText{name: name, text: string(text), parsed: string(text)})
		}
		return texts, nil
	}
	n, err := l.ReadNotebook()
	if err != nil {
		return nil, err
	}
	for i, c := range n.Cells {
		if c.Type == notebook.Code {
			texts = append(texts, cellText(l, i, c))
		}
	}
	return texts, nil
}

func cellText(l *lab.Lab, i int, c notebook.Cell) sourceText {
	return sourceText{name: fmt.Sprintf("%s, cell %d", l.Notebook, i+1), text: c.Source, parsed: notebook.GoText(c.Source), down: 1}
}

// Notebook makes the students' version of the lab's notebook: holes where the solutions were, nothing that is for staff only, no outputs.
func Notebook(l *lab.Lab) (*notebook.Notebook, error) {
	own, err := l.ReadNotebook()
	if err != nil {
		return nil, err
	}
	n, _, err := own.Public()
	if err != nil {
		return nil, fmt.Errorf("lab %s: %s: %w", l.ID, l.Notebook, err)
	}
	total := 0
	for i, c := range n.Cells {
		if c.Type != notebook.Code {
			if strings.Contains(c.Source, notebook.SolutionMarker) {
				return nil, fmt.Errorf("lab %s: %s, cell %d: a solution in text cannot be left out: give the cell the tag %q", l.ID, l.Notebook, i+1, notebook.StaffTag)
			}
			continue
		}
		source := cellText(l, i, c)
		holes, err := findHoles(source.name, []byte(source.text), source.parsed, source.down)
		if err != nil {
			return nil, fmt.Errorf("lab %s: %w", l.ID, err)
		}
		total += len(holes)
		n.Cells[i].Source = dig(l, c.Source, holes)
	}
	if total == 0 {
		return nil, noSolution(l)
	}
	n.Protect()
	return n, nil
}

// notebook is the students' notebook as a file, with the import paths of the release.
func (r *Release) notebook(l *lab.Lab) ([]byte, error) {
	n, err := Notebook(l)
	if err != nil {
		return nil, err
	}
	old := l.ImportPath()
	for i, c := range n.Cells {
		if c.Type == notebook.Code {
			n.Cells[i].Source = strings.NewReplacer(`"`+old+`"`, `"`+r.Import+`"`, `"`+old+`/`, `"`+r.Import+`/`).Replace(c.Source)
		}
	}
	return n.Bytes()
}

var notebookTest = template.Must(template.New("test").Parse(`package {{.Package}}

import (
	"testing"

	"{{.Module}}/autograde/check/local"
	"{{.Module}}/autograde/worker"
	"{{.Import}}/public"
)

func TestReleasedNotebook(t *testing.T) {
	local.Run(t, public.Suite, worker.Functions{ {{- range .Functions}}"{{.}}": {{.}}, {{end -}} })
}
`))

// asGo is a released notebook as the Go package that it is graded as, with the public checks as its test. The notebook's own test cells
// must compile, too.
func asGo(l *lab.Lab, importPath string, files map[string][]byte) (map[string][]byte, error) {
	n, err := notebook.Read(files[l.Notebook])
	if err != nil {
		return nil, err
	}
	p, err := notebook.Reference(n, l.Package, l.Imports.Allow)
	if err != nil {
		return nil, fmt.Errorf("lab %s: the released notebook: %w", l.ID, err)
	}
	contract, err := l.Contract()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range contract.Functions {
		names = append(names, f.Name)
	}
	var test bytes.Buffer
	if err := notebookTest.Execute(&test, map[string]any{"Package": l.Package, "Module": l.Module, "Import": importPath, "Functions": names}); err != nil {
		return nil, err
	}
	sources := maps.Clone(files)
	sources[notebook.GoName(l.Package)], sources["released_test.go"] = p.Source, test.Bytes()
	if p.Tests != nil {
		sources["notebook_test.go"] = p.Tests
	}
	return sources, nil
}
