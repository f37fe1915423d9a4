package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Toolchain is the Go installation that builds workers and checks.
type Toolchain struct {
	Go       string // path of the go command
	Version  string // "go1.26.8"
	ToolDir  string // folder of compile and link
	Root     string // GOROOT
	Cache    string
	ModCache string
}

// FindToolchain asks the go command about itself.
func FindToolchain(ctx context.Context) (*Toolchain, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return nil, errors.New("the go command is not in PATH: install Go 1.26 or add its bin folder to PATH")
	}
	cmd := exec.CommandContext(ctx, path, "env", "-json", "GOVERSION", "GOTOOLDIR", "GOROOT", "GOCACHE", "GOMODCACHE")
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN=local")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s env: %s", path, firstLine(stderr.String(), err))
	}
	var env struct{ GOVERSION, GOTOOLDIR, GOROOT, GOCACHE, GOMODCACHE string }
	if err := json.Unmarshal(out, &env); err != nil {
		return nil, fmt.Errorf("%s env: %w", path, err)
	}
	t := &Toolchain{Go: path, Version: env.GOVERSION, ToolDir: env.GOTOOLDIR, Root: env.GOROOT, Cache: env.GOCACHE, ModCache: env.GOMODCACHE}
	for _, tool := range []string{"compile", "link"} {
		if _, err := os.Stat(filepath.Join(t.ToolDir, tool)); err != nil {
			return nil, fmt.Errorf("Go at %s has no %s: install a complete Go 1.26", t.Root, tool)
		}
	}
	if t.Cache == "" || t.Cache == "off" { // a name in the temporary folder could be somebody else's, with packages of theirs
		return nil, errors.New("Go has no folder for compiled packages: set HOME, XDG_CACHE_HOME or GOCACHE")
	}
	return t, nil
}

// flags of every build: the same for kit and checks, so that they share the compiled packages.
var flags = []string{"-mod=readonly", "-trimpath", "-buildvcs=false", "-tags=noxla"}

// run runs a subcommand of the go command in dir on trusted source. Nothing is fetched.
func (t *Toolchain) run(ctx context.Context, dir, command string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, t.Go, append(append([]string{command}, flags...), args...)...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir(), "GOCACHE=" + t.Cache, "GOMODCACHE=" + t.ModCache,
		"GOENV=off", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local", "GOPROXY=off", "GOSUMDB=off", "GOTELEMETRY=off", "CGO_ENABLED=0"}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("go %s: %s", command, firstLine(stderr.String(), err))
	}
	return out, nil
}

// firstLine is the first line of a tool's complaint that says something.
func firstLine(stderr string, err error) string {
	for _, line := range strings.Split(stderr, "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			if strings.Contains(line, "GOPROXY=off") {
				return line + "; run make setup"
			}
			return line
		}
	}
	return err.Error()
}

// TestBinary compiles the tests of a package, seen through an overlay, without running them.
func (t *Toolchain) TestBinary(ctx context.Context, dir, overlay, binary, importPath string) error {
	_, err := t.run(ctx, dir, "test", "-c", "-vet=off", "-overlay", overlay, "-ldflags=-s -w", "-o", binary, importPath)
	return err
}
