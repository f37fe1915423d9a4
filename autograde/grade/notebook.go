package grade

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"courselab/autograde/build"
	"courselab/autograde/check"
	"courselab/autograde/intake"
	"courselab/autograde/notebook"
	"courselab/autograde/policy"
	"courselab/autograde/release"
)

// work is what is built of a submission.
type work struct {
	sources map[string][]byte
	dropped []intake.Dropped // files of the other kind: a lab is graded from Go files or from a notebook
	notes   []string         // what was repaired

	file string             // the notebook that was taken
	read *notebook.Notebook // its content
	made *notebook.Package  // of it; nil for Go files
}

// takeWork takes what the lab asks for, Go files or, if t is not nil, a notebook. The error is an *intake.Refused.
func takeWork(t *notebook.Template, files *intake.Files) (w work, err error) {
	if t == nil {
		for _, name := range slices.Sorted(maps.Keys(files.Notebooks)) {
			w.dropped = append(w.dropped, intake.Dropped{Name: name, Reason: "this lab is graded from its Go files"})
		}
		if w.sources = files.Sources; len(w.sources) == 0 {
			err = &intake.Refused{Verdict: check.CompileError, Message: "this lab is graded from its Go files: hand in those, not a notebook"}
		}
		return w, err
	}
	for _, name := range slices.Sorted(maps.Keys(files.Sources)) {
		w.dropped = append(w.dropped, intake.Dropped{Name: name, Reason: "this lab is graded from its notebook"})
	}
	if w.file, err = chosen(t.File, slices.Sorted(maps.Keys(files.Notebooks))); err != nil {
		return w, err
	}
	for name := range files.Notebooks {
		if name != w.file {
			w.dropped = append(w.dropped, intake.Dropped{Name: name, Reason: "the notebook that is graded is " + w.file})
		}
	}
	slices.SortFunc(w.dropped, func(a, b intake.Dropped) int { return strings.Compare(a.Name, b.Name) })
	n, err := notebook.Read(files.Notebooks[w.file])
	if err != nil {
		return w, err // intake has written it
	}
	p, err := t.Extract(n)
	if err != nil {
		return w, &intake.Refused{Verdict: check.CompileError, Message: err.Error()}
	}
	w.read = n
	return w.with(t, p), nil
}

// with is the work with another package of the same notebook.
func (w work) with(t *notebook.Template, p *notebook.Package) work {
	w.made, w.notes, w.sources = p, p.Notes, map[string][]byte{notebook.GoName(t.Package): p.Source}
	return w
}

// maxRounds is how often cells are left out: without one, others may not compile.
const maxRounds = 3

// build builds a submission. In a notebook, as in GoNB, a cell that does not compile counts for nothing, and the others count. If
// nothing is left, the result is what the whole notebook gave.
func (e *Engine) build(ctx context.Context, whole work) (work, *build.Result, error) {
	first, err := e.builder.Build(ctx, whole.sources)
	w, built := whole, first
	broken := map[int]string{}
	for range maxRounds {
		if err != nil || built.Worker != nil || !w.blame(built, broken) {
			break
		}
		p, failed := e.Contract.Notebook.ExtractWithout(w.read, broken)
		if failed != nil {
			break
		}
		wall, cpu := built.Wall, built.CPU
		w = w.with(e.Contract.Notebook, p)
		if built, err = e.builder.Build(ctx, w.sources); err == nil {
			built.Wall, built.CPU = built.Wall+wall, built.CPU+cpu
		}
	}
	if err == nil && built.Worker == nil {
		first.Wall, first.CPU = built.Wall, built.CPU
		return whole, first, nil
	}
	return w, built, err
}

// blame notes the cells that do not compile; false if there are none, or something else is wrong.
func (w work) blame(built *build.Result, broken map[int]string) bool {
	if w.made == nil || built.Verdict() != check.CompileError {
		return false
	}
	found := false
	for _, p := range built.Problems {
		if p.Line < 1 || p.Line > len(w.made.Places) || w.made.Places[p.Line-1].Cell == 0 {
			continue
		}
		if at := w.made.Places[p.Line-1]; broken[at.Cell] == "" {
			broken[at.Cell], found = fmt.Sprintf("line %d: %s", at.Line, p.Message), true
		}
	}
	return found
}

// chosen is the notebook that is graded: the one with the lab's name, or the only one.
func chosen(want string, names []string) (string, error) {
	switch {
	case slices.Contains(names, want):
		return want, nil
	case len(names) == 1:
		return names[0], nil
	case len(names) == 0:
		return "", &intake.Refused{Verdict: check.CompileError, Message: fmt.Sprintf("this lab is graded from its notebook: hand in %s", want)}
	}
	return "", &intake.Refused{Verdict: check.CompileError, Message: fmt.Sprintf("%d notebooks were handed in and none is named %s: give that name to the one that is to be graded", len(names), want)}
}

// problems says of each problem which cell it is in.
func (w work) problems(problems []policy.Problem) []policy.Problem {
	if w.made == nil {
		return problems
	}
	for i, p := range problems {
		if cell, line, ok := w.made.Find(p.Line); ok {
			problems[i].File, problems[i].Line = w.file+", "+cell, line
		} else {
			problems[i].File, problems[i].Line = w.file, 0
		}
	}
	return problems
}

// goPlace is "warmup.go:41: " before what a panic said.
var goPlace = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*\.go:(\d+): `)

// places says of each panic which cell it came from.
func (w work) places(records []check.Record) {
	if w.made == nil {
		return
	}
	for i, r := range records {
		m := goPlace.FindStringSubmatch(r.Message)
		if m == nil {
			continue
		}
		number, _ := strconv.Atoi(m[1]) // digits; too many are no line
		where := ""
		if cell, line, ok := w.made.Find(number); ok {
			where = fmt.Sprintf("%s, line %d: ", cell, line)
		}
		records[i].Message = where + r.Message[len(m[0]):]
	}
}

// handIn makes a submission of the lab's reference with changed Go files. Of a notebook lab the notebook is handed in, with a cell more for
// each of them: it need not repeat what is right.
func (e *Engine) handIn(reference, changed map[string][]byte) (*intake.Files, error) {
	if e.Contract.Notebook == nil {
		sources := maps.Clone(reference)
		maps.Copy(sources, changed)
		return &intake.Files{Sources: sources}, nil
	}
	n, err := e.Lab.ReadNotebook()
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		n = n.WithCell(string(changed[name]))
	}
	return e.handInNotebook(n)
}

func (e *Engine) handInNotebook(n *notebook.Notebook) (*intake.Files, error) {
	content, err := n.Content()
	return &intake.Files{Notebooks: map[string][]byte{e.Lab.Notebook: content}}, err
}

// released is the release as a student hands it in who has done nothing.
func (e *Engine) released() (*intake.Files, error) {
	if e.Contract.Notebook != nil {
		n, err := release.Notebook(e.Lab)
		if err != nil {
			return nil, err
		}
		return e.handInNotebook(n)
	}
	imports, err := e.builder.Kit.Importer()
	if err != nil {
		return nil, err
	}
	sources, err := release.Sources(e.Lab, imports)
	if err != nil {
		return nil, err
	}
	holes := &intake.Files{Sources: map[string][]byte{}}
	for name, text := range sources {
		holes.Sources[name] = []byte(text)
	}
	return holes, nil
}
