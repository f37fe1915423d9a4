// Package intake takes in what students hand in and makes a private copy of the Go files and notebooks in it.
//
// A submission is a folder, an archive (.zip, .tar, .tar.gz, .tgz, .txtar) or a notebook (.ipynb) named after the student. The copy lives in
// memory, so that nothing can change it between a look and a use. Rules, the same for folders and archives:
//
//   - Only notebooks and regular files named [A-Za-z][A-Za-z0-9_]*.go are taken, from the top or from one wrapping folder. Of a
//     notebook, what grading looks at is kept: no outputs. Tests, files
//     for one system only (name_linux.go), other files and folders are dropped, and the student is told.
//   - Symbolic links, hard links in an archive, devices, absolute paths, ".." and two entries of one name are never innocent: the whole
//     submission is refused as Forbidden. So is what exceeds the limits of size and count.
//   - Neither Go file nor notebook, or an archive that cannot be read, is a Compile Error: there is nothing to compile.
//   - What this machine cannot read is an Internal Error, never the student's fault.
//
// Files are opened through os.Root without following links, and read to a limit; the size that an archive announces is
// never trusted. Non-goals: judging the content (package policy).
package intake

import (
	"fmt"

	"courselab/autograde/check"
)

// Limits of one submission.
type Limits struct {
	File    int64 // bytes of one Go file
	Total   int64 // bytes of all Go files
	Files   int   // Go files
	Entries int   // entries of an archive or folder
	Archive int64 // bytes of an archive
	Stream  int64 // bytes of an archive when decompressed
	// Notebooks bounds the bytes of all notebooks, outputs included.
	Notebooks int64
}

// DefaultLimits suit homework: 64 Go files of 1 MiB, 8 MiB in all.
func DefaultLimits() Limits {
	return Limits{File: 1 << 20, Total: 8 << 20, Files: 64, Entries: 5000, Archive: 32 << 20, Stream: 128 << 20, Notebooks: 32 << 20}
}

// Refused says why a submission cannot be graded, in a sentence for the student.
type Refused struct {
	Verdict check.Verdict
	Message string
	Dropped []Dropped
}

func (r *Refused) Error() string { return fmt.Sprintf("%s: %s", r.Verdict, r.Message) }

func refuse(verdict check.Verdict, format string, args ...any) *Refused {
	return &Refused{Verdict: verdict, Message: fmt.Sprintf(format, args...)}
}

// Dropped is a file that was handed in and is not graded.
type Dropped struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Files is a submission's copy.
type Files struct {
	Sources   map[string][]byte // Go files by name
	Notebooks map[string][]byte // by file name, see notebook.Content
	Dropped   []Dropped
	Hash      string // SHA-256 of names and contents, hexadecimal
}
