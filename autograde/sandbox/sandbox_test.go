package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asUser marks the run of this test binary as an unprivileged user, see TestAsOrdinaryUser.
const asUser = "COURSELAB_SANDBOX_AS_USER"

// outcome is a run with what it printed.
type outcome struct {
	Result
	out, err string
}

func opened(t *testing.T) Sandbox {
	t.Helper()
	s, err := Open()
	require.NoError(t, err, "the tests of the sandbox need bubblewrap and user namespaces: apt-get install bubblewrap")
	return s
}

// attackSpec runs an attack of this test binary. The token appears in the command line of all its processes.
func attackSpec(t *testing.T, name string, args ...string) Spec {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	spec := Spec{Argv: append([]string{"/t/attack", token(t)}, args...), Env: []string{attackVariable + "=" + name, "GOMAXPROCS=2"},
		Limits: Limits{Wall: 10 * time.Second, CPU: 10 * time.Second, Memory: 128 << 20, Disk: 8 << 20}}
	spec.Binds, spec.Symlinks = System()
	spec.Binds = append(spec.Binds, Bind{Source: exe, Dest: "/t/attack"})
	return spec
}

func token(t *testing.T) string {
	return fmt.Sprintf("courselab-token-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"))
}

// run runs the spec and requires that the sandbox itself worked and that nothing is left of the program.
func run(t *testing.T, s Sandbox, spec Spec) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if spec.Stdout == nil {
		spec.Stdout = &stdout
	}
	if spec.Stderr == nil {
		spec.Stderr = &stderr
	}
	result, err := Run(context.Background(), s, spec)
	require.NoError(t, err, "%s", stderr.String())
	nothingLeft(t)
	return outcome{result, stdout.String(), stderr.String()}
}

// nothingLeft looks for processes with the test's token, for zombies of ours, and for control groups.
func nothingLeft(t *testing.T) {
	t.Helper()
	for _, s := range allStats() {
		data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", s.pid))
		if s.pid != os.Getpid() && strings.Contains(string(data), token(t)) {
			t.Errorf("process %d is left: %s", s.pid, data)
		}
		if s.parent == os.Getpid() && s.name == "bwrap" {
			t.Errorf("bubblewrap %d is left, state %c", s.pid, s.state)
		}
	}
	if groups, err := findCgroups("/"); err == nil {
		for _, dir := range groups.parents {
			left, err := filepath.Glob(filepath.Join(dir, fmt.Sprintf("%s%d-*", groupPrefix, os.Getpid())))
			assert.NoError(t, err)
			assert.Empty(t, left, "control groups are left")
		}
	}
}

func TestProgramRunsAndItsEndIsTold(t *testing.T) {
	s := opened(t)
	spec := attackSpec(t, "hello", "one", "two words")
	spec.Env = append(spec.Env, "GREETING=a=b")
	got := run(t, s, spec)
	assert.Equal(t, Exited, got.Cause)
	assert.Equal(t, 0, got.ExitCode)
	assert.Equal(t, "hello "+token(t)+" one two words a=b 1000\n", got.out)
	assert.Positive(t, got.CPU)
	assert.Positive(t, got.PeakMemory)
	assert.Positive(t, got.Wall)

	got = run(t, s, attackSpec(t, "exit7"))
	assert.Equal(t, 7, got.ExitCode)
	assert.Equal(t, Exited, got.Cause)

	got = run(t, s, attackSpec(t, "exitxcpu"))
	assert.Equal(t, Exited, got.Cause, "what a program says of its own end is no measurement")

	got = run(t, s, attackSpec(t, "signal"))
	assert.Equal(t, -1, got.ExitCode)
	assert.Equal(t, syscall.SIGKILL, got.Signal)
	assert.Equal(t, Exited, got.Cause)
}

// TestNoCore: the kernel pipes no memory to a program of the host's. Only a limit of 1 keeps it from that, and nobody inside may lower it.
func TestNoCore(t *testing.T) {
	got := run(t, opened(t), attackSpec(t, "core"))
	assert.Equal(t, syscall.SIGABRT, got.Signal)
	assert.Contains(t, got.out, "core [1 1]\n")
	assert.NotContains(t, got.out, "ESCAPE")
	assert.Contains(t, got.out, "setrlimit operation not permitted\n")
}

func TestStreamsFilesLinksAndTmpfs(t *testing.T) {
	s := opened(t)
	spec := attackSpec(t, "stdin")
	spec.Stdin = strings.NewReader("frames")
	assert.Equal(t, "read \"frames\"\n", run(t, s, spec).out)

	assert.Contains(t, run(t, s, attackSpec(t, "reopen")).out, "reopened\n")

	spec = attackSpec(t, "symlink")
	spec.Symlinks = append(spec.Symlinks, Symlink{Target: "/usr/somewhere", Dest: "/link"})
	assert.Equal(t, "/usr/somewhere\n", run(t, s, spec).out)

	r, w, err := os.Pipe()
	require.NoError(t, err)
	spec = attackSpec(t, "descriptor")
	spec.Files = []*os.File{w}
	run(t, s, spec)
	require.NoError(t, w.Close())
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Equal(t, "through three", string(data))

	spec = attackSpec(t, "disk")
	spec.Tmpfs = []Tmpfs{{Dest: "/tmp", Size: 3 << 20}}
	assert.Equal(t, "wrote 3 MiB\n", run(t, s, spec).out)
}

func TestStartErrorsAreNotTheProgramsFault(t *testing.T) {
	s := opened(t)
	for name, change := range map[string]func(*Spec){
		"no program":     func(spec *Spec) { spec.Argv = nil },
		"relative":       func(spec *Spec) { spec.Argv = []string{"attack"} },
		"missing bind":   func(spec *Spec) { spec.Binds = append(spec.Binds, Bind{"/nonexistent", "/x"}) },
		"bind over root": func(spec *Spec) { spec.Binds = append(spec.Binds, Bind{"/usr", "/"}) },
		"NUL":            func(spec *Spec) { spec.Env = append(spec.Env, "A=b\x00--bind") },
	} {
		spec := attackSpec(t, "hello")
		change(&spec)
		_, err := s.Start(context.Background(), spec)
		assert.Error(t, err, name)
	}
	spec := attackSpec(t, "hello")
	spec.Argv[0] = "/t/missing"
	_, err := Run(context.Background(), s, spec)
	assert.ErrorContains(t, err, "could not start the program")
	spec = attackSpec(t, "hello")
	spec.Dir = "/nowhere"
	_, err = Run(context.Background(), s, spec)
	assert.Error(t, err)
	nothingLeft(t)
}

func TestTimeLimits(t *testing.T) {
	s := opened(t)
	for _, name := range []string{"sleep", "stop"} {
		spec := attackSpec(t, name)
		spec.Limits.Wall = 300 * time.Millisecond
		got := run(t, s, spec)
		assert.Equal(t, Wall, got.Cause, name)
		assert.Less(t, got.Wall, 3*time.Second, name)
		assert.Equal(t, syscall.SIGKILL, got.Signal)
	}
	for _, name := range []string{"loop", "manyloops"} {
		spec := attackSpec(t, name)
		spec.Limits.CPU = 300 * time.Millisecond
		got := run(t, s, spec)
		assert.Equal(t, CPU, got.Cause, name)
		assert.GreaterOrEqual(t, got.CPU, 300*time.Millisecond, name)
		assert.Less(t, got.CPU, 3*time.Second, name)
	}
}

func TestCancelAndKill(t *testing.T) {
	s := opened(t)
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	result, err := Run(ctx, s, attackSpec(t, "daemonwait"))
	require.NoError(t, err)
	assert.Equal(t, Cancelled, result.Cause)
	nothingLeft(t)
	p, err := s.Start(context.Background(), attackSpec(t, "sleep"))
	require.NoError(t, err)
	p.Kill() // at once: even before bubblewrap has told its child's number
	result, err = p.Wait()
	require.NoError(t, err)
	assert.Equal(t, Cancelled, result.Cause)
	nothingLeft(t)
	_, err = s.Start(ctx, attackSpec(t, "hello"))
	assert.Error(t, err, "the context had ended")
	nothingLeft(t)
}

func TestMemoryLimit(t *testing.T) {
	s := opened(t)
	for _, name := range []string{"memory", "shm"} {
		spec := attackSpec(t, name)
		spec.Limits.Disk = 64 << 20
		got := run(t, s, spec)
		assert.Equal(t, Memory, got.Cause, "%s: %+v %s", name, got.Result, got.err)
		assert.Less(t, got.PeakMemory, int64(700<<20), name)
	}
}

func TestForkAndThreadBombs(t *testing.T) {
	s := opened(t)
	spec := attackSpec(t, "forkbomb")
	spec.Limits.Wall, spec.Limits.Pids, spec.Limits.Memory = 700*time.Millisecond, 40, 256<<20
	got := run(t, s, spec)
	noThread := "failed to create new OS thread|pthread_create failed"
	if got.Cause == "" { // the bomb's own runtime may be the first to find no thread left, and ends it
		assert.NotEqual(t, 0, got.ExitCode)
		assert.Regexp(t, noThread, got.err)
	} else {
		assert.Contains(t, []Cause{Wall, Pids, CPU, Memory}, got.Cause)
	}
	spec = attackSpec(t, "threadbomb")
	spec.Limits.Pids = 40
	got = run(t, s, spec)
	assert.NotEqual(t, 0, got.ExitCode)
	assert.Regexp(t, noThread, got.err[:min(len(got.err), 200)])
}

// TestOthersDoNotCount: the threads that the same user has elsewhere take nothing of a run's.
func TestOthersDoNotCount(t *testing.T) {
	read, write, err := os.Pipe()
	require.NoError(t, err)
	defer read.Close()
	var out bytes.Buffer
	spec := attackSpec(t, "hello")
	spec.Argv = []string{"/bin/sh", "-c", "read line; /usr/bin/true && echo ran"}
	spec.Stdin, spec.Stdout = read, &out
	p, err := opened(t).Start(context.Background(), spec)
	require.NoError(t, err)
	var begun sync.WaitGroup
	end := make(chan struct{})
	defer close(end)
	for range 300 {
		begun.Add(1)
		go func() {
			runtime.LockOSThread()
			begun.Done()
			<-end
		}()
	}
	begun.Wait()
	_, err = write.WriteString("go\n")
	require.NoError(t, errors.Join(err, write.Close()))
	_, err = p.Wait()
	require.NoError(t, err)
	assert.Equal(t, "ran\n", out.String())
}

func TestOutputLimits(t *testing.T) {
	s := opened(t)
	spec := attackSpec(t, "stdout")
	spec.Limits.Stdout = 1 << 20
	got := run(t, s, spec)
	assert.Equal(t, Output, got.Cause)
	assert.Len(t, got.out, 1<<20)
	spec = attackSpec(t, "stderr")
	spec.Limits.Stderr = 10_007
	got = run(t, s, spec)
	assert.Equal(t, Output, got.Cause)
	assert.Len(t, got.err, 10_007)
}

func TestDiskLimit(t *testing.T) {
	got := run(t, opened(t), attackSpec(t, "disk"))
	assert.Equal(t, "wrote 8 MiB\n", got.out)
}

func TestNothingOfTheHostIsSeenOrWritten(t *testing.T) {
	s := opened(t)
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("hidden"), 0o644))
	wd, err := os.Getwd()
	require.NoError(t, err)
	for _, spec := range []Spec{attackSpec(t, "hostfiles", secret, wd, os.TempDir()), attackSpec(t, "write"), attackSpec(t, "ptrace"), attackSpec(t, "namespaces")} {
		got := run(t, s, spec)
		assert.NotContains(t, got.out, "LEAK", spec.Env)
		assert.NotContains(t, got.out, "ESCAPE", spec.Env)
		assert.Contains(t, got.out, "refused:", spec.Env)
	}
	assert.Contains(t, run(t, s, attackSpec(t, "namespaces")).out, "clone3: function not implemented")
}

func TestOtherArchitectureIsKilled(t *testing.T) {
	got := run(t, opened(t), attackSpec(t, "int80"))
	assert.Equal(t, syscall.SIGSYS, got.Signal, "%+v %s", got.Result, got.out)
	assert.NotContains(t, got.out, "ESCAPE")
}

func TestNothingIsInherited(t *testing.T) {
	s := opened(t)
	// A descriptor without close-on-exec, as a careless program around us leaves them.
	file, err := os.Create(filepath.Join(t.TempDir(), "open"))
	require.NoError(t, err)
	careless, err := syscall.Dup(int(file.Fd()))
	require.NoError(t, err)
	defer syscall.Close(careless)
	t.Setenv("COURSELAB_TEST_SECRET", "hidden")
	got := run(t, s, attackSpec(t, "inherited"))
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	assert.Len(t, lines, 3, "%s", got.out)
	for i, line := range lines {
		assert.True(t, strings.HasPrefix(line, fmt.Sprintf("fd %d ", i)), line)
	}
	got = run(t, s, attackSpec(t, "environ"))
	assert.NotContains(t, got.out, "hidden")
	assert.Contains(t, got.out, "CapEff:\t0000000000000000")
	assert.Contains(t, got.out, "CapBnd:\t0000000000000000")
	assert.Contains(t, got.out, "Seccomp:\t2")
	assert.Contains(t, got.out, "NoNewPrivs:\t1")
	assert.NotContains(t, got.out, "--ro-bind", "the command line shows host paths")
	assert.Contains(t, got.out, "processes 2")
}

func TestNoNetwork(t *testing.T) {
	s := opened(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	abstract, err := net.Listen("unix", "@courselab-test-socket")
	require.NoError(t, err)
	defer abstract.Close()
	spec := attackSpec(t, "network", listener.Addr().String())
	got := run(t, s, spec)
	assert.NotContains(t, got.out, "ESCAPE")
	assert.NotContains(t, got.out, "LEAK")
	assert.Contains(t, got.out, "refused: socketpair operation not permitted")
	spec.Sockets = true
	got = run(t, s, spec)
	assert.Contains(t, got.out, "ESCAPE: socketpair", "sockets are allowed here")
	for _, address := range []string{"dial", "abstract"} {
		assert.NotContains(t, got.out, "ESCAPE: "+address)
	}
	assert.Contains(t, got.out, "interfaces 1")
}

func TestKillReachesNobody(t *testing.T) {
	witness := exec.Command("sleep", "60")
	require.NoError(t, witness.Start())
	defer func() { _ = witness.Process.Kill(); _ = witness.Wait() }()
	got := run(t, opened(t), attackSpec(t, "killall"))
	assert.NotContains(t, got.out, "ESCAPE")
	assert.NoError(t, witness.Process.Signal(syscall.Signal(0)))
}

func TestDaemonDies(t *testing.T) {
	got := run(t, opened(t), attackSpec(t, "daemon")) // run looks for what is left
	assert.Contains(t, got.out, "left")
	assert.Equal(t, 0, got.ExitCode)
	assert.Less(t, got.Wall, 3*time.Second)
}

func TestNothingSurvivesAGraderThatIsKilled(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	grader := exec.Command(exe, token(t))
	grader.Env = append(os.Environ(), attackVariable+"=grader")
	out, err := grader.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, grader.Start())
	line := make([]byte, 100)
	n, _ := out.Read(line) // the daemon has been left behind
	require.Contains(t, string(line[:n]), "left")
	require.NoError(t, grader.Process.Kill())
	_ = grader.Wait()
	mine := func() (left []string) {
		for _, s := range allStats() {
			data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", s.pid))
			if strings.Contains(string(data), token(t)) {
				left = append(left, string(data))
			}
		}
		return left
	}
	assert.Eventually(t, func() bool { return len(mine()) == 0 }, 5*time.Second, 10*time.Millisecond, "%v", mine())
	for _, s := range allStats() { // its orphans are ours now
		if s.parent == os.Getpid() && s.name == "bwrap" {
			end(s.pid)
		}
	}
	opened(t) // sweeps its groups
	if groups, err := findCgroups("/"); err == nil {
		for _, dir := range groups.parents {
			left, err := filepath.Glob(filepath.Join(dir, fmt.Sprintf("%s%d-*", groupPrefix, grader.Process.Pid)))
			assert.NoError(t, err)
			assert.Empty(t, left)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	s := opened(t)
	const runs = 16
	errs := make(chan error, runs)
	for i := range runs {
		spec := attackSpec(t, "hello", fmt.Sprint(i))
		if i%4 == 3 {
			spec = attackSpec(t, "sleep")
			spec.Limits.Wall = 100 * time.Millisecond
		}
		go func() {
			var out bytes.Buffer
			spec.Stdout = &out
			result, err := Run(context.Background(), s, spec)
			switch {
			case err != nil:
			case i%4 == 3 && result.Cause != Wall, i%4 != 3 && !strings.Contains(out.String(), fmt.Sprintf(" %d ", i)):
				err = fmt.Errorf("run %d: %+v %q", i, result, out.String())
			}
			errs <- err
		}()
	}
	for range runs {
		assert.NoError(t, <-errs)
	}
	nothingLeft(t)
}

func TestDescribe(t *testing.T) {
	abilities := Describe()
	require.NotEmpty(t, abilities)
	for _, a := range abilities {
		assert.NotEmpty(t, a.Name)
		assert.NotEmpty(t, a.Detail, a.Name)
		assert.NotContains(t, a.Detail+a.Fix, "\n")
		assert.Equal(t, a.OK, a.Fix == "", "%+v", a)
	}
	assert.True(t, abilities[0].OK)
	t.Setenv("PATH", t.TempDir())
	if _, err := findBubblewrap(); err != nil {
		_, err := Open()
		assert.ErrorIs(t, err, ErrNoBoundary)
	}
}

// TestAsOrdinaryUser runs these tests again as a user without rights, when this process is root.
func TestAsOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		assert.NotContains(t, opened(t).Name(), "own user")
		return // the other tests have just done it
	}
	dir, err := os.MkdirTemp("/tmp", "courselab-sandbox-test-")
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	require.NoError(t, os.Chmod(dir, 0o755))
	exe, err := os.ReadFile("/proc/self/exe")
	require.NoError(t, err)
	binary := filepath.Join(dir, "sandbox.test")
	require.NoError(t, os.WriteFile(binary, exe, 0o755))
	cmd := exec.Command(binary, "-test.count=1", "-test.v", "-test.timeout=120s")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), asUser+"=1", "HOME=/nonexistent", "TMPDIR=/tmp")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 51987, Gid: 51987, Groups: []uint32{}}}
	out, err := cmd.CombinedOutput()
	assert.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "--- PASS: TestMemoryLimit")
}
