// Package cifar reads the binary version of CIFAR-10: records of one label byte and 3072 pixel bytes, the red, green
// and blue planes of 32 x 32 each, row by row. Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny
// Images", 2009, and the data set's page.
//
// The official batches hold 10,000 records each; any whole number of records is read.
package cifar

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"courselab/datasets/images"
	"courselab/datasets/parse"
)

const (
	// Side is the height and width of an image, in pixels.
	Side = 32
	// Channels is red, green, blue.
	Channels = 3
	// RecordBytes is one label and one image.
	RecordBytes = 1 + Side*Side*Channels
	// MaxBytes is the largest file that is read: ten times an official batch.
	MaxBytes = 10 * 10_000 * RecordBytes
)

// Classes returns the names of the ten labels, in order, as batches.meta.txt has them.
func Classes() []string {
	return []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}
}

// Open reads batches, in the order given, into one set with pixels [N, 32, 32, 3]: the planes of the file are interleaved.
func Open(paths ...string) (images.Set, error) {
	set := empty()
	for _, path := range paths {
		source, err := parse.Open(path, MaxBytes)
		if err != nil {
			return images.Set{}, err
		}
		err = appendBatch(&set, source)
		_ = source.Close()
		if err != nil {
			return images.Set{}, err
		}
	}
	return set, nil
}

// Read reads one batch from r, which holds size bytes; name is what messages call it.
func Read(r io.Reader, name string, size int64) (images.Set, error) {
	source, err := parse.NewSource(r, name, size, MaxBytes)
	if err != nil {
		return images.Set{}, err
	}
	set := empty()
	return set, appendBatch(&set, source)
}

func empty() images.Set {
	return images.Set{Height: Side, Width: Side, Channels: Channels, Classes: Classes(), Labels: []int32{}}
}

func appendBatch(set *images.Set, source *parse.Source) error {
	raw, err := source.All()
	if err != nil {
		return err
	}
	if rest := len(raw) % RecordBytes; rest != 0 {
		return parse.At(source.Name, int64(len(raw)-rest), "record %d has %d of %d bytes: the file is truncated or not CIFAR-10's binary version",
			len(raw)/RecordBytes, rest, RecordBytes)
	}
	const plane = Side * Side
	n := len(raw) / RecordBytes
	set.Pixels = slices.Grow(set.Pixels, n*plane*Channels)
	for i := range n {
		at := i * RecordBytes
		label := raw[at]
		if label > 9 {
			return parse.At(source.Name, int64(at), "record %d: label %d, want 0 to 9", i, label)
		}
		set.Labels = append(set.Labels, int32(label))
		red, green, blue := raw[at+1:at+1+plane], raw[at+1+plane:at+1+2*plane], raw[at+1+2*plane:at+1+3*plane]
		start := len(set.Pixels)
		set.Pixels = set.Pixels[:start+plane*Channels]
		item := set.Pixels[start:]
		for p := range plane {
			item[3*p], item[3*p+1], item[3*p+2] = red[p], green[p], blue[p]
		}
	}
	return nil
}

// Write writes the set, which must be [N, 32, 32, 3] with labels 0 to 9, as one batch.
func Write(w io.Writer, set images.Set) error {
	if set.Height != Side || set.Width != Side || set.Channels != Channels || len(set.Labels) != set.Len() {
		return fmt.Errorf("cifar: %d images of [%d, %d, %d] with %d labels, want [32, 32, 3] and one label each",
			set.Len(), set.Height, set.Width, set.Channels, len(set.Labels))
	}
	const plane = Side * Side
	record := make([]byte, RecordBytes)
	for i, label := range set.Labels {
		if label < 0 || label > 9 {
			return fmt.Errorf("cifar: label %d of image %d, want 0 to 9", label, i)
		}
		record[0] = byte(label)
		for p, item := 0, set.Item(i); p < plane; p++ {
			record[1+p], record[1+plane+p], record[1+2*plane+p] = item[3*p], item[3*p+1], item[3*p+2]
		}
		if _, err := w.Write(record); err != nil {
			return err
		}
	}
	return nil
}

// OpenClasses reads batches.meta.txt: one name a line, blank lines at the end.
func OpenClasses(path string) ([]string, error) {
	source, err := parse.Open(path, 1<<16)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	raw, err := source.All()
	if err != nil {
		return nil, err
	}
	names := strings.Fields(string(raw))
	if len(names) != 10 {
		return nil, parse.Whole(path, "%d class names, want 10", len(names))
	}
	return names, nil
}
