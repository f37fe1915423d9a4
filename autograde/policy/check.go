package policy

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"courselab/autograde/check"
)

// Check holds the sources against the rules. The importer must know the packages that the rules allow and those that the
// contract's declarations import.
func Check(rules Rules, sources map[string][]byte, imports types.Importer) *Report {
	c := &checker{rules: rules, fset: token.NewFileSet(), report: &Report{}, imports: imports}
	files := c.parse(sources)
	if len(c.report.Problems) == 0 {
		c.types(files)
	}
	c.report.trim()
	return c.report
}

type checker struct {
	rules   Rules
	fset    *token.FileSet
	report  *Report
	imports types.Importer
}

func (c *checker) problem(verdict check.Verdict, pos token.Pos, format string, args ...any) {
	p := c.fset.PositionFor(pos, false) // as the file stands, whatever line comments say
	c.report.Problems = append(c.report.Problems, Problem{Verdict: verdict, File: p.Filename, Line: p.Line, Message: fmt.Sprintf(format, args...)})
}

// parse parses the sources in the order of their names, and checks what needs no types.
func (c *checker) parse(sources map[string][]byte) []*ast.File {
	names := make([]string, 0, len(sources))
	for name := range sources {
		names = append(names, name)
	}
	slices.Sort(names)
	var files []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(c.fset, name, sources[name], parser.ParseComments|parser.SkipObjectResolution|parser.AllErrors)
		var list scanner.ErrorList
		switch {
		case errors.As(err, &list):
			for _, e := range list {
				c.report.Problems = append(c.report.Problems, Problem{Verdict: check.CompileError, File: name, Line: e.Pos.Line, Message: e.Msg})
			}
		case err != nil:
			c.report.Problems = append(c.report.Problems, Problem{Verdict: check.CompileError, File: name, Message: err.Error()})
		}
		if file == nil {
			continue
		}
		c.comments(file)
		c.importsOf(file)
		if err == nil && file.Name.Name != c.rules.Package {
			c.problem(check.CompileError, file.Name.Pos(), "the package clause must say: package %s", c.rules.Package)
		}
		files = append(files, file)
	}
	return files
}

// comments looks for directives.
func (c *checker) comments(file *ast.File) {
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if name := directive(comment.Text); name != "" {
				c.problem(check.Forbidden, comment.Pos(), "the directive %s is not allowed in a submission", name)
			}
		}
	}
}

// directive returns the name of the directive that a comment is, "" if it is an ordinary comment.
func directive(text string) string {
	body, line := strings.CutPrefix(text, "//")
	if !line {
		if strings.HasPrefix(text, "/*line ") {
			return "/*line"
		}
		return ""
	}
	for _, prefix := range []string{"go:", "gonb:", "line ", "export ", "extern ", "cgo ", "llgo:"} {
		if strings.HasPrefix(body, prefix) {
			word, _, _ := strings.Cut(body, " ")
			word, _, _ = strings.Cut(word, "\t")
			return "//" + short(word)
		}
	}
	if strings.HasPrefix(strings.TrimSpace(body), "+build") {
		return "// +build"
	}
	return ""
}

// short makes text of a student's that is quoted in a message short and printable.
func short(text string) string {
	if len(text) > 160 {
		text = text[:160] + "..."
	}
	quoted := strconv.Quote(strings.ToValidUTF8(text, "?"))
	return quoted[1 : len(quoted)-1]
}

// importsOf checks the imports of a file against the list.
func (c *checker) importsOf(file *ast.File) {
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		switch {
		case err != nil:
			continue // a syntax error, reported already
		case slices.Contains(c.rules.Allow, path):
		case path == "C":
			c.problem(check.Forbidden, spec.Pos(), "C code is not allowed in a submission")
		default:
			c.problem(check.Forbidden, spec.Pos(), "import %q is not allowed in this lab; allowed are %s", short(path), strings.Join(c.rules.Allow, ", "))
		}
	}
}

// types type-checks the program and checks what its identifiers stand for.
func (c *checker) types(files []*ast.File) {
	failed := false
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
	config := types.Config{Importer: c.imports, GoVersion: "", Error: func(err error) {
		failed = true
		var e types.Error
		if errors.As(err, &e) && !strings.HasPrefix(e.Msg, "\t") { // a tab begins a note on the error before
			c.problem(check.CompileError, e.Pos, "%s", e.Msg)
		}
	}}
	pkg, err := config.Check(c.rules.Package, c.fset, files, info)
	if err != nil && len(c.report.Problems) == 0 {
		c.report.Problems = append(c.report.Problems, Problem{Verdict: check.CompileError, Message: err.Error()})
	}
	if pkg != nil {
		c.contract(files, pkg, failed)
	}
	c.symbols(info)
}
