package setup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// System is what the machine itself gives: things that only an administrator can install.
type System struct {
	Python   string // path of a Python that can make virtual environments, or ""
	Compiler string // path of a working C compiler, or ""
	Bwrap    string // path of bubblewrap, or ""
}

// Look finds out what there is.
func Look(ctx context.Context) System {
	return System{Python: findPython(ctx), Compiler: findCompiler(ctx), Bwrap: lookPath("bwrap")}
}

// Cgo reports if programs can be built with XLA: cgo is on and there is a C compiler.
func (s System) Cgo() bool { return s.Compiler != "" }

// packages are the Debian packages for what is missing.
func (s System) packages() []string {
	var names []string
	if s.Python == "" {
		names = append(names, "python3", "python3-venv")
	}
	if s.Compiler == "" {
		names = append(names, "gcc", "libc6-dev")
	}
	if s.Bwrap == "" && runtime.GOOS == "linux" {
		names = append(names, "bubblewrap")
	}
	return names
}

// Remedy is a command line that installs what is missing, or "".
func (s System) Remedy() string {
	names := s.packages()
	switch {
	case len(names) == 0:
		return ""
	case runtime.GOOS == "darwin":
		return "xcode-select --install; brew install python"
	case lookPath("apt-get") == "" && lookPath("dnf") != "":
		return "sudo dnf install -y gcc glibc-devel python3 bubblewrap"
	}
	return "sudo apt-get update && sudo apt-get install -y " + strings.Join(names, " ")
}

// install gets what is missing with apt-get, if the user is root and this is Debian or one of its children.
func (s System) install(ctx context.Context, w *Say) System {
	names := s.packages()
	if len(names) == 0 || os.Geteuid() != 0 || lookPath("apt-get") == "" {
		return s
	}
	w.begin("[0] system packages: " + strings.Join(names, " "))
	apt := func(args ...string) error {
		command := exec.CommandContext(ctx, "apt-get", append([]string{"-q", "-o", "DPkg::Lock::Timeout=120"}, args...)...)
		command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		text, err := command.CombinedOutput()
		if err != nil {
			return fmt.Errorf("apt-get %s: %s", args[0], lastLine(text))
		}
		return nil
	}
	install := append([]string{"install", "-y", "--no-install-recommends"}, names...)
	err := apt(install...)
	if err != nil { // the package lists may be missing or old
		if err = apt("update"); err == nil {
			err = apt(install...)
		}
	}
	if err != nil {
		w.end(err.Error())
	} else {
		w.end("done")
	}
	return Look(ctx)
}

// findPython returns the newest of the interpreters called python3 in PATH that is 3.10 or newer and can make virtual environments.
func findPython(ctx context.Context) string {
	const question = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))"
	for _, name := range []string{os.Getenv("PYTHON"), "python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"} {
		if path := lookPath(name); path != "" && exec.CommandContext(ctx, path, "-c", question).Run() == nil {
			return path
		}
	}
	return ""
}

// findCompiler returns the C compiler that Go uses, if it can compile and link a program with the C library.
func findCompiler(ctx context.Context) string {
	if os.Getenv("CGO_ENABLED") == "0" {
		return ""
	}
	names := []string{os.Getenv("CC"), "gcc", "cc", "clang"}
	folder, err := os.MkdirTemp("", "courselab-cc-")
	if err != nil {
		return ""
	}
	defer os.RemoveAll(folder)
	source := filepath.Join(folder, "try.c")
	if os.WriteFile(source, []byte("#include <stdlib.h>\nint main(void) { return abs(0); }\n"), 0o644) != nil {
		return ""
	}
	for _, name := range names {
		if path := lookPath(name); path != "" && exec.CommandContext(ctx, path, "-o", filepath.Join(folder, "try"), source).Run() == nil {
			return path
		}
	}
	return ""
}

// require says what cannot be done without, and warns of the rest.
func (s System) require(w *Say) error {
	if s.Python == "" {
		return errors.New("Python 3.10 or newer with its venv module is missing; run: " + s.Remedy())
	}
	if s.Compiler == "" {
		w.Line("no C compiler: everything runs on the pure-Go backend, several times slower. For XLA: %s", s.Remedy())
	} else if s.Bwrap == "" && runtime.GOOS == "linux" {
		w.Line("no bubblewrap: the grader has no sandbox. For it: %s", s.Remedy())
	}
	return nil
}

func lookPath(name string) string {
	if name == "" {
		return ""
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return path
}

// lastLine is the end of a program's output, which mostly says what went wrong.
func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
