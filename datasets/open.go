package datasets

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"courselab/datasets/parse"
)

// Check says how a file was verified.
type Check string

// The ways in which a file is verified.
const (
	BySHA256    Check = "sha256"    // its SHA-256, or that of its decompressed contents, is the catalogue's
	ByStructure Check = "structure" // every record was parsed, and the numbers of records are the release's
)

// Copy is a verified copy of a data set on this machine.
type Copy struct {
	Entry   Entry
	Release Release
	Folder  string            // that holds the files
	Paths   map[string]string // by File.Name
	Checks  map[string]Check  // by File.Name
}

// Open finds a verified copy of the data set in COURSELAB_DATA or the cache, in this order; see Roots. It never downloads.
//
// The error matches ErrUnknown, ErrNotFound (and says which files to put where) or ErrCorrupt (and says which file is
// wrong); it is an *OpenError in the last two cases.
func Open(name string) (Copy, error) {
	entry, err := Lookup(name)
	if err != nil {
		return Copy{}, err
	}
	return openEntry(entry, Roots())
}

func openEntry(entry Entry, roots []Root) (Copy, error) {
	failure := &OpenError{Entry: entry, Roots: roots}
	for _, root := range roots {
		if _, err := os.Stat(root.Path); err != nil && root.From == Variable {
			failure.Missing = append(failure.Missing, root.Path)
		}
		for _, folder := range entry.Folders {
			folder := filepath.Join(root.Path, filepath.FromSlash(folder))
			found, problems := openFolder(entry, folder)
			failure.Bad = append(failure.Bad, problems...)
			if found != nil {
				if failure.Bad != nil {
					slog.Warn("a damaged or incomplete copy of a data set was passed over", "dataset", entry.Name,
						"used", folder, "release", found.Release.Name, "reason", oneLine(failure.Bad))
				}
				return *found, nil
			}
		}
	}
	return Copy{}, failure
}

// openFolder returns the first release of which the folder holds a verified copy, and what is wrong with those before it: a damaged
// file, or a missing one beside others that belong to this release alone.
func openFolder(entry Entry, folder string) (*Copy, []error) {
	var problems []error
	for i, release := range entry.Releases {
		paths, missing := find(release, folder)
		if missing != "" {
			if name := ownFile(entry, i, paths); name != "" {
				problems = append(problems, parse.Whole(folder, "has %s but not %s", name, missing))
			}
			continue
		}
		found := &Copy{Entry: entry, Release: release, Folder: folder, Paths: paths, Checks: map[string]Check{}}
		if err := found.verify(); err != nil {
			if len(entry.Releases) > 1 {
				err = fmt.Errorf("as release %q: %w", release.Name, err)
			}
			problems = append(problems, err)
			continue
		}
		// That it is not another release is no fault.
		return found, slices.DeleteFunc(problems, func(err error) bool { return errors.Is(err, errOtherRelease) })
	}
	return nil, problems
}

// ownFile returns a file that is there and belongs to release i and no other; "" if there is none.
func ownFile(entry Entry, i int, paths map[string]string) string {
	for _, name := range entry.Releases[i].FileNames() {
		shared := false
		for j, other := range entry.Releases {
			shared = shared || (j != i && slices.Contains(other.FileNames(), name))
		}
		if paths[name] != "" && !shared {
			return name
		}
	}
	return ""
}

// find returns the paths of the release's files that are in folder, and the name of the first one that is not.
func find(release Release, folder string) (paths map[string]string, missing string) {
	paths = map[string]string{}
	for _, f := range release.Files {
		for _, name := range append([]string{f.Name}, f.Aliases...) {
			path := filepath.Join(folder, name)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				paths[f.Name] = path
				break
			} else if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errNotDirectory) {
				slog.Debug("cannot look at a file", "path", path, "error", err)
			}
		}
		if paths[f.Name] == "" && missing == "" {
			missing = f.Name
		}
	}
	return paths, missing
}

func oneLine(problems []error) string {
	texts := make([]string, len(problems))
	for i, problem := range problems {
		texts[i] = problem.Error()
	}
	return strings.Join(texts, "; ")
}

// OpenError says why no copy was found. Its text is one line: what is wrong, and what to do.
type OpenError struct {
	Entry   Entry
	Roots   []Root   // where it was looked for
	Missing []string // folders named in COURSELAB_DATA that are not there
	Bad     []error  // for every release that a folder holds, what is wrong with it
}

// Is makes errors.Is match ErrCorrupt if files are there, else ErrNotFound.
func (e *OpenError) Is(target error) bool {
	if e.Bad != nil {
		return target == ErrCorrupt
	}
	return target == ErrNotFound
}

// Unwrap returns what is wrong with the files that are there.
func (e *OpenError) Unwrap() []error { return e.Bad }

// Error returns one line.
func (e *OpenError) Error() string {
	if e.Bad != nil {
		return fmt.Sprintf("%s: %v: %s; replace or add the file, or run `%s`", e.Entry.Name, ErrCorrupt, oneLine(e.Bad), GetCommand(e.Entry.Name))
	}
	looked := make([]string, len(e.Roots))
	for i, root := range e.Roots {
		looked[i] = filepath.Join(root.Path, e.Entry.Folders[0])
		if slices.Contains(e.Missing, root.Path) {
			looked[i] = root.Path + " (named in " + Variable + ", does not exist)"
		}
	}
	if len(looked) == 0 {
		return fmt.Sprintf("%s: %v: there is no folder to look in: set HOME, or %s to a folder with data", e.Entry.Name, ErrNotFound, Variable)
	}
	return fmt.Sprintf("%s: %v in %s; put %s there, or run `%s`", e.Entry.Name, ErrNotFound, strings.Join(looked, " or "), e.Entry.wanted(), GetCommand(e.Entry.Name))
}

// GetCommand returns the shell command that downloads a data set.
func GetCommand(name string) string { return "go run ./datasets/cmd/data get " + name }

// wanted lists the files of every release: "a.gz, b.gz (or b.gz alone)".
func (e Entry) wanted() string {
	first := e.Releases[0].FileNames()
	text := strings.Join(first, ", ")
	for _, release := range e.Releases[1:] {
		names := release.FileNames()
		alone := ""
		if !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(first, name) }) {
			if len(names) == len(first) {
				continue // the same names with other contents
			}
			alone = " alone"
		}
		text += " (or " + strings.Join(names, ", ") + alone + ")"
	}
	return text
}
