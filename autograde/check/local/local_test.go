package local_test

import (
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"courselab/autograde/check"
	"courselab/autograde/check/local"
	"courselab/autograde/worker"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var suite = check.Suite{Lab: "lab", Checks: []check.Check{
	{ID: "right", Task: "1", Points: 1, Title: "doubles", Run: func(t *check.T) {
		x := t.Normal(2, 3)
		t.Contract(t.Call1("Double", x), "Float32", 2, 3)
	}},
	{ID: "value", Task: "1", Points: 1, Title: "doubles by value", Hint: "Twice what?", Run: func(t *check.T) {
		t.Close("2x", t.Call1("Double", check.Of([]float32{2, 3}, 2)), []float64{4, 6}, 1e-6, 0)
	}},
	{ID: "half", Task: "2", Points: 1, Title: "halves", Run: func(t *check.T) { t.Equal("n", t.Call1("Halve", 14), 7) }},
	{ID: "half2", Task: "2", Points: 1, Title: "halves again", Run: func(t *check.T) { t.Equal("n", t.Call1("Halve", 22), 11) }},
	{ID: "third", Task: "3", Points: 1, Title: "thirds", Run: func(t *check.T) { t.Equal("n", t.Call1("Third", 21), 7) }},
}}

func TestRunPassesOnRightFunctions(t *testing.T) {
	local.Run(t, suite, worker.Functions{
		"Double": func(x *Node) *Node { return Add(x, x) },
		"Halve":  func(n int) int { return n / 2 },
		"Third":  func(n int) int { return n / 3 },
	})
}

// TestRunOnWrongFunctions fails on purpose, in a process of its own that TestFailuresAreReadable starts.
func TestRunOnWrongFunctions(t *testing.T) {
	if os.Getenv("COURSELAB_LOCAL_WRONG") == "" {
		_, err := local.NewCaller(worker.Functions{"F": 3})
		assert.Error(t, err)
		return
	}
	local.CallTimeout = 200 * time.Millisecond
	local.Run(t, suite, worker.Functions{
		"Double": func(x *Node) *Node { return Add(x, OnesLike(x)) },
		"Halve":  func(n int) int { time.Sleep(time.Hour); return n },
		"Third":  func(n int) int { panic(errors.New("task 3 (Third): divide by three")) },
	})
}

func TestExplainAHole(t *testing.T) {
	hole := check.Record{Task: "1", Verdict: check.RuntimeError, Message: "attention.go:41: task 1 (Softmax): not written yet"}
	assert.Equal(t, "not written yet: task 1 (Softmax) at attention.go:41", local.Explain(hole))
	hole.Message = "task 1 is hard"
	assert.Contains(t, local.Explain(hole), "Runtime Error")
}

func TestFailuresAreReadable(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(exe, "-test.run", "^TestRunOnWrongFunctions$", "-test.v")
	cmd.Env = append(os.Environ(), "COURSELAB_LOCAL_WRONG=1")
	out, err := cmd.CombinedOutput()
	assert.Error(t, err)
	text := string(out)
	for _, want := range []string{
		"--- PASS: TestRunOnWrongFunctions/1/right",
		"--- FAIL: TestRunOnWrongFunctions/1/value",
		"Task 1, doubles by value: Wrong Answer",
		"2x: 2 of 2 values differ by more than 1e-06 + 0*|want|; the farthest is at [1]: got 4, want 6",
		"got:  Float32[2] [3 4]",
		"want: [2] [4 6]",
		"hint: Twice what?",
		"Task 2, halves: Time Limit Exceeded",
		"Halve did not answer within 200ms",
		"Task 2, halves again: Time Limit Exceeded",
		"not written yet: task 3 (Third) at local_test.go:",
		": divide by three",
	} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text, "goroutine", "no stack traces")
}
