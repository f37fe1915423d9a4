package policy

import (
	"go/importer"
	"go/token"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/lab"
)

var rules = Rules{
	Package: "tiny",
	Allow:   []string{"math", "strings", "math/rand/v2"},
	Forbid:  []string{"math.Hypot", "math.Float64*", "strings.Builder.Grow", "math/rand/v2.Rand.IntN"},
	Contract: lab.Contract{
		Functions: []lab.Function{{Name: "Norm", Signature: "func(x, y float64) (r float64, p Pair)"}, {Name: "Draw", Signature: "func(r *rand.Rand) int"}},
		Declarations: map[string]string{
			"a.go": "package tiny\n\nimport \"strings\"\n\ntype Pair struct{ A int }\n\nfunc Norm(x, y float64) (r float64, p Pair)\n",
			"b.go": "package tiny\n\nimport \"math/rand/v2\"\n\nfunc Draw(r *rand.Rand) int\n",
		},
	},
}

// rest completes a submission that is about something else.
const rest = "package tiny\n\nimport \"math/rand/v2\"\n\ntype Pair struct{ A int }\n\nfunc Norm(a, b float64) (float64, Pair) { return a + b, Pair{} }\n\nfunc Draw(r *rand.Rand) int { return r.Int() }\n"

func run(sources ...string) *Report {
	files := map[string][]byte{}
	for i, text := range sources {
		files[string(rune('a'+i))+".go"] = []byte(text)
	}
	return Check(rules, files, importer.ForCompiler(token.NewFileSet(), "source", nil))
}

func TestRightProgram(t *testing.T) {
	r := run("package tiny\n\nimport m \"math\"\n\n// see go:embed, and https://go.dev/go:linkname\nvar _ = m.Sqrt\n", rest)
	assert.Empty(t, r.Problems)
	assert.Equal(t, check.Accepted, r.Verdict())
	assert.Equal(t, []string{"Norm", "Draw"}, r.Present)
	assert.Empty(t, r.Missing)
}

func TestMissingFunctionsAreNamed(t *testing.T) {
	r := run("package tiny\n\ntype Pair struct{ A int }\n\nfunc Norm(a, b float64) (float64, Pair) { return a + b, Pair{} }\n")
	assert.Equal(t, check.Accepted, r.Verdict())
	assert.Equal(t, []string{"Draw"}, r.Missing)
	assert.Equal(t, []string{"Norm"}, r.Present)
}

// An alias is the type that it stands for.
func TestAliasInSignature(t *testing.T) {
	r := run("package tiny\n\nimport \"math/rand/v2\"\n\ntype Rand = rand.Rand\n\ntype Pair struct{ A int }\n\nfunc Norm(a, b float64) (float64, Pair) { return a + b, Pair{} }\n\nfunc Draw(r *Rand) int { return r.Int() }\n")
	assert.Empty(t, r.Problems)
}

func TestForbidden(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		line   int
		want   string
	}{
		"embed":                                {"package tiny\n\n//go:embed *\nvar s string\n", 3, "//go:embed"},
		"indented linkname":                    {"package tiny\n\nfunc f() {\n\t\t//go:linkname exit os.runtime_beforeExit\n}\n", 4, "//go:linkname"},
		"generate":                             {"package tiny\n\n//go:generate rm -rf /\n", 3, "//go:generate"},
		"build tag":                            {"//go:build linux\n\npackage tiny\n", 1, "//go:build"},
		"old build tag":                        {"// +build linux\n\npackage tiny\n", 1, "// +build"},
		"notebook shell":                       {"package tiny\n\n//gonb:!cat /etc/passwd\n", 3, "//gonb:!cat"},
		"line":                                 {"package tiny\n\n//line other.go:1\nvar x = 1\n", 3, "//line"},
		"line in block":                        {"package tiny\n\n/*line other.go:1*/ var x = 1\n", 3, "/*line"},
		"export":                               {"package tiny\n\n//export F\nfunc F() {}\n", 3, "//export"},
		"hidden in struct":                     {"package tiny\n\ntype T struct { //go:notinheap\n\tx int\n}\n", 3, "//go:notinheap"},
		"after a line comment that lies":       {"package tiny\n\n//line z.go:99\n\n//go:nosplit\nfunc f() {}\n", 5, "//go:nosplit"},
		"cgo":                                  {"package tiny\n\n// int x;\nimport \"C\"\n", 4, "C code"},
		"os":                                   {"package tiny\n\nimport \"os\"\n\nfunc init() { os.Exit(0) }\n", 3, `import "os" is not allowed in this lab; allowed are math`},
		"unsafe under a name":                  {"package tiny\n\nimport _ \"unsafe\"\n", 3, `import "unsafe"`},
		"raw string import":                    {"package tiny\n\nimport `net/http`\n", 3, `import "net/http"`},
		"symbol":                               {"package tiny\n\nimport \"math\"\n\nvar x = math.Hypot(3, 4)\n", 5, "Hypot of package math"},
		"symbol by prefix":                     {"package tiny\n\nimport \"math\"\n\nvar x = math.Float64bits(3)\n", 5, "Float64bits of package math"},
		"symbol by dot import":                 {"package tiny\n\nimport . \"math\"\n\nvar x = Hypot(3, 4)\n", 5, "Hypot of package math"},
		"symbol by alias":                      {"package tiny\n\nimport m \"math\"\n\nvar f = m.Hypot\n\nvar x = f(3, 4)\n", 5, "Hypot of package math"},
		"method":                               {"package tiny\n\nimport \"strings\"\n\nfunc f() {\n\tvar b strings.Builder\n\tb.Grow(3)\n}\n", 7, "Grow of package strings"},
		"method expression":                    {"package tiny\n\nimport \"strings\"\n\nvar f = (*strings.Builder).Grow\n", 5, "Grow of package strings"},
		"promoted method":                      {"package tiny\n\nimport \"math/rand/v2\"\n\ntype my struct{ *rand.Rand }\n\nfunc f(m my) int { return m.IntN(3) }\n", 7, "IntN of package rand"},
		"method behind an interface":           {"package tiny\n\nimport \"strings\"\n\nfunc f(b *strings.Builder) {\n\tany(b).(interface{ Grow(int) }).Grow(3)\n}\n", 6, "Grow could be Builder.Grow of package strings"},
		"method behind a constraint":           {"package tiny\n\nimport \"strings\"\n\nfunc g[T interface{ Grow(int) }](x T) { x.Grow(3) }\n\nfunc f(b *strings.Builder) { g(b) }\n", 5, "Grow could be Builder.Grow of package strings"},
		"method of an interface in a struct":   {"package tiny\n\nimport \"math/rand/v2\"\n\ntype drawer interface{ IntN(int) int }\n\ntype box struct{ drawer }\n\nfunc f(r *rand.Rand) int { return box{r}.IntN(3) }\n", 9, "IntN could be Rand.IntN of package rand"},
		"method behind a pointer's constraint": {"package tiny\n\nimport \"math/rand/v2\"\n\nfunc g[T any, P interface {\n\t*T\n\tIntN(int) int\n}](p P) int {\n\treturn p.IntN(3)\n}\n\nfunc f(r *rand.Rand) int { return g[rand.Rand](r) }\n", 9, "IntN could be Rand.IntN of package rand"},
		"method with a type to be inferred":    {"package tiny\n\nimport \"math/rand/v2\"\n\ntype drawer[N any] interface{ IntN(N) N }\n\nfunc g[N any](d drawer[N], n N) N { return d.IntN(n) }\n\nfunc f(r *rand.Rand) int { return g(r, 3) }\n", 7, "IntN could be Rand.IntN of package rand"},
		"method among others":                  {"package tiny\n\nimport \"math/rand/v2\"\n\ntype box struct{ *rand.Rand }\n\nfunc (box) Mine() {}\n\nvar f interface {\n\tIntN(int) int\n\tMine()\n} = box{}\n\nvar x = f.IntN(3)\n", 14, "IntN could be Rand.IntN of package rand"},
		"symbol in a broken file":              {"package tiny\n\nimport \"math\"\n\nvar x int = math.Hypot(3, 4)\n", 5, "Hypot of package math"},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(c.source, rest)
			assert.Equal(t, check.Forbidden, r.Verdict(), r.Problems)
			var all []string
			found := false
			for _, p := range r.Problems {
				all = append(all, p.String())
				found = found || p.Verdict == check.Forbidden && p.File == "a.go" && p.Line == c.line && strings.Contains(p.Message, c.want)
			}
			assert.True(t, found, all)
		})
	}
}

func TestInterfacesThatForbiddenMethodsDoNotFit(t *testing.T) {
	for _, source := range []string{
		"package tiny\n\ntype grower interface{ Grow(int) error }\n\nfunc f(x grower, y error) string { _ = x.Grow(3); return y.Error() }\n",
		"package tiny\n\ntype grower[T any] interface{ Grow(T) }\n\nfunc f(x grower[string]) { x.Grow(\"\") }\n",
		"package tiny\n\ntype list[T any] struct{}\n\nfunc (list[T]) Grow(T) {}\n\nfunc f() { list[int]{}.Grow(3) }\n",
	} {
		assert.Empty(t, run(source, rest).Problems)
	}
}

func TestOwnNamesLikeForbiddenOnes(t *testing.T) {
	r := run("package tiny\n\ntype math struct{}\n\nfunc (math) Hypot(a, b float64) float64 { return a }\n\nvar x = math{}.Hypot(3, 4)\n\nfunc Hypot() {}\n", rest)
	assert.Empty(t, r.Problems)
}

func TestCompileErrors(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"syntax":          {"package tiny\n\nfunc f( {\n", "a.go:3: "},
		"types":           {"package tiny\n\nvar x int = \"a\"\n", `a.go:3: cannot use "a" (untyped string constant) as int value in variable declaration`},
		"undefined":       {"package tiny\n\nvar x = y\n", "a.go:3: undefined: y"},
		"unused import":   {"package tiny\n\nimport \"math\"\n", `a.go:3: "math" imported and not used`},
		"package":         {"package main\n\nvar x = 1\n", "a.go:1: the package clause must say: package tiny"},
		"no package":      {"", "a.go:1: expected 'package', found 'EOF'"},
		"spelling":        {"package tiny\n\nfunc draw() {}\n", "a.go:3: the function must be named Draw, not draw"},
		"signature":       {"package tiny\n\nimport \"math/rand/v2\"\n\nfunc Draw(r *rand.Rand,\n\tn int) int { return n }\n", "a.go:5: Draw must be func(r *rand.Rand) int; yours is func(r *rand.Rand, n int) int"},
		"own type":        {"package tiny\n\ntype Rand struct{}\n\nfunc Draw(r *Rand) int { return 1 }\n", "a.go:5: Draw must be func(r *rand.Rand) int; yours is func(r *Rand) int"},
		"no function":     {"package tiny\n\nimport \"math/rand/v2\"\n\nvar Draw = func(r *rand.Rand) int { return 1 }\n", "a.go:5: Draw must be a function: func(r *rand.Rand) int"},
		"import is local": {"package tiny\n\nimport \"./x\"\n", "a.go:3: import \"./x\" is not allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(c.source, "package tiny\n\ntype Pair struct{ A int }\n\nfunc Norm(a, b float64) (float64, Pair) { return a + b, Pair{} }\n")
			require.NotEmpty(t, r.Problems)
			assert.NotEqual(t, check.Accepted, r.Verdict())
			var all []string
			for _, p := range r.Problems {
				all = append(all, p.String())
			}
			assert.Contains(t, strings.Join(all, "\n"), c.want)
		})
	}
}

func TestReportIsBounded(t *testing.T) {
	r := run("package tiny\n\n"+strings.Repeat("var _ int = \"x\"\n", 100), rest)
	assert.Len(t, r.Problems, maxProblems+1)
	assert.Equal(t, "and 88 more", r.Problems[maxProblems].Message)
	assert.Equal(t, check.CompileError, r.Verdict())
}
