package sandbox

import (
	"encoding/binary"
	"fmt"
	"syscall"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// denied are the system calls that a program to be graded has no use for and that reach deep into the kernel or into
// other processes. Namespaces and dropped capabilities refuse most of them already; this is the second line.
var denied = []string{
	"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp",
	"mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
	"unshare", "setns", "open_by_handle_at", "name_to_handle_at", "quotactl", "swapon", "swapoff", "acct", "nfsservctl",
	"bpf", "perf_event_open", "userfaultfd", "fanotify_init", "lookup_dcookie",
	"io_uring_setup", "io_uring_enter", "io_uring_register",
	"keyctl", "add_key", "request_key",
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "syslog",
	"settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname",
	"ioperm", "iopl", "modify_ldt", "vhangup", "personality", "mbind", "set_mempolicy", "migrate_pages", "move_pages",
	"memfd_create", "memfd_secret", "shmget", "shmat", "shmctl", "msgget", "msgsnd", "semget", "mq_open", // memory that no process shows
	"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self",
}

// deniedSockets closes even the empty network namespace, for programs that need no sockets.
var deniedSockets = []string{"socket", "socketpair", "connect", "bind", "listen", "accept", "accept4"}

const namespaceFlags = unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET |
	unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWTIME

// seccompProgram returns the filter as bubblewrap reads it: an array of struct sock_filter.
func seccompProgram(sockets bool) ([]byte, error) {
	info, err := arch.GetInfo("")
	if err != nil {
		return nil, fmt.Errorf("seccomp: %w", err)
	}
	names := denied
	if !sockets {
		names = append(names[:len(names):len(names)], deniedSockets...)
	}
	known := []string{}
	for _, name := range names {
		if _, ok := info.SyscallNames[name]; ok {
			known = append(known, name)
		}
	}
	policy := seccomp.Policy{DefaultAction: seccomp.ActionAllow, Syscalls: []seccomp.SyscallGroup{
		{Names: known, Action: seccomp.ActionErrno | seccomp.Action(syscall.EPERM)},
		{Action: seccomp.ActionErrno | seccomp.Action(syscall.EPERM), NamesWithCondtions: []seccomp.NameWithConditions{
			{Name: "clone", Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.BitsSet, Value: namespaceFlags}}},
			{Name: "ioctl", Conditions: seccomp.ArgumentConditions{{Argument: 1, Operation: seccomp.Equal, Value: unix.TIOCSTI}}},
			{Name: "ioctl", Conditions: seccomp.ArgumentConditions{{Argument: 1, Operation: seccomp.Equal, Value: unix.TIOCLINUX}}},
			{Name: "setrlimit", Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.Equal, Value: unix.RLIMIT_CORE}}},
			{Name: "prlimit64", Conditions: seccomp.ArgumentConditions{{Argument: 1, Operation: seccomp.Equal, Value: unix.RLIMIT_CORE}}},
		}},
		// clone3 hides its flags in memory: callers fall back to clone.
		{Names: []string{"clone3"}, Action: seccomp.ActionErrno | seccomp.Action(syscall.ENOSYS)},
	}}
	instructions, err := policy.Assemble()
	if err != nil {
		return nil, fmt.Errorf("seccomp: %w", err)
	}
	// The library lets system calls of another architecture (int 0x80 on amd64) fall through to the default, allow:
	// kill them first.
	var out []byte
	emit := func(op uint16, jt, jf uint8, k uint32) {
		out = binary.NativeEndian.AppendUint16(out, op)
		out = append(out, jt, jf)
		out = binary.NativeEndian.AppendUint32(out, k)
	}
	emit(unix.BPF_LD|unix.BPF_W|unix.BPF_ABS, 0, 0, 4) // seccomp_data.arch
	emit(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, 1, 0, uint32(info.ID))
	emit(unix.BPF_RET|unix.BPF_K, 0, 0, uint32(unix.SECCOMP_RET_KILL_PROCESS))
	for _, instruction := range instructions {
		raw, err := instruction.Assemble()
		if err != nil {
			return nil, fmt.Errorf("seccomp: %w", err)
		}
		emit(raw.Op, raw.Jt, raw.Jf, raw.K)
	}
	return out, nil
}
