// Package idx reads and writes the IDX format of MNIST and Fashion-MNIST, plain or gzip-compressed.
//
// A file is two zero bytes, a byte for the element type, a byte for the rank, rank sizes as big-endian uint32, and then
// the elements, last axis fastest, big-endian. Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of
// handwritten digits", section "file formats".
//
// The header is never trusted beyond what the file can hold: a reader allocates at most what the bytes (or DEFLATE's largest
// expansion of them) could fill, and at most MaxBytes.
package idx

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"courselab/datasets/images"
	"courselab/datasets/parse"
)

// MaxBytes is the largest array that Open and Read accept, in decompressed bytes. MNIST's largest file has 47 MB.
const MaxBytes = 1 << 30

// Type is the element type code of an IDX file.
type Type byte

// The six element types.
const (
	Uint8   Type = 0x08
	Int8    Type = 0x09
	Int16   Type = 0x0B
	Int32   Type = 0x0C
	Float32 Type = 0x0D
	Float64 Type = 0x0E
)

// Size returns the bytes of one element, 0 for a code that IDX does not know.
func (t Type) Size() int {
	switch t {
	case Uint8, Int8:
		return 1
	case Int16:
		return 2
	case Int32, Float32:
		return 4
	case Float64:
		return 8
	}
	return 0
}

// Array is the contents of an IDX file.
type Array struct {
	Type Type
	Dims []int  // at least one
	Data []byte // elements as stored: big-endian, last axis fastest
}

// Open reads the file at path, gzip-compressed or not. Errors are *parse.Error (file and byte offset) or an *fs.PathError.
func Open(path string) (Array, error) {
	source, err := parse.Open(path, MaxBytes)
	if err != nil {
		return Array{}, err
	}
	defer source.Close()
	return read(source)
}

// Read reads from r, which holds size bytes in all; name is what messages call it.
func Read(r io.Reader, name string, size int64) (Array, error) {
	source, err := parse.NewSource(r, name, size, MaxBytes)
	if err != nil {
		return Array{}, err
	}
	return read(source)
}

func read(source *parse.Source) (Array, error) {
	head, err := source.Exactly(0, 4)
	if err != nil {
		return Array{}, err
	}
	array := Array{Type: Type(head[2])}
	rank := int(head[3])
	switch {
	case head[0] != 0 || head[1] != 0:
		return Array{}, parse.At(source.Name, 0, "not an IDX file: it starts with % x, want 00 00", head[:2])
	case array.Type.Size() == 0:
		return Array{}, parse.At(source.Name, 2, "unknown element type %#02x", head[2])
	case rank == 0:
		return Array{}, parse.At(source.Name, 3, "rank 0, want at least 1")
	}
	sizes, err := source.Exactly(4, 4*int64(rank))
	if err != nil {
		return Array{}, err
	}
	for axis := range rank {
		array.Dims = append(array.Dims, int(binary.BigEndian.Uint32(sizes[4*axis:])))
	}
	want := int64(array.Type.Size())
	if slices.Contains(array.Dims, 0) {
		want = 0 // whatever the other sizes are
	}
	for axis, n := range array.Dims {
		// want <= Limit <= 2^30 and n < 2^32, so the product cannot overflow.
		if want *= int64(n); want > source.Limit {
			return Array{}, parse.At(source.Name, 4+4*int64(axis), "header promises shape %v, the file can hold %d bytes at most",
				array.Dims, source.Limit)
		}
	}
	start := 4 + 4*int64(rank)
	if array.Data, err = source.Exactly(start, want); err != nil {
		return Array{}, err
	}
	return array, source.End(start + want)
}

// Write writes the array in IDX format, not compressed.
func Write(w io.Writer, array Array) error {
	want := array.Type.Size()
	if want == 0 || len(array.Dims) == 0 || len(array.Dims) > 255 {
		return fmt.Errorf("idx: type %#02x, rank %d cannot be written", byte(array.Type), len(array.Dims))
	}
	head := []byte{0, 0, byte(array.Type), byte(len(array.Dims))}
	for _, n := range array.Dims {
		if n < 0 || n > math.MaxUint32 {
			return fmt.Errorf("idx: size %d cannot be written", n)
		}
		head = binary.BigEndian.AppendUint32(head, uint32(n))
		want *= n
	}
	if want != len(array.Data) {
		return fmt.Errorf("idx: %v needs %d bytes, got %d", array.Dims, want, len(array.Data))
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(array.Data)
	return err
}

// Float64s returns the elements converted to float64.
func (a Array) Float64s() []float64 {
	size := a.Type.Size()
	if size == 0 {
		return nil
	}
	values := make([]float64, len(a.Data)/size)
	for i := range values {
		raw := a.Data[i*size:]
		switch a.Type {
		case Uint8:
			values[i] = float64(raw[0])
		case Int8:
			values[i] = float64(int8(raw[0]))
		case Int16:
			values[i] = float64(int16(binary.BigEndian.Uint16(raw)))
		case Int32:
			values[i] = float64(int32(binary.BigEndian.Uint32(raw)))
		case Float32:
			values[i] = float64(math.Float32frombits(binary.BigEndian.Uint32(raw)))
		case Float64:
			values[i] = math.Float64frombits(binary.BigEndian.Uint64(raw))
		}
	}
	return values
}

// OpenImages reads a pair of files as in MNIST: uint8 images [N, H, W] (grey) or [N, H, W, 3], and uint8 labels [N].
// classes names the labels; a label without a name is an error.
func OpenImages(imagesPath, labelsPath string, classes []string) (images.Set, error) {
	pixels, err := Open(imagesPath)
	if err != nil {
		return images.Set{}, err
	}
	labels, err := Open(labelsPath)
	if err != nil {
		return images.Set{}, err
	}
	rank := len(pixels.Dims)
	switch {
	case pixels.Type != Uint8 || rank < 3 || rank > 4:
		return images.Set{}, parse.At(imagesPath, 0, "type %#02x and shape %v, want uint8 images [N, H, W] or [N, H, W, 3]", byte(pixels.Type), pixels.Dims)
	case labels.Type != Uint8 || len(labels.Dims) != 1:
		return images.Set{}, parse.At(labelsPath, 0, "type %#02x and shape %v, want uint8 labels [N]", byte(labels.Type), labels.Dims)
	case labels.Dims[0] != pixels.Dims[0]:
		return images.Set{}, parse.At(labelsPath, 4, "%d labels for the %d images of %s", labels.Dims[0], pixels.Dims[0], imagesPath)
	}
	set := images.Set{Height: pixels.Dims[1], Width: pixels.Dims[2], Channels: 1, Pixels: pixels.Data, Classes: classes}
	if rank == 4 {
		set.Channels = pixels.Dims[3]
	}
	set.Labels = make([]int32, len(labels.Data))
	for i, label := range labels.Data {
		if int(label) >= len(classes) {
			return images.Set{}, parse.At(labelsPath, 8+int64(i), "label %d, want 0 to %d", label, len(classes)-1)
		}
		set.Labels[i] = int32(label)
	}
	if err := set.Validate(); err != nil {
		return images.Set{}, parse.At(imagesPath, 4, "%w", err)
	}
	return set, nil
}
