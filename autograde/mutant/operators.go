package mutant

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"
)

// The operators, as they are named in a Mutant.
const (
	DroppedScale     = "dropped scale"      // MulScalar(x, c) → x
	MissingTerm      = "missing term"       // Add(x, y) → x, x + y → x
	SwappedSign      = "swapped sign"       // Add → Sub, + → -, -x → x
	OtherFunction    = "other function"     // ReduceSum → ReduceMean, Sin → Cos, Mul → Div
	OtherComparison  = "other comparison"   // LessOrEqual → LessThan, == → !=
	DroppedCall      = "dropped call"       // Softmax(x, -1) → x, Transpose(x, 1, 2) → x
	WrongAxis        = "wrong axis"         // -1 → -2
	OffByOne         = "off by one"         // 3 → 4, n → n + 1
	OtherConstant    = "other constant"     // 0.5 → 1
	SwappedArguments = "swapped arguments"  // f(a, b) → f(b, a)
	SwappedResults   = "swapped results"    // return a, b → return b, a
	OtherEquation    = "other equation"     // "bhqk,bhlk->bhql" → "bhqk,bhlk->bhlq"
	NegatedCondition = "negated condition"  // if a → if !(a)
	MissingCase      = "missing case"       // if a { ... } → nothing
	MissingStatement = "missing assignment" // x = f(x) → nothing
)

// Operators are all of them.
func Operators() []string {
	return []string{DroppedScale, MissingTerm, SwappedSign, OtherFunction, OtherComparison, DroppedCall, WrongAxis, OffByOne, OtherConstant,
		SwappedArguments, SwappedResults, OtherEquation, NegatedCondition, MissingCase, MissingStatement}
}

// exchanged are functions that are taken for each other.
var exchanged = map[string]struct{ name, operator string }{
	"Add": {"Sub", SwappedSign}, "Sub": {"Add", SwappedSign}, "AddScalar": {"SubScalar", SwappedSign}, "SubScalar": {"AddScalar", SwappedSign},
	"Mul": {"Div", OtherFunction}, "Div": {"Mul", OtherFunction}, "MulScalar": {"DivScalar", OtherFunction}, "DivScalar": {"MulScalar", OtherFunction},
	"ReduceSum": {"ReduceMean", OtherFunction}, "ReduceMean": {"ReduceSum", OtherFunction},
	"ReduceAllSum": {"ReduceAllMean", OtherFunction}, "ReduceAllMean": {"ReduceAllSum", OtherFunction},
	"ReduceMax": {"ReduceMin", OtherFunction}, "ReduceMin": {"ReduceMax", OtherFunction}, "Max": {"Min", OtherFunction}, "Min": {"Max", OtherFunction},
	"Sin": {"Cos", OtherFunction}, "Cos": {"Sin", OtherFunction}, "Sigmoid": {"Tanh", OtherFunction}, "Tanh": {"Sigmoid", OtherFunction},
	"Softmax": {"LogSoftmax", OtherFunction}, "LogSoftmax": {"Softmax", OtherFunction}, "Log": {"Exp", OtherFunction}, "Exp": {"Log", OtherFunction},
	"Sqrt": {"Square", OtherFunction}, "Square": {"Sqrt", OtherFunction}, "ArgMax": {"ArgMin", OtherFunction}, "ZerosLike": {"OnesLike", OtherFunction},
	"OnesLike": {"ZerosLike", OtherFunction}, "LogicalAnd": {"LogicalOr", OtherFunction}, "LogicalOr": {"LogicalAnd", OtherFunction},
	"LessThan": {"LessOrEqual", OtherComparison}, "LessOrEqual": {"LessThan", OtherComparison},
	"GreaterThan": {"GreaterOrEqual", OtherComparison}, "GreaterOrEqual": {"GreaterThan", OtherComparison},
	"Equal": {"NotEqual", OtherComparison}, "NotEqual": {"Equal", OtherComparison},
}

// commutes says of which functions the order of the first two arguments does not matter.
var commutes = map[string]bool{"Add": true, "Mul": true, "LogicalAnd": true, "LogicalOr": true, "Equal": true, "NotEqual": true, "Max": true, "Min": true,
	"max": true, "min": true}

// exchangedTokens are operators that are taken for each other.
var exchangedTokens = map[token.Token]struct {
	to       token.Token
	operator string
}{
	token.ADD: {token.SUB, SwappedSign}, token.SUB: {token.ADD, SwappedSign}, token.MUL: {token.QUO, OtherFunction}, token.QUO: {token.MUL, OtherFunction},
	token.LSS: {token.LEQ, OtherComparison}, token.LEQ: {token.LSS, OtherComparison}, token.GTR: {token.GEQ, OtherComparison}, token.GEQ: {token.GTR, OtherComparison},
	token.EQL: {token.NEQ, OtherComparison}, token.NEQ: {token.EQL, OtherComparison}, token.LAND: {token.LOR, OtherFunction}, token.LOR: {token.LAND, OtherFunction},
}

// call makes the mistakes in a call.
func (v *visitor) call(e *ast.CallExpr) {
	name, at := calledName(e)
	if name == "" || v.isConversion(e) {
		return
	}
	if other, ok := exchanged[name]; ok {
		v.edit(other.operator, at, at+token.Pos(len(name)), other.name)
	}
	if len(e.Args) > 0 && !e.Ellipsis.IsValid() && types.Identical(v.typeOf(e), v.typeOf(e.Args[0])) {
		v.replace(dropped(name), e, v.source(e.Args[0]))
		if len(e.Args) == 2 && dropped(name) == MissingTerm && types.Identical(v.typeOf(e), v.typeOf(e.Args[1])) {
			v.replace(MissingTerm, e, v.source(e.Args[1]))
		}
	}
	for i := 0; i+1 < len(e.Args); i++ {
		a, b := e.Args[i], e.Args[i+1]
		if types.Identical(v.typeOf(a), v.typeOf(b)) && !(i == 0 && commutes[name]) && v.source(a) != v.source(b) {
			v.edit(SwappedArguments, a.Pos(), b.End(), v.source(b)+v.between(a, b)+v.source(a))
		}
	}
	if len(e.Args) > 0 && strings.HasPrefix(name, "Einsum") {
		v.equation(e.Args[0])
	}
	for _, arg := range e.Args {
		if n, ok := integer(arg); ok {
			if n < 0 {
				v.replace(WrongAxis, arg, strconv.Itoa(n-1))
				if n < -1 {
					v.replace(WrongAxis, arg, strconv.Itoa(n+1))
				}
			}
		}
	}
}

// dropped names what it is to leave a function out.
func dropped(name string) string {
	switch name {
	case "MulScalar", "DivScalar":
		return DroppedScale
	case "Add", "Sub", "Mul", "Div", "AddScalar", "SubScalar", "LogicalAnd", "LogicalOr":
		return MissingTerm
	case "Neg":
		return SwappedSign
	}
	return DroppedCall
}

// equation exchanges the last two letters of an einsum's output, and of its second input.
func (v *visitor) equation(arg ast.Expr) {
	literal, ok := arg.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return
	}
	text := strings.Trim(literal.Value, "\"`")
	inputs, output, ok := strings.Cut(text, "->")
	if !ok {
		return
	}
	if n := len(output); n >= 2 {
		v.replace(OtherEquation, arg, strconv.Quote(inputs+"->"+output[:n-2]+output[n-1:]+output[n-2:n-1]))
	}
	first, second, ok := strings.Cut(inputs, ",")
	if n := len(second); ok && n >= 2 {
		v.replace(OtherEquation, arg, strconv.Quote(first+","+second[:n-2]+second[n-1:]+second[n-2:n-1]+"->"+output))
	}
}

// binary makes the mistakes in a + b and the like.
func (v *visitor) binary(e *ast.BinaryExpr) {
	if other, ok := exchangedTokens[e.Op]; ok {
		v.edit(other.operator, e.OpPos, e.OpPos+token.Pos(len(e.Op.String())), other.to.String())
	}
	switch e.Op {
	case token.ADD, token.SUB, token.LAND, token.LOR:
		v.replace(MissingTerm, e, v.source(e.X))
		if e.Op != token.SUB {
			v.replace(MissingTerm, e, v.source(e.Y))
		}
	case token.MUL, token.QUO, token.REM:
		v.replace(DroppedScale, e, v.source(e.X))
		if e.Op == token.MUL {
			v.replace(DroppedScale, e, v.source(e.Y))
		}
	}
}

// literal makes the mistakes in a number.
func (v *visitor) literal(e *ast.BasicLit) {
	switch e.Kind {
	case token.INT:
		if n, err := strconv.Atoi(e.Value); err == nil {
			v.replace(OffByOne, e, strconv.Itoa(n+1))
			if n > 0 {
				v.replace(OffByOne, e, strconv.Itoa(n-1))
			}
		}
	case token.FLOAT:
		if x, err := strconv.ParseFloat(e.Value, 64); err == nil {
			text := strconv.FormatFloat(other(x), 'g', -1, 64)
			if !strings.ContainsAny(text, ".e") {
				text += ".0" // stay a floating-point number
			}
			v.replace(OtherConstant, e, text)
		}
	}
}

// other is a number that is not x.
func other(x float64) float64 {
	if x == 0 {
		return 1
	}
	return 2 * x
}

// integer is the value of a literal, -1 included.
func integer(e ast.Expr) (int, bool) {
	sign := 1
	if unary, ok := e.(*ast.UnaryExpr); ok && unary.Op == token.SUB {
		sign, e = -1, unary.X
	}
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.INT {
		return 0, false
	}
	n, err := strconv.Atoi(literal.Value)
	return sign * n, err == nil
}

// calledName is the name of the function that is called, without its package, and where it stands.
func calledName(e *ast.CallExpr) (string, token.Pos) {
	switch f := e.Fun.(type) {
	case *ast.Ident:
		return f.Name, f.Pos()
	case *ast.SelectorExpr:
		return f.Sel.Name, f.Sel.Pos()
	}
	return "", token.NoPos
}
