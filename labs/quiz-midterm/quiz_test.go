package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/quiz"
	"courselab/coursekit/debrief"
)

// TestFilesAreWritten: what lies here is what the program writes.
func TestFilesAreWritten(t *testing.T) {
	out := t.TempDir()
	root := command()
	root.SetArgs([]string{"write", "-o", out})
	require.NoError(t, root.Execute())
	for _, name := range []string{"quiz.yaml", "answers.csv"} {
		here, err := os.ReadFile(name)
		require.NoError(t, err)
		written, err := os.ReadFile(filepath.Join(out, name))
		require.NoError(t, err)
		assert.Equal(t, string(written), string(here), "%s: run go run ./labs/quiz-midterm write -o labs/quiz-midterm", name)
	}
	require.NoError(t, write(out, 2, debrief.ClassSize))
	here, err := os.ReadFile("answers.csv")
	require.NoError(t, err)
	other, err := os.ReadFile(filepath.Join(out, "answers.csv"))
	require.NoError(t, err)
	assert.NotEqual(t, string(other), string(here), "another seed, another class")
	assert.ErrorContains(t, write(out, 1, 3), "3 students")
}

// TestQuizIsTheDebriefs compares what is read from quiz.yaml with the library, text by text.
func TestQuizIsTheDebriefs(t *testing.T) {
	q, err := quiz.Load("quiz.yaml")
	require.NoError(t, err)
	assert.Equal(t, 100.0, q.Points())
	questions := debrief.Questions()
	require.Len(t, q.Questions, 8)
	choices, stated := 0, 0
	for i, want := range questions {
		got := q.Questions[i]
		assert.Equal(t, fmt.Sprintf("q%d", want.Number), got.ID)
		assert.Equal(t, quiz.Select, got.Kind)
		assert.Equal(t, want.Text, got.Text)
		assert.Contains(t, got.Note, want.Lost)
		require.Len(t, got.Choices, len(want.Choices))
		var right []string
		for k, c := range want.Choices {
			shown := got.Choices[k]
			assert.Equal(t, []any{c.Letter, c.Text, c.Reason, string(c.Known), c.Support, c.Doubt},
				[]any{shown.ID, shown.Text, shown.Reason, string(shown.Key), shown.Support, shown.Doubt})
			assert.NotEmpty(t, shown.Reason)
			_, demonstrated, err := debrief.Find(shown.Show)
			require.NoError(t, err, "its demonstration")
			assert.Equal(t, c.Text, demonstrated.Text)
			if shown.Correct {
				right = append(right, shown.ID)
			}
			if choices++; shown.Key == quiz.Stated {
				stated++
			}
		}
		assert.Equal(t, want.Key(), strings.Join(right, " "), got.ID)
	}
	assert.Equal(t, 39, choices)
	assert.Equal(t, 5, stated, "of question 18 alone the lecture's text keeps the key")
}

// numbers are mean, deviation and median as a report prints them.
func numbers(r quiz.Report) string {
	return fmt.Sprintf("%.1f %.1f %.1f", r.Mean, r.Deviation, r.Median)
}

func TestClassHasTheSlidesNumbers(t *testing.T) {
	q, err := quiz.Load("quiz.yaml")
	require.NoError(t, err)
	file, err := os.Open("answers.csv")
	require.NoError(t, err)
	defer file.Close()
	class, err := q.ReadAnswers(file)
	require.NoError(t, err)
	r := quiz.Analyse(q, q.Mark(class))
	assert.Equal(t, debrief.ClassSize, r.Students)
	assert.Equal(t, "86.5 7.2 88.8", numbers(r))
	require.Len(t, r.Missed, 10, "the ten most frequent errors")
	for i, m := range r.Missed {
		assert.NotEmpty(t, q.ChoiceText(m.Question, m.Choice))
		assert.True(t, i == 0 || m.Count <= r.Missed[i-1].Count)
	}
	for _, item := range r.Questions {
		assert.Equal(t, quiz.PerOption, item.Rule)
		assert.Equal(t, r.Students, item.Given)
		assert.Greater(t, item.Discrimination, 0.0, item.ID)
		assert.True(t, item.Difficulty > .5 && item.Difficulty < 1)
	}
	for _, rule := range []quiz.Rule{quiz.AllOrNothing, quiz.Penalised} {
		require.NoError(t, q.ScoreBy(rule))
		assert.NotEqual(t, "86.5 7.2 88.8", numbers(quiz.Analyse(q, q.Mark(class))), "the numbers are of the rule per-option")
	}
	require.NoError(t, q.ScoreBy(quiz.PerOption))
	q.Questions[0].Choices[0].Correct = !q.Questions[0].Choices[0].Correct
	assert.NotEqual(t, "86.5 7.2 88.8", numbers(quiz.Analyse(q, q.Mark(class))), "and of this key")
}

func TestOtherClassesHaveThemToo(t *testing.T) {
	q := midterm()
	for _, c := range []struct {
		seed     int64
		students int
	}{{2, debrief.ClassSize}, {3, 41}, {4, 200}} {
		class, err := simulated(q, c.seed, c.students)
		require.NoError(t, err)
		assert.Equal(t, "86.5 7.2 88.8", numbers(quiz.Analyse(q, q.Mark(class))))
	}
}

func TestShow(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, show(&out, "25A", 1))
	assert.Contains(t, out.String(), "It is wrong (derived).")
	assert.ErrorContains(t, show(&out, "25Z", 1), "there are 25A-E")
}
