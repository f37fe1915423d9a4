package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// process is a started program and everything that belongs to it.
type process struct {
	spec   Spec
	user   *user
	group  *group   // nil without cgroups
	tree   *tree    // nil with cgroups
	status *os.File // bubblewrap's status, and the launcher's error
	cmd    *exec.Cmd
	began  time.Time
	end    *os.ProcessState // nil while it runs
	pipes  pipes
	passed []*os.File // contents for the launcher, closed after the start

	direct  bool   // without bubblewrap, see Unsafe
	scratch string // folder of a direct run

	mu     sync.Mutex
	cause  Cause
	killed bool

	ended  chan struct{} // closed when result is final
	result Result
	err    error
}

// tick is how often usage is looked at.
const tick = 10 * time.Millisecond

// patience is how long killed processes get to disappear.
const patience = 5 * time.Second

func newProcess(spec Spec, u *user) *process {
	return &process{spec: spec, user: u, ended: make(chan struct{})}
}

// release gives back what a process holds that is not running (any more).
func (p *process) release() {
	if p.group != nil {
		p.group.remove()
	}
	if p.status != nil {
		_ = p.status.Close()
	}
	p.pipes.closeAll()
	p.user.release()
	if p.scratch != "" {
		_ = os.RemoveAll(p.scratch)
	}
}

// run starts the command and its watchers.
func (p *process) run(ctx context.Context, cmd *exec.Cmd) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	if err := p.pipes.open(p, cmd); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	p.cmd, p.began = cmd, time.Now()
	if err := startTracked(cmd); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	if p.group == nil {
		p.tree = &tree{root: cmd.Process.Pid}
	}
	p.pipes.started()
	go p.watch(ctx)
	return nil
}

// Wait waits until nothing of the program is left.
func (p *process) Wait() (Result, error) {
	<-p.ended
	return p.result, p.err
}

// Kill ends all processes of the program.
func (p *process) Kill() { p.kill(Cancelled) }

// kill ends the program; the first cause counts.
func (p *process) kill(cause Cause) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.killed {
		return
	}
	p.killed, p.cause = true, cause
	if p.direct {
		p.tree.killTree()
		return
	}
	// The launcher's process has become bubblewrap; with it dies the first process of the namespace, and with that one
	// every process inside: the kernel sees to it.
	_ = p.cmd.Process.Kill()
}

// status documents of bubblewrap and of the launcher.
type statusDocument struct {
	launchError
	Child    int  `json:"child-pid"`
	ExitCode *int `json:"exit-code"`
}

// watch looks after the limits until the program has ended, then clears up and fills in the result.
func (p *process) watch(ctx context.Context) {
	defer close(p.ended)
	documents := make(chan []statusDocument, 1)
	go func() { documents <- readStatus(p.status) }()
	exited := make(chan error, 1)
	go func() { exited <- waitTracked(p.cmd) }()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	var last usage
	for running := true; running; {
		select {
		case <-exited:
			running = false
		case <-ctx.Done():
			p.kill(Cancelled)
			<-exited
			running = false
		case <-ticker.C:
			last = p.check(last)
		}
	}
	p.end = p.cmd.ProcessState // not before: Wait sets it
	last = p.measure(last)
	p.result.Wall = time.Since(p.began)
	status, err := p.clear(documents)
	p.err = err
	p.pipes.wait()
	p.finish(status, p.measure(last))
	p.release()
}

// check measures and kills what exceeds a limit.
func (p *process) check(last usage) usage {
	now := p.measure(last)
	l := p.spec.Limits
	switch {
	case now.outOfMemory, p.tree != nil && now.memory > l.Memory:
		p.kill(Memory)
	case now.cpu > l.CPU:
		p.kill(CPU)
	case time.Since(p.began) > l.Wall:
		p.kill(Wall)
	}
	return now
}

// measure returns the usage; what was seen before never shrinks (a tree forgets its dead).
func (p *process) measure(last usage) usage {
	var now usage
	if p.group != nil {
		now = p.group.usage()
	} else {
		now = p.tree.usage()
	}
	if p.end != nil && p.group == nil {
		if rusage, ok := p.end.SysUsage().(*syscall.Rusage); ok {
			now.cpu = max(now.cpu, time.Duration(rusage.Utime.Nano()+rusage.Stime.Nano()))
			now.memory = max(now.memory, rusage.Maxrss<<10)
		}
	}
	now.cpu, now.memory = max(now.cpu, last.cpu), max(now.memory, last.memory)
	return now
}

// readStatus reads the status documents until every writer is gone.
func readStatus(r io.Reader) []statusDocument {
	var documents []statusDocument
	decoder := json.NewDecoder(io.LimitReader(r, 1<<16))
	for {
		var d statusDocument
		if decoder.Decode(&d) != nil {
			_, _ = io.Copy(io.Discard, r)
			return documents
		}
		documents = append(documents, d)
	}
}

// clear makes sure that nothing is left, and returns the status documents, which end with the last process that could
// write some.
func (p *process) clear(documents <-chan []statusDocument) (status []statusDocument, err error) {
	p.mu.Lock()
	killed := p.killed
	p.mu.Unlock()
	if p.direct {
		err = p.clearDirect()
		return <-documents, err
	}
	orderly := false
	if !killed {
		select {
		case status = <-documents:
			for _, d := range status {
				if d.Child > 0 {
					orderly = true
					reapChild(d.Child)
				}
			}
		case <-time.After(time.Second):
		}
	}
	if !orderly {
		reapOrphans()
	}
	if p.group != nil {
		err = p.group.clear(patience)
	}
	if status == nil {
		select {
		case status = <-documents:
		case <-time.After(patience):
			err = errors.Join(err, errors.New("sandbox: something of the program would not end"))
		}
	}
	return status, err
}

// finish says how the program ended.
func (p *process) finish(status []statusDocument, used usage) {
	r := &p.result
	r.CPU, r.PeakMemory = used.cpu, used.memory
	p.mu.Lock()
	r.Cause = p.cause
	p.mu.Unlock()
	r.ExitCode = -1
	var exit *int
	for _, d := range status {
		if d.Error != "" {
			p.err = errors.Join(p.err, fmt.Errorf("sandbox: %s", d.Error))
			return
		}
		if d.ExitCode != nil {
			exit = d.ExitCode
		}
	}
	if state := p.end.Sys().(syscall.WaitStatus); p.direct && state.Exited() {
		code := state.ExitStatus()
		exit = &code
	} else if p.direct {
		code := 128 + int(state.Signal())
		exit = &code
	}
	switch {
	case exit != nil && *exit > 128 && *exit <= 128+64: // how bubblewrap tells a signal
		r.Signal = syscall.Signal(*exit - 128)
	case exit != nil:
		r.ExitCode = *exit
	case r.Cause != Exited:
		r.Signal = syscall.SIGKILL
	case used.outOfMemory: // the kernel took bubblewrap itself
		r.Signal = syscall.SIGKILL
	default:
		p.err = errors.Join(p.err, fmt.Errorf("sandbox: bubblewrap could not start the program: %s", p.pipes.complaint()))
		return
	}
	if r.Cause != Exited || (r.ExitCode == 0 && r.Signal == 0) {
		return
	}
	switch {
	case used.outOfMemory, p.group == nil && used.memory > p.spec.Limits.Memory:
		r.Cause = Memory
	case used.cpu > p.spec.Limits.CPU: // measured: the signal that the kernel sends then, anybody can send
		r.Cause = CPU
	case used.pidsRefused:
		r.Cause = Pids
	}
}
