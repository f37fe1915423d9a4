package release

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"courselab/autograde/build"
	"courselab/autograde/lab"
	"courselab/autograde/result"
)

// Options of a release.
type Options struct {
	Dir      string // where it goes; "" for release/ID in the lab's repository
	Force    bool   // move a folder aside that a student has worked in
	State    string // folder for compiled packages
	Accepted func() // if set, called once the folder has been found fit, before anything is compiled
}

// Release is what was made.
type Release struct {
	Dir      string
	Import   string // import path of the package
	Files    []string
	Manifest *Manifest
	Aside    string // where an edited folder went, "" if there was none

	edited bool
}

// Make releases a lab.
func Make(ctx context.Context, l *lab.Lab, options Options) (*Release, error) {
	if _, err := os.Stat(filepath.Join(l.Dir, ManifestName)); err == nil {
		return nil, fmt.Errorf("%s is itself a release: give the instructor's folder of the lab", l.Dir)
	}
	r := &Release{Dir: options.Dir}
	if r.Dir == "" {
		r.Dir = filepath.Join(l.Root, "release", l.ID)
	}
	var err error
	if r.Dir, err = filepath.Abs(r.Dir); err != nil {
		return nil, err
	}
	virtual, err := r.place(l)
	if err != nil {
		return nil, err
	}
	if err := r.refuseEdited(options.Force); err != nil {
		return nil, err
	}
	if options.Accepted != nil {
		options.Accepted()
	}
	t, err := build.FindToolchain(ctx)
	if err != nil {
		return nil, err
	}
	files, err := r.collect(ctx, t, l, options.State)
	if err != nil {
		return nil, err
	}
	if err := prove(l, files); err != nil {
		return nil, err
	}
	if err := try(ctx, t, l, virtual, r.Import, files); err != nil {
		return nil, err
	}
	return r, r.write(files)
}

// place decides the import path, and where in the module the release is for the go command.
func (r *Release) place(l *lab.Lab) (virtual string, err error) {
	rel, err := filepath.Rel(l.Root, r.Dir)
	inside := err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
	if !inside { // to be handed out: it belongs where students put it
		rel = filepath.Join("release", l.ID)
	}
	if rel == "." || r.Dir == l.Dir || strings.HasPrefix(r.Dir, l.Dir+string(filepath.Separator)) || strings.HasPrefix(l.Dir, r.Dir+string(filepath.Separator)) {
		return "", fmt.Errorf("cannot release into %s: choose a folder outside the lab, e.g. release/%s", r.Dir, l.ID)
	}
	r.Import = path.Join(l.Module, filepath.ToSlash(rel))
	return filepath.Join(l.Root, rel), nil
}

// collect makes the content of the release in memory.
func (r *Release) collect(ctx context.Context, t *build.Toolchain, l *lab.Lab, state string) (map[string][]byte, error) {
	contract, err := l.Contract()
	if err != nil {
		return nil, err
	}
	kit, err := build.PrepareKit(ctx, t, l, contract, state)
	if err != nil {
		return nil, err
	}
	imports, err := kit.Importer()
	if err != nil {
		return nil, err
	}
	sources, err := Sources(l, imports)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	err = filepath.WalkDir(l.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(l.Dir, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		switch {
		case name == ".":
			return nil
		case d.IsDir() && (strings.Contains(name, "/") || slices.Contains(takenAlong, name)) && !strings.HasPrefix(d.Name(), "."):
			return nil
		case d.IsDir():
			return fs.SkipDir
		case strings.HasPrefix(d.Name(), "."), name == lab.EquivalentFile:
			return nil
		case !d.Type().IsRegular():
			return fmt.Errorf("%s is no ordinary file", name)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if l.Notebook != "" && (strings.HasSuffix(name, ".ipynb") || strings.HasSuffix(name, ".go") && !strings.Contains(name, "/")) {
			if name != l.Notebook {
				return fmt.Errorf("%s lies beside the lab's notebook and would be released as it is: take it away, or into a folder that stays behind", name)
			}
			text, err = r.notebook(l)
		} else if s, ok := sources[name]; ok {
			text = []byte(s)
		}
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, ".go") {
			if text, err = rewrite(l, name, text, r.Import); err != nil {
				return err
			}
		}
		files[name] = text
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("lab %s: %w", l.ID, err)
	}
	if r.Manifest, err = manifest(ctx, t, l, contract, state); err != nil {
		return nil, err
	}
	for name, text := range files {
		r.Manifest.Files[name] = digest(text)
	}
	text, err := json.MarshalIndent(r.Manifest, "", "  ")
	files[ManifestName] = append(text, '\n')
	return files, err
}

// rewrite changes import paths below the lab's into those below path.
func rewrite(l *lab.Lab, name string, text []byte, path string) ([]byte, error) {
	old := l.ImportPath()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	changed := false
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ImportSpec); ok {
			if p, err := strconv.Unquote(spec.Path.Value); err == nil && (p == old || strings.HasPrefix(p, old+"/")) {
				spec.Path.Value = strconv.Quote(path + strings.TrimPrefix(p, old))
				changed = true
			}
		}
		return true
	})
	if !changed {
		return text, nil
	}
	return printed(l.Module, fset, file)
}

// manifest counts the lab's checks.
func manifest(ctx context.Context, t *build.Toolchain, l *lab.Lab, contract *lab.Contract, state string) (*Manifest, error) {
	checks, err := build.PrepareChecks(ctx, t, l, true, state)
	if err != nil {
		return nil, err
	}
	m := &Manifest{Lab: l.ID, Contract: *contract, Files: map[string]string{}}
	for _, task := range l.Tasks {
		all := result.Task{Max: task.Points}
		for _, r := range checks.List {
			if r.Task == task.ID {
				all.Checks = append(all.Checks, r)
			}
		}
		s := all.Shares()
		m.Tasks = append(m.Tasks, Counts{Task: task.ID, Points: task.Points, Public: s.Public, Hidden: s.Hidden, HiddenWorth: s.HiddenWorth})
	}
	return m, nil
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// ReadManifest reads the manifest of a release; nil without error if dir is no release.
func ReadManifest(dir string) (*Manifest, error) {
	text, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m := &Manifest{}
	if err := json.Unmarshal(text, m); err != nil || len(m.Contract.Functions) == 0 {
		return nil, fmt.Errorf("%s is damaged: release the lab again into a new folder", filepath.Join(dir, ManifestName))
	}
	return m, nil
}
