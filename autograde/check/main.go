package check

import (
	"context"
	"errors"
	"io"
	"time"
)

// ErrGone is returned by a [Caller] whose worker has ended or can no longer be understood.
var ErrGone = errors.New("the worker is gone")

// Options of a run of checks.
type Options struct {
	Task        string        // only this task; empty for all
	Seed        uint64        // recorded seed
	CallTimeout time.Duration // per call; 0 means 10 s
	Staff       bool          // fill Record.Staff
}

// Run runs the checks of the suites in their order and hands each record to emit as soon as it is known.
func Run(ctx context.Context, options Options, caller Caller, emit func(Record), suites ...Suite) {
	panic("draft")
}

// Main is the checks binary: it reads its flags, talks to the worker over inherited descriptors, writes a Record a line
// to stdout and a last line {"end":N}. It exits 0 when every check was judged, whatever the verdicts.
//
//	-task ID -seed N -call-timeout 10s -in 3 -out 4 [-staff] [-list]
//
// -in is the descriptor to read answers from (the worker's stdout), -out the one to write requests to (its stdin).
// -list writes the checks as Records without verdict and runs nothing.
func Main(suites ...Suite) { panic("draft") }

// ReadRecords reads what [Main] wrote. It returns an error when the end line is missing or counts otherwise.
func ReadRecords(r io.Reader) ([]Record, error) { panic("draft") }

// Attribute gives the checks that got no answer (Gone) the verdict that the sandbox found out, for example
// MemoryLimitExceeded, and returns the records.
func Attribute(records []Record, verdict Verdict, message string) []Record { panic("draft") }
