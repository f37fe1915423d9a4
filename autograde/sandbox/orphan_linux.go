package sandbox

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A killed bubblewrap leaves the first process of its namespace behind, which becomes a child of this process (see
// Open). It should die with its parent, but has a moment after its birth in which it does not know that yet. So orphans
// are looked for, killed and reaped: with the first process of a namespace the kernel ends all others.

var (
	trackedMu sync.Mutex
	tracked   = map[int]bool{} // bubblewraps that their exec.Cmd reaps
)

func startTracked(cmd *exec.Cmd) error {
	trackedMu.Lock()
	defer trackedMu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	tracked[cmd.Process.Pid] = true
	return nil
}

func waitTracked(cmd *exec.Cmd) error {
	err := cmd.Wait()
	trackedMu.Lock()
	defer trackedMu.Unlock()
	delete(tracked, cmd.Process.Pid)
	return err
}

// isOrphan reports whether the process is a child of ours in a process namespace below ours that no exec.Cmd waits for.
func isOrphan(s procStat) bool {
	return s.parent == os.Getpid() && namespaceDepth(s.pid) > ownDepth() && !tracked[s.pid]
}

var ownDepth = sync.OnceValue(func() int { return namespaceDepth(os.Getpid()) })

// namespaceDepth counts the process namespaces that a process is in; 0 if it is gone.
func namespaceDepth(pid int) int {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(data), "NSpid:")
	line, _, _ := strings.Cut(rest, "\n")
	return len(strings.Fields(line))
}

// reapChild reaps the first process of a namespace after its bubblewrap has ended by itself. The number may belong to
// somebody else by now, hence the check.
func reapChild(pid int) {
	s, ok := readStat(pid)
	if !ok {
		return
	}
	trackedMu.Lock()
	defer trackedMu.Unlock()
	if isOrphan(s) {
		end(pid)
	}
}

// reapOrphans ends all orphans of this process, of whichever run.
func reapOrphans() {
	trackedMu.Lock()
	defer trackedMu.Unlock()
	for _, s := range allStats() {
		if isOrphan(s) {
			end(s.pid)
		}
	}
}

// end kills and reaps a child. Killed processes may need a moment, above all to give back their memory.
func end(pid int) {
	_ = unix.Kill(pid, unix.SIGKILL)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		got, err := unix.Wait4(pid, nil, unix.WNOHANG, nil)
		if err != unix.EINTR && (err != nil || got == pid) {
			return
		}
	}
}
