package intake

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"courselab/autograde/check"

	"golang.org/x/tools/txtar"
)

// archive collects the entries of an archive, which is read once, whole.
func (c *collector) archive(s Submission) error {
	root, err := os.OpenRoot(filepath.Dir(s.Path))
	if err != nil {
		return err
	}
	defer root.Close()
	f, err := OpenFile(root, filepath.Base(s.Path))
	if errors.Is(err, ErrLink) {
		return refuse(check.Forbidden, "the archive is no ordinary file")
	}
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := readAll(f, c.limits.Archive)
	if errors.Is(err, errTooLarge) {
		return refuse(check.Forbidden, "the archive is larger than %d MiB", c.limits.Archive>>20)
	}
	if err != nil {
		return err
	}
	var entries []entry
	switch s.kind {
	case zipped:
		entries, err = c.zip(data)
	case tarred:
		entries, err = c.tar(bytes.NewReader(data))
	case gzipped:
		entries, err = c.gzip(data)
	case txtarred:
		entries, err = c.txtar(data)
	}
	if err == nil {
		err = c.collect(entries)
	}
	var refused *Refused
	if err != nil && !errors.As(err, &refused) { // the content is in memory: only the archive itself can be wrong
		return refuse(check.CompileError, "the archive cannot be unpacked (%v): pack it again and hand it in anew", err)
	}
	return err
}

// crowded refuses what would hold more entries than the limit, before a list of them is made: the mark stands before each.
func (c *collector) crowded(data []byte, mark string) error {
	if bytes.Count(data, []byte(mark)) > c.limits.Entries {
		return refuse(check.Forbidden, "the archive has more than %d entries", c.limits.Entries)
	}
	return nil
}

func (c *collector) zip(data []byte) ([]entry, error) {
	if err := c.crowded(data, "PK\x01\x02"); err != nil { // the header of a file in the directory
		return nil, err
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are judged by collect
		return nil, err
	}
	entries := make([]entry, len(r.File))
	for i, f := range r.File {
		if f.Flags&1 != 0 {
			return nil, refuse(check.CompileError, "the archive is locked with a password: hand in one without")
		}
		entries[i] = entry{path: strings.TrimPrefix(f.Name, "./"), mode: f.Mode(), read: func(limit int64) ([]byte, error) {
			content, err := f.Open()
			if err != nil {
				return nil, err
			}
			defer content.Close()
			return readAll(content, limit)
		}}
	}
	return entries, nil
}

func (c *collector) gzip(data []byte) ([]entry, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return c.tar(r)
}

// tar reads the whole stream within the limit, and keeps what could be graded.
func (c *collector) tar(stream io.Reader) ([]entry, error) {
	limited := &io.LimitedReader{R: stream, N: c.limits.Stream}
	r := tar.NewReader(limited)
	var entries []entry
	var kept int64
	for {
		header, err := r.Next()
		if limited.N <= 0 {
			return nil, refuse(check.Forbidden, "the archive holds more than %d MiB", c.limits.Stream>>20)
		}
		if err == io.EOF {
			return entries, nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return nil, err
		}
		if len(entries) == c.limits.Entries {
			return nil, refuse(check.Forbidden, "the archive has more than %d entries", c.limits.Entries)
		}
		e := entry{path: strings.TrimPrefix(header.Name, "./"), mode: header.FileInfo().Mode()}
		if header.Typeflag == tar.TypeLink {
			e.mode |= fs.ModeSymlink
		}
		if e.path == "" || header.Typeflag == tar.TypeXGlobalHeader {
			continue // "./", or what git archive says about the commit
		}
		var content []byte
		var readErr error
		if graded, limit := c.room(e.path); e.mode.IsRegular() && graded && kept <= c.limits.Total+c.limits.Notebooks {
			content, readErr = readAll(r, limit)
			kept += int64(len(content))
		}
		e.read = func(int64) ([]byte, error) { return content, readErr }
		entries = append(entries, e)
	}
}

func (c *collector) txtar(data []byte) ([]entry, error) {
	if err := c.crowded(data, "\n-- "); err != nil {
		return nil, err
	}
	var entries []entry
	for _, f := range txtar.Parse(data).Files {
		entries = append(entries, entry{path: f.Name, mode: 0o644, read: func(limit int64) ([]byte, error) {
			return readAll(bytes.NewReader(f.Data), limit)
		}})
	}
	return entries, nil
}

// Txtar expands a text archive into the folder dir, for tests and for people who want the sample class as folders.
func Txtar(data []byte, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range txtar.Parse(data).Files {
		err := root.MkdirAll(path.Dir(f.Name), 0o755)
		if err == nil {
			err = root.WriteFile(f.Name, f.Data, 0o644)
		}
		if err != nil {
			return fmt.Errorf("expand %s: %w", f.Name, err)
		}
	}
	return nil
}
