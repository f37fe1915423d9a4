package labs_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/grade"
	"courselab/autograde/intake"
	"courselab/autograde/lab"
	"courselab/autograde/release"
	"courselab/autograde/result"
	"courselab/autograde/sandbox"
)

func TestMain(m *testing.M) {
	grade.Init()
	os.Exit(m.Run())
}

// TestClass grades the sample class of every lab as a class is graded, in the sandbox, and requires what expected.yaml
// states: points and verdict of every task of every student.
func TestClass(t *testing.T) {
	box, err := sandbox.Open()
	require.NoError(t, err)
	for _, folder := range labs(t) {
		l, err := lab.Load(folder)
		require.NoError(t, err)
		contract, err := l.Contract()
		require.NoError(t, err)
		engine, err := grade.New(t.Context(), l, contract, grade.Options{Sandbox: box, Hidden: true, State: grade.State(l)})
		require.NoError(t, err)
		defer func() { require.NoError(t, engine.Close()) }()
		submissions, notes, err := intake.List(filepath.Join(folder, "samples"))
		require.NoError(t, err)
		require.Empty(t, notes)

		out := result.Folder(filepath.Join(t.TempDir(), l.ID))
		batch := &grade.Batch{Engine: engine, Out: out, Jobs: 2}
		class, err := batch.Run(context.Background(), submissions)
		require.NoError(t, err)
		require.Empty(t, class.NeedLook)
		expected := expectedClass(t, folder)
		require.Len(t, expected, class.Count)
		for student, want := range expected {
			requireOutcome(t, out.Load(student), student, want)
		}
	}
}

// TestRelease makes the students' version of every lab, which is refused if it shows a line of a solution or text of a hidden
// check.
func TestRelease(t *testing.T) {
	for _, folder := range labs(t) {
		l, err := lab.Load(folder)
		require.NoError(t, err)
		made, err := release.Make(t.Context(), l, release.Options{Dir: filepath.Join(t.TempDir(), l.ID), State: grade.State(l)})
		require.NoError(t, err)
		assert.Contains(t, made.Files, "README.md")
	}
}

// outcome is what a student must get for a task.
type outcome struct {
	Points  float64
	Verdict check.Verdict
}

// expectedClass reads expected.yaml: student, task, outcome.
func expectedClass(t *testing.T, folder string) map[string]map[string]outcome {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "testdata", "expected.yaml"))
	require.NoError(t, err)
	var class map[string]map[string]outcome
	require.NoError(t, yaml.UnmarshalWithOptions(text, &class, yaml.Strict()))
	return class
}

func requireOutcome(t *testing.T, got *result.Submission, student string, want map[string]outcome) {
	t.Helper()
	require.NotNil(t, got, "%s was not graded", student)
	require.Len(t, got.Tasks, len(want))
	total := 0.0
	for _, task := range got.Tasks {
		assert.Equal(t, want[task.ID].Verdict, task.Verdict, "%s, task %s: %s", student, task.ID, task.Message)
		assert.InDelta(t, want[task.ID].Points, task.Points, 0.011, "%s, task %s", student, task.ID)
		total += want[task.ID].Points
	}
	assert.InDelta(t, total, got.Score, 0.02, student)
}
