package build

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"courselab/autograde/lab"
)

// Kit is a folder of compiled packages: everything that a worker links besides the student's package.
type Kit struct {
	Dir  string // holds index.json and the archives; readable by everyone
	Hash string // of the toolchain and the packages' contents
}

// index is the content of index.json.
type index struct {
	Language string            // of the module, for the compiler: "go1.26"
	Packages map[string]string // file name of the archive by import path
}

const (
	indexName  = "index.json"
	workerPath = "/autograde/worker"
)

// PrepareKit compiles what the workers of a lab need, or finds it in state, the grader's folder for such things.
func PrepareKit(ctx context.Context, t *Toolchain, l *lab.Lab, contract *lab.Contract, state string) (*Kit, error) {
	roots := append([]string{l.Module + workerPath, "runtime"}, l.Imports.Allow...)
	roots = append(roots, contractImports(contract)...)
	slices.Sort(roots)
	args := append([]string{"-export", "-deps", "-json=ImportPath,Export,Module,Incomplete,Error"}, slices.Compact(roots)...)
	out, err := t.run(ctx, l.Root, "list", args...)
	if err != nil {
		return nil, fmt.Errorf("lab %s: the packages that it allows cannot be compiled: %w", l.ID, err)
	}
	exports := map[string]string{}
	idx := index{Packages: map[string]string{}}
	decoder := json.NewDecoder(bytes.NewReader(out))
	for decoder.More() {
		var p struct {
			ImportPath, Export string
			Module             *struct{ Path, GoVersion string }
			Incomplete         bool
			Error              *struct{ Err string }
		}
		if err := decoder.Decode(&p); err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		if p.Error != nil || p.Incomplete {
			reason := "it or what it imports cannot be found"
			if p.Error != nil {
				reason = strings.Join(strings.Fields(p.Error.Err), " ")
			}
			return nil, fmt.Errorf("lab %s: package %s: %s", l.ID, p.ImportPath, reason)
		}
		if p.Module != nil && p.Module.Path == l.Module {
			idx.Language = language(p.Module.GoVersion)
		}
		if p.Export != "" { // unsafe has none
			exports[p.ImportPath] = p.Export
			idx.Packages[p.ImportPath] = fmt.Sprintf("%d.a", len(idx.Packages))
		}
	}
	h := sha256.New()
	fmt.Fprintln(h, t.Version, runtime.GOOS, runtime.GOARCH, idx.Language)
	for _, path := range slices.Sorted(maps.Keys(exports)) {
		fmt.Fprintln(h, path, filepath.Base(exports[path])) // the build cache names files by content
	}
	kit := &Kit{Hash: hex.EncodeToString(h.Sum(nil))}
	kit.Dir = filepath.Join(state, "kit-"+kit.Hash[:16])
	return kit, kit.fill(idx, exports)
}

// language is the -lang of a go.mod's go line: "1.26.5" is "go1.26".
func language(version string) string {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return "go" + version
	}
	return "go" + parts[0] + "." + parts[1]
}

// fill makes the folder, whole or not at all.
func (k *Kit) fill(idx index, exports map[string]string) error {
	now := time.Now()
	if os.Chtimes(k.Dir, now, now) == nil { // it is there; say that it is in use
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(k.Dir), 0o755); err != nil {
		return fmt.Errorf("the grader needs a folder for compiled packages: %w", err)
	}
	Sweep(filepath.Dir(k.Dir), "kit-*", 24*time.Hour)
	temp, err := os.MkdirTemp(filepath.Dir(k.Dir), "kit-new-")
	if err != nil {
		return fmt.Errorf("the grader needs a folder for compiled packages: %w", err)
	}
	defer os.RemoveAll(temp)
	for path, file := range idx.Packages {
		if err := place(exports[path], filepath.Join(temp, file)); err != nil {
			return fmt.Errorf("kit: %w", err)
		}
	}
	text, err := json.Marshal(idx)
	if err == nil {
		err = os.WriteFile(filepath.Join(temp, indexName), text, 0o644)
	}
	if err == nil {
		err = errors.Join(os.Chmod(filepath.Join(temp, indexName), 0o644), os.Chmod(temp, 0o755)) // whatever the umask
	}
	if err == nil {
		err = os.Rename(temp, k.Dir)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) { // another grader may have been quicker
		return fmt.Errorf("kit: %w", err)
	}
	return nil
}

// place links a file of the build cache, which never changes, or copies it where that is not possible.
func place(source, dest string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o044 == 0o044 && os.Link(source, dest) == nil {
		return nil
	}
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(dest, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Chmod(0o644), out.Close()) // whatever the umask
}

// Sweep removes what nobody has used for a while: the files and folders in dir whose names match the pattern.
func Sweep(dir, pattern string, age time.Duration) {
	paths, _ := filepath.Glob(filepath.Join(dir, pattern)) // the patterns are well formed
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > age {
			_ = os.RemoveAll(path) // in use by someone else, or not ours: then it stays
		}
	}
}

// load reads a kit's index, in the sandbox.
func loadIndex(dir string) (*index, error) {
	text, err := os.ReadFile(filepath.Join(dir, indexName))
	if err != nil {
		return nil, err
	}
	idx := &index{}
	return idx, json.Unmarshal(text, idx)
}

// open returns the archive of a package: what go/importer asks for.
func (idx *index) open(dir string) func(path string) (io.ReadCloser, error) {
	return func(path string) (io.ReadCloser, error) {
		file, ok := idx.Packages[path]
		if !ok {
			return nil, fmt.Errorf("package %s is not available", path)
		}
		return os.Open(filepath.Join(dir, file))
	}
}

// Importer imports the kit's packages for go/types.
func (k *Kit) Importer() (types.Importer, error) {
	idx, err := loadIndex(k.Dir)
	if err != nil {
		return nil, fmt.Errorf("kit: %w", err)
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", idx.open(k.Dir)), nil
}
