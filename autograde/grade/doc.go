// Package grade grades submissions: intake, rules and build, then for each task one sandboxed worker and one checks
// process, wired to each other by two pipes.
//
//	orchestrator (this package)
//	   │ starts, bounds, kills, reads verdicts
//	   ├── checks  trusted; public and hidden suites of the lab; draws inputs from the recorded seed
//	   │     │ ▲   frames over pipes
//	   │     ▼ │
//	   └── worker  untrusted; the student's package, in the sandbox, in an empty root
//
// What the orchestrator believes: the verdicts of the checks process, provided that they are complete, and the sandbox
// about what ended the worker. It never reads an answer, and nothing that a worker writes can become a verdict.
//
// One submission never touches another: each has its own processes, folders and seed, panics are caught, and what the
// grader itself gets wrong is an Internal Error of that submission. Results reach the disk as each one finishes, whole; a
// killed run goes on where it was.
package grade

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"courselab/autograde/build"
	"courselab/autograde/intake"
	"courselab/autograde/lab"
	"courselab/autograde/result"
	"courselab/autograde/sandbox"
)

// Init must be called first in main and TestMain of every program that grades: sandboxed steps run the same program again.
func Init() {
	sandbox.Init()
	build.Init()
}

// Options of an engine.
type Options struct {
	Sandbox sandbox.Sandbox
	Unboxed bool          // Sandbox is no boundary
	Hidden  bool          // run the hidden checks too
	State   string        // folder for compiled packages and checks, shared between runs
	Limits  intake.Limits // of a submission; zero: the defaults
}

// Engine grades submissions of one lab. Safe for concurrent use.
type Engine struct {
	Lab      *lab.Lab
	Contract *lab.Contract
	Checks   *build.Checks
	builder  *build.Builder
	options  Options
	scratch  *scratch
	basis    result.Basis
}

// New prepares an engine: it compiles the lab's checks and what workers link. The contract is the lab's own, or that of
// the manifest of a released lab. Close must be called.
func New(ctx context.Context, l *lab.Lab, contract *lab.Contract, options Options) (*Engine, error) {
	if options.Limits == (intake.Limits{}) {
		options.Limits = intake.DefaultLimits()
	}
	builder, err := build.New(ctx, l, contract, options.Sandbox, options.State)
	if err != nil {
		return nil, err
	}
	checks, err := build.PrepareChecks(ctx, builder.Toolchain, l, options.Hidden, options.State)
	if err != nil {
		return nil, err
	}
	e := &Engine{Lab: l, Contract: contract, Checks: checks, builder: builder, options: options}
	if e.basis, err = basis(l, contract, checks, builder, options); err != nil {
		return nil, err
	}
	if e.scratch, err = newScratch(os.TempDir()); err != nil {
		return nil, err
	}
	return e, nil
}

// Close removes what the engine keeps on disk for itself.
func (e *Engine) Close() error { return e.scratch.close() }

// Toolchain is the version of Go that submissions are built with.
func (e *Engine) Toolchain() string { return e.builder.Toolchain.Version }

// basis says what a verdict depends on besides submission and seed.
func basis(l *lab.Lab, contract *lab.Contract, checks *build.Checks, builder *build.Builder, options Options) (result.Basis, error) {
	spec := l.Spec
	spec.Limits = lab.Limits{} // a part of their own
	text, err := json.Marshal([]any{spec, contract})
	if err != nil {
		return result.Basis{}, err
	}
	sum := sha256.Sum256(text)
	mode := "public checks"
	if options.Hidden {
		mode = "all checks"
	}
	if options.Unboxed {
		mode += ", without a sandbox"
	}
	return result.Basis{Checks: checks.Hash, Lab: hex.EncodeToString(sum[:]), Toolchain: builder.Toolchain.Version, Kit: builder.Kit.Hash, Mode: mode,
		Limits: fmt.Sprintf("%v, %v of processor time, %v of memory, %v of output, %d processes; files: %+v",
			l.Limits.Wall, l.Limits.CPU, l.Limits.Memory, l.Limits.Output, l.Limits.Pids, options.Limits)}, nil
}

// Key identifies the grading of a submission: the same key, the same work.
func (e *Engine) Key(hash string) string { return e.basis.Key(hash) }

// Seed draws a seed. It has 53 bits, so that every program can read it from JSON.
func Seed() uint64 {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err) // crypto/rand never fails on the systems that Go supports
	}
	return binary.BigEndian.Uint64(b[:]) >> 11
}

// State is the usual folder for what is compiled once: .lab/autograde in the repository, or below the user's cache folder
// where the repository cannot be written, or everybody may write there.
func State(l *lab.Lab) string {
	state := filepath.Join(l.Root, ".lab", "autograde")
	if build.Private(state) == nil {
		if probe, err := os.CreateTemp(state, "probe-"); err == nil {
			_ = probe.Close()
			_ = os.Remove(probe.Name()) // nothing is in it
			return state
		}
	}
	if cache, err := os.UserCacheDir(); err == nil {
		return filepath.Join(cache, "courselab", "autograde")
	}
	return state // and the error that this gives: a name in the temporary folder could be somebody else's
}
