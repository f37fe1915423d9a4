// Package sandbox runs one untrusted program inside limits and without sight of the machine.
//
// As root: a launcher (this binary, run again) joins fresh cgroups, sets resource limits, closes every descriptor that
// is not meant for the program, becomes a user that nothing else runs as, and then runs bubblewrap, which makes a user,
// mount, process, network and IPC namespace, an empty root with read-only binds, and loads a seccomp filter.
// Dropping the user comes first on purpose: bubblewrap started as root keeps the machine's own capabilities.
//
// As another user: the same without cgroups (unless one is delegated); memory, CPU and processes are then watched from
// outside and bounded by resource limits.
//
// Time, CPU, memory and output are watched while the program runs; whatever exceeds a limit is killed as a whole, and
// Wait returns only when nothing of it is left.
//
// Every program that opens a sandbox must call [Init] first.
//
// Non-goals: hiding that the program is in a sandbox; defending against kernel exploits (add a virtual machine for
// submissions from the open internet); macOS and Windows.
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
// others, since the program runs as another user; folders above it need not be. The program can read the host path of
// Source in /proc/self/mountinfo: it should hold no secret and no name.
type Bind struct{ Source, Dest string }

// Tmpfs is a writable file system in memory; what is in it counts against Limits.Memory.
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
	Pids      int           // processes and threads, at least 16
	Stdout    int64         // bytes through Spec.Stdout, unless that is an *os.File
	Stderr    int64         // bytes through Spec.Stderr, likewise
	FileSize  int64         // bytes of one file
	OpenFiles int
	Disk      int64 // bytes of /tmp
}

// DefaultLimits suit one task of a lab on the pure-Go backend.
func DefaultLimits() Limits {
	return Limits{Wall: 20 * time.Second, CPU: 20 * time.Second, Memory: 512 << 20, Pids: 64, Stdout: 64 << 20,
		Stderr: 64 << 10, FileSize: 64 << 20, OpenFiles: 256, Disk: 32 << 20}
}

// minPids leaves room for the launcher and bubblewrap, which count too.
const minPids = 16

// withDefaults fills the zero fields.
func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	fill := func(field *int64, value int64) {
		if *field <= 0 {
			*field = value
		}
	}
	fill((*int64)(&l.Wall), int64(d.Wall))
	fill((*int64)(&l.CPU), int64(d.CPU))
	fill(&l.Memory, d.Memory)
	fill(&l.Stdout, d.Stdout)
	fill(&l.Stderr, d.Stderr)
	fill(&l.FileSize, d.FileSize)
	fill(&l.Disk, d.Disk)
	if l.Pids <= 0 {
		l.Pids = d.Pids
	}
	l.Pids = max(l.Pids, minPids)
	if l.OpenFiles <= 0 {
		l.OpenFiles = d.OpenFiles
	}
	return l
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
	PeakMemory int64 // bytes
}

// ErrNoBoundary is wrapped by Open when the machine cannot isolate a program.
var ErrNoBoundary = errors.New("no sandbox on this machine")

// Sandbox starts programs behind one kind of boundary. Safe for concurrent use.
type Sandbox interface {
	// Start runs the program; an error means that it never ran, which is never the program's fault.
	Start(ctx context.Context, spec Spec) (Process, error)
	// Name says what the boundary is: "bubblewrap, own user, cgroup v1".
	Name() string
}

// Process is a started program.
type Process interface {
	// Wait waits until nothing of the program is left. An error means that the sandbox failed, not the program.
	Wait() (Result, error)
	// Kill ends all its processes; the Cause will be Cancelled.
	Kill()
}

// Run starts a program and waits for its end.
func Run(ctx context.Context, s Sandbox, spec Spec) (Result, error) {
	p, err := s.Start(ctx, spec)
	if err != nil {
		return Result{}, err
	}
	return p.Wait()
}

// Ability is one thing that the sandbox needs or can use.
type Ability struct {
	Name     string // "bubblewrap"
	OK       bool
	Required bool
	Detail   string // version, path, or what was tried
	Fix      string // what to do, one line; empty when OK
}
