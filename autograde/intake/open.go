package intake

import (
	"errors"
	"io/fs"
	"os"
)

// ErrLink is returned for what is a link, or not of the kind that was asked for.
var ErrLink = errors.New("a link, or nothing ordinary")

// OpenFolder opens a folder, and no link in its place, not even one that somebody puts there at this moment: what it points to would be
// taken for the student's work.
func OpenFolder(path string) (*os.Root, error) {
	root, err := os.OpenRoot(path) // follows links, whatever it is told
	if err != nil {
		return nil, err
	}
	opened, err := root.Stat(".")
	if err == nil {
		err = same(opened, func() (fs.FileInfo, error) { return os.Lstat(path) })
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return root, nil
}

// OpenFile opens an ordinary file of a folder, and no link in its place.
func OpenFile(root *os.Root, name string) (*os.File, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|openFlags, 0) // follows links inside the folder
	if err != nil {
		return nil, err
	}
	opened, err := f.Stat()
	if err == nil && !opened.Mode().IsRegular() {
		err = ErrLink
	}
	if err == nil {
		err = same(opened, func() (fs.FileInfo, error) { return root.Lstat(name) })
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// same requires that what was opened is what lies there. What a link led to never lies in the link's place, however often the two are
// exchanged.
func same(opened fs.FileInfo, there func() (fs.FileInfo, error)) error {
	info, err := there()
	if err == nil && !os.SameFile(opened, info) {
		err = ErrLink
	}
	return err
}
