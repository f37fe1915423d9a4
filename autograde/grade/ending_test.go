package grade

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"

	"courselab/autograde/check"
	"courselab/autograde/lab"
	"courselab/autograde/result"
	"courselab/autograde/sandbox"
)

// TestEndings: students learn why their program ended, but in answer to a hidden check no word and no number of its own.
func TestEndings(t *testing.T) {
	e := &Engine{Lab: &lab.Lab{}}
	for name, c := range map[string]struct {
		hidden  bool
		end     ending
		verdict check.Verdict
		message string
	}{
		"exit":               {false, ending{Result: sandbox.Result{ExitCode: 7}}, check.RuntimeError, "the program ended by itself with exit code 7 before it answered"},
		"hidden exit":        {true, ending{Result: sandbox.Result{ExitCode: 7}, words: "panic: 7"}, check.RuntimeError, "the program ended by itself before it answered"},
		"signal":             {false, ending{Result: sandbox.Result{Signal: syscall.SIGUSR1}}, check.RuntimeError, "the program was ended by a signal (user defined signal 1) before it answered"},
		"hidden signal":      {true, ending{Result: sandbox.Result{Signal: syscall.SIGUSR1}}, check.RuntimeError, "the program ended by itself before it answered"},
		"panic":              {false, ending{Result: sandbox.Result{ExitCode: 2}, words: "panic: no"}, check.RuntimeError, "the program ended by itself with exit code 2 before it answered: panic: no"},
		"no more addresses":  {false, ending{Result: sandbox.Result{ExitCode: 2}, words: "fatal error: runtime: cannot allocate memory"}, check.MemoryLimitExceeded, "the program asked for more memory than there is"},
		"hidden, no address": {true, ending{Result: sandbox.Result{ExitCode: 2}, words: "fatal error: out of memory"}, check.MemoryLimitExceeded, "the program asked for more memory than there is"},
		"endless recursion": {false, ending{Result: sandbox.Result{Cause: sandbox.Output, ExitCode: -1, Signal: syscall.SIGKILL}, words: overflow + " 67108864-byte limit"},
			check.RuntimeError, "the program ended by itself with exit code 2 before it answered: " + overflow + " 67108864-byte limit"},
		"hidden recursion": {true, ending{Result: sandbox.Result{Cause: sandbox.Output, ExitCode: -1, Signal: syscall.SIGKILL}, words: overflow + " 67108864-byte limit"},
			check.RuntimeError, "the program ended by itself before it answered"},
	} {
		t.Run(name, func(t *testing.T) {
			task := &result.Task{Checks: []check.Record{{Verdict: check.Accepted, Fraction: 1}, {Verdict: check.RuntimeError, Gone: true, Hidden: c.hidden}}}
			e.attribute(task, c.end)
			assert.Equal(t, c.message, task.Message)
			assert.Equal(t, c.verdict, task.Checks[1].Verdict)
			assert.Equal(t, check.Accepted, task.Checks[0].Verdict)
		})
	}
}
