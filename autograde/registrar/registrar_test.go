package registrar_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/course"
	"courselab/autograde/export"
	"courselab/autograde/gradebook"
	"courselab/autograde/intake"
	"courselab/autograde/registrar"
	"courselab/autograde/result"
)

const courseText = `
id: dl
title: Deep learning
time_zone: UTC
slip_days: 1
late: {penalty: 10%, cut_off: 5}
assignments:
  - {id: lab1, title: One, lab: lab1, release: 2023-03-03 09:00, due: 2023-03-10 23:59}
  - {id: lab2, title: Two, lab: lab2, release: 2023-03-10 09:00, due: 2023-03-31 23:59}
roster: roster.csv
`

func open(t *testing.T) registrar.Registrar {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "course.yaml"), []byte(courseText), 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "roster.csv"), []byte("id\nada\nbob\ncleo\ndan\n"), 0o666))
	c, err := course.Load(filepath.Join(dir, "course.yaml"))
	require.NoError(t, err)
	book, err := gradebook.Open(t.Context(), filepath.Join(dir, "course.db"), "prof")
	require.NoError(t, err)
	t.Cleanup(func() { _ = book.Close() })
	return registrar.Registrar{Course: c, Book: book}
}

func enter(t *testing.T, r registrar.Registrar, assignment, student, received, hash string, score float64, verdict check.Verdict) {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04", received)
	require.NoError(t, err)
	files := &intake.Files{Sources: map[string][]byte{"a.go": []byte("package a")}, Hash: hash}
	if hash == "" {
		files = nil
	}
	record := &result.Submission{Student: student, Verdict: verdict, Score: score, Max: 20, Seed: 7, Key: "key " + hash, Message: "m"}
	require.NoError(t, r.Enter(t.Context(), assignment, at, files, record))
}

func TestSheet(t *testing.T) {
	r := open(t)
	enter(t, r, "lab1", "ada", "2023-03-09 10:00", "a1", 10, check.WrongAnswer)
	enter(t, r, "lab1", "ada", "2023-03-12 10:00", "a2", 18, check.WrongAnswer) // two days late, one paid with a slip day
	enter(t, r, "lab1", "ada", "2023-03-20 10:00", "a3", 20, check.Accepted)    // after the cut-off: a2 counts
	enter(t, r, "lab1", "bob", "2023-03-17 10:00", "b1", 20, check.Accepted)    // only after the cut-off
	enter(t, r, "lab1", "bob", "2023-03-18 10:00", "b2", 20, check.Accepted)
	enter(t, r, "lab1", "cleo", "2023-03-10 10:00", "", 0, check.Forbidden) // could not even be read
	enter(t, r, "lab2", "ada", "2023-04-01 10:00", "a4", 20, check.Accepted)

	lines, err := r.Sheet(t.Context(), "lab1")
	require.NoError(t, err)
	require.Len(t, lines, 4)
	ada := lines[0]
	assert.True(t, ada.Graded)
	assert.Equal(t, 18.0, ada.Earned)
	assert.InDelta(t, 16.2, ada.Points, 1e-9)
	assert.Equal(t, 1, ada.Lateness.SlipDays)
	bob := lines[1]
	assert.True(t, bob.Lateness.TooLate)
	assert.Equal(t, 17, bob.Lateness.Received.Day(), "the first of those that came too late")
	assert.Equal(t, 20.0, bob.Earned)
	assert.Zero(t, bob.Points)
	assert.Equal(t, "Forbidden", lines[2].Verdict)
	assert.True(t, lines[3].Lateness.Missing())
	assert.False(t, lines[3].Graded)

	second, err := r.Sheet(t.Context(), "lab2")
	require.NoError(t, err)
	assert.InDelta(t, 18, second[0].Points, 1e-9, "the slip day went to lab1")

	early, err := registrar.Scores(r.Course, "lab1", lines, time.Date(2023, 3, 15, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	assert.Len(t, early, 3, "dan has time until the cut-off")
	late, err := registrar.Scores(r.Course, "lab1", lines, time.Date(2023, 3, 16, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	assert.Equal(t, export.Score{Student: course.Student{ID: "dan"}}, late[3])
}

// TestEnterAgain: what a crash made happen twice stands in the book once; a regrade stands beside.
func TestEnterAgain(t *testing.T) {
	r := open(t)
	for range 3 {
		enter(t, r, "lab1", "ada", "2023-03-09 10:00", "a1", 10, check.WrongAnswer)
	}
	enter(t, r, "lab1", "ada", "2023-03-09 10:00", "a1", 12, check.WrongAnswer)
	history, err := r.Book.History(t.Context(), "lab1", "ada")
	require.NoError(t, err)
	require.Len(t, history, 2)
	lines, err := r.Sheet(t.Context(), "lab1")
	require.NoError(t, err)
	assert.Equal(t, 12.0, lines[0].Points)

	// Trouble of the grader is no grade: the last one stays.
	enter(t, r, "lab1", "ada", "2023-03-09 11:00", "a1", 0, check.InternalError)
	lines, err = r.Sheet(t.Context(), "lab1")
	require.NoError(t, err)
	assert.Equal(t, 12.0, lines[0].Points)
	enter(t, r, "lab1", "bob", "2023-03-09 11:00", "b1", 0, check.InternalError)
	lines, err = r.Sheet(t.Context(), "lab1")
	require.NoError(t, err)
	assert.False(t, lines[1].Graded)
	assert.False(t, lines[1].Lateness.Missing())
}

func TestEnterErrors(t *testing.T) {
	r := open(t)
	err := r.Enter(t.Context(), "lab1", time.Now(), nil, &result.Submission{Student: "eve"})
	assert.ErrorContains(t, err, `"eve" is not on the roster of course dl: add the student`)
	err = r.Enter(t.Context(), "lab9", time.Now(), nil, &result.Submission{Student: "ada"})
	assert.ErrorContains(t, err, "there are lab1 lab2")
	_, err = r.Sheet(t.Context(), "lab9")
	assert.Error(t, err)
}
