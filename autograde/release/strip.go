package release

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"courselab/autograde/lab"
	"courselab/autograde/notebook"

	"golang.org/x/tools/go/ast/astutil"
)

// hole is a solution to be cut out: bytes from the first character of the first marker's line to the end of the last's.
type hole struct {
	from, to int
	indent   string
	body     string
	function string // "" outside functions
}

// Sources returns the lab's Go files, without tests, as students get them: with holes, without imports that only the
// solutions needed. The importer must know what the lab's package imports.
func Sources(l *lab.Lab, imports types.Importer) (map[string]string, error) {
	sources, err := WithHoles(l)
	if err != nil || l.Notebook != "" {
		return sources, err
	}
	return sources, dropImports(l, sources, imports)
}

// WithHoles is [Sources] with the imports that only the solutions needed: what students were given, though it may not compile.
func WithHoles(l *lab.Lab) (map[string]string, error) {
	if l.Notebook != "" {
		n, err := Notebook(l)
		if err != nil {
			return nil, err
		}
		p, err := notebook.Reference(n, l.Package, l.Imports.Allow)
		if err != nil {
			return nil, fmt.Errorf("lab %s: without its solutions, %s: %w", l.ID, l.Notebook, err)
		}
		return map[string]string{notebook.GoName(l.Package): string(p.Source)}, nil
	}
	names, err := l.Sources()
	if err != nil {
		return nil, err
	}
	sources := map[string]string{}
	holes := 0
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(l.Dir, name))
		if err != nil {
			return nil, err
		}
		found, err := findHoles(name, text, string(text), 0)
		if err != nil {
			return nil, err
		}
		holes += len(found)
		sources[name] = dig(l, string(text), found)
		if len(found) > 0 {
			if sources[name], err = addErrors(l.Module, name, sources[name]); err != nil {
				return nil, err
			}
		}
	}
	if holes == 0 {
		return nil, noSolution(l)
	}
	return sources, nil
}

func noSolution(l *lab.Lab) error {
	return fmt.Errorf("lab %s has no solution to leave out: mark it with %s and %s", l.ID, lab.BeginSolution, lab.EndSolution)
}

// findHoles finds the marked regions of a text. Parsed is the text as Go, its lines so many further down.
func findHoles(name string, text []byte, parsed string, down int) ([]hole, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, parsed, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var holes []hole
	open, openLine := -1, 0
	offset := 0
	for number, line := range strings.SplitAfter(string(text), "\n") {
		switch strings.TrimSpace(line) {
		case lab.BeginSolution:
			if open >= 0 {
				return nil, fmt.Errorf("%s:%d: %s inside the solution that began in line %d", name, number+1, lab.BeginSolution, openLine)
			}
			open, openLine = offset, number+1
		case lab.EndSolution:
			if open < 0 {
				return nil, fmt.Errorf("%s:%d: %s without %s before it", name, number+1, lab.EndSolution, lab.BeginSolution)
			}
			h := hole{from: open, to: offset + len(line), body: string(text[open:offset])}
			first := text[open:]
			h.indent = string(first[:len(first)-len(bytes.TrimLeft(first, " \t"))])
			h.function = enclosing(fset, file, openLine+down, number+1+down)
			holes = append(holes, h)
			open = -1
		}
		offset += len(line)
	}
	if open >= 0 {
		return nil, fmt.Errorf("%s:%d: %s without %s", name, openLine, lab.BeginSolution, lab.EndSolution)
	}
	return holes, nil
}

// enclosing is the name of the function whose body holds the lines from one marker to the other, "" if none does.
func enclosing(fset *token.FileSet, file *ast.File, from, to int) string {
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil && fset.Position(f.Body.Lbrace).Line < from && to < fset.Position(f.Body.Rbrace).Line {
			return f.Name.Name
		}
	}
	return ""
}

// dig replaces the solutions.
func dig(l *lab.Lab, text string, holes []hole) string {
	var b strings.Builder
	at := 0
	for _, h := range holes {
		b.WriteString(text[at:h.from])
		if h.function != "" {
			what := h.function
			if task := l.TaskOf(h.function); task != "" {
				what = "task " + task + " (" + h.function + ")"
			}
			fmt.Fprintf(&b, "%spanic(errors.New(%q))\n", h.indent, what+": not written yet")
		}
		at = h.to
	}
	b.WriteString(text[at:])
	return b.String()
}

// addErrors imports package errors for the holes.
func addErrors(module, name, text string) (string, error) {
	if !strings.Contains(text, "errors.New(") {
		return text, nil
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	if !astutil.AddImport(fset, file, "errors") {
		return text, nil
	}
	out, err := printed(module, fset, file)
	return string(out), err
}

// printed formats a file, with the standard library's imports in a group of their own.
func printed(module string, fset *token.FileSet, file *ast.File) ([]byte, error) {
	ast.SortImports(fset, file)
	var b bytes.Buffer
	if err := format.Node(&b, fset, file); err != nil {
		return nil, err
	}
	return format.Source([]byte(group(module, b.String())))
}

// group puts the first import declaration in order, unless it holds comments.
func group(module, text string) string {
	const begin, end = "\nimport (\n", "\n)\n"
	from := strings.Index(text, begin)
	if from < 0 {
		return text
	}
	length := strings.Index(text[from+len(begin):], end)
	if length < 0 {
		return text
	}
	body := text[from+len(begin) : from+len(begin)+length]
	if strings.Contains(body, "//") {
		return text
	}
	var standard, others []string
	for _, line := range strings.Split(body, "\n") {
		first, _, _ := strings.Cut(strings.Trim(line[strings.Index(line, `"`)+1:], `"`), "/")
		switch {
		case strings.TrimSpace(line) == "":
		case strings.Contains(first, ".") || first == module:
			others = append(others, line)
		default:
			standard = append(standard, line)
		}
	}
	body = strings.Join(standard, "\n")
	if len(standard) > 0 && len(others) > 0 {
		body += "\n\n"
	}
	body += strings.Join(others, "\n")
	declaration := begin + body + end
	if len(standard)+len(others) == 1 {
		declaration = "\nimport " + strings.TrimSpace(body) + "\n"
	}
	return text[:from] + declaration + text[from+len(begin)+length+len(end):]
}

// dropImports removes the imports that are not used any more. Only the type checker knows, because of dot imports.
func dropImports(l *lab.Lab, sources map[string]string, imports types.Importer) error {
	fset := token.NewFileSet()
	var files []*ast.File
	byName := map[string]*ast.File{}
	for name, text := range sources {
		file, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files, byName[name] = append(files, file), file
	}
	unused := map[string][]*ast.ImportSpec{}
	var failures []error
	config := types.Config{Importer: imports, Error: func(err error) {
		var e types.Error
		if !errors.As(err, &e) {
			return
		}
		position := fset.Position(e.Pos)
		if strings.Contains(e.Msg, "imported and not used") || strings.Contains(e.Msg, "imported as") && strings.Contains(e.Msg, "not used") {
			for _, spec := range byName[position.Filename].Imports {
				if fset.Position(spec.Pos()).Line == position.Line {
					unused[position.Filename] = append(unused[position.Filename], spec)
				}
			}
			return
		}
		failures = append(failures, fmt.Errorf("%s:%d: %s", position.Filename, position.Line, e.Msg))
	}}
	_, _ = config.Check(l.Package, fset, files, nil) // its error is the first of those above
	if len(failures) > 0 {
		slices.SortFunc(failures, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		return fmt.Errorf("without its solutions the lab does not compile: %w", failures[0])
	}
	for name, specs := range unused {
		for _, spec := range specs {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			local := ""
			if spec.Name != nil {
				local = spec.Name.Name
			}
			astutil.DeleteNamedImport(fset, byName[name], local, path)
		}
		text, err := printed(l.Module, fset, byName[name])
		if err != nil {
			return err
		}
		sources[name] = string(text)
	}
	return nil
}
