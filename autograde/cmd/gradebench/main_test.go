package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExpect(t *testing.T) {
	path := filepath.Join(t.TempDir(), "grades.csv")
	for text, fault := range map[string]string{
		"student,score\ns000,16\ns001,12\n":  "",
		"student,score\ns000,16\ns001,16\n":  "s001 has 16 points, want 12",
		"student,score\ns000,12\ns001,12\n":  "s000 has 12 points, want 16",
		"student,score\ns001,12\n":           "s000 has 0 points, want 16",
		"student,score\ns000,all\ns001,12\n": "invalid syntax",
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		if err := expect(path, "student", "score", 2); fault == "" {
			assert.NoError(t, err)
		} else {
			assert.ErrorContains(t, err, fault)
		}
	}
}

func TestRenderComparesWithTheFirst(t *testing.T) {
	text := render([]line{
		{"a", 10, cost{5 * time.Second, 4 * time.Second}, true},
		{"a, again", 10, cost{time.Second, time.Second}, false},
		{"b", 2, cost{3 * time.Second, 2 * time.Second}, true},
	})
	assert.Regexp(t, `│ a +│ +10 │ 5.00 +│ 0.50 +│ 0.40 +│ 1.0 +│ 1.0`, text)
	assert.Regexp(t, `│ a, again +│ +10 │ 1.00 +│ 0.10 +│ 0.10 +│ +│ +│`, text)
	assert.Regexp(t, `│ b +│ +2 │ 3.00 +│ 1.50 +│ 1.00 +│ 3.0 +│ 2.5`, text)
}

func TestTwoSubmissionsDifferAndTheLastIsWrong(t *testing.T) {
	t.Chdir("../../..")
	class := t.TempDir()
	require.NoError(t, handIn(class, 3))
	text := func(i int) string {
		text, err := os.ReadFile(filepath.Join(class, student(i), "four.go"))
		require.NoError(t, err)
		return string(text)
	}
	assert.NotEqual(t, text(0), text(1))
	assert.Contains(t, text(1), "math.Exp(sum / ")
	assert.NotContains(t, text(2), "math.Exp(sum / ")
}
