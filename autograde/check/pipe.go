package check

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"courselab/autograde/wire"
)

// Pipe is a [Caller] over a worker's pipes.
type Pipe struct {
	answers  *bufio.Reader
	requests io.Writer
	broken   error
}

// NewPipe returns a caller that writes requests and reads answers.
func NewPipe(answers io.Reader, requests io.Writer) *Pipe {
	return &Pipe{answers: bufio.NewReader(answers), requests: requests}
}

// Do sends the request and waits for the answer, until ctx ends. After any error the pipe stays broken: an answer that
// comes late must never be taken for the next one.
func (p *Pipe) Do(ctx context.Context, request *wire.Request) (*wire.Response, error) {
	if p.broken != nil {
		return nil, p.broken
	}
	frame, err := wire.Encode(request, wire.DefaultLimits())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	type result struct {
		response wire.Response
		err      error
	}
	done := make(chan result, 1)
	go func() { // reads and writes on a pipe cannot be interrupted; a stuck one ends with the process
		var r result
		if _, r.err = p.requests.Write(frame); r.err == nil {
			r.err = wire.Read(p.answers, &r.response, wire.DefaultLimits())
		} else {
			r.err = fmt.Errorf("%w: %w", ErrGone, r.err)
		}
		done <- r
	}()
	select {
	case <-ctx.Done():
		p.broken = ctx.Err()
		return nil, p.broken
	case r := <-done:
		if errors.Is(r.err, io.EOF) || errors.Is(r.err, io.ErrUnexpectedEOF) {
			r.err = fmt.Errorf("%w: %w", ErrGone, r.err)
		}
		if r.err != nil {
			p.broken = r.err
			return nil, r.err
		}
		return &r.response, nil
	}
}
