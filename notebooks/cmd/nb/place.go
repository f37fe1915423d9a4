package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// place knows where the parts of the lab lie. All that set-up makes is below .lab, except for the PJRT plugin, which is
// in the user's cache folder.
type place struct {
	root string // the repository, absolute
}

// findPlace looks for the repository from the working folder upwards.
func findPlace() (place, error) {
	folder, err := os.Getwd()
	if err != nil {
		return place{}, err
	}
	for {
		text, err := os.ReadFile(filepath.Join(folder, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module courselab\n") {
			return place{folder}, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return place{}, errors.New("no courselab repository here or above; change into it first")
		}
		folder = parent
	}
}

func (p place) lab(parts ...string) string {
	return filepath.Join(append([]string{p.root, ".lab"}, parts...)...)
}

func (p place) notebooks(parts ...string) string {
	return filepath.Join(append([]string{p.root, "notebooks"}, parts...)...)
}

func (p place) bin(name string) string  { return p.lab("bin", name) }
func (p place) venv(name string) string { return p.lab("venv", "bin", name) }
func (p place) kernel(parts ...string) string {
	return p.lab(append([]string{"jupyter", "kernels", "gonb"}, parts...)...)
}
func (p place) settings(parts ...string) string {
	return p.lab(append([]string{"jupyter", "config"}, parts...)...)
}

// environment is the process's own, with the lab's tools first in PATH and Jupyter's folders inside .lab, so that neither
// the user's own Jupyter nor another copy of the lab is seen or changed.
func (p place) environment() []string {
	return append(os.Environ(),
		"PATH="+p.lab("bin")+string(os.PathListSeparator)+os.Getenv("PATH"),
		"JUPYTER_DATA_DIR="+p.lab("jupyter"),
		"JUPYTER_CONFIG_DIR="+p.settings(),
		"JUPYTER_RUNTIME_DIR="+p.lab("jupyter", "runtime"),
		"IPYTHONDIR="+p.lab("jupyter", "ipython"),
	)
}

// needSetup returns an error if the lab is not set up.
func (p place) needSetup() error {
	for _, path := range []string{p.bin("gonb"), p.bin("goimports"), p.venv("python"), p.kernel("kernel.json")} {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("the lab is not set up (%s is missing); run `make setup`", p.relative(path))
		}
	}
	return nil
}

// relative shortens a path for messages.
func (p place) relative(path string) string {
	if short, err := filepath.Rel(p.root, path); err == nil && !strings.HasPrefix(short, "..") {
		return short
	}
	return path
}

// goEnv asks the go command for variables of its environment.
func goEnv(names ...string) ([]string, error) {
	text, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("the go command does not work: %w; install Go from go.dev/dl", err)
	}
	values := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(values) != len(names) {
		return nil, fmt.Errorf("go env returned %d values for %d names", len(values), len(names))
	}
	return values, nil
}

// writeAtomically replaces a file in one step, so that a reader or a killed process never leaves half of it.
func writeAtomically(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if _, err := file.Write(text); err != nil {
		file.Close()
		return err
	}
	if err := file.Chmod(0o644); err != nil {
		file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
