package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// attackVariable names the attack that this test binary plays inside the sandbox.
const attackVariable = "COURSELAB_ATTACK"

// attacks are what hostile programs do. Each prints what it achieved; "LEAK" or "ESCAPE" begins what must never appear.
var attacks = map[string]func(){
	"hello":    func() { fmt.Println("hello", strings.Join(os.Args[1:], " "), os.Getenv("GREETING"), os.Getuid()) },
	"exit7":    func() { os.Exit(7) },
	"exitxcpu": func() { os.Exit(128 + int(syscall.SIGXCPU)) },
	"core":     dumpCore,
	"signal":   func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); time.Sleep(time.Minute) },
	"loop": func() {
		for {
		}
	},
	"sleep": func() { time.Sleep(time.Hour) },
	"stop": func() {
		signal.Ignore(syscall.SIGTERM, syscall.SIGXCPU)
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	},
	"manyloops":  manyLoops,
	"forkbomb":   forkBomb,
	"threadbomb": threadBomb,
	"memory":     hogMemory,
	"shm":        func() { fill("/dev/shm"); fill("/tmp"); holdMemory(1 << 30) },
	"disk":       func() { fmt.Println("wrote", fill("/tmp")>>20, "MiB") },
	"stdout":     func() { flood(os.Stdout) },
	"stderr":     func() { flood(os.Stderr) },
	"hostfiles":  readHostFiles,
	"write":      writeEverywhere,
	"inherited":  listDescriptors,
	"network":    useNetwork,
	"killall":    killAll,
	"ptrace":     attachToOthers,
	"namespaces": makeNamespaces,
	"int80":      otherArchitecture,
	"daemon":     surviveAsDaemon,
	"daemonwait": func() { surviveAsDaemon(); time.Sleep(time.Hour) },
	"environ":    lookAround,
	"stdin":      func() { data := make([]byte, 100); n, _ := os.Stdin.Read(data); fmt.Printf("read %q\n", data[:n]) },
	"reopen":     func() { err := os.WriteFile("/dev/stdout", []byte("reopened\n"), 0); report("reopen /dev/stdout", err) },
	"symlink":    func() { target, _ := os.Readlink("/link"); fmt.Println(target) },
	"grader":     playGrader,
	"descriptor": func() { _, err := os.NewFile(3, "three").Write([]byte("through three")); report("descriptor 3", err) },
}

func report(what string, err error) {
	if err != nil {
		fmt.Println("refused:", what, err)
		return
	}
	fmt.Println("ESCAPE:", what)
}

func manyLoops() {
	for range 4 {
		cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
		cmd.Env = append(os.Environ(), attackVariable+"=loop")
		_ = cmd.Start()
	}
	time.Sleep(time.Hour)
}

// dumpCore tries to have its memory dumped, perhaps to a program of the host.
func dumpCore() {
	limits, _ := os.ReadFile("/proc/self/limits")
	for _, line := range strings.Split(string(limits), "\n") {
		if strings.HasPrefix(line, "Max core file size") {
			fmt.Println("core", strings.Fields(line)[4:6])
		}
	}
	for _, pid := range []int{0, 1} {
		report(fmt.Sprint("core limit of ", pid), unix.Prlimit(pid, unix.RLIMIT_CORE, &unix.Rlimit{}, nil))
	}
	_, _, errno := syscall.RawSyscall(syscall.SYS_SETRLIMIT, unix.RLIMIT_CORE, uintptr(unsafe.Pointer(&syscall.Rlimit{})), 0)
	fmt.Println("setrlimit", errno)
	debug.SetTraceback("crash")
	panic("core")
}

func forkBomb() {
	refused := false
	for {
		cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
		if err := cmd.Start(); err != nil && !refused {
			refused = true
			fmt.Println("refused:", err)
		}
	}
}

func threadBomb() {
	for {
		go func() { runtime.LockOSThread(); select {} }()
		time.Sleep(100 * time.Microsecond)
	}
}

func holdMemory(bytes int) {
	data := make([]byte, bytes)
	for i := 0; i < len(data); i += 4096 {
		data[i] = 1
	}
	runtime.KeepAlive(data)
}

func hogMemory() {
	var hoard [][]byte
	for {
		data := make([]byte, 8<<20)
		for i := 0; i < len(data); i += 4096 {
			data[i] = 1
		}
		hoard = append(hoard, data)
		time.Sleep(time.Millisecond)
	}
}

// fill writes files into a folder until it is full and returns the bytes.
func fill(dir string) int {
	total, chunk := 0, make([]byte, 1<<20)
	for i := 0; ; i++ {
		f, err := os.Create(filepath.Join(dir, strconv.Itoa(i)))
		if err != nil {
			return total
		}
		for range 16 {
			n, err := f.Write(chunk)
			total += n
			if err != nil {
				_ = f.Close()
				return total
			}
		}
		_ = f.Close()
	}
}

func flood(f *os.File) {
	chunk := []byte(strings.Repeat("x", 1<<16))
	for {
		if _, err := f.Write(chunk); err != nil {
			return
		}
	}
}

func readHostFiles() {
	paths := append([]string{"/etc/passwd", "/etc/shadow", "/etc/hostname", "/root", "/home", "/var", "/sys", "/run", "/srv",
		"/proc/1/root/etc/passwd", "/proc/self/root/root", "/proc/1/cwd/../etc/passwd", "/proc/kcore", "/proc/kmsg", "/dev/mem", "/dev/vda",
		"/newroot", "/oldroot", "/tmp/0", "/proc/1/environ"}, os.Args[1:]...)
	for _, path := range paths {
		f, err := os.Open(path)
		if err == nil {
			data := make([]byte, 64)
			n, readErr := f.Read(data)
			names, _ := f.Readdirnames(-1)
			if n > 0 || len(names) > 0 || (readErr == nil && n > 0) {
				fmt.Printf("LEAK: %s: %q %v\n", path, data[:n], names)
			}
			continue
		}
		fmt.Println("refused:", err)
	}
}

func writeEverywhere() {
	for _, path := range []string{"/x", "/usr/x", "/t/x", "/dev/x", "/bin/x", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger",
		"/proc/sys/kernel/hostname", "/proc/1/oom_score_adj"} {
		err := os.WriteFile(path, []byte("x"), 0o644)
		report("write "+path, err)
	}
	report("overwrite own program", os.WriteFile(os.Args[0], nil, 0o755))
	report("chmod program", os.Chmod(os.Args[0], 0o777))
	report("setuid", syscall.Setuid(0))
	report("mknod", unix.Mknod("/tmp/null", unix.S_IFCHR|0o666, int(unix.Mkdev(8, 0))))
	report("chroot", syscall.Chroot("/tmp"))
	report("raise limit", syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 40, Max: 1 << 40}))
}

func listDescriptors() {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, entry := range entries {
		target, err := os.Readlink("/proc/self/fd/" + entry.Name())
		if err == nil && !strings.HasPrefix(target, "/proc/") && !strings.Contains(target, "eventpoll") {
			fmt.Println("fd", entry.Name(), target)
		}
	}
}

func useNetwork() {
	for _, address := range append([]string{"1.1.1.1:53", "127.0.0.1:22"}, os.Args[1:]...) {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		report("dial "+address, err)
		if err == nil {
			_ = conn.Close()
		}
	}
	_, err := net.Dial("unix", "@courselab-test-socket")
	report("abstract socket of the host", err)
	interfaces, err := net.Interfaces()
	for _, i := range interfaces {
		if i.Name != "lo" {
			fmt.Println("LEAK: interface", i.Name)
		}
	}
	fmt.Println("interfaces", len(interfaces), err)
	_, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW, 0)
	report("netlink", err)
	_, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	report("socketpair", err)
}

func killAll() {
	fmt.Println("kill(-1):", syscall.Kill(-1, syscall.SIGKILL))
	_ = syscall.Kill(1, syscall.SIGKILL)
	for pid := 2; pid < 40000; pid++ {
		if pid != os.Getpid() {
			if err := syscall.Kill(pid, syscall.SIGKILL); err == nil {
				fmt.Println("ESCAPE: killed", pid)
			}
		}
	}
	fmt.Println("still here")
}

func attachToOthers() {
	for _, pid := range []int{1, os.Getppid()} {
		report(fmt.Sprintf("ptrace %d", pid), unix.PtraceAttach(pid))
		_, err := unix.ProcessVMReadv(pid, []unix.Iovec{{Base: new(byte), Len: 1}}, []unix.RemoteIovec{{Base: 1, Len: 1}}, 0)
		report(fmt.Sprintf("process_vm_readv %d", pid), err)
	}
	// Same user, same namespaces: bubblewrap's first process may be touched, it has no more rights than we.
	if f, err := os.OpenFile("/proc/1/mem", os.O_RDWR, 0); err == nil {
		_, err = f.WriteAt(make([]byte, 4096), 0x400000)
		fmt.Println("write /proc/1/mem:", err)
	}
	for _, kind := range []string{"mnt", "user", "pid", "net"} {
		fd, err := os.Open("/proc/1/ns/" + kind)
		if err == nil {
			err = unix.Setns(int(fd.Fd()), 0)
		}
		report("setns "+kind, err)
	}
}

func makeNamespaces() {
	runtime.LockOSThread()
	for name, flag := range map[string]int{"user": unix.CLONE_NEWUSER, "mount": unix.CLONE_NEWNS, "net": unix.CLONE_NEWNET, "pid": unix.CLONE_NEWPID} {
		report("unshare "+name, unix.Unshare(flag))
		cmd := exec.Command("/proc/self/exe")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: uintptr(flag)}
		report("clone "+name, cmd.Start())
	}
	report("mount", unix.Mount("none", "/tmp", "tmpfs", 0, ""))
	report("umount", unix.Unmount("/tmp", unix.MNT_DETACH))
	report("pivot_root", unix.PivotRoot("/tmp", "/tmp"))
	_, _, errno := unix.Syscall(unix.SYS_BPF, 0, 0, 0)
	report("bpf", errnoOrNil(errno))
	_, _, errno = unix.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(new([256]byte))), 0)
	report("io_uring", errnoOrNil(errno))
	_, err := unix.MemfdCreate("hoard", 0)
	report("memfd_create", err)
	_, err = unix.SysvShmGet(unix.IPC_PRIVATE, 1<<20, 0o600)
	report("shmget", err)
	_, _, errno = unix.Syscall(unix.SYS_CLONE3, 0, 0, 0)
	fmt.Println("clone3:", errno)
}

func errnoOrNil(errno syscall.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}

// otherArchitecture calls getpid of 32-bit x86 (int 0x80), which a filter for amd64 numbers would read as something else.
func otherArchitecture() {
	if runtime.GOARCH != "amd64" {
		_ = syscall.Kill(os.Getpid(), syscall.SIGSYS)
	}
	code, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		fmt.Println(err)
		return
	}
	copy(code, []byte{0xb8, 0x14, 0, 0, 0, 0xcd, 0x80, 0xc3}) // mov eax, 20; int 0x80; ret
	entry := uintptr(unsafe.Pointer(&code[0]))
	pointer := &entry
	run := *(*func())(unsafe.Pointer(&pointer))
	run()
	fmt.Println("ESCAPE: int 0x80 went through")
}

// surviveAsDaemon leaves a child in a session of its own, with all streams closed.
func surviveAsDaemon() {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), attackVariable+"=sleep")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("left", cmd.Process.Pid)
}

func lookAround() {
	for _, variable := range os.Environ() {
		fmt.Println("env", variable)
	}
	for _, file := range []string{"/proc/1/cmdline", "/proc/1/environ", "/proc/self/mountinfo", "/proc/self/cgroup"} {
		data, err := os.ReadFile(file)
		fmt.Printf("%s %v\n%s\n", file, err, strings.ReplaceAll(string(data), "\x00", " "))
	}
	processes, _ := filepath.Glob("/proc/[0-9]*")
	fmt.Println("processes", len(processes))
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		if strings.HasPrefix(line, "Cap") || strings.HasPrefix(line, "Seccomp:") || strings.HasPrefix(line, "NoNewPrivs:") || strings.HasPrefix(line, "Groups:") {
			fmt.Println(line)
		}
	}
}

// playGrader is no attack: it sandboxes a daemon and waits, until somebody kills it.
func playGrader() {
	s, err := Open()
	if err == nil {
		spec := Spec{Argv: []string{"/t/attack", os.Args[1]}, Env: []string{attackVariable + "=daemonwait"}, Stdout: os.Stdout}
		spec.Binds, spec.Symlinks = System()
		exe, _ := os.Executable()
		spec.Binds = append(spec.Binds, Bind{Source: exe, Dest: "/t/attack"})
		_, err = Run(context.Background(), s, spec)
	}
	fmt.Println("the grader ended", err)
}

// playAttack runs the attack that the environment names, if any.
func playAttack() {
	name := os.Getenv(attackVariable)
	if name == "" {
		return
	}
	attack, ok := attacks[name]
	if !ok {
		fmt.Println(errors.New("no such attack"), name)
		os.Exit(99)
	}
	attack()
	os.Exit(0)
}
