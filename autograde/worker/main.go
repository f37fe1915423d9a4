package worker

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"courselab/autograde/wire"
	"courselab/autograde/worker/stdio"
)

// Environment must be "1" in the environment of a worker process: the worker then takes its pipes away from os.Stdin
// and os.Stdout before a student's init functions can print to them.
const Environment = stdio.Environment

// maxStack bounds a runaway recursion to a quick and clear end; Go's own bound of 1 GB would meet the memory limit first.
const maxStack = 64 << 20

func init() { // before the student's own init functions: see package build about the order
	if os.Getenv(Environment) == "1" {
		debug.SetMaxStack(maxStack)
	}
}

// Serve answers the requests read from r, on w, until r ends. A malformed request ends it with an error.
func (w *Worker) Serve(r io.Reader, out io.Writer) error {
	in := bufio.NewReader(r)
	for {
		var request wire.Request
		err := wire.Read(in, &request, w.limits)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("worker: request: %w", err)
		}
		if err := w.reply(out, w.Handle(&request)); err != nil {
			return fmt.Errorf("worker: answer: %w", err)
		}
	}
}

// reply sends a response; one that does not fit the limits is replaced by a fault that says so.
func (w *Worker) reply(out io.Writer, response *wire.Response) error {
	frame, err := wire.Encode(response, w.limits)
	if err != nil {
		kind := wire.FaultSignature
		if errors.Is(err, wire.ErrTooLarge) {
			kind = wire.FaultSize
		}
		f := faultf(kind, "the results cannot be handed in: %v", err)
		if frame, err = wire.Encode(&wire.Response{ID: response.ID, Fault: &f.Fault}, w.limits); err != nil {
			return err
		}
	}
	_, err = out.Write(frame)
	return err
}

// Main serves the functions on the process's stdin and stdout, and exits: 0 at the end of the requests, 3 when it
// cannot serve. Prints of the functions go to stderr.
func Main(functions Functions) {
	if err := serveProcess(functions); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	os.Exit(0)
}

func serveProcess(functions Functions) error {
	in, out, err := stdio.Capture()
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	w, err := New(functions)
	if err != nil {
		return err
	}
	return w.Serve(in, out)
}
