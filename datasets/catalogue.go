package datasets

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"courselab/datasets/archive"
)

// Errors that a caller may branch on, found with errors.Is.
var (
	// ErrUnknown: the catalogue has no data set of this name.
	ErrUnknown = errors.New("no such data set")
	// ErrNotFound: no folder holds a whole release of the data set.
	ErrNotFound = errors.New("data set not found")
	// ErrCorrupt: files are there, but they are damaged or other files than their names say.
	ErrCorrupt = errors.New("data set damaged or incomplete")
	// ErrKind: the data set is of another kind: images, sentences or text.
	ErrKind = errors.New("data set of another kind")
)

// Kind is what a data set consists of.
type Kind string

// The kinds of data sets, and what loads them.
const (
	Images    Kind = "images"    // LoadImages
	Sentences Kind = "sentences" // LoadSentences
	Text      Kind = "text"      // LoadText
)

// Entry describes a data set.
type Entry struct {
	Name     string // as in Open
	Title    string
	Kind     Kind
	Licence  string // as its authors state it, or that they state none
	Citation string // what to cite
	Homepage string
	Folders  []string  // where below a root its files may lie, with slashes, in the order in which they are tried
	Releases []Release // the forms in which it is handed round; the first is what Download gets
}

// Release is a set of files that belong together.
type Release struct {
	Name    string // unique within the Entry
	Note    string // what is special about it, one line
	Files   []File
	Splits  []Split
	Sources []Source // where to download it; none: by hand only

	load func(paths map[string]string) (contents, error) // paths by File.Name
}

// File is one file of a release.
type File struct {
	Name    string   // as its authors name it
	Aliases []string // other names under which it is accepted, in particular without .gz
	Size    int64    // bytes under Name; 0: not known here
	SHA256  string   // of the file under Name; "": not known here, the structure is checked
	Content string   // SHA-256 of the decompressed contents, so that an unpacked or repacked file can be verified; "": not known here
}

// Split is a part of the data, as the loaders return it.
type Split struct {
	Name     string // "train", "dev" or "test"
	Records  int    // images or sentences; 0: not counted (text)
	PerClass int    // records of each class, if all classes have equally many; else 0
}

// Source is a file to download: one of the release's files, or an archive of them.
type Source struct {
	File    string   // base name
	URLs    []string // of the same bytes, in the order in which they are tried
	SHA256  string   // "": not known here
	Size    int64    // 0: not known here
	Members []archive.Member
}

// Size returns the bytes of the release's files, as far as they are known.
func (r Release) Size() int64 {
	var sum int64
	for _, f := range r.Files {
		sum += f.Size
	}
	return sum
}

// FileNames returns the names of the release's files.
func (r Release) FileNames() []string {
	names := make([]string, len(r.Files))
	for i, f := range r.Files {
		names[i] = f.Name
	}
	return names
}

// Catalogue returns all entries, in teaching order.
func Catalogue() []Entry {
	return []Entry{mnist(), fashionMNIST(), cifar10(), sst2(), cola(), tinyShakespeare()}
}

// Names returns the names of all entries, in teaching order.
func Names() []string {
	var names []string
	for _, e := range Catalogue() {
		names = append(names, e.Name)
	}
	return names
}

// Lookup returns the entry of this name, or an error that matches ErrUnknown and lists the names there are.
func Lookup(name string) (Entry, error) {
	entries := Catalogue()
	if i := slices.IndexFunc(entries, func(e Entry) bool { return e.Name == name }); i >= 0 {
		return entries[i], nil
	}
	return Entry{}, fmt.Errorf("%q: %w; there are %s", name, ErrUnknown, strings.Join(Names(), ", "))
}
