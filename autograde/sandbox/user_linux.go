package sandbox

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Users of runs: above what distributions give to people and services, below 65534, which containers rarely map beyond.
const (
	firstUser = 52000
	lastUser  = 59999
)

// user is a numeric user that one run has for itself, as long as the lock is held.
type user struct {
	id   int
	lock int // descriptor
}

// mapped reports whether all users of runs exist in a user namespace with this map ("inside outside count" lines); in
// a container started by an ordinary user they may not.
func mapped(uidMap string) bool {
	for _, line := range strings.Split(uidMap, "\n") {
		var inside, outside, count int
		if n, _ := fmt.Sscan(line, &inside, &outside, &count); n == 3 && inside <= firstUser && inside+count > lastUser {
			return true
		}
	}
	return false
}

// takeUser picks a free user. The lock is a name in the kernel's abstract socket space: it holds between processes and
// goes away with this one.
func takeUser() (*user, error) {
	if data, err := os.ReadFile("/proc/self/uid_map"); err == nil && !mapped(string(data)) {
		return nil, fmt.Errorf("sandbox: root of this container may not become users %d to %d: run as an ordinary user instead", firstUser, lastUser)
	}
	for range 100 {
		id := firstUser + rand.IntN(lastUser-firstUser+1)
		lock, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
		if unix.Bind(lock, &unix.SockaddrUnix{Name: fmt.Sprintf("@courselab-sandbox-user-%d", id)}) == nil {
			return &user{id: id, lock: lock}, nil
		}
		_ = unix.Close(lock)
	}
	return nil, fmt.Errorf("sandbox: no free user between %d and %d", firstUser, lastUser)
}

func (u *user) release() {
	if u != nil {
		_ = unix.Close(u.lock)
	}
}

// threadsOf counts the threads of a user, as RLIMIT_NPROC does.
func threadsOf(uid int) int {
	count := 0
	dir, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	mine := fmt.Sprintf("Uid:\t%d\t", uid)
	for _, entry := range dir {
		data, err := os.ReadFile("/proc/" + entry.Name() + "/status")
		if err != nil || !strings.Contains(string(data), mine) {
			continue
		}
		n := 1
		if _, rest, ok := strings.Cut(string(data), "Threads:\t"); ok {
			_, _ = fmt.Sscan(rest, &n)
		}
		count += n
	}
	return count
}

// seesAll reports if /proc shows the machine's processes, and not a container's only: then threadsOf knows them all.
func seesAll() bool {
	namespace, err := os.Readlink("/proc/self/ns/pid")
	return err == nil && namespace == "pid:[4026531836]" // PROC_PID_INIT_INO of the kernel
}
