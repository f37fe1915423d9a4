package mutant

import (
	"go/ast"
	"go/token"
	"go/types"
)

// visitor collects the mutants of a file.
type visitor struct {
	*program
	name     string
	text     []byte
	regions  [][2]int
	function string
	mutants  []Mutant
}

func (v *visitor) file(file *ast.File) {
	for _, declaration := range file.Decls {
		v.function = ""
		if f, ok := declaration.(*ast.FuncDecl); ok {
			v.function = f.Name.Name
		}
		ast.Inspect(declaration, v.node)
	}
}

func (v *visitor) node(node ast.Node) bool {
	switch n := node.(type) {
	case *ast.CallExpr:
		v.call(n)
	case *ast.BinaryExpr:
		v.binary(n)
	case *ast.UnaryExpr:
		if _, number := integer(n); number {
			return false // of -1, the call that it stands in knows more
		}
		if n.Op == token.SUB || n.Op == token.NOT {
			v.replace(SwappedSign, n, v.source(n.X))
		}
	case *ast.BasicLit:
		v.literal(n)
	case *ast.IfStmt:
		v.replace(NegatedCondition, n.Cond, "!("+v.source(n.Cond)+")")
		if n.Else == nil {
			v.replace(MissingCase, n, "")
		}
	case *ast.ForStmt:
		if n.Cond != nil {
			v.bound(n.Cond)
		}
	case *ast.RangeStmt:
		if basic, ok := types.Unalias(v.typeOf(n.X)).(*types.Basic); ok && basic.Info()&types.IsInteger != 0 {
			v.replace(OffByOne, n.X, v.source(n.X)+" - 1")
		}
	case *ast.AssignStmt:
		if n.Tok == token.ASSIGN {
			v.replace(MissingStatement, n, "")
		}
	case *ast.ReturnStmt:
		v.results(n)
	}
	return true
}

// bound moves the bound of a loop by one.
func (v *visitor) bound(condition ast.Expr) {
	if e, ok := condition.(*ast.BinaryExpr); ok && (e.Op == token.LSS || e.Op == token.LEQ) {
		v.replace(OffByOne, e.Y, v.source(e.Y)+" - 1")
	}
}

func (v *visitor) results(n *ast.ReturnStmt) {
	for i := 0; i+1 < len(n.Results); i++ {
		a, b := n.Results[i], n.Results[i+1]
		if types.Identical(v.typeOf(a), v.typeOf(b)) {
			v.edit(SwappedResults, a.Pos(), b.End(), v.source(b)+v.between(a, b)+v.source(a))
		}
	}
}

// replace makes a mutant that has another text for a node.
func (v *visitor) replace(operator string, node ast.Node, text string) {
	v.edit(operator, node.Pos(), node.End(), text)
}

// edit makes a mutant, if the place is within a solution.
func (v *visitor) edit(operator string, from, to token.Pos, text string) {
	m := Mutant{File: v.name, Line: v.fset.Position(from).Line, Function: v.function, Operator: operator, After: text, from: v.offset(from), to: v.offset(to)}
	for _, region := range v.regions {
		if m.from >= region[0] && m.to <= region[1] {
			m.Before = string(v.text[m.from:m.to])
			v.mutants = append(v.mutants, m)
			return
		}
	}
}

func (v *visitor) offset(at token.Pos) int { return v.fset.Position(at).Offset }

func (v *visitor) source(node ast.Node) string {
	return string(v.text[v.offset(node.Pos()):v.offset(node.End())])
}

// between is the text between two nodes: a comma, perhaps a comment.
func (v *visitor) between(a, b ast.Node) string {
	return string(v.text[v.offset(a.End()):v.offset(b.Pos())])
}

func (v *visitor) typeOf(e ast.Expr) types.Type {
	if t := v.info.TypeOf(e); t != nil {
		return t
	}
	return types.Typ[types.Invalid]
}

// isConversion says whether a call is T(x): to leave it out changes nothing but the type.
func (v *visitor) isConversion(e *ast.CallExpr) bool { return v.info.Types[e.Fun].IsType() }
