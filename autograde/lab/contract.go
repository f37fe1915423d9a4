package lab

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"courselab/autograde/notebook"
)

// Function is an exported function of the lab's package; students write it, checks call it.
type Function struct {
	Name      string `json:"name"`
	Signature string `json:"signature"` // "func(query, key, value, mask *Node) (output, weights *Node)"
	File      string `json:"file"`      // where the release has it
	Task      string `json:"task"`      // "" if no task names it
}

// Contract is what a submission must offer: functions of exactly these types. It holds nothing of their bodies.
type Contract struct {
	Functions []Function `json:"functions"`
	// Declarations are Go files, by name, that declare the functions without bodies, and the package's types and constants.
	Declarations map[string]string `json:"declarations"`
	// Given are the Go files without a hole, by name: a submission that lacks one gets it.
	Given map[string]string `json:"given,omitempty"`
	// Notebook is what the lab's notebook gives and asks for; nil for a lab of Go files.
	Notebook *notebook.Template `json:"notebook,omitempty"`
}

// Contract reads the lab's sources. Functions with type parameters and methods are not graded.
func (l *Lab) Contract() (*Contract, error) {
	sources, err := l.Reference()
	if err != nil {
		return nil, err
	}
	c := &Contract{Declarations: map[string]string{}, Given: map[string]string{}}
	if l.Notebook != "" {
		n, err := l.ReadNotebook()
		if err == nil {
			c.Notebook, err = notebook.Describe(n, l.Notebook, l.Package, l.Imports.Allow)
		}
		if err != nil {
			return nil, fmt.Errorf("lab %s: %s: %w", l.ID, l.Notebook, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		text := sources[name]
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("lab %s: %w", l.ID, err)
		}
		if file.Name.Name != l.Package {
			return nil, fmt.Errorf("lab %s: %s is in package %s, but %s says %s", l.ID, name, file.Name.Name, File, l.Package)
		}
		if err := c.add(l, fset, name, file); err != nil {
			return nil, err
		}
		if l.Notebook == "" && !bytes.Contains(text, []byte(BeginSolution)) {
			c.Given[name] = string(text)
		}
	}
	if len(c.Functions) == 0 {
		return nil, fmt.Errorf("lab %s: package %s exports no function to write", l.ID, l.Package)
	}
	return c, nil
}

// The markers of a solution, each alone on a line of a function's body.
const (
	BeginSolution = "// BEGIN SOLUTION"
	EndSolution   = "// END SOLUTION"
)

// add keeps the declarations of a file without bodies, variables and comments.
func (c *Contract) add(l *Lab, fset *token.FileSet, name string, file *ast.File) error {
	kept := file.Decls[:0]
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.GenDecl:
			if d.Tok != token.VAR {
				kept = append(kept, d)
			}
		case *ast.FuncDecl:
			if !d.Name.IsExported() || d.Recv != nil || d.Type.TypeParams != nil {
				continue
			}
			signature, err := source(fset, d.Type)
			if err != nil {
				return err
			}
			c.Functions = append(c.Functions, Function{Name: d.Name.Name, Signature: strings.Join(strings.Fields(signature), " "),
				File: name, Task: l.TaskOf(d.Name.Name)})
			d.Body, d.Doc = nil, nil
			kept = append(kept, d)
		}
	}
	file.Decls, file.Comments, file.Doc = kept, nil, nil
	dropImports(file)
	text, err := source(fset, file)
	c.Declarations[name] = text
	return err
}

func source(fset *token.FileSet, node any) (string, error) {
	var b strings.Builder
	err := printer.Fprint(&b, fset, node)
	return b.String(), err
}

// dropImports drops the imports that no declaration mentions: they would tell what the solution uses.
func dropImports(file *ast.File) {
	used := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok {
				used[id.Name] = true
			}
		}
		return true
	})
	for _, decl := range file.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok || d.Tok != token.IMPORT {
			continue
		}
		d.Specs = slices.DeleteFunc(d.Specs, func(spec ast.Spec) bool {
			name := localName(spec.(*ast.ImportSpec))
			return name != "." && !used[name]
		})
	}
	file.Decls = slices.DeleteFunc(file.Decls, func(decl ast.Decl) bool {
		d, ok := decl.(*ast.GenDecl)
		return ok && d.Tok == token.IMPORT && len(d.Specs) == 0
	})
}

// localName is the name that an import has in its file; the last element of the path, without a version, is taken for
// the name of the package.
func localName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	dir, name := path.Split(strings.Trim(spec.Path.Value, "\"`"))
	if versionSuffix.MatchString(name) && dir != "" {
		name = path.Base(dir)
	}
	return name
}

var versionSuffix = regexp.MustCompile(`^v[0-9]+$`)
