package check

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// DefaultCallTimeout bounds one call when Options.CallTimeout is 0.
const DefaultCallTimeout = 10 * time.Second

// Options of a run of checks.
type Options struct {
	Task        string        // only this task; empty for all
	Seed        uint64        // recorded seed
	CallTimeout time.Duration // per call; 0 means DefaultCallTimeout
	Staff       bool          // fill Record.Staff
}

// Run runs the checks of the suites in their order and hands each record to emit as soon as it is known. When the
// caller is lost, the remaining checks get the verdict of the loss without being run.
func Run(ctx context.Context, options Options, caller Caller, emit func(Record), suites ...Suite) {
	if options.CallTimeout <= 0 {
		options.CallTimeout = DefaultCallTimeout
	}
	var gone *fault
	for _, suite := range suites {
		for i := range suite.Checks {
			c := &suite.Checks[i]
			if options.Task != "" && c.Task != options.Task {
				continue
			}
			record := newRecord(c, options.Seed)
			if gone != nil {
				record.fail(c, gone, options.Staff)
				emit(record)
				continue
			}
			start := time.Now()
			t := newT(ctx, caller, c, options)
			f, credit := runOne(t, c)
			record.DurationMS = float64(time.Since(start).Microseconds()) / 1000
			if f == nil {
				record.Verdict, record.Fraction = Accepted, credit
				if options.Staff {
					record.Spread = t.spread
				}
			} else {
				record.fail(c, f, options.Staff)
			}
			emit(record)
			if f != nil && f.gone {
				gone = f.repeated()
			}
		}
	}
}

// repeated is the fault as the checks after it see it.
func (f *fault) repeated() *fault {
	return &fault{verdict: f.verdict, gone: true, message: "not run, because an earlier check of the task ended the program: " + f.message}
}

// runOne runs a check and returns its failure, nil if it passed, and the credit.
func runOne(t *T, c *Check) (f *fault, credit float64) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case *fault:
			f = v
		default: // the check's own bug, or the grader's
			f = &fault{verdict: InternalError, message: fmt.Sprintf("%v\n%s", v, debug.Stack())}
		}
	}()
	c.Run(t)
	if t.judged == 0 {
		return &fault{verdict: InternalError, message: "the check compared nothing"}, 0
	}
	return nil, t.credit
}
