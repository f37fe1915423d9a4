package mutant

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// Mutant is one mistake.
type Mutant struct {
	// ID names it: function, operator, what was and what is. It stays the same when other lines of the file change.
	ID       string `json:"id"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Function string `json:"function"`
	Operator string `json:"operator"`
	Before   string `json:"before"`
	After    string `json:"after"`

	from, to int
}

// Sources returns the sources with the mistake made.
func (m Mutant) Sources(sources map[string][]byte) map[string][]byte {
	changed := maps.Clone(sources)
	changed[m.File] = m.apply(sources[m.File])
	return changed
}

func (m Mutant) apply(text []byte) []byte {
	return slices.Concat(text[:m.from], []byte(m.After), text[m.to:])
}

// Generate returns all mutants of a package that type-check, in the order of files and lines. imports finds what the sources
// import. begin and end are the lines that enclose a solution: nothing outside is changed.
//
// It returns an error if the sources themselves do not type-check.
func Generate(sources map[string][]byte, imports types.Importer, begin, end string) ([]Mutant, error) {
	p := &program{sources: sources, imports: imports, files: map[string]*ast.File{}, fset: token.NewFileSet()}
	if imports == nil {
		p.imports = importer.Default()
	}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		file, err := parser.ParseFile(p.fset, name, sources[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("mutant: %w", err)
		}
		p.files[name] = file
	}
	p.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	if err := p.check(p.fset, p.files, p.info); err != nil {
		return nil, fmt.Errorf("mutant: the reference: %w", err)
	}
	var all []Mutant
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		v := &visitor{program: p, name: name, text: sources[name], regions: solutions(sources[name], begin, end)}
		v.file(p.files[name])
		slices.SortStableFunc(v.mutants, func(a, b Mutant) int { return cmp.Compare(a.from, b.from) })
		for _, m := range v.mutants {
			text := string(m.apply(sources[name]))
			if seen[name+text] || text == string(sources[name]) || p.broken(m) {
				continue
			}
			seen[name+text] = true
			all = append(all, m)
		}
	}
	number(all)
	return all, nil
}

// number makes the IDs, and tells apart mutants whose edits read the same.
func number(all []Mutant) {
	count := map[string]int{}
	for i := range all {
		m := &all[i]
		m.ID = fmt.Sprintf("%s: %s: %s → %s", m.Function, m.Operator, oneLine(m.Before), oneLine(m.After))
		count[m.ID]++
		if n := count[m.ID]; n > 1 {
			m.ID += fmt.Sprintf(" (%d)", n)
		}
	}
}

func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return "nothing"
	}
	return text
}

// program is the reference.
type program struct {
	sources map[string][]byte
	imports types.Importer
	fset    *token.FileSet
	files   map[string]*ast.File
	info    *types.Info
}

func (p *program) check(fset *token.FileSet, files map[string]*ast.File, info *types.Info) error {
	var list []*ast.File
	for _, name := range slices.Sorted(maps.Keys(files)) {
		list = append(list, files[name])
	}
	config := types.Config{Importer: p.imports}
	_, err := config.Check("reference", fset, list, info)
	return err
}

// broken says whether the compiler finds the mistake.
func (p *program) broken(m Mutant) bool {
	fset := token.NewFileSet()
	files := map[string]*ast.File{}
	for name, text := range m.Sources(p.sources) {
		file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return true
		}
		files[name] = file
	}
	return p.check(fset, files, nil) != nil
}

// solutions are the regions between the markers, as offsets.
func solutions(text []byte, begin, end string) (regions [][2]int) {
	offset, open := 0, -1
	for _, line := range bytes.SplitAfter(text, []byte("\n")) {
		switch strings.TrimSpace(string(line)) {
		case begin:
			open = offset + len(line)
		case end:
			if open >= 0 {
				regions = append(regions, [2]int{open, offset})
			}
			open = -1
		}
		offset += len(line)
	}
	return regions
}
