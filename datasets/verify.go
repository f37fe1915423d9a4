package datasets

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"courselab/datasets/parse"
)

// errNotDirectory is what looking for a/b gives when a is a file.
const errNotDirectory = syscall.ENOTDIR

// errOtherRelease is a file that the catalogue knows, but not here.
var errOtherRelease = errors.New("this is the file of another data set or release")

// verify fills c.Checks, or returns what is wrong with the first bad file.
func (c *Copy) verify() error {
	structure := false
	for _, f := range c.Release.Files {
		check, err := checkSum(c.Paths[f.Name], f)
		if err != nil {
			return err
		}
		c.Checks[f.Name] = check
		structure = structure || check == ByStructure
	}
	if !structure {
		return nil
	}
	loaded, err := c.Release.load(c.Paths)
	if err != nil {
		return err
	}
	return loaded.matches(c)
}

// checkSum compares the file's SHA-256, compressed or not, with what the catalogue knows. ByStructure means that it
// knows nothing that applies.
func checkSum(path string, f File) (Check, error) {
	raw, contents, zipped, err := sums(path)
	if err != nil {
		return "", err
	}
	switch {
	case f.SHA256 != "" && raw == f.SHA256, f.Content != "" && contents == f.Content:
		return BySHA256, nil
	}
	if owner := ownerOf(raw, contents); owner != "" {
		return "", parse.Whole(path, "%w, %s", errOtherRelease, owner)
	}
	switch {
	case f.SHA256 == "" && f.Content == "":
		return ByStructure, nil
	case f.Content == "" && !zipped && strings.HasSuffix(f.Name, ".gz"):
		return ByStructure, nil // unpacked, and only the packed file's sum is known
	}
	return "", parse.Whole(path, "SHA-256 is %s, want %s", raw, f.SHA256)
}

// sums returns the SHA-256 of the file and of its decompressed contents, which are the same for a file that is not compressed.
func sums(path string) (raw, contents string, zipped bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", "", false, err
	}
	defer f.Close()
	outer, inner := sha256.New(), sha256.New()
	r := bufio.NewReaderSize(f, 1<<16)
	magic, err := r.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", "", false, fmt.Errorf("%s: %w", path, err)
	}
	zipped = bytes.Equal(magic, []byte{0x1f, 0x8b})
	tee := io.TeeReader(r, outer)
	if zipped {
		// What cannot be decompressed has a wrong sum anyhow; the cap keeps a bomb from holding us up.
		if z, err := gzip.NewReader(tee); err == nil {
			_, _ = io.Copy(inner, io.LimitReader(z, 1<<30))
		}
	}
	if _, err := io.Copy(io.Discard, tee); err != nil {
		return "", "", false, fmt.Errorf("%s: %w", path, err)
	}
	raw = hex.EncodeToString(outer.Sum(nil))
	if !zipped {
		return raw, raw, false, nil
	}
	return raw, hex.EncodeToString(inner.Sum(nil)), true, nil
}

// ownerOf returns "fashion-mnist's t10k-images-idx3-ubyte.gz" for a file that the catalogue knows.
func ownerOf(raw, contents string) string {
	for _, entry := range Catalogue() {
		for _, release := range entry.Releases {
			for _, f := range release.Files {
				if f.SHA256 == raw || (f.Content != "" && f.Content == contents) {
					return entry.Name + "'s " + f.Name + " (release " + release.Name + ")"
				}
			}
		}
	}
	return ""
}

// matches returns an error unless the numbers of records are those of the release.
func (c contents) matches(of *Copy) error {
	for _, split := range of.Release.Splits {
		var records int
		var counts []int
		if set, ok := c.images[split.Name]; ok {
			records, counts = set.Len(), set.Counts()
		} else if set, ok := c.sentences[split.Name]; ok {
			records, counts = set.Len(), set.Counts()
		}
		if split.Records > 0 && records != split.Records {
			return parse.Whole(of.Folder, "the %s split has %d records, want %d", split.Name, records, split.Records)
		}
		for class, n := range counts {
			if split.PerClass > 0 && n != split.PerClass {
				return parse.Whole(of.Folder, "the %s split has %d records of class %d, want %d", split.Name, n, class, split.PerClass)
			}
		}
	}
	return nil
}
