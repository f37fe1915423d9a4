package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestQuiz(t *testing.T) {
	work := t.TempDir()
	quiz := write(t, filepath.Join(work, "quiz.yaml"), "id: q\ntitle: Quiz\nquestions:\n"+
		"  - {id: one, kind: single, points: 2, text: Which?, choices: [{id: A, text: this, correct: true}, {id: B, text: that, correct: false}]}\n"+
		"  - {id: two, kind: numeric, points: 3, text: How much?, answer: 14}\n")
	answers := write(t, filepath.Join(work, "answers.csv"), "student,one,two\nada,A,14\n=bob,B,14\n")
	out := filepath.Join(work, "out")
	stdout, stderr, code := autograde(t, "quiz", quiz, answers, "-o", out)
	require.Zero(t, code, stderr)
	assert.Contains(t, stdout, "2 students: mean 4.0 of 5, σ 1.0, median 4.0")
	assert.Contains(t, stdout, "chosen, is wrong")
	assert.Contains(t, stdout, "A* 1  B 1")
	text, err := os.ReadFile(filepath.Join(out, "scores.csv"))
	require.NoError(t, err)
	assert.Equal(t, "student,score,max,one,two\nada,5,5,2,3\n'=bob,3,5,0,3\n", string(text))
	page, err := os.ReadFile(filepath.Join(out, "index.html"))
	require.NoError(t, err)
	assert.Contains(t, string(page), "How much?")

	stdout, _, code = autograde(t, "quiz", quiz, answers, "-o", out, "--json")
	assert.Zero(t, code)
	assert.Contains(t, stdout, `"median": 4`)

	_, stderr, code = autograde(t, "quiz", quiz, answers, "-o", out, "--scoring", "generous")
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "the rules are all-or-nothing, per-option and penalised")

	bad := write(t, filepath.Join(work, "bad.csv"), "student,one,two\nada,C,14\n")
	_, stderr, code = autograde(t, "quiz", quiz, bad, "-o", out)
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, `bad.csv: answers: line 2, question one: "C" has the choice "C", which there is not`)
	_, stderr, code = autograde(t, "quiz", quiz, answers)
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "-o OUT")
}

// TestMidterm: the simulated class of the lecture's debrief.
func TestMidterm(t *testing.T) {
	out := filepath.Join(t.TempDir(), "midterm")
	stdout, stderr, code := autograde(t, "quiz", "labs/quiz-midterm/quiz.yaml", "labs/quiz-midterm/answers.csv", "-o", out)
	require.Zero(t, code, stderr)
	for _, want := range []string{"120 students: mean 86.5 of 100, σ 7.2, median 88.8", "per-option", "left out, is right", "discrimination"} {
		assert.Contains(t, stdout, want)
	}
	stdout, _, code = autograde(t, "quiz", "labs/quiz-midterm/quiz.yaml", "labs/quiz-midterm/answers.csv", "-o", out, "--scoring", "penalised")
	require.Zero(t, code)
	assert.NotContains(t, stdout, "mean 86.5")
	assert.NotContains(t, stdout, "per-option")
}
