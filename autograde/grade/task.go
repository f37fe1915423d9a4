package grade

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"courselab/autograde/check"
	"courselab/autograde/result"
	"courselab/autograde/sandbox"
	"courselab/autograde/worker"
)

const (
	// grace is how much longer than its limit a task may take until the grader itself gives up on it.
	grace = 15 * time.Second
	// farewell is how long a worker may take to end after the last question.
	farewell = 2 * time.Second
	// maxVerdicts bounds what a checks process may write.
	maxVerdicts = 8 << 20
)

// task runs one task: a worker in the sandbox and a checks process, each other's only company.
func (e *Engine) task(ctx context.Context, t *result.Task, program string, seed uint64) {
	start := time.Now()
	records, end, err := e.converse(ctx, t.ID, program, seed)
	if err != nil {
		t.Staff = err.Error()
	}
	t.Checks = e.complete(t.ID, records, err != nil, seed)
	e.attribute(t, end)
	t.Settle()
	t.Seconds, t.CPU, t.Memory = time.Since(start).Seconds(), (end.CPU + end.checks).Seconds(), end.PeakMemory
}

// converse lets the two processes talk, and returns the verdicts and the end of the worker. An error is the grader's.
func (e *Engine) converse(ctx context.Context, task, program string, seed uint64) ([]check.Record, ending, error) {
	limits := e.Lab.Limits
	wall := time.Duration(limits.Wall)
	pipes, err := newPipes()
	if err != nil {
		return nil, ending{}, err
	}
	defer pipes.close()
	prints := &head{limit: 4 << 10}
	process, err := e.options.Sandbox.Start(ctx, sandbox.Spec{
		// Of a crash the runtime says why, without the stacks of all goroutines: they would count as output.
		Argv: []string{"/worker"}, Env: []string{worker.Environment + "=1", "HOME=/tmp", "TMPDIR=/tmp", "GOTRACEBACK=none"},
		Binds: []sandbox.Bind{{Source: program, Dest: "/worker"}},
		Stdin: pipes.requestsOut, Stdout: pipes.answersIn, Stderr: prints,
		Limits: sandbox.Limits{Wall: wall, CPU: time.Duration(limits.CPU), Memory: int64(limits.Memory), Pids: limits.Pids,
			Stderr: int64(limits.Output), Disk: 16 << 20, FileSize: 16 << 20},
	})
	if err != nil {
		return nil, ending{}, err
	}
	verdicts := &head{limit: maxVerdicts}
	complaint := &head{limit: 4 << 10}
	checkCtx, cancel := context.WithTimeout(ctx, wall+grace)
	defer cancel()
	// The call's own deadline comes after the sandbox's: the sandbox knows better why a call took so long.
	checks := exec.CommandContext(checkCtx, e.Checks.Path, "-task", task, "-seed", strconv.FormatUint(seed, 10),
		"-call-timeout", (wall + time.Second).String(), "-in", "3", "-out", "4", "-staff")
	checks.Env = []string{"HOME=" + e.scratch.path, "TMPDIR=" + e.scratch.path}
	checks.Stdout, checks.Stderr = verdicts, complaint
	checks.ExtraFiles = []*os.File{pipes.answersOut, pipes.requestsIn}
	checks.WaitDelay = time.Second
	checkErr := checks.Start()
	pipes.close() // both ends belong to the processes now
	if checkErr == nil {
		checkErr = checks.Wait()
	}
	stop := time.AfterFunc(farewell, process.Kill)
	run, err := process.Wait()
	stop.Stop()
	records, readErr := check.ReadRecords(&verdicts.Buffer)
	if checkErr != nil {
		checkErr = fmt.Errorf("checks of task %s: %w: %s", task, checkErr, strings.TrimSpace(complaint.String()))
	}
	end := ending{Result: run, words: lastWords(prints.String())}
	if state := checks.ProcessState; state != nil {
		end.checks = state.UserTime() + state.SystemTime()
	}
	return records, end, errors.Join(checkErr, readErr, err)
}

// complete returns one record for each check that the lab has for the task, in the lab's order: what the checks process
// did not say, is an Internal Error.
func (e *Engine) complete(task string, records []check.Record, failed bool, seed uint64) []check.Record {
	said := map[string]check.Record{}
	for _, r := range records {
		said[r.Check] = r
	}
	var all []check.Record
	for _, expected := range e.Checks.List {
		if expected.Task != task {
			continue
		}
		r, ok := said[expected.Check]
		if !ok || r.Task != task || r.Hidden != expected.Hidden || r.Points != expected.Points || r.Verdict == "" {
			r = expected
			r.Verdict, r.Seed = check.InternalError, seed
			if !failed {
				r.Staff = "the checks process did not report this check"
			}
		}
		if r.Verdict != check.Accepted || !(r.Fraction >= 0 && r.Fraction <= 1) {
			r.Fraction = 0
		}
		all = append(all, r)
	}
	return all
}

// pipes are the two pipes of a conversation.
type pipes struct {
	requestsOut, requestsIn *os.File // to the worker
	answersOut, answersIn   *os.File // from the worker
}

func newPipes() (*pipes, error) {
	var p pipes
	var err error
	if p.requestsOut, p.requestsIn, err = os.Pipe(); err != nil {
		return nil, err
	}
	if p.answersOut, p.answersIn, err = os.Pipe(); err != nil {
		p.close()
		return nil, err
	}
	return &p, nil
}

func (p *pipes) close() {
	for _, f := range []*os.File{p.requestsOut, p.requestsIn, p.answersOut, p.answersIn} {
		if f != nil {
			_ = f.Close() // closed twice at times, and nothing is buffered
		}
	}
}

// head keeps the beginning of what is written and takes the rest without keeping it.
type head struct {
	bytes.Buffer
	limit int
}

func (h *head) Write(p []byte) (int, error) {
	h.Buffer.Write(p[:min(len(p), max(0, h.limit-h.Len()))])
	return len(p), nil
}

var _ io.Writer = (*head)(nil)
