package parse

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
)

// deflateRatio is the largest expansion that DEFLATE can reach: 258 bytes from 2 bits, a little over 1032 to 1.
const deflateRatio = 1040

// Source is a file that may be gzip-compressed, opened for reading, with an upper bound on what it can hold.
type Source struct {
	Name  string // for messages
	Limit int64  // upper bound on the decompressed bytes, from the size of the file; never trust a header beyond it
	r     *bufio.Reader
	zip   *gzip.Reader
	file  io.Closer
}

// Open opens path, looking through gzip, whatever the file is called.
//
// limit caps the decompressed bytes: a file that could hold no more than that is read, a larger one is refused before
// anything is allocated.
func Open(path string, limit int64) (*Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err // an *fs.PathError, which names the file
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", path)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	s, err := NewSource(f, path, info.Size(), limit)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	s.file = f
	return s, nil
}

// NewSource reads from r, which holds size bytes, under the name that messages use. See Open for limit.
func NewSource(r io.Reader, name string, size, limit int64) (*Source, error) {
	s := &Source{Name: name, r: bufio.NewReaderSize(r, 64<<10)}
	magic, err := s.r.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, Whole(name, "%w", err)
	}
	s.Limit = size
	if bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		if s.zip, err = gzip.NewReader(s.r); err != nil {
			return nil, At(name, 0, "gzip: %w", err)
		}
		s.Limit = min(limit, size*deflateRatio)
	}
	if s.Limit > limit {
		return nil, Whole(name, "%d bytes, more than the limit of %d", size, limit)
	}
	return s, nil
}

// Read reads decompressed bytes.
func (s *Source) Read(p []byte) (int, error) {
	if s.zip != nil {
		return s.zip.Read(p)
	}
	return s.r.Read(p)
}

// Close closes the file, if Open opened it.
func (s *Source) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// Exactly reads want bytes that start at offset, growing as they arrive, so that a lying header costs no more memory
// than the file is worth.
func (s *Source) Exactly(offset, want int64) ([]byte, error) {
	if want < 0 || want > s.Limit {
		return nil, At(s.Name, offset, "header promises %d bytes, the file can hold %d at most", want, s.Limit)
	}
	var buffer bytes.Buffer
	buffer.Grow(int(min(want+bytes.MinRead, 1<<20)))
	n, err := io.Copy(&buffer, io.LimitReader(s, want))
	if err != nil {
		return nil, At(s.Name, offset+n, "%w", err)
	}
	if n < want {
		return nil, At(s.Name, offset+n, "file ends after %d of %d bytes: it is truncated", n, want)
	}
	return buffer.Bytes(), nil
}

// All reads everything up to the limit.
func (s *Source) All() ([]byte, error) {
	var buffer bytes.Buffer
	n, err := io.Copy(&buffer, io.LimitReader(s, s.Limit+1))
	if err != nil {
		return nil, At(s.Name, n, "%w", err)
	}
	if n > s.Limit {
		return nil, At(s.Name, s.Limit, "file goes on beyond the limit of %d bytes", s.Limit)
	}
	return buffer.Bytes(), nil
}

// End fails unless the file ends here. For gzip this also verifies the checksum of what was read.
func (s *Source) End(offset int64) error {
	var one [1]byte
	n, err := io.ReadFull(s, one[:])
	if n > 0 {
		return At(s.Name, offset, "file goes on after the last item")
	}
	if !errors.Is(err, io.EOF) {
		return At(s.Name, offset, "%w", err)
	}
	return nil
}
