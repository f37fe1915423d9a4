package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// launcherName is argv[0] of the launcher; nothing else of a program's start tells it apart.
const launcherName = "courselab-sandbox-launcher"

// launch is what the parent tells the launcher, as JSON on a descriptor.
type launch struct {
	Joins  []string // cgroup.procs files
	Stage  []string // host paths to show, in order, as stagePath(i)
	Limits map[int]uint64
	User   int   // become this uid and gid; 0: stay
	Keep   []int // descriptors of 3 and above that the program or bubblewrap gets
	Status int   // descriptor for a launchError
	Path   string
	Argv   []string
	Env    []string
	Dir    string
	Apart  bool `json:"-"` // the launcher gets a user namespace
}

// launchError is what the launcher writes on the status descriptor when it cannot start the program.
type launchError struct {
	Error string `json:"launch-error,omitempty"`
}

// stageDir hides the host's /tmp in the launcher's own mount namespace, where everything to be shown is bound: behind
// folders that the new user may not enter, such as /root, nothing could be found.
const stageDir = "/tmp"

func stagePath(i int) string { return filepath.Join(stageDir, strconv.Itoa(i)) }

// Init must be the first statement of main, and of TestMain, of every program that opens a sandbox: the sandbox runs
// the same binary again as its launcher, and Init is where that begins. In an ordinary process it does nothing.
func Init() {
	if len(os.Args) != 2 || os.Args[0] != launcherName {
		return
	}
	runtime.LockOSThread()
	fd, err := strconv.Atoi(os.Args[1])
	if err != nil {
		os.Exit(125)
	}
	var l launch
	data, err := io.ReadAll(os.NewFile(uintptr(fd), "launch"))
	if err == nil {
		err = json.Unmarshal(data, &l)
	}
	if err == nil {
		err = l.run()
	}
	_ = json.NewEncoder(os.NewFile(uintptr(l.Status), "status")).Encode(launchError{err.Error()})
	os.Exit(125)
}

// run turns the launcher into the program; it returns only with an error. The order matters: groups first, so that
// everything counts; the user last, because the steps before need root.
func (l *launch) run() error {
	if err := l.stage(); err != nil {
		return err
	}
	for _, file := range l.Joins {
		if err := os.WriteFile(file, []byte("0"), 0); err != nil {
			return fmt.Errorf("join cgroup: %w", err)
		}
	}
	// The first to go when the machine itself runs out of memory. Not allowed in some containers, and no harm then.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	for resource, value := range l.Limits {
		limit := unix.Rlimit{Cur: value, Max: value}
		var old unix.Rlimit
		if err := unix.Prlimit(0, resource, nil, &old); err != nil {
			return fmt.Errorf("resource limit %d: %w", resource, err)
		}
		limit.Cur, limit.Max = min(limit.Cur, old.Max), min(limit.Max, old.Max)
		if resource == unix.RLIMIT_NOFILE { // through syscall, or its Exec restores the old one
			if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: limit.Cur, Max: limit.Max}); err != nil {
				return fmt.Errorf("resource limit %d: %w", resource, err)
			}
			continue
		}
		if err := unix.Prlimit(0, resource, &limit, nil); err != nil {
			return fmt.Errorf("resource limit %d: %w", resource, err)
		}
	}
	if err := l.closeOthers(); err != nil {
		return err
	}
	if err := l.becomeUser(); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	if l.Dir != "" {
		if err := os.Chdir(l.Dir); err != nil {
			return err
		}
	}
	return fmt.Errorf("run %s: %w", l.Path, syscall.Exec(l.Path, l.Argv, l.Env))
}

// stage binds what the program may see below stageDir, in this process's own mount namespace.
func (l *launch) stage() error {
	if len(l.Stage) == 0 {
		return nil
	}
	trees := make([]int, len(l.Stage))
	for i, source := range l.Stage {
		fd, err := unix.OpenTree(unix.AT_FDCWD, source, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
		if err != nil {
			return fmt.Errorf("bind %s: %w", source, err)
		}
		trees[i] = fd
	}
	if err := unix.Mount("none", stageDir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755,size=1m"); err != nil {
		return fmt.Errorf("mount %s: %w", stageDir, err)
	}
	for i, fd := range trees {
		var stat unix.Stat_t
		if err := unix.Fstat(fd, &stat); err != nil {
			return fmt.Errorf("bind %s: %w", l.Stage[i], err)
		}
		target := stagePath(i)
		var err error
		if stat.Mode&unix.S_IFMT == unix.S_IFDIR {
			err = os.Mkdir(target, 0o755)
		} else {
			err = os.WriteFile(target, nil, 0o644)
		}
		if err == nil {
			err = unix.MoveMount(fd, "", unix.AT_FDCWD, target, unix.MOVE_MOUNT_F_EMPTY_PATH)
		}
		if err != nil {
			return fmt.Errorf("bind %s: %w", l.Stage[i], err)
		}
		_ = unix.Close(fd)
	}
	return nil
}

// closeOthers marks every descriptor that is not meant to be inherited close-on-exec.
func (l *launch) closeOthers() error {
	if err := unix.CloseRange(3, ^uint(0)>>1, unix.CLOSE_RANGE_CLOEXEC); err != nil { // before Linux 5.11
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			return fmt.Errorf("close descriptors: %w", err)
		}
		for _, entry := range entries {
			if fd, err := strconv.Atoi(entry.Name()); err == nil && fd > 2 {
				unix.CloseOnExec(fd)
			}
		}
	}
	for _, fd := range l.Keep {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, 0); err != nil {
			return fmt.Errorf("keep descriptor %d: %w", fd, err)
		}
	}
	return nil
}

// becomeUser gives up root. Pipes are handed over first, so that the program may open /dev/stdout.
func (l *launch) becomeUser() error {
	if l.User == 0 {
		return nil
	}
	for fd := range 3 {
		var stat unix.Stat_t
		if unix.Fstat(fd, &stat) == nil && stat.Mode&unix.S_IFMT == unix.S_IFIFO {
			_ = unix.Fchown(fd, l.User, l.User)
		}
	}
	// Raw calls change this thread only, without the signals to all others that Go's own take: Init has locked the
	// thread, and the exec that follows goes on with it alone.
	id := uintptr(l.User)
	if _, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, 0, 0, 0); errno != 0 {
		return fmt.Errorf("drop groups: %w", errno)
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESGID, id, id, id); errno != 0 {
		return fmt.Errorf("become group %d: %w", l.User, errno)
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, id, id, id); errno != 0 {
		return fmt.Errorf("become user %d: %w", l.User, errno)
	}
	return nil
}

// bwrapArgs is the command line of bubblewrap for a spec; sources holds the path to each bind.
func bwrapArgs(spec Spec, features features, status, seccomp int) []string {
	args := []string{"--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv",
		"--hostname", "sandbox", "--uid", "1000", "--gid", "1000", "--json-status-fd", strconv.Itoa(status), "--seccomp", strconv.Itoa(seccomp)}
	if features.disableUserns {
		args = append(args, "--disable-userns")
	}
	tmpfs := func(dest string, size int64, perms string) {
		if features.perms {
			args = append(args, "--perms", perms)
		}
		if features.size {
			args = append(args, "--size", strconv.FormatInt(size, 10))
		}
		args = append(args, "--tmpfs", dest)
	}
	args = append(args, "--proc", "/proc", "--dev", "/dev")
	tmpfs("/dev/shm", spec.Limits.Disk, "1777")
	tmpfs("/tmp", spec.Limits.Disk, "1777")
	for _, t := range spec.Tmpfs {
		tmpfs(t.Dest, t.Size, "1777")
	}
	for _, b := range spec.Binds {
		args = append(args, "--ro-bind", b.Source, b.Dest)
	}
	for _, s := range spec.Symlinks {
		args = append(args, "--symlink", s.Target, s.Dest)
	}
	args = append(args, "--remount-ro", "/dev", "--remount-ro", "/")
	for _, variable := range spec.Env {
		name, value, _ := strings.Cut(variable, "=")
		args = append(args, "--setenv", name, value)
	}
	return append(args, "--chdir", spec.Dir)
}
