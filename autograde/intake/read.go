package intake

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sort"
	"strings"

	"courselab/autograde/check"
)

// Read copies the submission's Go files and notebooks. An error is always a [*Refused].
func (s Submission) Read(limits Limits) (*Files, error) {
	c := &collector{limits: limits, files: &Files{Sources: map[string][]byte{}, Notebooks: map[string][]byte{}}}
	var err error
	switch s.kind {
	case linked:
		err = errLinked
	case folder:
		err = c.folder(s.Path)
	case single:
		err = c.single(s.Path)
	default:
		err = c.archive(s)
	}
	if err == nil && len(c.files.Sources)+len(c.files.Notebooks) == 0 {
		err = refuse(check.CompileError, "no Go file was handed in: hand in the .go files of the lab, or its notebook")
		for _, d := range c.files.Dropped {
			if isNotebook(d.Name) {
				err = refuse(check.CompileError, "%s was not taken: %s", d.Name, d.Reason)
			}
		}
	}
	sort.Slice(c.files.Dropped, func(i, j int) bool { return c.files.Dropped[i].Name < c.files.Dropped[j].Name })
	if c.unlisted > 0 {
		c.files.Dropped = append(c.files.Dropped, Dropped{Name: fmt.Sprintf("%d more files", c.unlisted), Reason: "only Go files and notebooks are"})
	}
	if err == nil {
		all := maps.Clone(c.files.Sources)
		maps.Copy(all, c.files.Notebooks)
		c.files.Hash = hash(all)
		return c.files, nil
	}
	var refused *Refused
	if !errors.As(err, &refused) {
		refused = refuse(check.InternalError, "the submission cannot be read on this machine: %v", bare(err))
	}
	refused.Dropped = c.files.Dropped
	return nil, refused
}

var errLinked = refuse(check.Forbidden, "the submission is a symbolic link: hand in the files themselves")

// bare takes host paths out of an error.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// hash identifies a submission, whatever way it was handed in.
func hash(sources map[string][]byte) string {
	h := sha256.New()
	names := make([]string, 0, len(sources))
	for name := range sources {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, part := range [][]byte{[]byte(name), sources[name]} {
			_ = binary.Write(h, binary.BigEndian, int64(len(part))) // a hash never fails
			h.Write(part)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// entry is a file of a submission before it is read.
type entry struct {
	path string // slash-separated, as handed in
	mode fs.FileMode
	read func(limit int64) ([]byte, error)
}

// collector takes the Go files out of entries.
type collector struct {
	limits   Limits
	files    *Files
	total    int64 // bytes of the Go files
	shown    int64 // bytes of the notebooks, outputs included
	unlisted int   // files that are dropped and not named
}

// collect judges the entries by name and type, and reads what is to be graded.
func (c *collector) collect(entries []entry) error {
	if len(entries) > c.limits.Entries {
		return refuse(check.Forbidden, "more than %d files were handed in", c.limits.Entries)
	}
	seen := map[string]bool{}
	for _, e := range entries {
		if err := honest(e, seen); err != nil {
			return err
		}
	}
	wrapper := wrapping(entries)
	for _, e := range entries {
		name := strings.TrimPrefix(e.path, wrapper)
		if e.mode.IsDir() || clutter(e.path) {
			continue
		}
		if reason := dropped(name); reason != "" {
			c.drop(name, reason)
			continue
		}
		if isNotebook(name) {
			if err := c.notebook(name, e.read); err != nil {
				return err
			}
			continue
		}
		if len(c.files.Sources) == c.limits.Files {
			return refuse(check.Forbidden, "more than %d Go files were handed in", c.limits.Files)
		}
		content, err := e.read(c.limits.File)
		if errors.Is(err, errTooLarge) {
			return refuse(check.Forbidden, "%s is larger than %d KiB", name, c.limits.File>>10)
		}
		if err != nil {
			return err
		}
		if bytes.HasPrefix(content, lfsPointer) {
			c.files.Dropped = append(c.files.Dropped, Dropped{Name: display(name), Reason: "it is a pointer of Git LFS: hand in the file itself"})
			continue
		}
		if c.total += int64(len(content)); c.total > c.limits.Total {
			return refuse(check.Forbidden, "the Go files are larger than %d KiB together", c.limits.Total>>10)
		}
		c.files.Sources[name] = content
	}
	return nil
}

// maxDropped is how many files a student is told about that are not graded.
const maxDropped = 50

func (c *collector) drop(name, reason string) {
	if len(c.files.Dropped) < maxDropped {
		c.files.Dropped = append(c.files.Dropped, Dropped{Name: display(name), Reason: reason})
	} else {
		c.unlisted++
	}
}

// lfsPointer begins what Git LFS stores in the place of a file.
var lfsPointer = []byte("version https://git-lfs.github.com/spec/")

// maxDepth is how deep folders may be nested: to open one, all above it are walked through.
const maxDepth = 64

// honest refuses what no student hands in by accident.
func honest(e entry, seen map[string]bool) error {
	path := strings.TrimSuffix(e.path, "/")
	switch {
	case path == "" || strings.HasPrefix(path, "/") || strings.ContainsAny(path, "\\\x00") || hasVolume(path):
		return refuse(check.Forbidden, "the name %s is not allowed in a submission", display(e.path))
	case slices.Contains(strings.Split(path, "/"), ".."):
		return refuse(check.Forbidden, "%s leaves the submission's folder", display(e.path))
	case strings.Count(path, "/") > maxDepth:
		return refuse(check.Forbidden, "folders are nested more than %d deep", maxDepth)
	case clutter(path):
		return nil // never read
	case e.mode&fs.ModeSymlink != 0:
		return refuse(check.Forbidden, "%s is a link: hand in the file itself", display(e.path))
	case !e.mode.IsDir() && !e.mode.IsRegular():
		return refuse(check.Forbidden, "%s is no ordinary file", display(e.path))
	case seen[path] && !e.mode.IsDir():
		return refuse(check.Forbidden, "there are two files named %s", display(e.path))
	}
	seen[path] = true
	return nil
}

func hasVolume(path string) bool { return len(path) > 1 && path[1] == ':' }

// display makes a name from a submission printable.
func display(name string) string {
	if len(name) > 100 {
		name = name[:100] + "..."
	}
	quoted := fmt.Sprintf("%q", name)
	return quoted[1 : len(quoted)-1]
}

var errTooLarge = errors.New("too large")

// readAll reads at most limit bytes.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(content)) > limit {
		return nil, errTooLarge
	}
	return content, err
}

// folder collects a folder through os.Root: nothing outside it can be reached.
func (c *collector) folder(path string) error {
	root, err := OpenFolder(path)
	if errors.Is(err, ErrLink) {
		return errLinked
	}
	if err != nil {
		return err
	}
	defer root.Close()
	var entries []entry
	err = fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if path == "." || err != nil {
			return err
		}
		if d.IsDir() && clutter(path) { // such as .git, which may hold thousands of files
			return fs.SkipDir
		}
		entries = append(entries, entry{path: path, mode: d.Type(), read: func(limit int64) ([]byte, error) { return readFile(root, path, limit) }})
		if len(entries) > c.limits.Entries || strings.Count(path, "/") > maxDepth {
			return fs.SkipAll // collect refuses what there is
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.collect(entries)
}

// readFile reads a regular file that may be changed or replaced meanwhile by someone hostile.
func readFile(root *os.Root, path string, limit int64) ([]byte, error) {
	f, err := OpenFile(root, path)
	if errors.Is(err, ErrLink) {
		return nil, refuse(check.Forbidden, "%s is no ordinary file", display(path))
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, limit)
}
