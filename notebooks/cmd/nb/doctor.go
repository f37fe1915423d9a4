package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"

	"courselab/coursekit/backend/plugin"

	"github.com/spf13/cobra"
)

// finding is one line of the doctor's report.
type finding struct {
	Name     string `json:"name"`
	OK       bool   `json:"ok"`
	Value    string `json:"value,omitempty"` // version, path, size
	Fix      string `json:"fix,omitempty"`   // what to do if it is missing
	Required bool   `json:"required"`        // the lab does not open without it
}

func doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Print what the lab has, what it misses and how to get that",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := findPlace()
			if err != nil {
				return err
			}
			findings, err := p.examine(cmd.Context())
			if err != nil {
				return err
			}
			bad := 0
			for _, f := range findings {
				if !f.OK && f.Required {
					bad++
				}
			}
			if asJSON {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetIndent("", "  ")
				if err := encoder.Encode(findings); err != nil {
					return err
				}
			} else {
				for _, f := range findings {
					fmt.Fprintln(cmd.OutOrStdout(), f)
				}
			}
			if bad > 0 {
				return fmt.Errorf("%d of the things that the lab needs are missing; the fixes are above", bad)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (f finding) String() string {
	if f.OK {
		return strings.TrimSpace(fmt.Sprintf("ok       %-14s %s", f.Name, f.Value))
	}
	line := fmt.Sprintf("missing  %-14s", f.Name)
	if f.Value != "" {
		line += " " + f.Value + ";"
	}
	return line + " " + f.Fix
}

const runSetup = "run `make setup`"

func (p place) examine(ctx context.Context) ([]finding, error) {
	m, err := inspect()
	if err != nil {
		return nil, err
	}
	if err := m.tryLinker(ctx, p); err != nil {
		return nil, err
	}
	apt := "sudo apt-get install -y "
	findings := []finding{
		{Name: "machine", OK: true, Value: describeMachine()},
		{Name: "Go", OK: true, Required: true, Value: m.goVersion + " in " + m.goRoot},
		{Name: "C compiler", OK: m.compiler != "", Value: m.compiler, Fix: "XLA needs one: " + apt + "gcc libc6-dev"},
		{Name: "Python", OK: m.recent && m.venv, Required: true, Value: strings.TrimSpace(m.pyVersion + " " + m.python), Fix: apt + "python3 python3-venv"},
	}
	if runtime.GOOS == "linux" {
		findings = append(findings, finding{Name: "bubblewrap", OK: m.bwrap != "", Value: m.bwrap, Fix: "grading needs it: " + apt + "bubblewrap"})
	}
	findings = append(findings,
		p.program("JupyterLab", p.venv("python"), "-m", "jupyterlab", "--version"),
		p.goProgram("gonb"),
		p.goProgram("goimports"),
		p.goProgram("gopls"),
		p.examineKernel(m),
		examinePlugin(m))
	return findings, nil
}

// program runs a program for its version.
func (p place) program(name string, argv ...string) finding {
	f := finding{Name: name, Required: true, Fix: runSetup}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = p.environment()
	text, err := cmd.Output()
	if err != nil {
		return f
	}
	f.Value, _, _ = strings.Cut(strings.TrimSpace(string(text)), "\n")
	f.OK = f.Value != ""
	return f
}

// goProgram reads a Go program's version from the file itself.
func (p place) goProgram(name string) finding {
	f := finding{Name: name, Required: name != "gopls", Fix: runSetup}
	text, err := exec.Command("go", "version", "-m", p.bin(name)).Output()
	f.OK = err == nil
	if match := regexp.MustCompile(`(?m)^\tmod\t\S+\t(\S+)`).FindSubmatch(text); match != nil {
		f.Value = string(match[1])
	}
	return f
}

func (p place) examineKernel(m machine) finding {
	f := finding{Name: "kernel gonb", Value: p.relative(p.kernel("kernel.json")), Required: true, Fix: runSetup}
	text, err := os.ReadFile(p.kernel("kernel.json"))
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		f.Value += ": " + err.Error()
	case string(text) != p.kernelSpec(m):
		f.Value += " is another checkout's or another Go's"
	default:
		f.OK = true
	}
	return f
}

func examinePlugin(m machine) finding {
	f := finding{Name: "PJRT plugin", Fix: "XLA needs it: " + runSetup}
	path, err := plugin.Find("cpu")
	if err == nil && path != "" {
		f.Value = strings.TrimSpace(plugin.Version(path) + " " + path)
		if err = plugin.Check(path); err == nil {
			err = plugin.Verify(path)
		}
	}
	if err != nil {
		f.Value, f.Fix = "", err.Error()
		return f
	}
	if m.compiler == "" {
		f.Fix = "XLA needs a C compiler first, then " + runSetup
	}
	f.OK = path != "" && m.compiler != ""
	return f
}

func describeMachine() string {
	text := fmt.Sprintf("%s/%s, %d CPUs", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if release, err := os.ReadFile("/etc/os-release"); err == nil {
		if match := regexp.MustCompile(`(?m)^PRETTY_NAME="?([^"\n]+)`).FindSubmatch(release); match != nil {
			text = string(match[1]) + ", " + text
		}
	}
	if info, err := os.ReadFile("/proc/meminfo"); err == nil {
		var total int64
		if _, err := fmt.Sscanf(string(info), "MemTotal: %d kB", &total); err == nil {
			text += fmt.Sprintf(", %.1f GiB memory", float64(total)/(1<<20))
		}
	}
	return text
}
