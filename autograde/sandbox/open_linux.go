package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// features are what this bubblewrap can do beyond the oldest one that is of use.
type features struct{ disableUserns, size, perms bool }

// installHint is the fix for a machine without bubblewrap.
const installHint = "apt-get install bubblewrap (or your distribution's package of that name)"

// Open returns the best boundary that the machine can give, after trying it out. The error wraps ErrNoBoundary and says
// in one line what to do. Open makes this process the reaper of its orphans (PR_SET_CHILD_SUBREAPER).
func Open() (Sandbox, error) {
	b, err := open()
	if err != nil {
		return nil, err
	}
	return b, nil
}

func open() (*bubblewrap, error) {
	path, err := findBubblewrap()
	if err != nil {
		return nil, fmt.Errorf("%w: bubblewrap is not installed; %s", ErrNoBoundary, installHint)
	}
	help, err := exec.Command(path, "--help").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%w: %s --help: %v", ErrNoBoundary, path, err)
	}
	for _, needed := range []string{"--args", "--json-status-fd", "--seccomp", "--clearenv"} {
		if !bytes.Contains(help, []byte(needed)) {
			return nil, fmt.Errorf("%w: %s is too old (it lacks %s); install bubblewrap 0.5 or newer", ErrNoBoundary, path, needed)
		}
	}
	b := &bubblewrap{path: path, root: os.Geteuid() == 0, features: features{
		disableUserns: bytes.Contains(help, []byte("--disable-userns")),
		size:          bytes.Contains(help, []byte("--size")),
		perms:         bytes.Contains(help, []byte("--perms")),
	}}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("%w: child subreaper: %v", ErrNoBoundary, err)
	}
	b.groups, err = findCgroups("/")
	if err != nil {
		b.noGroups = err.Error()
	} else {
		b.groups.sweep()
	}
	b.stage, b.apart = b.root, !b.root
	err = b.try()
	if err != nil && b.apart { // where only bubblewrap may make user namespaces, or the kernel is older than 5.14
		b.apart = false
		err = b.try()
	}
	if err != nil {
		if b.root && strings.Contains(err.Error(), "operation not permitted") { // a container without mount rights
			b.stage = false
			if b.try() == nil {
				return b, nil
			}
		}
		return nil, fmt.Errorf("%w: %v; %s", ErrNoBoundary, err, usernsFix())
	}
	return b, nil
}

func findBubblewrap() (string, error) {
	if path, err := exec.LookPath("bwrap"); err == nil {
		return filepath.Abs(path)
	}
	for _, path := range []string{"/usr/bin/bwrap", "/usr/local/bin/bwrap"} {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", os.ErrNotExist
}

// try runs the smallest program through the whole machinery.
func (b *bubblewrap) try() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	spec := Spec{Argv: []string{"/usr/bin/true"}}
	spec.Binds, spec.Symlinks = System()
	result, err := Run(ctx, b, spec)
	if err != nil {
		return err
	}
	if result.ExitCode != 0 || result.Cause != Exited {
		return fmt.Errorf("a trial run of /usr/bin/true ended with %+v", result)
	}
	return nil
}

// System returns the binds and links that show the machine's programs and libraries (/usr, and /bin, /lib, ... as this
// machine has them), for programs that are not static: a shell, a compiler, an interpreter. Neither /etc nor /home.
func System() ([]Bind, []Symlink) {
	binds := []Bind{{Source: "/usr", Dest: "/usr"}}
	var links []Symlink
	for _, dir := range []string{"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"} {
		info, err := os.Lstat(dir)
		switch {
		case err != nil:
		case info.Mode()&os.ModeSymlink != 0:
			if target, err := os.Readlink(dir); err == nil {
				links = append(links, Symlink{Target: target, Dest: dir})
			}
		default:
			binds = append(binds, Bind{Source: dir, Dest: dir})
		}
	}
	return binds, links
}

// usernsFix says what forbids unprivileged user namespaces here, as far as the machine tells.
func usernsFix() string {
	for _, setting := range []struct{ file, bad, fix string }{
		{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
		{"/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"},
		{"/proc/sys/user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=10000"},
	} {
		if data, err := os.ReadFile(setting.file); err == nil && strings.TrimSpace(string(data)) == setting.bad {
			return "allow user namespaces, in a container on its host: " + setting.fix
		}
	}
	return "in a container, start it with --security-opt seccomp=unconfined --security-opt systempaths=unconfined (and apparmor=unconfined where that confines containers): docker/README.md says why"
}

// Describe lists what the machine can give, for doctor.
func Describe() []Ability {
	path, err := findBubblewrap()
	if err != nil {
		return []Ability{{Name: "bubblewrap", Required: true, Detail: "not found", Fix: installHint}}
	}
	version, _ := exec.Command(path, "--version").Output()
	abilities := []Ability{{Name: "bubblewrap", OK: true, Required: true, Detail: strings.TrimSpace(string(version)) + ", " + path}}
	b, err := open()
	if err != nil {
		detail := strings.TrimPrefix(err.Error(), ErrNoBoundary.Error()+": ")
		return append(abilities, Ability{Name: "isolation", Required: true, Detail: detail, Fix: usernsFix()})
	}
	abilities = append(abilities, Ability{Name: "isolation", OK: true, Required: true,
		Detail: "user, mount, process, network and IPC namespaces, seccomp: a trial run passed"})
	own := Ability{Name: "own user for each run", OK: b.root, Detail: fmt.Sprintf("users %d to %d", firstUser, lastUser)}
	if !b.root {
		own.Detail, own.Fix = "programs run as your own user, inside their namespaces", "run as root to give each run a user of its own"
	}
	groups := Ability{Name: "cgroups", OK: b.groups != nil}
	if b.groups != nil {
		groups.Detail = fmt.Sprintf("version %d: memory, pids, cpu time", b.groups.version)
	} else {
		groups.Detail = "limits are watched from outside instead: " + b.noGroups
		groups.Fix = "run as root, or in a delegated group: systemd-run --user --scope -p Delegate=yes autograde ..."
	}
	abilities = append(abilities, own, groups)
	disk := Ability{Name: "bounded temporary files", OK: b.features.size, Detail: "tmpfs with a size"}
	if !disk.OK {
		disk.Detail, disk.Fix = "bubblewrap has no --size: /tmp is bounded by the memory limit only", "install bubblewrap 0.7 or newer"
	}
	return append(abilities, disk)
}
