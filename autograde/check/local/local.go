// Package local runs a lab's suite in process, for `go test` in the student's folder.
//
//	func TestLab(t *testing.T) { local.Run(t, public.Suite, worker.Functions{"Softmax": Softmax}) }
package local

import (
	"context"
	"fmt"
	"regexp"
	"sync"
	"testing"
	"time"

	"courselab/autograde/check"
	"courselab/autograde/wire"
	"courselab/autograde/worker"
)

// CallTimeout bounds one call of a student's function.
var CallTimeout = 20 * time.Second

// Run runs every check of the suite as a subtest named task/check, against the functions in this process. A failure
// says which step is wrong, with got, want and the hint; a function that is not written yet is said so, kindly.
func Run(t *testing.T, suite check.Suite, functions worker.Functions) {
	t.Helper()
	if err := check.Validate(suite); err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks(suite) {
		t.Run(task, func(t *testing.T) {
			t.Helper()
			report(t, suite, task, functions)
		})
	}
}

// tasks lists the suite's tasks in the order of their first checks.
func tasks(suite check.Suite) []string {
	var order []string
	seen := map[string]bool{}
	for _, c := range suite.Checks {
		if !seen[c.Task] {
			seen[c.Task] = true
			order = append(order, c.Task)
		}
	}
	return order
}

func report(t *testing.T, suite check.Suite, task string, functions worker.Functions) {
	t.Helper()
	caller, err := NewCaller(functions)
	if err != nil {
		t.Fatal(err)
	}
	options := check.Options{Task: task, Seed: 1, CallTimeout: CallTimeout, Staff: true}
	check.Run(context.Background(), options, caller, func(r check.Record) {
		t.Run(r.Check, func(t *testing.T) {
			t.Helper()
			if r.Verdict != check.Accepted {
				t.Error(Explain(r))
			}
		})
	}, suite)
}

// stub is what a released hole panics with, after the place: "attention.go:41: task 1 (Softmax): not written yet".
var stub = regexp.MustCompile(`^(?:(\S+\.go:\d+): )?(task \S+ \([^()]+\))(?:: (.*))?$`)

// Explain says what a record means to a student at the keyboard.
func Explain(r check.Record) string {
	parts := stub.FindStringSubmatch(r.Message)
	if r.Verdict != check.RuntimeError || parts == nil {
		return r.Text()
	}
	text := "not written yet: " + parts[2]
	if parts[1] != "" {
		text += " at " + parts[1]
	}
	if parts[3] != "" && parts[3] != "not written yet" {
		text += ": " + parts[3]
	}
	return text
}

// Caller is a check.Caller on functions of this process. After a time-out it stays lost: the function still runs.
type Caller struct {
	mu     sync.Mutex
	worker *worker.Worker
	lost   error
}

// NewCaller returns a caller on the functions.
func NewCaller(functions worker.Functions) (*Caller, error) {
	w, err := worker.New(functions)
	if err != nil {
		return nil, err
	}
	return &Caller{worker: w}, nil
}

// Do runs the request in a goroutine until ctx ends. Request and answer pass through the wire's encoding, so that what
// is too large or odd to travel fails here as it would in grading.
func (c *Caller) Do(ctx context.Context, request *wire.Request) (*wire.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost != nil {
		return nil, c.lost
	}
	limits := wire.DefaultLimits()
	frame, err := wire.Encode(request, limits)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", check.ErrRequest, err)
	}
	var sent wire.Request
	if err := wire.Decode(frame[4:], &sent, limits); err != nil {
		return nil, fmt.Errorf("%w: %w", check.ErrRequest, err)
	}
	done := make(chan *wire.Response, 1)
	go func() { done <- c.worker.Handle(&sent) }()
	select {
	case <-ctx.Done():
		c.lost = ctx.Err()
		return nil, c.lost
	case response := <-done:
		frame, err := wire.Encode(response, limits)
		if err != nil {
			return nil, err
		}
		var copied wire.Response
		if err := wire.Decode(frame[4:], &copied, limits); err != nil {
			return nil, err
		}
		return &copied, nil
	}
}
