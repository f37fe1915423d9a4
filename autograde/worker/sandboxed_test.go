package worker_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"courselab/autograde/check"
	"courselab/autograde/sandbox"
	"courselab/autograde/wire"
	"courselab/autograde/worker"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	sandbox.Init()
	code := m.Run()
	if scratch != "" {
		_ = os.RemoveAll(scratch)
	}
	os.Exit(code)
}

var scratch string // of binary

// binary builds the hostile worker once: static, without XLA, as the grader builds a student's.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "courselab-worker-")
	if err != nil {
		return "", err
	}
	scratch = dir
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "worker")
	cmd := exec.Command("go", "build", "-tags", "noxla", "-trimpath", "-ldflags", "-s -w", "-o", path, "./testdata/hostile")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", &buildError{string(out), err}
	}
	return path, nil
})

type buildError struct {
	out string
	err error
}

func (b *buildError) Error() string { return b.err.Error() + "\n" + b.out }

// session is a running sandboxed worker.
type session struct {
	*check.Pipe
	process sandbox.Process
	stderr  bytes.Buffer
	ends    []*os.File
}

// start runs the worker in an empty root with nothing but its binary.
func start(t *testing.T, box sandbox.Sandbox) *session {
	t.Helper()
	path, err := binary()
	require.NoError(t, err)
	requestRead, requestWrite, err := os.Pipe()
	require.NoError(t, err)
	answerRead, answerWrite, err := os.Pipe()
	require.NoError(t, err)
	s := &session{Pipe: check.NewPipe(answerRead, requestWrite), ends: []*os.File{requestWrite, answerRead}}
	s.process, err = box.Start(context.Background(), sandbox.Spec{
		Argv:  []string{"/worker"},
		Env:   []string{worker.Environment + "=1"},
		Binds: []sandbox.Bind{{Source: path, Dest: "/worker"}},
		Stdin: requestRead, Stdout: answerWrite, Stderr: &s.stderr,
		Limits: sandbox.Limits{Wall: 10 * time.Second, CPU: 10 * time.Second, Memory: 256 << 20},
	})
	require.NoError(t, err)
	require.NoError(t, requestRead.Close())
	require.NoError(t, answerWrite.Close())
	return s
}

// end closes the pipes, which ends an honest worker, and returns how it ended.
func (s *session) end(t *testing.T) sandbox.Result {
	t.Helper()
	for _, f := range s.ends {
		_ = f.Close()
	}
	result, err := s.process.Wait()
	require.NoError(t, err)
	return result
}

func box(t *testing.T) sandbox.Sandbox {
	t.Helper()
	b, err := sandbox.Open()
	require.NoError(t, err)
	return b
}

// verdicts runs one check a function in one worker.
func verdicts(t *testing.T, s *session, timeout time.Duration, functions ...string) []check.Record {
	suite := check.Suite{Lab: "test"}
	for _, function := range functions {
		suite.Checks = append(suite.Checks, check.Check{ID: function, Task: "1", Points: 1, Title: function, Run: func(t *check.T) {
			if function == "Double" {
				t.MatchesReference(function, answersDouble, check.Tolerance{Abs: 1e-6}, t.Normal(3, 5))
				return
			}
			if function == "Stub" {
				t.Call1(function, t.Normal(3, 5))
				return
			}
			t.Equal("n", t.Call1(function, 41), 42)
		}})
	}
	require.NoError(t, check.Validate(suite))
	var records []check.Record
	check.Run(context.Background(), check.Options{Seed: 7, CallTimeout: timeout}, s, func(r check.Record) { records = append(records, r) }, suite)
	return records
}

func answersDouble(x *Node) *Node { return MulScalar(x, 2) }

func TestSandboxedWorkerAnswersDespitePrints(t *testing.T) {
	s := start(t, box(t))
	records := verdicts(t, s, 5*time.Second, "Double", "Plain", "Stub", "Missing")
	result := s.end(t)
	require.Len(t, records, 4)
	assert.Equal(t, check.Accepted, records[0].Verdict, "%+v", records[0])
	assert.Equal(t, check.Accepted, records[1].Verdict, "%+v", records[1])
	assert.Equal(t, check.RuntimeError, records[2].Verdict)
	assert.Equal(t, "answers.go:29: not implemented", records[2].Message)
	assert.Equal(t, check.WrongAnswer, records[3].Verdict, "a missing function")
	assert.Equal(t, 0, result.ExitCode)
	assert.Equal(t, sandbox.Exited, result.Cause)
	for _, print := range []string{"a print while the package starts", "a print while the graph is built", "a print without a newline"} {
		assert.Contains(t, s.stderr.String(), print)
	}
}

func TestHostileFunctionsLoseTheirOwnTaskOnly(t *testing.T) {
	b := box(t)
	for function, want := range map[string]struct {
		verdict check.Verdict
		cause   sandbox.Cause
	}{
		"Exit":    {check.RuntimeError, sandbox.Exited},
		"Loop":    {check.TimeLimitExceeded, sandbox.Cancelled},
		"Recurse": {check.RuntimeError, sandbox.Exited},
		"Hoard":   {check.RuntimeError, sandbox.Memory}, // the grader re-attributes it by the cause
		"Crash":   {check.RuntimeError, sandbox.Exited},
		"Garbage": {check.RuntimeError, sandbox.Exited},
		"Huge":    {check.OutputLimitExceeded, sandbox.Exited},
		"Forge":   {check.RuntimeError, sandbox.Exited},
		"Flood":   {check.RuntimeError, sandbox.Output},
	} {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			s := start(t, b)
			timeout := 8 * time.Second
			if function == "Loop" {
				timeout = 300 * time.Millisecond
			}
			records := verdicts(t, s, timeout, "Plain", function, "Double")
			if function == "Loop" {
				s.process.Kill()
			}
			result := s.end(t)
			require.Len(t, records, 3)
			assert.Equal(t, check.Accepted, records[0].Verdict)
			for _, r := range records[1:] { // after the loss the rest of the task gets the same verdict
				assert.Equal(t, want.verdict, r.Verdict, "%+v", r)
				assert.Zero(t, r.Fraction)
				assert.True(t, r.Gone)
			}
			assert.Equal(t, want.cause, result.Cause, "%+v", result)
			attributed := check.Attribute(records, check.MemoryLimitExceeded, "more than 256 MiB")
			assert.Equal(t, check.Accepted, attributed[0].Verdict)
			assert.Equal(t, check.MemoryLimitExceeded, attributed[2].Verdict)
		})
	}
}

// TestStartUpCost reports what the sandbox costs; it only fails when it is out of all proportion.
func TestStartUpCost(t *testing.T) {
	for _, b := range []sandbox.Sandbox{box(t), sandbox.Unsafe()} {
		startUpCost(t, b)
	}
}

func startUpCost(t *testing.T, b sandbox.Sandbox) {
	const rounds = 15
	var starts, calls []time.Duration
	x := wire.OfTensor(wire.NewTensor(make([]float32, 2*16*32), 2, 16, 32))
	for range rounds {
		began := time.Now()
		s := start(t, b)
		ask := func() {
			id := make([]byte, wire.IDSize)
			id[0] = byte(rand.Uint32())
			response, err := s.Do(context.Background(), &wire.Request{ID: id, Op: wire.Call, Function: "Double", Args: []wire.Value{x}})
			require.NoError(t, err)
			require.Nil(t, response.Fault)
		}
		ask()
		starts = append(starts, time.Since(began))
		for range 20 {
			began := time.Now()
			ask()
			calls = append(calls, time.Since(began))
		}
		require.Equal(t, 0, s.end(t).ExitCode)
	}
	median := func(d []time.Duration) time.Duration { slices.Sort(d); return d[len(d)/2] }
	path, err := binary()
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	t.Logf("%s: start to first answer %v, one call [2, 16, 32] %v, static worker %.1f MB", b.Name(), median(starts), median(calls), float64(info.Size())/1e6)
	assert.Less(t, median(starts), 2*time.Second)
	assert.Less(t, median(calls), 200*time.Millisecond)
	assert.Less(t, info.Size(), int64(30<<20))
}
