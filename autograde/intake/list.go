package intake

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"courselab/autograde/lab"
)

// kind is how a submission was handed in.
type kind int

const (
	folder kind = iota
	zipped
	tarred
	gzipped
	txtarred
	single // a notebook
	linked // a symbolic link in the class's folder
)

// Submission is one student's work, not read yet.
type Submission struct {
	Name string // unique in the class, usable as a folder name
	Path string
	kind kind
}

// suffixes of files that are submissions; the longer first.
var suffixes = []struct {
	text string
	kind kind
}{{".tar.gz", gzipped}, {".tgz", gzipped}, {".tar", tarred}, {".zip", zipped}, {".txtar", txtarred}, {".ipynb", single}}

// List finds the submissions in path, sorted by name: one for each folder, archive or notebook in it; path itself, if
// it is one of these files, or holds Go files or a release. Notes name the entries that are no submission.
func List(path string) (submissions []Submission, notes []string, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("there is no %s: give the folder that holds the submissions", path)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read the submissions: %w", err)
	}
	names := namer{}
	if !info.IsDir() {
		name, k, ok := archive(filepath.Base(path))
		if !ok {
			return nil, nil, fmt.Errorf("%s is neither a folder nor an archive (.zip, .tar, .tar.gz, .txtar) nor a notebook (.ipynb): give the folder that holds the submissions", path)
		}
		real, err := filepath.EvalSymlinks(path) // whoever grades may give a link, and from now on it is none
		if err != nil {
			return nil, nil, fmt.Errorf("cannot read the submissions: %w", err)
		}
		return []Submission{{Name: names.unique(name, filepath.Base(path)), Path: real, kind: k}}, nil, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read the submissions: %w", err)
	}
	if alone(path, entries) {
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, nil, err
		}
		real, err := filepath.EvalSymlinks(abs)
		if err != nil {
			return nil, nil, fmt.Errorf("cannot read the submissions: %w", err)
		}
		return []Submission{{Name: names.unique(filepath.Base(abs), ""), Path: real}}, nil, nil
	}
	for _, entry := range entries {
		file := entry.Name()
		s := Submission{Path: filepath.Join(path, file)}
		name, k, ok := archive(file)
		switch {
		case strings.HasPrefix(file, ".") || file == "__MACOSX" || file == "received.csv": // autograde collect leaves it
			continue
		case entry.Type()&fs.ModeSymlink != 0:
			name, s.kind = file, linked
		case strings.HasSuffix(file, ".bundle"), entry.IsDir() && strings.HasSuffix(file, ".git"):
			notes = append(notes, fmt.Sprintf("%s is a git repository: skipped; autograde collect takes submissions out of those", display(file)))
			continue
		case entry.IsDir():
			name, s.kind = file, folder
		case ok && entry.Type().IsRegular():
			s.kind = k
		default:
			if !strings.HasPrefix(strings.ToUpper(file), "README") {
				notes = append(notes, fmt.Sprintf("%s is neither a folder nor an archive nor a notebook: skipped", display(file)))
			}
			continue
		}
		s.Name = names.unique(name, file)
		submissions = append(submissions, s)
	}
	if len(submissions) == 0 {
		return nil, nil, fmt.Errorf("no submissions in %s: it must hold a folder, an archive (.zip, .tar, .tar.gz, .txtar) or a notebook (.ipynb) for each student", path)
	}
	slices.SortFunc(submissions, func(a, b Submission) int { return strings.Compare(a.Name, b.Name) })
	return submissions, notes, nil
}

// alone reports whether a folder with these entries is one submission, or a lab, and not a class: it has Go files and, unless it is a lab, neither
// archives nor folders with Go files. In a class's folder a student's loose file must not stand for all.
func alone(path string, entries []fs.DirEntry) bool {
	isGo := func(e fs.DirEntry) bool { return !e.IsDir() && strings.HasSuffix(e.Name(), ".go") }
	isSource := func(e fs.DirEntry) bool { return isGo(e) || isNotebook(e.Name()) }
	isLab := func(e fs.DirEntry) bool { return e.Name() == lab.File }
	if slices.ContainsFunc(entries, isLab) && slices.ContainsFunc(entries, isSource) {
		return true
	}
	return slices.ContainsFunc(entries, isGo) && !slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		if _, kind, ok := archive(e.Name()); ok && kind != single && e.Type().IsRegular() {
			return true
		}
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			return false
		}
		inner, _ := os.ReadDir(filepath.Join(path, e.Name())) // what cannot be read holds none
		return slices.ContainsFunc(inner, isGo)
	})
}

// archive cuts the suffix of an archive's name.
func archive(file string) (name string, k kind, ok bool) {
	lower := strings.ToLower(file)
	for _, s := range suffixes {
		if strings.HasSuffix(lower, s.text) && len(file) > len(s.text) {
			return file[:len(file)-len(s.text)], s.kind, true
		}
	}
	return "", 0, false
}

// namer makes names that are unique, also on file systems that ignore case, and harmless as folder names.
type namer map[string]bool

// ours is a name that the results of a class use themselves, or may some day: those of files with the suffixes of results, and the
// folder records.
func ours(lower string) bool {
	return lower == "records" || slices.Contains([]string{".csv", ".json", ".html"}, filepath.Ext(lower))
}

func (n namer) unique(names ...string) string {
	base := "submission"
	for _, name := range names {
		if base = safe(name); n.take(base) {
			return base
		}
	}
	for i := 2; ; i++ {
		if name := fmt.Sprintf("%s-%d", base, i); n.take(name) {
			return name
		}
	}
}

func (n namer) take(name string) bool {
	lower := strings.ToLower(name)
	if n[lower] || ours(lower) {
		return false
	}
	n[lower] = true
	return true
}

// maxName bounds a name in bytes: file systems allow 255, of which temporary names of the results take some.
const maxName = 120

// safe replaces what a folder name, a terminal or a spreadsheet may stumble over.
func safe(name string) string {
	text := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._@+- ,()", r) {
			return r
		}
		return '_'
	}, strings.ToValidUTF8(name, "_"))
	if len(text) > maxName {
		text = strings.ToValidUTF8(text[:maxName], "") // without the half of a letter at the cut
	}
	text = strings.Trim(text, " .-+@")
	if text == "" {
		return "submission"
	}
	return text
}

// Modified is when the submission was last changed, as its files say: an archive's time, or the newest in a folder. It is what the file
// system knows, which a copy may have changed: where it matters, ask whoever took the submission in.
func (s Submission) Modified() (newest time.Time, err error) {
	err = filepath.WalkDir(s.Path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && !entry.IsDir() && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
		return err
	})
	if err == nil && newest.IsZero() {
		err = fmt.Errorf("%s holds no files", s.Path)
	}
	return newest, err
}
