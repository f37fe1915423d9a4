// Package repo knows where things are: the repository, and the folder .lab in which set-up keeps its state.
package repo

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Repo is a checkout of the course, by the absolute path of its top folder.
type Repo string

// Find returns the repository that the working directory is in.
func Find() (Repo, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return "", err
	}
	for at := folder; ; at = filepath.Dir(at) {
		text, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module courselab\n") {
			return Repo(at), nil
		}
		if at == filepath.Dir(at) {
			return "", errors.New("this is not inside a checkout of courselab; change to its folder and try again")
		}
	}
}

// Path joins parts to the top folder.
func (r Repo) Path(parts ...string) string {
	return filepath.Join(append([]string{string(r)}, parts...)...)
}

// Lab joins parts to the folder of set-up's state, which git ignores.
func (r Repo) Lab(parts ...string) string { return r.Path(append([]string{".lab"}, parts...)...) }

// Python is the interpreter of the project's virtual environment.
func (r Repo) Python() string { return r.Lab("venv", "bin", "python") }

// KernelSpec is the folder of the Go kernel's description for Jupyter.
func (r Repo) KernelSpec() string { return r.Lab("jupyter", "kernels", "gonb") }

// JupyterEnv is the environment for Jupyter's programs: all that they read and write by themselves is in .lab, whatever
// the user has installed elsewhere.
func (r Repo) JupyterEnv() []string {
	return With(os.Environ(),
		"JUPYTER_DATA_DIR="+r.Lab("jupyter"),
		"JUPYTER_RUNTIME_DIR="+r.Lab("jupyter", "runtime"),
		"JUPYTER_CONFIG_DIR="+r.Lab("jupyter", "config"),
		"JUPYTERLAB_SETTINGS_DIR="+r.Lab("jupyter", "lab", "user-settings"),
		"JUPYTERLAB_WORKSPACES_DIR="+r.Lab("jupyter", "lab", "workspaces"),
		"IPYTHONDIR="+r.Lab("jupyter", "ipython"),
		"JUPYTER_PREFER_ENV_PATH=1",
		"JUPYTER_PATH=",
		"JUPYTER_CONFIG_PATH=",
		"PYTHONNOUSERSITE=1",
		"PYTHONPATH=",
		"PYTHONHOME",
		"GOWORK=",
	)
}

// With returns env with the settings changed. A setting without "=" is removed.
func With(env []string, settings ...string) []string {
	env = slices.Clone(env)
	for _, setting := range settings {
		name, _, has := strings.Cut(setting, "=")
		env = slices.DeleteFunc(env, func(e string) bool { return strings.HasPrefix(e, name+"=") })
		if has {
			env = append(env, setting)
		}
	}
	return env
}
