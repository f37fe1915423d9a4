package scaffold

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"courselab/autograde/lab"
	"courselab/autograde/notebook"
)

// Import is what a notebook made for nbgrader becomes as a lab.
type Import struct {
	// Kept says what the lab has of it, Lost what it does not have, cell by cell, and what to do about that.
	Kept, Lost []string

	notebook  *notebook.Notebook
	functions []string // that students write
	tasks     []importedTask
	allow     []string
	title     string
}

// importedTask is a cell of tests with points.
type importedTask struct {
	ID        string
	Points    float64
	Functions []string
	Visible   []string // lines of the test that students see
	Hidden    []string
}

// Name is a Go identifier for the task, in the middle of a name.
func (t importedTask) Name() string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(t.ID, func(r rune) bool { return r == '-' || r == '_' }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

var notID = regexp.MustCompile(`[^a-z0-9_-]+`)

// FromNBGrader reads a notebook with nbgrader's metadata, schema 3, whose language is Go. Answers, locked cells and points are carried over;
// tests are not, since they run where the student's code runs: they become tasks whose checks are to be written.
func FromNBGrader(n *notebook.Notebook) (*Import, error) {
	if language := languageOf(n); language != "" && language != "go" {
		return nil, fmt.Errorf("the notebook's language is %.20q: only notebooks in Go can become labs", language)
	}
	i := &Import{notebook: &notebook.Notebook{Metadata: n.Metadata, Format: 4}}
	marked := 0
	for at, c := range n.Cells {
		where := fmt.Sprintf("cell %d", at+1)
		if g := c.Grading; g != nil {
			if marked++; g.Schema != 3 {
				return nil, fmt.Errorf("%s has nbgrader's schema %d, but schema 3 is needed: run nbgrader update on the notebook", where, g.Schema)
			}
			where = fmt.Sprintf("cell %d (%s)", at+1, g.GradeID)
		}
		if err := i.cell(where, c); err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
	}
	switch {
	case marked == 0:
		return nil, errors.New("no cell has nbgrader's metadata: mark the cells in nbgrader first, or begin with autograde new NAME --notebook")
	case len(i.functions) == 0:
		return nil, errors.New("no answer declares a function whose name begins with a capital letter: checks can call no others")
	case len(i.tasks) == 0:
		return nil, errors.New("no cell of tests has points: there is nothing to grade without a person")
	}
	return i, i.finish()
}

func languageOf(n *notebook.Notebook) string {
	var spec struct {
		Language string `json:"language"`
		Name     string `json:"name"`
	}
	_ = json.Unmarshal(n.Metadata["kernelspec"], &spec)
	if spec.Language == "" {
		_ = json.Unmarshal(n.Metadata["language_info"], &spec)
		return strings.ToLower(spec.Name)
	}
	return strings.ToLower(spec.Language)
}

func (i *Import) keep(format string, args ...any) {
	i.Kept = append(i.Kept, fmt.Sprintf(format, args...))
}
func (i *Import) lose(format string, args ...any) {
	i.Lost = append(i.Lost, fmt.Sprintf(format, args...))
}

// cell carries one cell over.
func (i *Import) cell(where string, c notebook.Cell) error {
	g := c.Grading
	if c.Type == notebook.Markdown && i.title == "" {
		if heading, ok := strings.CutPrefix(strings.SplitN(c.Source, "\n", 2)[0], "# "); ok {
			i.title = strings.TrimSpace(heading)
		}
	}
	switch {
	case g == nil:
	case g.Task:
		i.lose("%s: a person gives its %v points; its text stays in the notebook, its mark scheme only in yours", where, g.Points)
	case g.Solution && c.Type != notebook.Code:
		i.lose("%s: an answer in words, for which a person gives %v points; its text stays in the notebook", where, g.Points)
		var err error
		if c.Source, err = i.words(c.Source); err != nil {
			return err
		}
	case g.Solution:
		return i.answer(where, c)
	case g.Grade:
		return i.test(where, c)
	case g.Locked && c.Type == notebook.Code:
		i.keep("%s: locked, as it is", where)
	}
	return i.add(c)
}

// add appends a cell, and notes what it imports.
func (i *Import) add(c notebook.Cell) error {
	i.notebook.Cells = append(i.notebook.Cells, c)
	if c.Type != notebook.Code {
		return nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), "", notebook.GoText(c.Source), parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("it is no Go: %w", err)
	}
	for _, s := range file.Imports {
		path, err := strconv.Unquote(s.Path.Value)
		if err == nil && path != "C" && path != "unsafe" && !slices.Contains(i.allow, path) && path != "testing" {
			i.allow = append(i.allow, path)
		}
	}
	return nil
}

// words takes the model answer out of a text, into a cell for staff.
func (i *Import) words(source string) (string, error) {
	begin, end := strings.Index(source, notebook.SolutionMarker), strings.Index(source, "END SOLUTION")
	if begin < 0 {
		return source, nil
	}
	if end < begin {
		return "", errors.New("BEGIN SOLUTION without END SOLUTION")
	}
	from := strings.LastIndex(source[:begin], "\n") + 1
	to := len(source)
	if line := strings.Index(source[end:], "\n"); line >= 0 {
		to = end + line + 1
	}
	staff := notebook.Cell{Type: notebook.Markdown, Source: source[from:to], Metadata: map[string]json.RawMessage{"tags": json.RawMessage(`["` + notebook.StaffTag + `"]`)}}
	i.notebook.Cells = append(i.notebook.Cells, staff)
	return source[:from] + "*Your answer*\n" + source[to:], nil
}

// answer carries over a cell that students write.
func (i *Import) answer(where string, c notebook.Cell) error {
	if c.Grading.Grade {
		i.lose("%s: a person gives its %v points; add a task and checks for what it declares", where, c.Grading.Points)
		grading := *c.Grading
		grading.Grade, grading.Points = false, 0
		c.Grading = &grading
	}
	source, functions, err := markSolutions(c.Source)
	if err != nil {
		return err
	}
	c.Source = source
	var exported []string
	for _, f := range functions {
		if token.IsExported(f) {
			exported = append(exported, f)
			continue
		}
		i.lose("%s: %s cannot be asked by a check, since its name does not begin with a capital letter", where, f)
	}
	switch {
	case len(functions) == 0:
		i.lose("%s: an answer without a function: checks can only call functions; what of it is a solution, mark by hand", where)
	case len(exported) > 0:
		i.keep("%s: an answer, %s", where, strings.Join(exported, ", "))
	}
	i.functions = append(i.functions, exported...)
	return i.add(c)
}

// markSolutions writes nbgrader's markers as a lab's, or puts a pair into every function if there are none.
func markSolutions(source string) (marked string, functions []string, err error) {
	lines := strings.Split(source, "\n")
	has := strings.Contains(source, notebook.SolutionMarker)
	for at, line := range lines {
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		switch {
		case strings.Contains(line, notebook.SolutionMarker):
			lines[at] = indent + lab.BeginSolution
		case strings.Contains(line, "END SOLUTION"):
			lines[at] = indent + lab.EndSolution
		}
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", notebook.GoText(strings.Join(lines, "\n")), parser.SkipObjectResolution)
	if err != nil {
		return "", nil, fmt.Errorf("it is no Go: %w", err)
	}
	for _, d := range slices.Backward(file.Decls) { // so that what comes before stays where it is
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || f.Body == nil || f.Name.Name == "main" {
			continue
		}
		functions = append([]string{f.Name.Name}, functions...)
		if !has {
			lines = markBody(lines, set.Position(f.Body.Lbrace), set.Position(f.Body.Rbrace))
		}
	}
	return strings.Join(lines, "\n"), functions, nil
}

// markBody puts markers around a function's body; the braces' positions are one line further down than in the cell.
func markBody(lines []string, left, right token.Position) []string {
	first, last := left.Line-2, right.Line-2
	head, tail := lines[first][:left.Column], lines[last][right.Column-1:]
	var body []string
	if first == last {
		body = []string{"\t" + strings.TrimSpace(lines[first][left.Column:right.Column-1])}
	} else {
		body = append([]string{"\t" + strings.TrimSpace(lines[first][left.Column:])}, lines[first+1:last]...)
		body = append(body, "\t"+strings.TrimSpace(lines[last][:right.Column-1]))
	}
	body = slices.DeleteFunc(body, func(line string) bool { return line == "\t" })
	body = slices.Concat([]string{head, "\t" + lab.BeginSolution}, body, []string{"\t" + lab.EndSolution, tail})
	return slices.Concat(lines[:first], body, lines[last+1:])
}

// test makes a task of a cell of tests. The cell stays, for students to run, without what is hidden and without points.
func (i *Import) test(where string, c notebook.Cell) error {
	visible, hidden, err := (&notebook.Notebook{Cells: []notebook.Cell{{Type: c.Type, Source: c.Source}}}).Public()
	if err != nil {
		return err
	}
	grading := *c.Grading
	grading.Grade, grading.Points, grading.Locked = false, 0, true
	if !(c.Grading.Points > 0) {
		i.lose("%s: tests without points are no task; the cell stays in the notebook", where)
	} else {
		t := importedTask{ID: strings.Trim(notID.ReplaceAllString(strings.ToLower(grading.GradeID), "-"), "-_"), Points: c.Grading.Points}
		if t.ID == "" {
			return errors.New("its grade_id is missing")
		}
		t.Visible = strings.Split(strings.TrimSpace(visible.Cells[0].Source), "\n")
		if len(hidden) > 0 {
			t.Hidden = strings.Split(strings.TrimSpace(strings.Join(hidden, "\n")), "\n")
		}
		i.tasks = append(i.tasks, t)
		i.lose("%s: its tests ran beside the student's code, which can forge them; write them as checks, they stand as comments in public/ and hidden/", where)
		i.keep("%s: task %s, %v points", where, t.ID, t.Points)
	}
	c.Grading = &grading
	c.Source = visible.Cells[0].Source // what is hidden goes to hidden/
	return i.add(c)
}

// finish says which functions each task asks.
func (i *Import) finish() error {
	seen, asked := map[string]bool{}, map[string]bool{}
	for at := range i.tasks {
		t := &i.tasks[at]
		if seen[t.ID] {
			return fmt.Errorf("two cells of tests have the grade_id %q, capital letters and signs aside", t.ID)
		}
		seen[t.ID] = true
		code := strings.Join(append(slices.Clone(t.Visible), t.Hidden...), "\n")
		for _, f := range i.functions {
			if regexp.MustCompile(`\b` + regexp.QuoteMeta(f) + `\b`).MatchString(code) {
				t.Functions, asked[f] = append(t.Functions, f), true
			}
		}
		if len(t.Functions) == 0 {
			i.lose("task %s: its tests name no function that students write: say in lab.yaml which it is about", t.ID)
		}
	}
	for _, f := range i.functions {
		if !asked[f] {
			i.lose("%s: no test with points asks for it: it belongs to no task", f)
		}
	}
	return nil
}
