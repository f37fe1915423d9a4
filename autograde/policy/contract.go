package policy

import (
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"go/types"
	"strings"

	"courselab/autograde/check"
	"courselab/autograde/lab"
)

// contract compares the submission's functions with those that the lab asks for.
func (c *checker) contract(files []*ast.File, pkg *types.Package, failed bool) {
	wanted := c.wanted()
	for _, f := range c.rules.Contract.Functions {
		object := pkg.Scope().Lookup(f.Name)
		if object == nil {
			c.missing(pkg, f)
			continue
		}
		c.report.Present = append(c.report.Present, f.Name)
		if _, ok := object.(*types.Func); !ok {
			c.problem(check.CompileError, object.Pos(), "%s must be a function: %s", f.Name, f.Signature)
			continue
		}
		if f, ok := object.Type().(*types.Signature); ok && f.TypeParams() != nil { // nobody could call it without choosing types
			c.problem(check.CompileError, object.Pos(), "%s must not have type parameters", object.Name())
			continue
		}
		if wanted == nil { // the declarations could not be checked: nothing to compare with
			continue
		}
		want := wanted.Scope().Lookup(f.Name)
		if want != nil && !mentionsInvalid(object.Type()) && typeText(object.Type(), pkg) != typeText(want.Type(), wanted) {
			c.problem(check.CompileError, object.Pos(), "%s must be %s; yours is %s", f.Name, f.Signature, c.signature(files, f.Name))
		}
	}
	// With errors in the program a function may be missing because of them only.
	if failed {
		c.report.Missing = nil
	}
}

func (c *checker) missing(pkg *types.Package, f lab.Function) {
	for _, name := range pkg.Scope().Names() {
		if strings.EqualFold(name, f.Name) {
			c.problem(check.CompileError, pkg.Scope().Lookup(name).Pos(), "the function must be named %s, not %s", f.Name, short(name))
			return
		}
	}
	c.report.Missing = append(c.report.Missing, f.Name)
}

// wanted type-checks the contract's declarations.
func (c *checker) wanted() *types.Package {
	fset := token.NewFileSet()
	var files []*ast.File
	for name, text := range c.rules.Contract.Declarations {
		file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil
		}
		files = append(files, file)
	}
	// Unused imports are all that can be wrong, and no matter.
	config := types.Config{Importer: c.imports, IgnoreFuncBodies: true, Error: func(error) {}}
	pkg, _ := config.Check(c.rules.Package, fset, files, nil)
	return pkg
}

// typeText writes a function's type without the names of its parameters. Types of the package own are written with a path that
// no other package has: the contract's package and the student's are two, and a student's type may be named float64.
func typeText(t types.Type, own *types.Package) string {
	if s, ok := t.(*types.Signature); ok {
		t = types.NewSignatureType(nil, nil, nil, unnamed(s.Params()), unnamed(s.Results()), s.Variadic())
	}
	return types.TypeString(t, func(p *types.Package) string {
		if p == own {
			return "."
		}
		return p.Path()
	})
}

func unnamed(tuple *types.Tuple) *types.Tuple {
	vars := make([]*types.Var, tuple.Len())
	for i := range vars {
		vars[i] = types.NewParam(token.NoPos, nil, "", unaliased(tuple.At(i).Type()))
	}
	return types.NewTuple(vars...)
}

// unaliased replaces aliases by what they stand for: with `type Node = graph.Node`, *Node is *graph.Node.
func unaliased(t types.Type) types.Type {
	switch t := types.Unalias(t).(type) {
	case *types.Pointer:
		return types.NewPointer(unaliased(t.Elem()))
	case *types.Slice:
		return types.NewSlice(unaliased(t.Elem()))
	case *types.Array:
		return types.NewArray(unaliased(t.Elem()), t.Len())
	case *types.Map:
		return types.NewMap(unaliased(t.Key()), unaliased(t.Elem()))
	default:
		return t
	}
}

// signature writes a function's type as the student did.
func (c *checker) signature(files []*ast.File, name string) string {
	for _, file := range files {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == name {
				var b strings.Builder
				if printer.Fprint(&b, c.fset, f.Type) == nil {
					return short(strings.Join(strings.Fields(b.String()), " "))
				}
			}
		}
	}
	return "another type"
}

func mentionsInvalid(t types.Type) bool {
	return strings.Contains(types.TypeString(t, nil), "invalid type")
}
