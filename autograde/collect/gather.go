package collect

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"courselab/autograde/intake"
)

// order is what the process in the sandbox is asked: the first file of the stream that it reads.
type order struct {
	Commit string
	Folder string // of the commit's tree; "" for all
	Bundle bool
}

const (
	orderName  = "order.json"
	bundleName = "bundle"
)

// wanted are the files of a repository that are read.
var wanted = regexp.MustCompile(`^(HEAD|packed-refs|refs/[^\x00]+|objects/[0-9a-f]{2}/[0-9a-f]{38,62}|objects/pack/pack-[0-9a-f]{40,64}\.(pack|idx))$`)

// folders are those of a repository in which such files lie. However many others there are, nobody looks into them.
var folders = regexp.MustCompile(`^(objects(/[0-9a-f]{2}|/pack)?|refs(/[^/\x00]+){0,30})$`)

// find says where the repository of a path is.
func find(path string) (place string, bundle bool, err error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", false, errors.New("there is nothing at this path: clone the repository first, nothing is fetched from a network here")
	case err != nil:
		return "", false, errors.Unwrap(err)
	case info.Mode().IsRegular():
		return path, true, nil
	case !info.IsDir():
		return "", false, errors.New("it is neither a folder nor a bundle, a symbolic link perhaps")
	}
	inner := filepath.Join(path, ".git")
	switch info, err := os.Lstat(inner); {
	case err == nil && info.IsDir():
		return inner, false, nil
	case err == nil:
		return "", false, errors.New("its .git is no folder but points elsewhere: give the repository that it belongs to")
	}
	if info, err := os.Lstat(filepath.Join(path, "objects")); err != nil || !info.IsDir() {
		return "", false, errors.New("it is no git repository")
	}
	return path, false, nil
}

// gather writes the order and what git needs of the repository, as an archive.
func gather(w io.Writer, place string, o order) error {
	out := tar.NewWriter(w)
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	if err := add(out, orderName, text); err != nil {
		return err
	}
	left := int64(maxRepository)
	if o.Bundle {
		root, err := intake.OpenFolder(filepath.Dir(place))
		if err != nil {
			return err
		}
		defer root.Close()
		if err := copyFile(out, root, filepath.Base(place), bundleName, &left); err != nil {
			return err
		}
		return out.Close()
	}
	root, err := openRepository(place)
	if err != nil {
		return err
	}
	defer root.Close()
	files := 0
	err = fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == ".":
			return nil
		case d.IsDir() && !folders.MatchString(path):
			return fs.SkipDir
		case !d.IsDir() && (!d.Type().IsRegular() || !wanted.MatchString(path)):
			return nil
		}
		if files++; files > maxObjects {
			return fmt.Errorf("the repository has more than %d files of objects: run git gc in it", maxObjects)
		}
		if d.IsDir() {
			return nil
		}
		return copyFile(out, root, path, path, &left)
	})
	if err != nil {
		return err
	}
	return out.Close()
}

// openRepository opens the repository of a place that find found, a folder or the .git in one; no link counts, in neither place.
func openRepository(place string) (*os.Root, error) {
	dir, inner := place, "."
	if filepath.Base(place) == ".git" {
		dir, inner = filepath.Dir(place), ".git"
	}
	root, err := intake.OpenFolder(dir)
	if errors.Is(err, intake.ErrLink) {
		return nil, errors.New("it is a symbolic link: give the folder itself")
	}
	if err != nil || inner == "." {
		return root, err
	}
	defer root.Close()
	return root.OpenRoot(inner)
}

func add(out *tar.Writer, name string, text []byte) error {
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text)), Typeflag: tar.TypeReg}); err != nil {
		return err
	}
	_, err := out.Write(text)
	return err
}

// copyFile copies a regular file that somebody may replace meanwhile.
func copyFile(out *tar.Writer, root *os.Root, path, name string, left *int64) error {
	f, err := intake.OpenFile(root, path)
	if errors.Is(err, intake.ErrLink) {
		return fmt.Errorf("%s is no ordinary file", name)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if *left -= info.Size(); *left < 0 {
		return fmt.Errorf("the repository holds more than %d MiB: take out what is large, or hand in an archive", maxRepository>>20)
	}
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), Typeflag: tar.TypeReg}); err != nil {
		return err
	}
	if _, err := io.CopyN(out, f, info.Size()); err != nil {
		return fmt.Errorf("the repository changed while it was read: %w", err)
	}
	return nil
}
