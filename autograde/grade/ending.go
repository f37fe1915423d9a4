package grade

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"courselab/autograde/check"
	"courselab/autograde/result"
	"courselab/autograde/sandbox"
)

// ending is how a worker ended, and what Go's runtime said about it.
type ending struct {
	sandbox.Result
	words  string
	checks time.Duration // processor time of the checks process
}

// attribute gives the checks that got no answer the verdict that the sandbox knows.
func (e *Engine) attribute(t *result.Task, end ending) {
	l := e.Lab.Limits
	gone := slices.IndexFunc(t.Checks, func(r check.Record) bool { return r.Gone })
	lost := func(verdict check.Verdict, format string, args ...any) {
		if gone >= 0 {
			t.Message = fmt.Sprintf(format, args...)
			t.Checks = check.Attribute(t.Checks, verdict, t.Message)
		}
	}
	if end.Cause == sandbox.Output && gone >= 0 && strings.HasPrefix(end.words, overflow) {
		end.Cause, end.ExitCode, end.Signal = sandbox.Exited, 2, 0 // it was the runtime that printed too much
	}
	switch end.Cause {
	case sandbox.Output:
		// How far a program gets before it is stopped depends on the machine, so nothing of such a task counts.
		t.Message = fmt.Sprintf("the program printed more than %v", l.Output)
		for i := range t.Checks {
			if t.Checks[i].Verdict != check.InternalError {
				t.Checks[i].Gone = true
			}
		}
		t.Checks = check.Attribute(t.Checks, check.OutputLimitExceeded, t.Message)
	case sandbox.Wall:
		lost(check.TimeLimitExceeded, "the task took longer than %v", l.Wall)
	case sandbox.CPU:
		lost(check.TimeLimitExceeded, "the task took more than %v of processor time", l.CPU)
	case sandbox.Memory:
		lost(check.MemoryLimitExceeded, "the task needed more than %v of memory", l.Memory)
	case sandbox.Pids:
		lost(check.RuntimeError, "the program started more than %d processes or threads", l.Pids)
	case sandbox.Exited:
		if gone < 0 || t.Checks[gone].Verdict != check.RuntimeError {
			return
		}
		if outOfMemory.MatchString(end.words) { // of addresses: long before there is anything to count
			lost(check.MemoryLimitExceeded, "the program asked for more memory than there is")
		} else {
			lost(check.RuntimeError, "%s", end.reason(!t.Checks[gone].Hidden))
		}
	}
}

// overflow is how Go's runtime begins to say that a recursion has no end. Whatever it is told, it prints the stack then.
const overflow = "runtime: goroutine stack exceeds"

// outOfMemory is how Go's runtime says that the system gives it no more.
var outOfMemory = regexp.MustCompile(`^fatal error: .*(out of memory|cannot allocate memory)`)

// reason says how a program ended by itself. In answer to a hidden check no more than that it did: words, and the number
// of an exit code or a signal too, might speak of the input.
func (e ending) reason(public bool) string {
	if !public {
		return "the program ended by itself before it answered"
	}
	how := fmt.Sprintf("the program ended by itself with exit code %d before it answered", e.ExitCode)
	if e.Signal != 0 {
		how = fmt.Sprintf("the program was ended by a signal (%v) before it answered", e.Signal)
	}
	if e.words != "" {
		how += ": " + e.words
	}
	return how
}

// lastWords finds the line in which Go's runtime says why it ends the program.
func lastWords(prints string) string {
	for _, line := range strings.Split(prints, "\n") {
		for _, prefix := range []string{"fatal error: ", "panic: ", overflow} {
			if strings.HasPrefix(line, prefix) {
				return check.Line(line, 300)
			}
		}
	}
	return ""
}
