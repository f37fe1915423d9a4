package worker

import (
	"errors"
	"io"

	"courselab/autograde/wire"
)

// Backend is the backend configuration of a new [Worker]. Package worker/xla changes it.
var Backend = "go:ops_sequential"

// Environment must be set to "1" in the environment of a worker process: it makes the worker take its pipes away from
// os.Stdin and os.Stdout before any code of a student can print to them.
const Environment = "COURSELAB_WORKER"

// Worker answers requests about a set of functions, in the calling goroutine.
type Worker struct{ functions Functions }

// New returns a worker for the functions.
func New(functions Functions) (*Worker, error) { return nil, errors.New("not built yet") }

// Handle runs one request. It returns a response in every case, never panics, but may never return if the function loops.
func (w *Worker) Handle(request *wire.Request) *wire.Response { return nil }

// Serve answers requests read from r until it ends.
func (w *Worker) Serve(r io.Reader, out io.Writer) error { return nil }

// Main serves the functions on the process's stdin and stdout and exits.
func Main(functions Functions) {}
