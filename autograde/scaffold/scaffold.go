// Package scaffold writes a small lab that works, for an instructor to edit: two tasks, public and hidden checks, wrong answers, a class of
// three, a course to try the gradebook with. `autograde audit` finds nothing to complain about, so that whatever it says later is
// about what was edited.
package scaffold

import (
	"embed"
	"fmt"
	"go/format"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"courselab/autograde/lab"
)

//go:embed template notebook
var templates embed.FS

// Kind is what the source of a lab is.
type Kind string

// The kinds of labs. What a notebook lab does not have of its own, it shares with one of Go files.
const (
	GoFiles  Kind = "template"
	Notebook Kind = "notebook"
)

var nameText = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Write writes the lab NAME into dir, a folder of the course's repository that must not exist or be empty, and returns the names of the
// files, with slashes. Its source is Go files or a notebook. The assignment of the example course is released and due around now.
func Write(name, dir string, kind Kind, now time.Time) (names []string, err error) {
	if dir, err = vacant(name, dir); err != nil {
		return nil, err
	}
	root, module, err := lab.FindRoot(filepath.Dir(dir))
	if err != nil {
		return nil, err
	}
	place := (&lab.Lab{Dir: dir, Root: root, Module: module}).ImportPath()
	if strings.HasPrefix(place, "..") || !strings.HasPrefix(place, module+"/") {
		return nil, fmt.Errorf("%s lies outside the course's repository %s: give a folder in it with -o", dir, root)
	}
	fill := strings.NewReplacer("LAB_ID", name, "LAB_PACKAGE", packageOf(name), "LAB_TITLE", title(name), "LAB_IMPORT", place, "courselab/", module+"/",
		"LAB_RELEASE", now.UTC().Add(-time.Hour).Format("2006-01-02 15:04"), "LAB_DUE", now.UTC().AddDate(0, 0, 14).Format("2006-01-02")+" 23:59")
	if kind == GoFiles {
		err = write(GoFiles, dir, packageOf(name), fill, &names, func(string) bool { return false })
	} else {
		err = write(Notebook, dir, packageOf(name), fill, &names, func(string) bool { return false })
		if err == nil { // and what it shares with a lab of Go files
			err = write(GoFiles, dir, packageOf(name), fill, &names, func(file string) bool {
				return strings.HasPrefix(file, "package") || strings.HasPrefix(file, "samples/") || slices.Contains(names, file)
			})
		}
	}
	slices.Sort(names)
	return names, err
}

// packageOf is the last part of a name that Go takes for a package's.
func packageOf(name string) string {
	parts := strings.Split(name, "-")
	for i := len(parts) - 1; i >= 0; i-- {
		if p := parts[i]; p[0] >= 'a' && !token.IsKeyword(p) && p != "main" && p != "public" && p != "hidden" {
			return p
		}
	}
	return "lab"
}

func title(name string) string {
	words := strings.ReplaceAll(name, "-", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}

// write writes the files of a template, but for those to skip.
func write(kind Kind, dir, pkg string, fill *strings.Replacer, names *[]string, skip func(file string) bool) error {
	err := fs.WalkDir(templates, string(kind), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := templates.ReadFile(path)
		if err != nil {
			return err
		}
		// A template of Go is no Go yet, so it is not named so.
		name := strings.TrimSuffix(strings.TrimPrefix(path, string(kind)+"/"), ".txt")
		if skip(name) {
			return nil
		}
		if rest, ok := strings.CutPrefix(name, "package"); ok {
			name = pkg + rest
		}
		filled := []byte(fill.Replace(string(text)))
		if strings.HasSuffix(name, ".go") { // the order of the imports depends on the names
			if filled, err = format.Source(filled); err != nil {
				return err
			}
		}
		*names = append(*names, name)
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, filled, 0o644)
	})
	if err != nil {
		return fmt.Errorf("the lab in %s is not complete: %w", dir, err)
	}
	return nil
}
