// Package archive takes named files out of a .zip or .tar.gz archive, and nothing else: what it writes is a list that the caller
// gives, so no name inside an archive ever decides where something is written.
package archive

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"courselab/datasets/parse"
)

// Member is a file to take out.
type Member struct {
	Name     string // path inside the archive, with slashes; a leading "./" there is ignored
	To       string // base name of the file to write
	MaxBytes int64  // upper limit; 0: 1 GiB
}

func (m Member) limit() int64 {
	if m.MaxBytes > 0 {
		return m.MaxBytes
	}
	return 1 << 30
}

// maxEntries bounds how many entries of an archive are looked at.
const maxEntries = 100_000

// Extract writes the members of the archive at path into folder, each one whole or not at all. The kind is told by the
// name: .zip, .tar.gz or .tgz. A member that is missing, not a regular file, or larger than its limit is an error;
// files already written stay.
func Extract(archivePath, folder string, members []Member) error {
	wanted := map[string]Member{}
	for _, m := range members {
		if m.To == "" || m.To != filepath.Base(m.To) || m.To == "." || m.To == ".." {
			return fmt.Errorf("archive: %q is not a plain file name", m.To)
		}
		wanted[path.Clean(m.Name)] = m
	}
	var err error
	switch {
	case strings.HasSuffix(archivePath, ".zip"):
		err = extractZip(archivePath, folder, wanted)
	case strings.HasSuffix(archivePath, ".tar.gz"), strings.HasSuffix(archivePath, ".tgz"):
		err = extractTar(archivePath, folder, wanted)
	default:
		return fmt.Errorf("archive: %s: want .zip, .tar.gz or .tgz", archivePath)
	}
	if err != nil {
		return err
	}
	for _, m := range members {
		if _, left := wanted[path.Clean(m.Name)]; left {
			return parse.Whole(archivePath, "holds no %s", m.Name)
		}
	}
	return nil
}

func extractZip(archivePath, folder string, wanted map[string]Member) error {
	r, err := zip.OpenReader(archivePath)
	if err != nil {
		var pathError *os.PathError
		if errors.As(err, &pathError) {
			return err
		}
		return parse.Whole(archivePath, "%w", err)
	}
	defer r.Close()
	for _, f := range r.File[:min(len(r.File), maxEntries)] {
		m, ok := wanted[path.Clean(f.Name)]
		if !ok {
			continue
		}
		if !f.Mode().IsRegular() {
			return parse.Whole(archivePath, "%s is not a regular file", f.Name)
		}
		contents, err := f.Open()
		if err != nil {
			return parse.Whole(archivePath, "%s: %w", f.Name, err)
		}
		err = write(contents, archivePath, folder, m)
		_ = contents.Close()
		if err != nil {
			return err
		}
		delete(wanted, path.Clean(f.Name))
	}
	return nil
}

func extractTar(archivePath, folder string, wanted map[string]Member) error {
	f, err := os.Open(archivePath)
	if err != nil {
		return err
	}
	defer f.Close()
	zipped, err := gzip.NewReader(f)
	if err != nil {
		return parse.Whole(archivePath, "%w", err)
	}
	r := tar.NewReader(zipped)
	for range maxEntries {
		if len(wanted) == 0 {
			return nil
		}
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return parse.Whole(archivePath, "%w", err)
		}
		m, ok := wanted[path.Clean(header.Name)]
		if !ok {
			continue
		}
		if header.Typeflag != tar.TypeReg {
			return parse.Whole(archivePath, "%s is not a regular file", header.Name)
		}
		if err := write(r, archivePath, folder, m); err != nil {
			return err
		}
		delete(wanted, path.Clean(header.Name))
	}
	return nil
}

func write(contents io.Reader, archivePath, folder string, m Member) error {
	f, err := os.CreateTemp(folder, "."+m.To+".*")
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	defer os.Remove(f.Name()) // gone already if all went well
	n, err := io.Copy(f, io.LimitReader(contents, m.limit()+1))
	if err == nil && n > m.limit() {
		err = fmt.Errorf("larger than the limit of %d bytes", m.limit())
	}
	if err != nil {
		_ = f.Close()
		return parse.Whole(archivePath, "%s: %w", m.Name, err)
	}
	if err := errors.Join(f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return os.Rename(f.Name(), filepath.Join(folder, m.To))
}
