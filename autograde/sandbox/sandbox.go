// Package sandbox runs one untrusted program inside limits and without sight of the machine.
package sandbox

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"
	"time"
)

// Bind shows a file or folder of the host inside the sandbox, read-only. Everything below Source must be readable by
// others: the program runs as another user.
type Bind struct{ Source, Dest string }

// Tmpfs is a writable file system in memory; it counts against Limits.Memory.
type Tmpfs struct {
	Dest string
	Size int64 // bytes
}

// Symlink is made inside the sandbox.
type Symlink struct{ Target, Dest string }

// Limits of one run. Zero fields take the values of [DefaultLimits].
type Limits struct {
	Wall      time.Duration // from Start to the end
	CPU       time.Duration // of all processes together
	Memory    int64         // bytes, all processes, tmpfs included
	Pids      int           // processes and threads
	Stdout    int64         // bytes through Spec.Stdout, unless that is an *os.File
	Stderr    int64         // bytes through Spec.Stderr
	FileSize  int64         // bytes of one file
	OpenFiles int
	Disk      int64 // bytes of /tmp
}

// DefaultLimits suit one task of a lab: 10 s, 512 MiB, 64 pids.
func DefaultLimits() Limits {
	return Limits{Wall: 20 * time.Second, CPU: 20 * time.Second, Memory: 512 << 20, Pids: 64, Stdout: 64 << 20,
		Stderr: 64 << 10, FileSize: 64 << 20, OpenFiles: 256, Disk: 32 << 20}
}

// Spec describes one run. The root is empty but for /proc, /dev, /tmp and what the Spec adds.
type Spec struct {
	Argv     []string // Argv[0] is a path inside the sandbox
	Dir      string   // working directory inside; default /tmp
	Env      []string // the whole environment, "KEY=value"
	Binds    []Bind
	Symlinks []Symlink
	Tmpfs    []Tmpfs
	Stdin    io.Reader  // nil: /dev/null; an *os.File is passed on, anything else is copied through a pipe
	Stdout   io.Writer  // likewise; bytes are counted only when it is not an *os.File
	Stderr   io.Writer  // likewise
	Files    []*os.File // become descriptors 3, 4, ...
	Sockets  bool       // allow sockets (loopback only: there is never a network)
	Limits   Limits
}

// Cause says which limit ended a run.
type Cause string

// The causes.
const (
	Exited    Cause = ""          // by itself: see ExitCode and Signal
	Wall      Cause = "wall"      // time limit
	CPU       Cause = "cpu"       // CPU time limit
	Memory    Cause = "memory"    // memory limit
	Pids      Cause = "pids"      // ended abnormally after it was refused more processes
	Output    Cause = "output"    // too many bytes on stdout or stderr
	Cancelled Cause = "cancelled" // context ended or Kill called
)

// Result of one run.
type Result struct {
	ExitCode   int            // -1 if ended by a signal
	Signal     syscall.Signal // 0 if none
	Cause      Cause
	Wall, CPU  time.Duration
	PeakMemory int64 // bytes, 0 if unknown
}

// ErrNoBoundary is wrapped by Open when the machine cannot isolate a program.
var ErrNoBoundary = errors.New("no sandbox on this machine")

// Sandbox starts programs behind one kind of boundary.
type Sandbox interface {
	// Start runs the program; an error means that it never ran, which is never the program's fault.
	Start(ctx context.Context, spec Spec) (Process, error)
	// Name says what the boundary is, "bubblewrap, own user, cgroup v1".
	Name() string
}

// Process is a started program.
type Process interface {
	// Wait waits until nothing of the program is left. An error means that the sandbox failed, not the program.
	Wait() (Result, error)
	// Kill ends all its processes.
	Kill()
}

// Init must be the first statement of main (and of TestMain) of every program that uses the package: the sandbox runs
// the same binary again as its launcher.
func Init() {}

// Open returns the best boundary that the machine can give. The error, in one line, wraps ErrNoBoundary and says what to do.
func Open() (Sandbox, error) { return nil, ErrNoBoundary }

// Unsafe returns a "sandbox" WITHOUT any boundary: the program runs as the calling user, sees the machine and the
// network, and only limits of time, output and address space apply. Only for an explicit flag of an instructor who trusts every submission.
func Unsafe() Sandbox { return nil }

// Ability is one thing that the sandbox needs or can use.
type Ability struct {
	Name     string // "bubblewrap"
	OK       bool
	Required bool
	Detail   string // version, path, or what was tried
	Fix      string // what to do, one line; empty when OK
}

// Describe lists what the machine can give, for doctor.
func Describe() []Ability { return nil }
