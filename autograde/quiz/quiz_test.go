package quiz_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/quiz"
)

const valid = `
id: midterm
title: Midterm <b>
scoring: per-option
show: run
questions:
  - id: q1
    kind: select
    points: 4
    text: Which keep the mean?
    note: one was lost
    choices:
      - {id: A, text: first <script>, correct: true, reason: because, key: stated, support: a slide, show: 1A}
      - {id: B, text: second, correct: false, reason: no, key: derived, doubt: wording}
      - {id: C, text: third, correct: true}
      - {id: D, text: fourth, correct: false}
      - {id: E, text: fifth, correct: false}
  - id: q2
    kind: single
    points: 2
    text: Which one?
    choices: [{id: A, text: this, correct: true}, {id: B, text: that, correct: false}]
  - {id: q3, kind: numeric, points: 3, text: How much?, answer: 112, tolerance: 0.5}
`

func load(t *testing.T, text string) (*quiz.Quiz, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "quiz.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
	return quiz.Load(path)
}

func marked(t *testing.T, q *quiz.Quiz, csv string) []quiz.Marked {
	t.Helper()
	answers, err := q.ReadAnswers(strings.NewReader(csv))
	require.NoError(t, err)
	return q.Mark(answers)
}

// TestRules: A and C of A to E are right.
func TestRules(t *testing.T) {
	for answer, want := range map[string]map[quiz.Rule]float64{
		"":      {quiz.AllOrNothing: 0, quiz.PerOption: 0, quiz.Penalised: 0},
		"AC":    {quiz.AllOrNothing: 1, quiz.PerOption: 1, quiz.Penalised: 1},
		"c; a":  {quiz.AllOrNothing: 1, quiz.PerOption: 1, quiz.Penalised: 1},
		"A":     {quiz.AllOrNothing: 0, quiz.PerOption: .8, quiz.Penalised: .5},
		"ABC":   {quiz.AllOrNothing: 0, quiz.PerOption: .8, quiz.Penalised: .5},
		"AB":    {quiz.AllOrNothing: 0, quiz.PerOption: .6, quiz.Penalised: 0},
		"BDE":   {quiz.AllOrNothing: 0, quiz.PerOption: 0, quiz.Penalised: 0},
		"ABCDE": {quiz.AllOrNothing: 0, quiz.PerOption: .4, quiz.Penalised: 0},
	} {
		for rule, share := range want {
			q, err := load(t, strings.Replace(valid, "scoring: per-option", "scoring: "+string(rule), 1))
			require.NoError(t, err)
			m := marked(t, q, "student,q1,q2,q3\nada,"+answer+",,\n")
			assert.InDelta(t, share, m[0].Shares[0], 1e-12, "%q by %s", answer, rule)
			assert.InDelta(t, 4*share, m[0].Score, 1e-12)
		}
	}
}

func TestSingleAndNumeric(t *testing.T) {
	q, err := load(t, valid)
	require.NoError(t, err)
	for answer, want := range map[string]float64{"112": 3, "111.5": 3, `"112,4"`: 3, "1.12e2": 3, "111.4": 0, "112.6": 0, "NaN": 0, "Inf": 0, "a lot": 0, "": 0} {
		assert.Equal(t, want, marked(t, q, "student,q1,q2,q3\nada,,,"+answer+"\n")[0].Score, answer)
	}
	assert.Equal(t, 2.0, marked(t, q, "q2,student,q1,q3\nA,ada,,\n")[0].Score)
	assert.Zero(t, marked(t, q, "q2,student,q1,q3\nB,ada,,\n")[0].Score)
	assert.Equal(t, 9.0, q.Points())
}

func TestBadQuizzes(t *testing.T) {
	for _, bad := range []struct{ old, new, want string }{
		{"scoring: per-option", "scoring: generous", `scoring is "generous", must be`},
		{"id: q2", "id: q1", `the question id "q1" is taken`},
		{"id: q2", "id: student", `the question id "student" is taken`},
		{"id: B, text: second", "id: A, text: second", "question q1: there are two choices A"},
		{"id: B, text: second", "id: b, text: second", `choice id is "b", must be a letter`},
		{"text: second", "text: ''", "choice B has no text"},
		{"key: stated", "key: guessed", `choice A: key is "guessed"`},
		{"show: 1A", "show: 1A; rm", `choice A: show is "1A; rm"`},
		{"kind: single", "kind: select", ""},
		{"kind: single", "kind: essay", `question q2: kind is "essay"`},
		{"{id: B, text: that, correct: false}", "{id: B, text: that, correct: true}", "2 of its choices are correct, must be 1"},
		{"points: 3", "points: 0", "question q3: points is 0"},
		{"answer: 112, ", "", "it has no answer"},
		{"answer: 112", "answer: .nan", "it has no answer, which must be a finite number"},
		{"tolerance: 0.5", "tolerance: -1", "tolerance is -1"},
		{"title", "tittle", `unknown field "tittle"`},
	} {
		require.Contains(t, valid, bad.old)
		_, err := load(t, strings.Replace(valid, bad.old, bad.new, 1))
		if bad.want == "" {
			assert.NoError(t, err)
			continue
		}
		assert.ErrorContains(t, err, bad.want)
	}
	_, err := load(t, strings.ReplaceAll(valid, "correct: true", "correct: false"))
	assert.ErrorContains(t, err, "none of its choices is correct")
}

func TestBadAnswers(t *testing.T) {
	q, err := load(t, valid)
	require.NoError(t, err)
	for text, want := range map[string]string{
		"":                                   "a first line",
		"student,q1,q2\n":                    "no column for question q3",
		"q1,q2,q3\n":                         "no column student",
		"student,q1,q2,q3,q4\n":              `the column "q4" is no question`,
		"student,q1,q2,q3,q3\n":              `two columns "q3"`,
		"student,q1,q2,q3\na,F,,":            `line 2, question q1: "F" has the choice "F", which there is not`,
		"student,q1,q2,q3\na,A,,1\nb,AA,,1":  `line 3, question q1: "AA" has the choice A twice`,
		"student,q1,q2,q3\na,,AB,":           `"AB" is not one choice`,
		"student,q1,q2,q3\na,;,A,":           `";" is not a list of choices`,
		"student,q1,q2,q3\na,,,1\na,,,1":     `line 3: the student "a" is missing or was there before`,
		"student,q1,q2,q3\n,,,1":             `the student "" is missing`,
		"student,q1,q2,q3\na,A":              "wrong number of fields",
		"student,q1,q2,q3\na,\"A\nB\n,,1,1,": "answers: ",
	} {
		_, err := q.ReadAnswers(strings.NewReader(text))
		assert.ErrorContains(t, err, want)
	}
}

// TestAnalysis is a class small enough to count by hand.
func TestAnalysis(t *testing.T) {
	q, err := load(t, strings.Replace(valid, "scoring: per-option", "scoring: all-or-nothing", 1))
	require.NoError(t, err)
	r := quiz.Analyse(q, marked(t, q, "student,q1,q2,q3\nada,AC,A,112\nbob,AC,A,7\ncleo,AB,B,112\ndan,,B,8\n"))
	assert.Equal(t, 4, r.Students)
	assert.Equal(t, 9.0, r.Max)
	assert.InDelta(t, (9+6+3+0)/4., r.Mean, 1e-12)
	assert.InDelta(t, math.Sqrt((4.5*4.5+1.5*1.5)/2), r.Deviation, 1e-12, "σ of these four")
	assert.InDelta(t, 4.5, r.Median, 1e-12)
	total := 0
	for _, bin := range r.Histogram {
		total += bin.Count
	}
	assert.Equal(t, 4, total)
	assert.Equal(t, 1, r.Histogram[len(r.Histogram)-1].Count, "all points are in the last bin")

	q1 := r.Questions[0]
	assert.Equal(t, 3, q1.Given)
	assert.InDelta(t, .5, q1.Difficulty, 1e-12)
	// Shares 1 1 0 0, the rest 5 2 3 0: r = Σ(x-.5)(y-2.5) / √(1·13) = 1 / ... by hand: (.5)(2.5)+(.5)(-.5)-(.5)(.5)-(.5)(-2.5) = 2; 2/√13.
	assert.InDelta(t, 2/math.Sqrt(13), q1.Discrimination, 1e-12)
	assert.InDelta(t, 1, q1.UpperLower, 1e-12, "27 % of four is one: ada against dan")
	assert.Equal(t, quiz.ChoiceItem{ID: "A", Correct: true, Chosen: 3, Upper: 1, Lower: 0}, q1.Choices[0])
	assert.Equal(t, quiz.ChoiceItem{ID: "B", Chosen: 1}, q1.Choices[1])
	require.Len(t, r.Missed, 4)
	assert.Equal(t, quiz.Missed{Question: "q2", Choice: "B", Count: 2, Share: .5}, r.Missed[0])
	assert.Equal(t, quiz.Missed{Question: "q3", Count: 2, Share: .5}, r.Missed[1])
	assert.Equal(t, quiz.Missed{Question: "q1", Choice: "B", Count: 1, Share: 1. / 3}, r.Missed[2])
	assert.Equal(t, quiz.Missed{Question: "q1", Choice: "C", LeftOut: true, Count: 1, Share: 1. / 3}, r.Missed[3])

	empty := quiz.Analyse(q, nil)
	assert.Zero(t, empty.Mean)
	assert.Zero(t, empty.Questions[0].Discrimination)
}

// TestAnalysisHoldsForAnyClass: shares, correlations and counts stay in their bounds, and a question that everyone answers at random does
// not discriminate while one that good students answer does.
func TestAnalysisHoldsForAnyClass(t *testing.T) {
	q, err := load(t, valid)
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(7, 11))
	var csv strings.Builder
	csv.WriteString("student,q1,q2,q3\n")
	for i := range 400 {
		good := rng.Float64() < .5
		pick := func(p float64, right, wrong string) string {
			if rng.Float64() < p {
				return right
			}
			return wrong
		}
		p := .2
		if good {
			p = .9
		}
		fmt.Fprintf(&csv, "s%d,%s,%s,%s\n", i, pick(p, "AC", "BD"), pick(.5, "A", "B"), pick(p, "112", "1"))
	}
	r := quiz.Analyse(q, marked(t, q, csv.String()))
	assert.Greater(t, r.Questions[0].Discrimination, .3)
	assert.Greater(t, r.Questions[2].UpperLower, .5)
	assert.InDelta(t, 0, r.Questions[1].Discrimination, .15)
	for _, item := range r.Questions {
		assert.True(t, item.Difficulty >= 0 && item.Difficulty <= 1)
		assert.True(t, math.Abs(item.Discrimination) <= 1)
	}
	assert.LessOrEqual(t, len(r.Missed), 10)

	var page bytes.Buffer
	require.NoError(t, quiz.WritePage(&page, q, r))
	text := page.String()
	assert.NotContains(t, text, "<script>")
	assert.Contains(t, text, "first &lt;script&gt;")
	assert.Contains(t, text, "Midterm &lt;b&gt;")
	assert.Contains(t, text, "does not tell who knows more")
	for _, want := range []string{"per-option", "(key stated)", "a slide.", "wording.", "corrected item-total", `<section class="card" id="q1">`, "<code>run 1A</code>", "one was lost", `class="histogram"`} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text, "NaN")
	require.NoError(t, quiz.WritePage(&page, q, quiz.Analyse(q, nil)), "a class without students has a page")
}

func TestScoreBy(t *testing.T) {
	q, err := load(t, strings.Replace(valid, "    points: 4\n", "    points: 4\n    scoring: all-or-nothing\n", 1))
	require.NoError(t, err)
	for rule, want := range map[quiz.Rule]float64{quiz.AllOrNothing: 0, quiz.PerOption: 3.2, quiz.Penalised: 2} {
		require.NoError(t, q.ScoreBy(rule))
		assert.InDelta(t, want, marked(t, q, "student,q1,q2,q3\nada,A,,\n")[0].Score, 1e-12, rule)
		assert.NoError(t, q.Validate())
	}
	assert.ErrorContains(t, q.ScoreBy("generous"), "the rules are all-or-nothing, per-option and penalised")
	assert.Equal(t, "second", q.ChoiceText("q1", "B"))
	assert.Empty(t, q.ChoiceText("q1", "Z"))
}

// TestSemicolons: what a spreadsheet writes where numbers have a comma.
func TestSemicolons(t *testing.T) {
	q, err := load(t, valid)
	require.NoError(t, err)
	m := marked(t, q, "\ufeffstudent;q1;q2;q3\r\nada;A C;A;112,4\r\nbob;\"A;C\";B;7\r\n")
	assert.Equal(t, []float64{9, 4}, []float64{m[0].Score, m[1].Score})
	m = marked(t, q, "student,q1,q2,q3\nada,A;C,A,112\n")
	assert.Equal(t, 9.0, m[0].Score, "semicolons between choices are none between columns")
	_, err = q.ReadAnswers(strings.NewReader("student;q1,q2,q3\nada;A,A,1\n"))
	assert.Error(t, err)
}
