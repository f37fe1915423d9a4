package grade

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/intake"
	"courselab/autograde/result"
)

const bookDir = "../testdata/labs/book"

const (
	rightScale = "func Scale(values []float64, factor float64) []float64 {\n\tvar out []float64\n\tfor _, v := range values {\n\t\tout = append(out, v*factor*Unit)\n\t}\n\treturn out\n}"
	rightMean  = "func Mean(values []float64) (float64, error) {\n\tsum, n := 0.0, float64(len(values))\n\tif n == 0 {\n\t\treturn 0, ErrEmpty\n\t}\n\tfor _, v := range values {\n\t\tsum += v\n\t}\n\treturn sum / n, nil\n}"
)

// nbCell is a cell of nbformat as a cheat writes it.
type nbCell map[string]any

func nbCode(id, source string) nbCell {
	return nbCell{"cell_type": "code", "id": id, "metadata": nbCell{}, "source": source, "outputs": []any{}, "execution_count": 1}
}

func nbFile(cells ...nbCell) string {
	text, err := json.Marshal(map[string]any{"nbformat": 4, "nbformat_minor": 5, "metadata": nbCell{}, "cells": cells})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// TestNotebookLab: a lab whose source is a notebook holds what it promises, as one of Go files does.
func TestNotebookLab(t *testing.T) {
	e := engine(t, bookDir)
	trials, err := e.Audit(context.Background(), 2, func(int, int, *Trial) {})
	require.NoError(t, err)
	require.Len(t, trials, 3)
	for _, trial := range trials {
		assert.Empty(t, trial.Wrong, trial.Name)
	}
	assert.Empty(t, trials[0].Got.Notes)
	assert.Empty(t, trials[1].Got.Notes)
	report, err := e.Mutants(context.Background(), 2, 4, func(int, int, *MutantTrial) {})
	require.NoError(t, err)
	assert.Equal(t, 4, report.Killed)
}

// TestNotebooksHandedIn grades notebooks as students hand them in, in every way, with the usual accidents: nobody loses points for an accident
// that can be repaired, and everybody is told.
func TestNotebooksHandedIn(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	right := nbFile(nbCode("a", rightScale), nbCode("b", rightMean))
	write("a-file.ipynb", right)
	write("b-folder/Renamed copy (1).ipynb", right)
	write("b-folder/notes.go", "package book\n")
	write("c-archive.txtar", "-- book.ipynb --\n"+right+"\n")
	write("d-two/book.ipynb", right)
	write("d-two/draft.ipynb", nbFile(nbCode("a", "func Scale() {}")))
	write("e-drafts/one.ipynb", right)
	write("e-drafts/two.ipynb", right)
	write("f-go/book.go", "package book\n\n"+rightScale+"\n\n"+rightMean+"\n")
	write("g-cut/book.ipynb", right[:len(right)/2])
	write("h-half.ipynb", nbFile(nbCode("a", rightScale), nbCode("b", strings.Replace(rightMean, "return sum", "return sum !", 1))))
	write("i-type.ipynb", nbFile(nbCode("a", rightScale), nbCode("b", "\n"+strings.Replace(rightMean, "return sum / n", "return total / n", 1))))
	write("j-panic.ipynb", nbFile(nbCode("a", "func Scale(values []float64, factor float64) []float64 {\n\treturn values[:100]\n}"), nbCode("b", rightMean)))
	write("k-wrong.ipynb", nbFile(nbCode("a", "const Unit = 1\n\n"+strings.Replace(rightScale, "*Unit", "", 1)), nbCode("b", rightMean)))
	write("l-chain.ipynb", nbFile(nbCode("a", rightMean), nbCode("b", "func twice(x float64) float64 { return twise(x) }"),
		nbCode("c", "func Scale(values []float64, factor float64) []float64 {\n\treturn []float64{twice(factor)}\n}")))
	write("m-nothing.ipynb", nbFile(nbCode("a", "func Mean(v []float64) (float64, error) { return missing, nil }")))
	list, _, err := intake.List(dir)
	require.NoError(t, err)
	out, _ := class(t, engine(t, bookDir), list)
	for name, want := range map[string]struct {
		score   float64
		verdict check.Verdict
		says    string
	}{
		"a-file":    {10, check.Accepted, "The locked cell setup is gone; it was put back"},
		"b-folder":  {10, check.Accepted, "this lab is graded from its notebook"},
		"c-archive": {10, check.Accepted, ""},
		"d-two":     {10, check.Accepted, "the notebook that is graded is book.ipynb"},
		"e-drafts":  {0, check.CompileError, "2 notebooks were handed in and none is named book.ipynb"},
		"f-go":      {0, check.CompileError, "hand in book.ipynb"},
		"g-cut":     {0, check.CompileError, "ends in the middle of the notebook"},
		"h-half":    {6, check.WrongAnswer, "Cell 2 is no Go and was left out"},
		"i-type":    {6, check.WrongAnswer, "Cell 2 does not compile and was left out, with all that it declares: line 10: undefined: total"},
		"l-chain":   {4, check.WrongAnswer, "Cell 3 does not compile and was left out, with all that it declares: line 2: undefined: twice"},
		"m-nothing": {0, check.CompileError, "m-nothing.ipynb, cell 1:1: undefined: missing"},
		"j-panic":   {4, check.RuntimeError, "cell 1, line 2: runtime error: slice bounds out of range"},
		"k-wrong":   {4, check.WrongAnswer, "Cell 1 declares Unit, which the lab gives"},
	} {
		r := out.Load(name)
		require.NotNil(t, r, name)
		assert.Equal(t, want.score, r.Score, name)
		assert.Equal(t, want.verdict, r.Verdict, name)
		assert.Contains(t, said(r), want.says, name)
	}
	same := out.Load("a-file").Hash
	write("a-file.ipynb", strings.Replace(right, `"outputs":[]`, `"outputs":[{"output_type":"stream","name":"stdout","text":"again"}]`, 1))
	files, err := list[0].Read(intake.DefaultLimits())
	require.NoError(t, err)
	assert.Equal(t, same, files.Hash, "running a notebook again is no new submission")
}

// said is all that a record tells a student.
func said(r *result.Submission) string {
	text := r.Message + "\n" + strings.Join(r.Notes, "\n") + "\n" + strings.Join(r.Missing, "\n")
	for _, d := range r.Dropped {
		text += "\n" + d.Name + " " + d.Reason
	}
	for _, p := range r.Problems {
		text += "\n" + p.String()
	}
	for _, task := range r.Tasks {
		for _, c := range task.Checks {
			text += "\n" + c.Message
		}
	}
	return text
}

// TestGoLabTakesNoNotebook: a notebook beside the Go files of another kind of lab changes nothing; alone it is told so.
func TestGoLabTakesNoNotebook(t *testing.T) {
	w, err := takeWork(nil, &intake.Files{Sources: map[string][]byte{"a.go": nil}, Notebooks: map[string][]byte{"b.ipynb": nil}})
	require.NoError(t, err)
	assert.Equal(t, []intake.Dropped{{Name: "b.ipynb", Reason: "this lab is graded from its Go files"}}, w.dropped)
	_, err = takeWork(nil, &intake.Files{Notebooks: map[string][]byte{"b.ipynb": nil}})
	assert.ErrorContains(t, err, "hand in those, not a notebook")
}
