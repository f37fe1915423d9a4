package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Unsafe returns a "sandbox" WITHOUT ANY BOUNDARY: the program runs as the calling user, sees the machine, its files
// and its network, and can do to them what the user can. Only limits of time, output and memory apply, from outside.
// It exists for an explicit flag of an instructor who trusts every submission, on a machine where [Open] fails.
//
// Paths inside the sandbox that appear at the beginning of arguments, values of the environment (each part between
// colons) and the working directory are replaced by the host paths of the binds; each Tmpfs, and /tmp, becomes a
// temporary folder. Symlinks are left out.
func Unsafe() Sandbox { return unsafeSandbox{} }

type unsafeSandbox struct{}

// Name warns.
func (unsafeSandbox) Name() string { return "UNSAFE: no boundary at all" }

// Start runs the program, see [Sandbox].
func (unsafeSandbox) Start(ctx context.Context, spec Spec) (Process, error) {
	if err := prepare(&spec, false); err != nil {
		return nil, err
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("sandbox: child subreaper: %w", err)
	}
	scratch, err := os.MkdirTemp("", "courselab-unsafe-")
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	places := map[string]string{}
	for i, t := range append([]Tmpfs{{Dest: "/tmp"}}, spec.Tmpfs...) {
		dir := filepath.Join(scratch, fmt.Sprint(i))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, errors.Join(fmt.Errorf("sandbox: %w", err), os.RemoveAll(scratch))
		}
		places[filepath.Clean(t.Dest)] = dir
	}
	for _, b := range spec.Binds {
		places[b.Dest] = b.Source
	}
	translate := translator(places)
	l := &launch{Path: translate(spec.Argv[0]), Dir: translate(spec.Dir)}
	for _, arg := range spec.Argv {
		l.Argv = append(l.Argv, translate(arg))
	}
	for _, variable := range spec.Env {
		name, value, _ := strings.Cut(variable, "=")
		parts := strings.Split(value, ":")
		for i := range parts {
			parts[i] = translate(parts[i])
		}
		l.Env = append(l.Env, name+"="+strings.Join(parts, ":"))
	}
	p := newProcess(spec, nil)
	p.direct, p.scratch = true, scratch
	if err := p.startDirect(ctx, l); err != nil {
		p.release()
		return nil, err
	}
	return p, nil
}

// translator replaces the longest inside path that a text begins with.
func translator(places map[string]string) func(string) string {
	inside := make([]string, 0, len(places))
	for dest := range places {
		inside = append(inside, dest)
	}
	sort.Slice(inside, func(i, j int) bool { return len(inside[i]) > len(inside[j]) })
	return func(text string) string {
		for _, dest := range inside {
			if rest, ok := strings.CutPrefix(text, dest); ok && (rest == "" || rest[0] == '/') {
				return places[dest] + rest
			}
		}
		return text
	}
}

// killTree ends a program that has no namespace to die with: its group, and what has left the group but not the tree.
// The tree is read first: the children of a dead process belong to somebody else.
func (t *tree) killTree() {
	for _, s := range t.members() {
		_ = syscall.Kill(s.pid, syscall.SIGKILL)
		t.killed = append(t.killed, s.pid)
	}
	_ = syscall.Kill(-t.root, syscall.SIGKILL)
}

// clearDirect kills and reaps the orphans of a direct run: they are children of this process, in the session that the
// launcher opened. One that opened a session of its own after its parent's death gets away: there is no boundary.
func (p *process) clearDirect() error {
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		left := 0
		for _, s := range allStats() {
			session, err := unix.Getsid(s.pid)
			if err != nil || (session != p.tree.root && !(s.parent == os.Getpid() && slices.Contains(p.tree.killed, s.pid))) {
				continue
			}
			left++
			_ = syscall.Kill(s.pid, syscall.SIGKILL)
			_, _ = unix.Wait4(s.pid, nil, unix.WNOHANG, nil)
		}
		if left == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("sandbox: %d processes would not end", left)
		}
	}
}
