package notebook

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Place is a line of a cell.
type Place struct {
	Cell int // from 1; 0 for text that no cell of the notebook holds
	Line int // from 1
}

// Package is a notebook as one Go file.
type Package struct {
	Source []byte
	Places []Place // where each line of Source comes from
	Tests  []byte  // the test cells as a Go file, nil if there are none
	Notes  []string
}

// settings of a Go file to be made.
type settings struct {
	name  string   // of the package
	allow []string // import paths
}

// compose writes a Go file of the declarations, of each name the last, with the imports that they need.
func compose(s settings, imports []spec, decls []decl) (text []byte, places []Place) {
	decls = reachable(lastOnes(decls))
	body := make([]string, len(decls))
	for i, d := range decls {
		body[i] = d.text
	}
	var b strings.Builder
	line := func(text string, place Place) {
		for i, l := range strings.Split(text, "\n") {
			b.WriteString(l + "\n")
			at := place
			if at.Cell > 0 {
				at.Line += i
			}
			places = append(places, at)
		}
	}
	line("package "+s.name, Place{})
	for _, i := range needed(s, imports, strings.Join(body, "\n\n")) {
		line(strings.TrimSpace("import "+strings.TrimSpace(i.name+" "+strconv.Quote(i.path))), i.at)
	}
	for i, d := range decls {
		line("", Place{})
		line(body[i], Place{Cell: d.from + 1, Line: d.line})
	}
	return []byte(b.String()), places
}

// lastOnes drops what is declared again later. Of a list of names those become blank.
func lastOnes(decls []decl) []decl {
	last := map[string]int{}
	for i, d := range decls {
		for _, name := range d.names {
			last[name] = i
		}
	}
	var kept []decl
	for i, d := range decls {
		stale := func(name string) bool { return last[name] != i }
		switch {
		case len(d.names) > 0 && !slices.ContainsFunc(d.names, func(name string) bool { return !stale(name) }):
			continue
		case slices.ContainsFunc(d.names, stale):
			d = d.without(stale)
		}
		kept = append(kept, d)
	}
	return kept
}

// reachable drops what no root needs: what somebody tried out is not graded, and may need what the lab does not allow. Methods belong to
// their types; an init function counts if it has to do with a variable that counts. Without roots, everything counts.
func reachable(decls []decl) []decl {
	byName, with := map[string]int{}, map[string][]int{} // what a name stands for, and what comes with it
	var todo []int
	for i, d := range decls {
		for _, name := range d.names {
			byName[name] = i
		}
		if d.root {
			todo = append(todo, i)
		}
	}
	if len(todo) == 0 {
		return decls
	}
	for i, d := range decls {
		for _, name := range d.names {
			if t, _, method := strings.Cut(name, "."); method {
				with[t] = append(with[t], i)
			}
			if name != "init" && !strings.HasPrefix(name, "init_") {
				continue
			}
			for _, mention := range d.refs {
				if at, ok := byName[mention]; ok && decls[at].variable {
					with[mention] = append(with[mention], i)
				}
			}
		}
	}
	kept := map[int]bool{}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		if todo = todo[:len(todo)-1]; kept[i] {
			continue
		}
		kept[i] = true
		for _, name := range decls[i].names {
			todo = append(todo, with[name]...)
		}
		for _, name := range decls[i].refs {
			if j, ok := byName[name]; ok {
				todo = append(todo, j)
			}
		}
	}
	var out []decl
	for i, d := range decls {
		if kept[i] {
			out = append(out, d)
		}
	}
	return out
}

// without makes names of a list blank.
func (d decl) without(stale func(name string) bool) decl {
	out := d
	out.names, out.spots = nil, nil
	var text strings.Builder
	at := 0
	for i, name := range d.names {
		text.WriteString(d.text[at:d.spots[i]])
		at = d.spots[i] + len(name)
		if stale(name) {
			text.WriteString("_")
			continue
		}
		out.names, out.spots = append(out.names, name), append(out.spots, text.Len())
		text.WriteString(name)
	}
	out.text = text.String() + d.text[at:]
	return out
}

// needed picks the imports that the declarations use, and finds the allowed ones that they lack.
func needed(s settings, imports []spec, body string) []spec {
	file, err := parser.ParseFile(token.NewFileSet(), "", packageLine+body, parser.SkipObjectResolution)
	if file == nil || err != nil {
		return imports // the compiler will say what is wrong
	}
	qualifiers, bare, own := namesOf(file)
	byName := map[string]spec{}
	var order []string
	for _, i := range imports {
		key := i.local()
		if i.name == "." || i.name == "_" {
			key = i.name + " " + i.path
		}
		if _, there := byName[key]; !there {
			order = append(order, key)
		}
		byName[key] = i // the last one, as in GoNB
	}
	var list []spec
	for _, key := range order {
		i := byName[key]
		switch i.name {
		case "_": // for what it does when a program begins: nothing that is graded needs it
		case ".":
			if bare {
				list = append(list, i)
			}
		default:
			if qualifiers[key] {
				list = append(list, i)
			}
		}
	}
	for _, p := range s.allow {
		i := spec{path: p}
		if name := i.local(); qualifiers[name] && !own[name] && byName[name].path == "" {
			list, byName[name] = append(list, i), i
		}
	}
	return list
}

// namesOf finds the names before a dot, whether there are capitalized names that nothing here declares, and the names that are declared.
func namesOf(file *ast.File) (qualifiers map[string]bool, bare bool, own map[string]bool) {
	qualifiers, own = map[string]bool{}, map[string]bool{}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				own[d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.ValueSpec:
					for _, id := range s.Names {
						own[id.Name] = true
					}
				case *ast.TypeSpec:
					own[s.Name.Name] = true
				}
			}
		}
	}
	var visit func(n ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr: // the name after the dot belongs to what stands before it
			if id, ok := n.X.(*ast.Ident); ok {
				qualifiers[id.Name] = true
			}
			ast.Inspect(n.X, visit)
			return false
		case *ast.KeyValueExpr: // its key is a field's name, nearly always
			if _, ok := n.Key.(*ast.Ident); ok {
				ast.Inspect(n.Value, visit)
				return false
			}
		case *ast.Field: // its names are no uses
			if n.Type != nil {
				ast.Inspect(n.Type, visit)
			}
			return false
		case *ast.FuncDecl:
			if n.Recv != nil {
				ast.Inspect(n.Recv, visit)
			}
			ast.Inspect(n.Type, visit)
			if n.Body != nil {
				ast.Inspect(n.Body, visit)
			}
			return false
		case *ast.Ident:
			bare = bare || n.IsExported() && !own[n.Name]
		}
		return true
	}
	ast.Inspect(file, visit)
	return qualifiers, bare, own
}

var versionSuffix = regexp.MustCompile(`^v[0-9]+$`)

// local is the name that an import has in a file; without one of its own, the last element of the path, versions aside.
func (i spec) local() string {
	if i.name != "" {
		return i.name
	}
	dir, name := path.Split(i.path)
	if versionSuffix.MatchString(name) && dir != "" {
		name = path.Base(dir)
	}
	return name
}

// Find says where a line of the Go file comes from, for messages: "cell 7" and the line in it.
func (p *Package) Find(line int) (cell string, in int, ok bool) {
	if line < 1 || line > len(p.Places) || p.Places[line-1].Cell == 0 {
		return "", 0, false
	}
	at := p.Places[line-1]
	return fmt.Sprintf("cell %d", at.Cell), at.Line, true
}
