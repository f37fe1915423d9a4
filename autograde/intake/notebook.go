package intake

import (
	"bytes"
	"errors"
	"os"
	"path"
	"path/filepath"

	"courselab/autograde/check"
	"courselab/autograde/notebook"
)

// room says whether a file may be graded, by its name alone, and how large it may be.
func (c *collector) room(name string) (graded bool, limit int64) {
	if isNotebook(name) {
		return true, min(notebook.MaxSize, c.limits.Notebooks)
	}
	return path.Ext(name) == ".go", c.limits.File
}

// notebook takes a notebook in. What is no notebook is set aside.
func (c *collector) notebook(name string, read func(limit int64) ([]byte, error)) error {
	if len(c.files.Notebooks) == c.limits.Files {
		return refuse(check.Forbidden, "more than %d notebooks were handed in", c.limits.Files)
	}
	if display(name) != name { // it would be quoted beside every message about a cell
		c.drop(name, "its name is too long or has characters that cannot be shown: rename it")
		return nil
	}
	_, limit := c.room(name)
	data, err := read(limit)
	if errors.Is(err, errTooLarge) {
		c.drop(name, "it is too large: clear its outputs, save it and hand it in again")
		return nil
	}
	if err != nil {
		return err
	}
	if c.shown += int64(len(data)); c.shown > c.limits.Notebooks {
		return refuse(check.Forbidden, "the notebooks are larger than %d MiB together: clear their outputs", c.limits.Notebooks>>20)
	}
	n, err := notebook.Read(data)
	if bytes.HasPrefix(data, lfsPointer) {
		err = errors.New("it is a pointer of Git LFS: hand in the file itself")
	}
	if err == nil {
		data, err = n.Content()
	}
	if err != nil {
		c.drop(name, check.Line(err.Error(), 200))
		return nil
	}
	c.files.Notebooks[name] = data
	return nil
}

// single collects a submission that is one file, a notebook.
func (c *collector) single(file string) error {
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer root.Close()
	base := filepath.Base(file)
	return c.collect([]entry{{path: base, mode: 0o644, read: func(limit int64) ([]byte, error) { return readFile(root, base, limit) }}})
}
