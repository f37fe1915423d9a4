package gradebook_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/gradebook"
)

var start = time.Date(2023, 3, 10, 9, 0, 0, 123456789, time.UTC)

func open(t *testing.T, path string) gradebook.Book {
	t.Helper()
	book, err := gradebook.Open(t.Context(), path, "prof")
	require.NoError(t, err)
	t.Cleanup(func() { _ = book.Close() })
	return book
}

func submission(student string, n int) gradebook.Submission {
	return gradebook.Submission{Assignment: "lab1", Student: student, Received: start.Add(time.Duration(n) * time.Minute),
		Hash: fmt.Sprintf("%s-%d", student, n), Content: []byte{0, 1, 255, byte(n)}}
}

func grade(student string, n int, score float64) gradebook.Grade {
	return gradebook.Grade{Assignment: "lab1", Student: student, Submission: fmt.Sprintf("%s-%d", student, n), Grading: "k", Checks: "c", Toolchain: "go1.26",
		Seed: 1<<64 - 1, Score: score, Max: 20, Verdict: "Accepted", Record: json.RawMessage(`{"a": "<é>"}`), Graded: start.Add(time.Hour)}
}

func TestBook(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "a folder, with ?&#% in it", "course.db")
	_, err := gradebook.Open(ctx, path, "prof")
	require.ErrorContains(t, err, path, "no folder, no book")

	path = filepath.Join(t.TempDir(), "with ?&#% in it.db")
	book := open(t, path)
	require.NoError(t, book.Receive(ctx, submission("bob", 1)))
	require.NoError(t, book.Receive(ctx, submission("ada", 1)))
	require.NoError(t, book.Receive(ctx, submission("ada", 2)))
	again := submission("ada", 2)
	again.Received = again.Received.Add(time.Second)
	require.NoError(t, book.Receive(ctx, again), "the same again is no news")
	back := submission("ada", 3)
	back.Hash = "ada-1"
	require.NoError(t, book.Receive(ctx, back), "back to the first version is news")

	all, err := book.Submissions(ctx, "lab1", "ada")
	require.NoError(t, err)
	require.Len(t, all, 3)
	assert.Equal(t, submission("ada", 1), all[0])
	assert.Equal(t, "ada-1", all[2].Hash)
	all, err = book.Submissions(ctx, "lab1", "")
	require.NoError(t, err)
	assert.Len(t, all, 4)

	require.NoError(t, book.Grade(ctx, grade("ada", 2, 7)))
	require.NoError(t, book.Grade(ctx, grade("bob", 1, 20)))
	require.NoError(t, book.Grade(ctx, grade("ada", 2, 9.5)))
	assert.ErrorIs(t, book.Grade(ctx, grade("ada", 9, 20)), gradebook.ErrUnknown)
	current, err := book.Current(ctx, "lab1")
	require.NoError(t, err)
	require.Len(t, current, 2)
	assert.Equal(t, "ada", current[0].Student)
	assert.Equal(t, 9.5, current[0].Score)
	want := grade("bob", 1, 20)
	want.Number, want.Grader = current[1].Number, "prof"
	assert.Equal(t, want, current[1])
	history, err := book.History(ctx, "lab1", "ada")
	require.NoError(t, err)
	require.Len(t, history, 2)
	assert.Equal(t, 7.0, history[0].Score)

	require.NoError(t, book.Note(ctx, "export", "lab1", "", map[string]string{"to": "canvas"}))
	assert.Error(t, book.Note(ctx, "grade", "lab1", "ada", nil), "nobody can announce a grade that is not there")
	log, err := book.Log(ctx, 0)
	require.NoError(t, err)
	require.Len(t, log, 8)
	assert.Equal(t, "receive", log[0].Action)
	assert.Equal(t, "export", log[7].Action)
	assert.Equal(t, "prof", log[7].Actor)
	later, err := book.Log(ctx, 6)
	require.NoError(t, err)
	assert.Equal(t, log[6:], later)
	head, err := book.Verify(ctx)
	require.NoError(t, err)
	assert.Equal(t, log[7].Hash, head)

	require.NoError(t, book.Close())
	reopened := open(t, path)
	same, err := reopened.Verify(ctx)
	require.NoError(t, err)
	assert.Equal(t, head, same)
}

// TestTampering changes the file behind the book's back in every way there is.
func TestTampering(t *testing.T) {
	for name, statements := range map[string][]string{
		"a grade raised":        {"UPDATE grade SET score = 20 WHERE student = 'ada'"},
		"a grade's checks":      {"UPDATE grade SET checks = 'other' WHERE student = 'ada'"},
		"a grade deleted":       {"DELETE FROM grade WHERE student = 'ada'"},
		"a grade added":         {"INSERT INTO grade SELECT number + 100, assignment, student, submission, grading, checks, toolchain, seed, 20, maximum, verdict, record, graded, grader FROM grade WHERE student = 'ada'"},
		"a submission earlier":  {"UPDATE submission SET received = '2023-03-01T00:00:00.000000000Z'"},
		"a submission's code":   {"UPDATE submission SET content = x'00'"},
		"a submission deleted":  {"DELETE FROM grade", "DELETE FROM submission"},
		"an entry changed":      {"DROP TRIGGER log_is_never_changed", "UPDATE log SET detail = replace(detail, '7', '9') WHERE number = 3"},
		"an entry renamed":      {"DROP TRIGGER log_is_never_changed", "UPDATE log SET student = 'bob' WHERE number = 3"},
		"an entry taken out":    {"DROP TRIGGER log_is_never_shortened", "DELETE FROM log WHERE number = 2"},
		"entries exchanged":     {"DROP TRIGGER log_is_never_changed", "UPDATE log SET number = -1 WHERE number = 1", "UPDATE log SET number = 1 WHERE number = 2", "UPDATE log SET number = 2 WHERE number = -1"},
		"the last entry undone": {"DROP TRIGGER log_is_never_shortened", "DELETE FROM log WHERE number = 3"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			path := filepath.Join(t.TempDir(), "course.db")
			book := open(t, path)
			require.NoError(t, book.Receive(ctx, submission("ada", 1)))
			require.NoError(t, book.Receive(ctx, submission("bob", 1)))
			require.NoError(t, book.Grade(ctx, grade("ada", 1, 7)))
			_, err := book.Verify(ctx)
			require.NoError(t, err)
			require.NoError(t, book.Close())

			raw, err := sql.Open("sqlite", path)
			require.NoError(t, err)
			for _, statement := range statements {
				_, err := raw.ExecContext(ctx, statement)
				require.NoError(t, err)
			}
			require.NoError(t, raw.Close())
			_, err = open(t, path).Verify(ctx)
			assert.ErrorIs(t, err, gradebook.ErrTampered)
		})
	}
}

// TestLogIsAppendOnly: SQLite itself refuses.
func TestLogIsAppendOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "course.db")
	book := open(t, path)
	require.NoError(t, book.Receive(t.Context(), submission("ada", 1)))
	raw, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer raw.Close()
	for _, statement := range []string{"UPDATE log SET actor = 'eve'", "DELETE FROM log"} {
		_, err := raw.Exec(statement)
		assert.ErrorContains(t, err, "the log is append-only")
	}
}

// TestTwoBooksOneFile: two processes would do the same.
func TestTwoBooksOneFile(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "course.db")
	books := []gradebook.Book{open(t, path), open(t, path)}
	const each = 25
	var wait sync.WaitGroup
	for i, book := range books {
		student := fmt.Sprintf("s%d", i)
		for n := range each {
			wait.Go(func() {
				assert.NoError(t, book.Receive(ctx, submission(student, n)))
				assert.NoError(t, book.Grade(ctx, grade(student, n, float64(n))))
			})
		}
	}
	wait.Wait()
	for _, book := range books {
		_, err := book.Verify(ctx)
		require.NoError(t, err)
		log, err := book.Log(ctx, 0)
		require.NoError(t, err)
		assert.Len(t, log, 2*2*each)
	}
}

func TestCancelled(t *testing.T) {
	book := open(t, filepath.Join(t.TempDir(), "course.db"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, book.Receive(ctx, submission("ada", 1)), context.Canceled)
	all, err := book.Submissions(t.Context(), "lab1", "ada")
	require.NoError(t, err)
	assert.Empty(t, all)
}
