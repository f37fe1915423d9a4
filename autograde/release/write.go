package release

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"courselab/autograde/build"
	"courselab/autograde/lab"
)

// refuseEdited returns an error if the folder holds work that a release would destroy.
func (r *Release) refuseEdited(force bool) error {
	entries, err := os.ReadDir(r.Dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot release into %s: %w", r.Dir, err)
	}
	m, err := ReadManifest(r.Dir)
	if err != nil || m == nil {
		return fmt.Errorf("%s holds something else than a release: give a new folder with -o", r.Dir)
	}
	var edited []string
	err = filepath.WalkDir(r.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(r.Dir, path) // below it
		name = filepath.ToSlash(name)
		text, err := os.ReadFile(path)
		if err == nil && name != ManifestName && m.Files[name] != digest(text) {
			edited = append(edited, name)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot release into %s: %w", r.Dir, err)
	}
	r.edited = len(edited) > 0
	if r.edited && !force {
		return fmt.Errorf("%s was edited in %s: --force moves it aside, -o gives a new folder", strings.Join(edited[:min(3, len(edited))], ", "), r.Dir)
	}
	return nil
}

// try builds the release with its tests, as if it were in place, and runs them: they must compile, fail, and say why kindly.
func try(ctx context.Context, t *build.Toolchain, l *lab.Lab, virtual, importPath string, files map[string][]byte) error {
	work, err := os.MkdirTemp("", "courselab-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	replace := map[string]string{}
	tests := false
	sources := files
	if l.Notebook != "" {
		if sources, err = asGo(l, importPath, files); err != nil {
			return err
		}
	}
	for name, text := range sources {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		tests = tests || strings.HasSuffix(name, "_test.go") && !strings.Contains(name, "/")
		source := filepath.Join(work, fmt.Sprintf("%d.txt", len(replace)))
		if err := os.WriteFile(source, text, 0o600); err != nil {
			return err
		}
		replace[filepath.Join(virtual, filepath.FromSlash(name))] = source
	}
	hide(virtual, replace)
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	overlay := filepath.Join(work, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		return err
	}
	if !tests {
		return fmt.Errorf("lab %s has no test: students need one, see package autograde/check/local", l.ID)
	}
	binary := filepath.Join(work, "release.test")
	if err := t.TestBinary(ctx, l.Root, overlay, binary, importPath); err != nil {
		return fmt.Errorf("the release of lab %s does not compile: %w", l.ID, err)
	}
	return kind(ctx, l, work, binary)
}

// hide takes Go files that lie in place, but are not in this release, out of the go command's sight.
func hide(virtual string, replace map[string]string) {
	_ = filepath.WalkDir(virtual, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".go") {
			if _, ok := replace[path]; !ok {
				replace[path] = ""
			}
		}
		return nil // what cannot be read, the go command will complain about
	})
}

// kind runs the tests of a release and requires that they fail, for the reason that nothing is written yet.
func kind(ctx context.Context, l *lab.Lab, work, binary string) error {
	cmd := exec.CommandContext(ctx, binary, "-test.timeout=2m")
	cmd.Dir = work
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return fmt.Errorf("the tests of lab %s pass without a solution: they check nothing", l.ID)
	case !errors.As(err, &exit):
		return err
	case !bytes.Contains(out, []byte("not written yet")):
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("the tests of lab %s do not say that nothing is written yet: %s", l.ID, strings.TrimSpace(lines[0]))
	}
	return nil
}

// write puts the release in place by a rename.
func (r *Release) write(files map[string][]byte) error {
	parent := filepath.Dir(r.Dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("cannot release into %s: %w", r.Dir, err)
	}
	stage, err := os.MkdirTemp(parent, "."+filepath.Base(r.Dir)+"-new-")
	if err != nil {
		return fmt.Errorf("cannot release into %s: %w", r.Dir, err)
	}
	defer os.RemoveAll(stage)
	next := filepath.Join(stage, "next")
	for name, text := range files {
		path := filepath.Join(next, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
		r.Files = append(r.Files, name)
	}
	slices.Sort(r.Files)
	old := filepath.Join(stage, "old")
	if r.edited { // never lose a student's work
		if old, err = vacant(r.Dir); err != nil {
			return err
		}
		r.Aside = old
	}
	err = os.Rename(r.Dir, old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot release into %s: %w", r.Dir, err)
	}
	if err := os.Rename(next, r.Dir); err != nil {
		return errors.Join(fmt.Errorf("cannot release into %s: %w", r.Dir, err), os.Rename(old, r.Dir))
	}
	return nil
}

// vacant is a name beside dir that is free.
func vacant(dir string) (string, error) {
	for i := 1; i < 1000; i++ {
		name := fmt.Sprintf("%s-old%d", dir, i)
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name, nil
		}
	}
	return "", fmt.Errorf("there are too many old versions beside %s: remove some", dir)
}
