package sandbox

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// pipes carries the standard streams, counting bytes.
type pipes struct {
	theirs []*os.File // ends of the child, closed after the start
	ours   []*os.File
	copies []func()
	group  sync.WaitGroup
	first  head // of stderr, to explain a failed start
}

// head keeps the first bytes written to it.
type head struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (h *head) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if room := 1000 - h.buf.Len(); room > 0 {
		h.buf.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}

// open sets the command's streams.
func (p *pipes) open(owner *process, cmd *exec.Cmd) error {
	spec := owner.spec
	switch in := spec.Stdin.(type) {
	case nil:
	case *os.File:
		cmd.Stdin = in
	default:
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		cmd.Stdin = r
		p.theirs, p.ours = append(p.theirs, r), append(p.ours, w)
		// Not waited for: a reader that never ends must not hold up the result.
		p.copies = append(p.copies, func() { go func() { _, _ = io.Copy(w, in); _ = w.Close() }() })
	}
	over := func() { owner.kill(Output) }
	stdout, err := p.output(spec.Stdout, spec.Limits.Stdout, over)
	if err != nil {
		return err
	}
	stderr := spec.Stderr
	if _, passed := stderr.(*os.File); !passed { // look at the beginning, for bubblewrap's own complaints
		stderr = io.Writer(&p.first)
		if spec.Stderr != nil {
			stderr = io.MultiWriter(&p.first, spec.Stderr)
		}
	}
	errFile, err := p.output(stderr, spec.Limits.Stderr, over)
	if err != nil {
		return err
	}
	if stdout != nil {
		cmd.Stdout = stdout
	}
	if errFile != nil {
		cmd.Stderr = errFile
	}
	return nil
}

// output returns the descriptor for a stream; nil for none.
func (p *pipes) output(w io.Writer, limit int64, over func()) (*os.File, error) {
	switch w := w.(type) {
	case nil:
		return nil, nil
	case *os.File:
		return w, nil
	}
	r, end, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.theirs, p.ours = append(p.theirs, end), append(p.ours, r)
	p.group.Add(1)
	p.copies = append(p.copies, func() {
		go func() {
			defer p.group.Done()
			_, err := io.CopyN(w, r, limit)
			if errors.Is(err, io.EOF) {
				return
			}
			if n, _ := r.Read(make([]byte, 1)); n > 0 || err != nil { // more than the limit, or nobody listens
				over()
			}
			_, _ = io.Copy(io.Discard, r)
		}()
	})
	return end, nil
}

// started closes the child's ends and begins to copy.
func (p *pipes) started() {
	for _, f := range p.theirs {
		_ = f.Close()
	}
	p.theirs = nil
	for _, run := range p.copies {
		run()
	}
	p.copies = nil
}

// wait waits for the last output; every writer is gone.
func (p *pipes) wait() { p.group.Wait() }

func (p *pipes) closeAll() {
	for _, f := range append(p.theirs, p.ours...) {
		_ = f.Close()
	}
}

// complaint is the first line that bubblewrap said.
func (p *pipes) complaint() string {
	p.first.mu.Lock()
	defer p.first.mu.Unlock()
	line, _, _ := strings.Cut(strings.TrimSpace(p.first.buf.String()), "\n")
	if line == "" {
		return "no reason given"
	}
	return line
}
