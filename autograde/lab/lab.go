package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"

	"courselab/autograde/notebook"

	"golang.org/x/mod/modfile"
)

// File is the name of a lab's specification.
const File = "lab.yaml"

// EquivalentFile lists, beside lab.yaml, the mutants that compute the same as the reference: "ID: reason". It quotes the solution.
const EquivalentFile = "equivalent.yaml"

// Lab is a lab on disk.
type Lab struct {
	Spec
	Dir    string // absolute
	Root   string // absolute folder of go.mod
	Module string // module path, "courselab"
}

// Load reads and validates the lab in dir. Errors are one line and name the file.
func Load(dir string) (*Lab, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(abs); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("there is no folder %s: give the folder of a lab, e.g. labs/lab1-attention", dir)
	}
	text, err := os.ReadFile(filepath.Join(abs, File))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no %s in %s: give the folder of a lab, e.g. labs/lab1-attention", File, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", File, errors.Unwrap(err))
	}
	name := filepath.Join(dir, File)
	spec, err := Parse(name, text)
	if err != nil {
		return nil, err
	}
	root, module, err := FindRoot(abs)
	if err != nil {
		return nil, err
	}
	return &Lab{Spec: *spec, Dir: abs, Root: root, Module: module}, nil
}

// Find loads a lab by its folder or, below root's labs/, by its id or folder name.
func Find(root, name string) (*Lab, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return Load(name)
	}
	if plainName.MatchString(name) {
		labs, broken := All(root)
		for _, l := range labs {
			if l.ID == name || filepath.Base(l.Dir) == name {
				return l, nil
			}
		}
		if err := broken[name]; err != nil {
			return nil, err
		}
		ids := make([]string, len(labs))
		for i, l := range labs {
			ids[i] = l.ID
		}
		if len(ids) > 0 {
			return nil, fmt.Errorf("there is no lab %q: the labs here are %s", name, strings.Join(ids, ", "))
		}
	}
	return nil, fmt.Errorf("there is no lab %s: give the folder of a lab, e.g. labs/lab1-attention", name)
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// All loads the labs below root's labs/ in the order of their folders. Folders whose lab.yaml is wrong come back as errors
// by folder name.
func All(root string) ([]*Lab, map[string]error) {
	var labs []*Lab
	broken := map[string]error{}
	files, _ := filepath.Glob(filepath.Join(root, "labs", "*", File)) // the pattern is well formed
	sort.Strings(files)
	for _, file := range files {
		l, err := Load(filepath.Dir(file))
		if err != nil {
			broken[filepath.Base(filepath.Dir(file))] = err
			continue
		}
		labs = append(labs, l)
	}
	return labs, broken
}

// FindRoot returns the folder of the go.mod that dir belongs to, and the module's path.
func FindRoot(dir string) (root, module string, err error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", "", err
	}
	for at := abs; ; at = filepath.Dir(at) {
		text, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil {
			module := modfile.ModulePath(text)
			if module == "" {
				return "", "", fmt.Errorf("%s names no module", filepath.Join(at, "go.mod"))
			}
			return at, module, nil
		}
		if at == filepath.Dir(at) {
			return "", "", fmt.Errorf("%s belongs to no Go module: run this inside the course's repository", dir)
		}
	}
}

// ImportPath is the import path of the lab's package, or of a folder below it.
func (l *Lab) ImportPath(sub ...string) string {
	rel, err := filepath.Rel(l.Root, l.Dir)
	if err != nil { // both are absolute
		panic(err)
	}
	return path.Join(append([]string{l.Module, filepath.ToSlash(rel)}, sub...)...)
}

// Has reports whether the lab has a folder of that name.
func (l *Lab) Has(sub string) bool {
	info, err := os.Stat(filepath.Join(l.Dir, sub))
	return err == nil && info.IsDir()
}

// Sources returns the names of the lab's Go files without tests, sorted; of a notebook, the name of the file that it makes.
func (l *Lab) Sources() ([]string, error) {
	if l.Notebook != "" {
		return []string{notebook.GoName(l.Package)}, nil
	}
	entries, err := os.ReadDir(l.Dir)
	if err != nil {
		return nil, fmt.Errorf("lab %s: %w", l.ID, err)
	}
	var names []string
	for _, entry := range entries {
		name := entry.Name()
		if entry.Type().IsRegular() && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("lab %s has no Go files in %s", l.ID, l.Dir)
	}
	return names, nil
}

// Reference reads the lab's Go files, without tests, or makes one of its notebook: the solution.
func (l *Lab) Reference() (map[string][]byte, error) {
	names, err := l.Sources()
	if err != nil {
		return nil, err
	}
	if l.Notebook != "" {
		n, err := l.ReadNotebook()
		if err != nil {
			return nil, err
		}
		p, err := notebook.Reference(n, l.Package, l.Imports.Allow)
		if err != nil {
			return nil, fmt.Errorf("lab %s: %s: %w", l.ID, l.Notebook, err)
		}
		return map[string][]byte{names[0]: p.Source}, nil
	}
	sources := map[string][]byte{}
	for _, name := range names {
		if sources[name], err = os.ReadFile(filepath.Join(l.Dir, name)); err != nil {
			return nil, fmt.Errorf("lab %s: %w", l.ID, err)
		}
	}
	return sources, nil
}

// ReadNotebook reads the notebook that is the lab's source.
func (l *Lab) ReadNotebook() (*notebook.Notebook, error) {
	text, err := os.ReadFile(filepath.Join(l.Dir, l.Notebook))
	if err != nil {
		return nil, fmt.Errorf("lab %s: its notebook: %w", l.ID, err)
	}
	n, err := notebook.Read(text)
	if err != nil {
		return nil, fmt.Errorf("lab %s: %s: %w", l.ID, l.Notebook, err)
	}
	return n, nil
}

// Task returns the task with the id, nil if there is none.
func (l *Lab) Task(id string) *Task {
	if i := slices.IndexFunc(l.Tasks, func(t Task) bool { return t.ID == id }); i >= 0 {
		return &l.Tasks[i]
	}
	return nil
}

// TaskOf returns the id of the first task that names the function, "" if none does.
func (l *Lab) TaskOf(function string) string {
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(function) + `\b`)
	for _, t := range l.Tasks {
		if word.MatchString(t.Function) {
			return t.ID
		}
	}
	return ""
}
