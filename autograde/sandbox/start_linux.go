package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// bubblewrap is the [Sandbox] of this package.
type bubblewrap struct {
	path     string
	features features
	groups   *cgroups // nil: limits are watched through /proc
	noGroups string   // why groups is nil
	root     bool     // runs as root: change the user for each run
	stage    bool     // may mount: show binds through stageDir
	apart    bool     // each run has a user namespace around it, in which RLIMIT_NPROC counts it alone: not what this user runs in other containers, say
}

// Name says what the boundary is.
func (b *bubblewrap) Name() string {
	parts := []string{"bubblewrap"}
	if b.root {
		parts = append(parts, "own user")
	}
	if b.groups != nil {
		parts = append(parts, fmt.Sprintf("cgroup v%d", b.groups.version))
	} else {
		parts = append(parts, "limits by watching")
	}
	return strings.Join(parts, ", ")
}

// Start runs the program, see [Sandbox].
func (b *bubblewrap) Start(ctx context.Context, spec Spec) (Process, error) {
	if err := prepare(&spec, b.root); err != nil {
		return nil, err
	}
	var u *user
	l := &launch{Path: b.path, Apart: b.apart}
	if b.root {
		var err error
		if u, err = takeUser(); err != nil {
			return nil, err
		}
		l.User = u.id
	}
	if b.stage {
		for i := range spec.Binds {
			l.Stage = append(l.Stage, spec.Binds[i].Source)
			spec.Binds[i].Source = stagePath(i)
		}
	}
	p := newProcess(spec, u)
	if err := p.start(ctx, b, l); err != nil {
		p.release()
		return nil, err
	}
	return p, nil
}

// prepare checks a spec and fills its defaults.
func prepare(spec *Spec, otherUser bool) error {
	spec.Limits = spec.Limits.withDefaults()
	if spec.Dir == "" {
		spec.Dir = "/tmp"
	}
	if len(spec.Argv) == 0 || !filepath.IsAbs(spec.Argv[0]) {
		return fmt.Errorf("sandbox: the program %q is no absolute path", spec.Argv)
	}
	texts := append(append([]string{spec.Dir}, spec.Argv...), spec.Env...)
	binds := make([]Bind, len(spec.Binds))
	for i, b := range spec.Binds {
		source, err := filepath.Abs(b.Source)
		if err != nil {
			return fmt.Errorf("sandbox: bind %s: %w", b.Source, err)
		}
		info, err := os.Stat(source)
		if err != nil {
			return fmt.Errorf("sandbox: bind: %w", err)
		}
		if otherUser && info.Mode()&0o004 == 0 {
			return fmt.Errorf("sandbox: bind %s: not readable by others (chmod o+r)", b.Source)
		}
		if dest := filepath.Clean(b.Dest); !filepath.IsAbs(dest) || dest == "/" {
			return fmt.Errorf("sandbox: bind %s at %q: not a place below /", b.Source, b.Dest)
		}
		binds[i] = Bind{Source: source, Dest: filepath.Clean(b.Dest)}
		texts = append(texts, source, b.Dest)
	}
	spec.Binds = binds
	for _, text := range texts {
		if strings.ContainsRune(text, 0) {
			return fmt.Errorf("sandbox: %q holds a NUL", text)
		}
	}
	return nil
}

// rlimits are the second line behind the cgroup, and the first without one. There is none on address space: Go and XLA
// reserve far more than they use. RLIMIT_NPROC counts others beside the run's threads.
func rlimits(l Limits, others int, groups bool) map[int]uint64 {
	limits := map[int]uint64{
		unix.RLIMIT_CORE:     1, // with 0, a machine that pipes cores to a program would run that, outside; see also seccompProgram
		unix.RLIMIT_FSIZE:    uint64(l.FileSize),
		unix.RLIMIT_NOFILE:   uint64(l.OpenFiles),
		unix.RLIMIT_CPU:      uint64(l.CPU/time.Second) + 2, // per process; the sum is watched
		unix.RLIMIT_MSGQUEUE: 0,
	}
	processes := l.Pids
	if groups { // the cgroup must be the one that refuses: it tells, and the verdict can name the reason
		processes += pidsSlack
	}
	limits[unix.RLIMIT_NPROC] = uint64(processes + others)
	if !groups {
		limits[unix.RLIMIT_DATA] = uint64(l.Memory) + dataSlack
	}
	return limits
}

// pidsSlack is how many more processes the limit of the user allows than the cgroup, where there is one.
const pidsSlack = 16

// dataSlack is how much more private writable memory than Limits.Memory one process may map where only watching limits
// what it uses: wide, so that the watcher sees the excess and calls it by its name before an allocation fails.
const dataSlack = 4 << 30

// start runs the launcher. On an error nothing is left running; the caller releases.
func (p *process) start(ctx context.Context, b *bubblewrap, l *launch) error {
	if b.groups != nil {
		g, err := b.groups.create(p.spec.Limits)
		if err != nil {
			return fmt.Errorf("sandbox: cgroup: %w", err)
		}
		p.group = g
		l.Joins = g.joins()
	}
	others := 0
	if !b.root && !b.apart {
		others = threadsOf(os.Getuid())
	}
	l.Limits = rlimits(p.spec.Limits, others, b.groups != nil)
	program, err := seccompProgram(p.spec.Sockets)
	if err != nil {
		return err
	}
	first := 3 + len(p.spec.Files) // descriptors: the program's, status, seccomp, args, launch
	args := bwrapArgs(p.spec, b.features, first, first+1)
	l.Argv = append([]string{"bwrap", "--args", fmt.Sprint(first + 2), "--"}, p.spec.Argv...)
	return p.launch(ctx, l, program, []byte(strings.Join(args, "\x00")+"\x00"))
}

// startDirect runs the launcher without bubblewrap, for [Unsafe].
func (p *process) startDirect(ctx context.Context, l *launch) error {
	l.Limits = rlimits(p.spec.Limits, threadsOf(os.Getuid()), false)
	if !seesAll() { // nobody knows how many there are
		delete(l.Limits, unix.RLIMIT_NPROC)
	}
	return p.launch(ctx, l)
}

// launch starts the launcher: descriptors from 3 are the program's files, the status pipe, the contents (which l.Argv
// may name) and the launcher's own orders.
func (p *process) launch(ctx context.Context, l *launch, contents ...[]byte) error {
	statusRead, statusWrite, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	p.status = statusRead
	defer statusWrite.Close()
	cmd := &exec.Cmd{Path: "/proc/self/exe", Env: []string{"GOMAXPROCS=1"}, Dir: "/"} // one thread starts sooner
	cmd.ExtraFiles = append(cmd.ExtraFiles, p.spec.Files...)
	for i := range p.spec.Files {
		l.Keep = append(l.Keep, 3+i)
	}
	add := func(f *os.File) int {
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
		return 2 + len(cmd.ExtraFiles)
	}
	addContent := func(content []byte) (int, error) {
		f, err := memoryFile(content)
		if err != nil {
			return 0, fmt.Errorf("sandbox: %w", err)
		}
		p.passed = append(p.passed, f)
		return add(f), nil
	}
	defer p.closePassed()
	l.Status = add(statusWrite)
	if !p.direct { // bubblewrap writes there too, and keeps it from the program
		l.Keep = append(l.Keep, l.Status)
	}
	for _, content := range contents {
		fd, err := addContent(content)
		if err != nil {
			return err
		}
		l.Keep = append(l.Keep, fd)
	}
	order, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	fd, err := addContent(order)
	if err != nil {
		return err
	}
	cmd.Args = []string{launcherName, fmt.Sprint(fd)}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if l.Apart {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
	}
	if len(l.Stage) > 0 {
		cmd.SysProcAttr.Unshareflags = syscall.CLONE_NEWNS
	}
	return p.run(ctx, cmd)
}

func (p *process) closePassed() {
	for _, f := range p.passed {
		_ = f.Close()
	}
	p.passed = nil
}

// memoryFile returns a file without a name that holds the content, at its beginning.
func memoryFile(content []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("courselab", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), "memfd")
	if _, err := f.Write(content); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if _, err := f.Seek(0, 0); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
