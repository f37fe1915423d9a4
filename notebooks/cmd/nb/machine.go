package main

import (
	"context"
	"errors"
	"fmt"
	"go/version"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// machine is what set-up finds before it installs anything.
type machine struct {
	goVersion string // of the go command, as in "go1.26.8"
	goRoot    string
	goCache   string
	compiler  string // the C compiler that cgo uses, "" if there is none that works
	python    string // its path, "" if there is none
	pyVersion string // as in "3.11.7"
	venv      bool   // whether Python can make virtual environments
	bwrap     string // bubblewrap's path, "" if there is none
}

const oldestPython = "go3.9" // in the form that go/version compares

func inspect() (machine, error) {
	var m machine
	values, err := goEnv("GOVERSION", "GOROOT", "GOCACHE", "CC")
	if err != nil {
		return m, err
	}
	m.goVersion, m.goRoot, m.goCache = values[0], values[1], values[2]
	if compiles(values[3]) {
		m.compiler = values[3]
	}
	m.bwrap, _ = exec.LookPath("bwrap")
	if m.python, _ = exec.LookPath("python3"); m.python == "" {
		return m, nil
	}
	probe := "import sys; print('%d.%d.%d' % sys.version_info[:3])\nimport venv, ensurepip"
	text, err := exec.Command(m.python, "-c", probe).Output()
	m.venv = err == nil
	m.pyVersion = strings.TrimSpace(string(text))
	return m, nil
}

// compiles reports if the C compiler finds its standard headers; slim images have one without the other. cgo may be off.
func compiles(compiler string) bool {
	if os.Getenv("CGO_ENABLED") == "0" || compiler == "" {
		return false
	}
	words := strings.Fields(compiler) // CC may hold flags
	cmd := exec.Command(words[0], append(words[1:], "-E", "-x", "c", "-")...)
	cmd.Stdin = strings.NewReader("#include <stdlib.h>\n#include <errno.h>\n")
	return cmd.Run() == nil
}

// missing lists the Debian packages that would make the machine complete.
func (m machine) missing() []string {
	var packages []string
	if m.compiler == "" && os.Getenv("CGO_ENABLED") != "0" {
		packages = append(packages, "gcc", "libc6-dev")
	}
	if m.python != "" && !m.venv {
		packages = append(packages, "python3-venv")
	}
	if m.bwrap == "" && runtime.GOOS == "linux" {
		packages = append(packages, "bubblewrap")
	}
	return packages
}

// complete installs what is missing where it may (as root, on a system with apt), and tells the user otherwise. It
// returns an error only if the lab cannot do without.
func complete(ctx context.Context, p place, wanted string, progress io.Writer) (machine, error) {
	m, err := inspect()
	if err != nil {
		return m, err
	}
	if version.Compare(m.goVersion, "go"+wanted) < 0 {
		return m, fmt.Errorf("Go %s is too old, the lab needs %s; install it from go.dev/dl", strings.TrimPrefix(m.goVersion, "go"), wanted)
	}
	if m.python == "" {
		return m, errors.New("there is no python3, which JupyterLab runs on; install Python 3.9 or later (Debian, Ubuntu: sudo apt-get install python3 python3-venv)")
	}
	if version.Compare("go"+m.pyVersion, oldestPython) < 0 {
		return m, fmt.Errorf("%s is Python %s, JupyterLab needs 3.9 or later; put a newer python3 first in PATH", m.python, m.pyVersion)
	}
	packages := m.missing()
	if len(packages) == 0 {
		return m, nil
	}
	hint := "install with: sudo apt-get install -y " + strings.Join(packages, " ")
	apt, err := exec.LookPath("apt-get")
	switch {
	case err != nil:
		hint = "install what Debian calls " + strings.Join(packages, ", ")
	case os.Geteuid() == 0:
		if err := install(ctx, p, apt, packages, progress); err != nil {
			fmt.Fprintf(progress, "cannot install %s: %v\n", strings.Join(packages, ", "), err)
		} else if m, err = inspect(); err != nil {
			return m, err
		}
	}
	if !m.venv {
		return m, fmt.Errorf("Python cannot make virtual environments; %s", hint)
	}
	if packages = m.missing(); slices.Contains(packages, "gcc") {
		fmt.Fprintf(progress, "no C compiler: XLA is left out, the slower Go backend is used; %s\n", hint)
	} else if len(packages) > 0 {
		fmt.Fprintf(progress, "no bubblewrap: the lab runs, grading other people's work needs it; %s\n", hint)
	}
	return m, nil
}

func install(ctx context.Context, p place, apt string, packages []string, progress io.Writer) error {
	if err := os.MkdirAll(p.lab("logs"), 0o755); err != nil {
		return err
	}
	file, err := os.Create(p.lab("logs", "packages.log"))
	if err != nil {
		return err
	}
	defer file.Close()
	l := &log{file, file.Name()}
	env := append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	finish := clock(progress, "installing "+strings.Join(packages, ", ")+" with apt-get ...")
	if err = command(ctx, l, "", env, apt, "update"); err == nil {
		err = command(ctx, l, "", env, append([]string{apt, "install", "-y", "--no-install-recommends"}, packages...)...)
	}
	finish(err == nil)
	return err
}

// goDirective returns the Go version that go.mod asks for.
func (p place) goDirective() (string, error) {
	text, err := os.ReadFile(p.root + "/go.mod")
	if err != nil {
		return "", err
	}
	match := regexp.MustCompile(`(?m)^go (\S+)$`).FindSubmatch(text)
	if match == nil {
		return "", errors.New("go.mod has no go line")
	}
	return string(match[1]), nil
}

// goFlags are the GOFLAGS with which the kernel builds a cell. Linking inside the go command instead of through the C
// compiler, and without a debugger's data, halves the time of a cell (2.0 s to 0.9 s); panics keep their line numbers.
func (m machine) goFlags() string {
	if m.compiler == "" {
		return "-buildvcs=false -tags=noxla -ldflags=-w"
	}
	return "-buildvcs=false '-ldflags=-linkmode=internal -w'"
}

// cgo is the CGO_ENABLED that goes with goFlags.
func (m machine) cgo() string {
	if m.compiler == "" {
		return "0"
	}
	return "1"
}
