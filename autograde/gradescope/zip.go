// Package gradescope makes the zip that Gradescope builds an autograder from: two scripts, the Go source of the grader, and the lab with
// its hidden checks. Gradescope runs setup.sh once, when it builds the autograder's image, and run_autograder for each submission,
// in a fresh container with /autograder/source, /autograder/submission and /autograder/results.
package gradescope

import (
	"archive/zip"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"time"

	"courselab/autograde/lab"
)

// The Go that setup.sh fetches from go.dev/dl where the machine has none that is new enough; Gradescope's machines are linux/amd64.
const (
	goVersion = "1.26.8"
	goSHA256  = "d0f743b33e8d8945e6b1f432edd15785c70507121d6e2a723b21285eddf8b57b"
)

// Options of a zip.
type Options struct {
	Trust bool // grade even where Gradescope's machine gives no sandbox: a submission may then read the hidden checks, and do more
}

//go:embed setup.sh
var setup string

//go:embed run_autograder
var run string

// left are the folders and files of a lab that grading has no use for.
var left = []string{"wrong", "samples", "testdata", "course", lab.EquivalentFile}

// Write writes the zip of a lab and returns the names of its files, sorted. It needs the go command, which knows what the grader
// is made of. An error is one line.
func Write(ctx context.Context, l *lab.Lab, options Options, w io.Writer) ([]string, error) {
	files, err := sources(ctx, l)
	if err != nil {
		return nil, err
	}
	if err := theLab(l, files); err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"setup.sh": setup, "run_autograder": run} {
		script, err := fill(l, options, name, text)
		if err != nil {
			return nil, err
		}
		files[name] = script
	}
	archive := zip.NewWriter(w)
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		// A fixed date: the same lab makes the same zip.
		header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		header.SetMode(0o644)
		if name == "setup.sh" || name == "run_autograder" {
			header.SetMode(0o755)
		}
		file, err := archive.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := file.Write(files[name]); err != nil {
			return nil, err
		}
	}
	return names, archive.Close()
}

// fill puts a lab's values into a script.
func fill(l *lab.Lab, options Options, name, text string) ([]byte, error) {
	script, err := template.New(name).Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Rel(l.Root, l.Dir)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = script.Execute(&b, map[string]any{
		"Lab": filepath.ToSlash(dir), "Allow": strings.Join(l.Imports.Allow, " "), "Trust": options.Trust, "Go": goVersion, "SHA256": goSHA256,
	})
	return b.Bytes(), err
}

// sources are the files of this module that the grader and the lab's checks are compiled from, by their names below the module's root.
func sources(ctx context.Context, l *lab.Lab) (map[string][]byte, error) {
	packages := []string{l.Module + "/autograde/cmd/autograde", l.Module + "/autograde/worker", l.ImportPath(), l.ImportPath("public"), l.ImportPath("hidden")}
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-deps", "-tags=noxla", "-json=Dir,Module,GoFiles,EmbedFiles"}, packages...)...)
	cmd.Dir = l.Root
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-mod=readonly")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, strings.Join(strings.Fields(stderr.String()), " "))
	}
	files := map[string][]byte{}
	decoder := json.NewDecoder(bytes.NewReader(out))
	for decoder.More() {
		var p struct {
			Dir                 string
			Module              *struct{ Path string }
			GoFiles, EmbedFiles []string
		}
		if err := decoder.Decode(&p); err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		if p.Module == nil || p.Module.Path != l.Module {
			continue
		}
		for _, name := range slices.Concat(p.GoFiles, p.EmbedFiles) {
			if err := take(l, filepath.Join(p.Dir, name), files); err != nil {
				return nil, err
			}
		}
	}
	return files, errors.Join(take(l, filepath.Join(l.Root, "go.mod"), files), take(l, filepath.Join(l.Root, "go.sum"), files))
}

// theLab adds what a lab has besides its packages: lab.yaml and the like.
func theLab(l *lab.Lab, files map[string][]byte) error {
	return filepath.WalkDir(l.Dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case filepath.Dir(path) == l.Dir && slices.Contains(left, d.Name()):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular() || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		return take(l, path, files)
	})
}

// take reads a file under its name below the module's root.
func take(l *lab.Lab, path string, files map[string][]byte) error {
	name, err := filepath.Rel(l.Root, path)
	if err != nil {
		return err
	}
	if !filepath.IsLocal(name) {
		return fmt.Errorf("%s lies outside the repository: the zip could not hold it", path)
	}
	text, err := os.ReadFile(path)
	files[filepath.ToSlash(name)] = text
	return err
}
