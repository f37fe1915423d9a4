package result

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/lab"
)

func record(id string, points float64, hidden bool, verdict check.Verdict) check.Record {
	r := check.Record{Check: "SECRET-" + id, Points: points, Hidden: hidden, Verdict: verdict, Title: "title " + id, Hint: "hint " + id, Message: "message " + id}
	if verdict == check.Accepted {
		r.Fraction = 1
	}
	if hidden {
		r.Title, r.Message, r.Staff = "SECRET", "SECRET", "SECRET"
	}
	return r
}

func TestTaskSettles(t *testing.T) {
	task := Task{Max: 7, Checks: []check.Record{record("a", 2, false, check.Accepted), record("b", 1, false, check.WrongAnswer), record("c", 4, true, check.RuntimeError)}}
	task.Settle()
	assert.Equal(t, 2.0, task.Points)
	assert.Equal(t, check.WrongAnswer, task.Verdict, "of the first check that failed")
	assert.Equal(t, Shares{Public: 2, Hidden: 1, PublicPassed: 1, PublicWorth: 3, HiddenWorth: 4}, task.Shares())
	task.Checks[0].Fraction = 0.25
	task.Settle()
	assert.Equal(t, 0.5, task.Points, "partial credit")
	task.Checks = append(task.Checks, record("d", 1, true, check.InternalError))
	task.Settle()
	assert.Equal(t, check.InternalError, task.Verdict)
	assert.Zero(t, task.Points)
	empty := Task{Max: 7}
	empty.Settle()
	assert.Equal(t, check.InternalError, empty.Verdict, "no check, no pass")
}

// TestPointsStayInBounds: whatever the weights and verdicts, points lie between 0 and Max, and are Max only if all passed.
func TestPointsStayInBounds(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	verdicts := []check.Verdict{check.Accepted, check.Accepted, check.Accepted, check.WrongAnswer, check.TimeLimitExceeded, check.InternalError}
	for range 2000 {
		task := Task{Max: float64(1 + r.IntN(40))}
		all := true
		for range 1 + r.IntN(7) {
			v := verdicts[r.IntN(len(verdicts))]
			all = all && v == check.Accepted
			task.Checks = append(task.Checks, record("x", float64(1+r.IntN(5)), r.IntN(2) == 0, v))
		}
		task.Settle()
		require.GreaterOrEqual(t, task.Points, 0.0)
		require.LessOrEqual(t, task.Points, task.Max)
		require.Equal(t, all, task.Verdict == check.Accepted)
		if all {
			require.Equal(t, task.Max, task.Points)
		} else {
			require.Less(t, task.Points, task.Max)
		}
	}
}

func sample() *Submission {
	s := &Submission{Student: "ada", Lab: "lab7", Title: "Tiny", Seed: 1<<53 - 1, Tasks: []Task{
		{ID: "one", Title: "First", Max: 7, Checks: []check.Record{record("a", 1, false, check.Accepted), record("b", 2, true, check.WrongAnswer), record("c", 4, true, check.Accepted)}},
		{ID: "two", Title: "Second", Max: 3, Checks: []check.Record{record("d", 1, false, check.TimeLimitExceeded)}},
	}}
	for i := range s.Tasks {
		s.Tasks[i].Settle()
	}
	s.Settle()
	return s
}

func TestGradescope(t *testing.T) {
	s := sample()
	g := s.Gradescope()
	assert.Equal(t, 5.0, g.Score)
	require.Len(t, g.Tests, 3)
	sum, most := 0.0, 0.0
	for _, test := range g.Tests {
		sum, most = sum+test.Score, most+test.MaxScore
		assert.Contains(t, []string{"passed", "failed"}, test.Status)
		assert.Equal(t, "visible", test.Visibility, "a hidden test would hide the total from the student")
		assert.Equal(t, "text", test.OutputFormat)
	}
	assert.InDelta(t, g.Score, sum, 1e-9)
	assert.InDelta(t, 10, most, 1e-9)
	text, err := json.Marshal(g)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "SECRET")
	assert.Contains(t, string(text), "1 of 2 passed")
	assert.Contains(t, string(text), "hint b")
	assert.Contains(t, string(text), `"9007199254740991"`, "the seed is a string: no program may round it")
	assert.NotContains(t, string(text), "hint c", "of a hidden check that passed nothing is said")

	s.Void(check.CompileError, "it does not compile")
	g = s.Gradescope()
	require.Len(t, g.Tests, 2)
	assert.Equal(t, "failed", g.Tests[0].Status)
	assert.Zero(t, g.Score)
	assert.Equal(t, 7.0, g.Tests[0].MaxScore)
	assert.Contains(t, g.Output, "it does not compile")
}

var tiny = &lab.Lab{Spec: lab.Spec{ID: "lab7", Title: "Tiny", Points: 10, Tasks: []lab.Task{{ID: "one", Points: 7}, {ID: "two", Points: 3}}}}

func TestCSVIsNoProgram(t *testing.T) {
	evil := []string{"=cmd|' /C calc'!A1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "|calc", "＝1", "x;=1+1", "x; \"=1+1\"", "x;\t@SUM(A1);"}
	var records []*Submission
	for _, name := range evil {
		s := sample()
		s.Student, s.Message = name, name
		records = append(records, s)
	}
	var b bytes.Buffer
	require.NoError(t, WriteCSV(&b, tiny, records))
	rows, err := csv.NewReader(&b).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+len(evil))
	assert.Equal(t, []string{"student", "verdict", "score", "max", "percent", "one", "two", "why"}, rows[0])
	assert.Equal(t, []string{"5", "10", "50", "5", "0"}, rows[1][2:7])
	for _, row := range rows[1:] {
		for _, cell := range row {
			assert.NotRegexp(t, `(^|;)["\s]*[=+\-@|＝\t\r]`, cell)
			assert.NotContains(t, cell, "\n")
		}
	}
}

func TestSummary(t *testing.T) {
	full := sample()
	full.Student = "bob"
	full.Tasks[0].Checks[1] = record("b", 2, true, check.Accepted)
	full.Tasks[1].Checks[0] = record("d", 1, false, check.Accepted)
	lost := sample()
	lost.Student = "cleo"
	lost.Void(check.InternalError, "trouble")
	for _, s := range []*Submission{full} {
		for i := range s.Tasks {
			s.Tasks[i].Settle()
		}
		s.Settle()
	}
	c := Summarize(tiny, []*Submission{sample(), full, lost})
	assert.Equal(t, 3, c.Count)
	assert.Equal(t, 2, c.Students, "what the grader failed on says nothing about the class")
	assert.Equal(t, 7.5, c.Mean)
	assert.Equal(t, 2.5, c.Deviation)
	assert.Equal(t, 7.5, c.Median)
	assert.Equal(t, 1, c.Full)
	assert.Equal(t, []string{"cleo"}, c.NeedLook)
	assert.Equal(t, map[string]int{"Wrong Answer": 1, "Accepted": 1, "Internal Error": 1}, c.Verdicts)
	assert.Equal(t, 6.0, c.Tasks[0].Mean)
	assert.Equal(t, "Wrong Answer: one; Time Limit Exceeded: two", c.Submissions[0].Why)
	none := Summarize(tiny, nil)
	assert.Zero(t, none.Mean)
	_, err := json.Marshal(none)
	assert.NoError(t, err, "no NaN")
}

func TestSaveAndLoad(t *testing.T) {
	out := Folder(t.TempDir())
	s := sample()
	require.NoError(t, out.Save(s, func(w io.Writer) error { _, err := io.WriteString(w, "<p>"); return err }))
	got := out.Load("ada")
	require.NotNil(t, got)
	assert.Equal(t, s.Score, got.Score)
	assert.Equal(t, s.Tasks[0].Checks, got.Tasks[0].Checks, "with what staff may see")
	assert.Nil(t, out.Load("bob"))
	require.NoError(t, os.WriteFile(out.Record("ada"), []byte(`{"student": "ada"`), 0o600))
	assert.Nil(t, out.Load("ada"), "half a file is no record")
	info, err := os.Stat(filepath.Dir(out.Record("ada")))
	require.NoError(t, err)
	assert.Zero(t, info.Mode().Perm()&0o077, "records are for staff")
	for _, name := range []string{"results.json", "feedback.html"} {
		_, err := os.Stat(filepath.Join(out.Student("ada"), name))
		assert.NoError(t, err)
	}
}

func TestWriteIsAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "grades.csv")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
	err := Write(path, func(w io.Writer) error {
		_, _ = io.WriteString(w, strings.Repeat("new", 1000))
		return errors.New("the disk is full")
	})
	require.ErrorContains(t, err, "the disk is full")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "old", string(text))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "no temporary file is left")
}
