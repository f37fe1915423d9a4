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
	links     bool   // whether Go's linker can do without that compiler's
	python    string // its path, "" if there is none
	pyVersion string // as in "3.11.7"
	recent    bool   // whether that is recent enough
	venv      bool   // whether Python can make virtual environments
	bwrap     string // bubblewrap's path, "" if there is none
}

// pythons are the names under which a Python may be found; the lock file holds for 3.10 and later.
var pythons = []string{"python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"}

const probe = "import sys; print('%d.%d.%d' % sys.version_info[:3]); print(sys.version_info >= (3, 10))\nimport venv, ensurepip"

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
	m.findPython()
	return m, nil
}

// findPython takes the first Python that is new enough and can make virtual environments, or else the one that comes
// closest, so that a message can name it.
func (m *machine) findPython() {
	for _, name := range pythons {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		text, err := exec.Command(path, "-c", probe).Output()
		answers := strings.Fields(string(text))
		if len(answers) < 2 { // no Python at all, as with the shims of pyenv
			continue
		}
		recent := answers[1] == "True"
		if m.python == "" || recent && !m.recent || recent && err == nil {
			m.python, m.pyVersion, m.recent, m.venv = path, answers[0], recent, err == nil
		}
		if m.recent && m.venv {
			return
		}
	}
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
func complete(ctx context.Context, p place, held *os.File, wanted string, progress io.Writer) (machine, error) {
	m, err := inspect()
	if err != nil {
		return m, err
	}
	if version.Compare(m.goVersion, "go"+wanted) < 0 {
		return m, fmt.Errorf("Go %s is too old, the lab needs %s; install it from go.dev/dl", strings.TrimPrefix(m.goVersion, "go"), wanted)
	}
	if m.python == "" {
		return m, errors.New("there is no python3, which JupyterLab runs on; install Python 3.10 or later (Debian, Ubuntu: sudo apt-get install python3 python3-venv)")
	}
	if !m.recent {
		return m, fmt.Errorf("%s is Python %s, the lab needs 3.10 or later; install one (it may be called python3.12, for example) and run `make setup` again", m.python, m.pyVersion)
	}
	packages := m.missing()
	if len(packages) == 0 {
		return m, nil
	}
	hint := "install with: sudo apt-get install -y " + strings.Join(packages, " ")
	apt, err := exec.LookPath("apt-get")
	if err != nil {
		hint = "install what Debian calls " + strings.Join(packages, ", ")
	} else if os.Geteuid() == 0 {
		if err := install(ctx, p, held, apt, packages, progress); err != nil {
			return m, err
		}
		if m, err = inspect(); err != nil {
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

// install gets Debian packages. A failure is no error, as the lab may do without them; it is remembered, so that the
// next set-up neither waits nor asks the network again.
func install(ctx context.Context, p place, held *os.File, apt string, packages []string, progress io.Writer) error {
	tried, list := p.lab("stamps", "packages"), strings.Join(packages, " ")
	if text, err := os.ReadFile(tried); err == nil && string(text) == list && !slices.Contains(packages, "python3-venv") {
		return nil
	}
	if err := os.MkdirAll(p.lab("logs"), 0o755); err != nil {
		return err
	}
	file, err := os.Create(p.lab("logs", "packages.log"))
	if err != nil {
		return err
	}
	defer file.Close()
	l := &log{file, p.relative(file.Name()), held}
	env := append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	get := append([]string{apt, "install", "-y", "--no-install-recommends"}, packages...)
	finish := clock(progress, "installing "+list+" with apt-get ...")
	if err = command(ctx, l, "", env, get...); err != nil && ctx.Err() == nil { // its lists may be missing or old
		if err = command(ctx, l, "", env, apt, "update"); err == nil {
			err = command(ctx, l, "", env, get...)
		}
	}
	finish(err == nil, "")
	if ctx.Err() != nil {
		return err
	}
	if err != nil {
		fmt.Fprintln(progress, "      going on without:", err)
		return writeAtomically(tried, []byte(list))
	}
	return nil
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
	switch {
	case m.compiler == "":
		return "-buildvcs=false -tags=noxla -ldflags=-w"
	case m.links:
		return "-buildvcs=false '-ldflags=-linkmode=internal -w'"
	}
	return "-buildvcs=false -ldflags=-w"
}

// cgo is the CGO_ENABLED that goes with goFlags.
func (m machine) cgo() string {
	if m.compiler == "" {
		return "0"
	}
	return "1"
}

const cgoProgram = "package main\n\n// #include <stdlib.h>\nimport \"C\"\n\nfunc main() { println(C.abs(0)) }\n"

// tryLinker finds out whether Go's own linker takes what the C compiler makes, once for each pair of them.
func (m *machine) tryLinker(ctx context.Context, p place) error {
	if m.compiler == "" {
		return nil
	}
	key := strings.Join([]string{m.goVersion, runtime.GOARCH, m.compiler}, " ")
	stamp := p.lab("stamps", "linker")
	if text, err := os.ReadFile(stamp); err == nil {
		if answer, ok := strings.CutPrefix(string(text), key+": "); ok {
			m.links = answer == "internal"
			return nil
		}
	}
	folder, err := os.MkdirTemp("", "courselab-linker-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := os.WriteFile(folder+"/main.go", []byte(cgoProgram), 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", folder+"/main", folder+"/main.go")
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false '-ldflags=-linkmode=internal -w'", "GOWORK=off", "CGO_ENABLED=1")
	m.links = cmd.Run() == nil && exec.CommandContext(ctx, folder+"/main").Run() == nil
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	answer := "external"
	if m.links {
		answer = "internal"
	}
	return writeAtomically(stamp, []byte(key+": "+answer))
}
