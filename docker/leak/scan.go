package main

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
)

// scanner searches files for secrets. A rolling hash over the first window bytes of each keeps it at some nanoseconds a byte, however many
// there are.
type scanner struct {
	byHash map[uint64][]secret
	bits   []uint64 // of the hashes' lower bits: most places are ruled out here
	power  uint64   // base to the window-1
	tell   func(place, what string)

	found, layers, files int
	bytes                int64
}

const (
	window   = 14 // the shortest secret
	base     = 0x100000001b3
	hashBits = 20
)

func newScanner(secrets []secret, tell func(place, what string)) *scanner {
	s := &scanner{byHash: map[uint64][]secret{}, bits: make([]uint64, 1<<hashBits/64), power: 1, tell: tell}
	for range window - 1 {
		s.power *= base
	}
	for _, one := range secrets {
		h := uint64(0)
		for i := range window {
			h = h*base + uint64(one.text[i])
		}
		s.byHash[h] = append(s.byHash[h], one)
		low := h & (1<<hashBits - 1)
		s.bits[low/64] |= 1 << (low % 64)
	}
	return s
}

func (s *scanner) leak(place, format string, args ...any) {
	s.found++
	s.tell(place, fmt.Sprintf(format, args...))
}

// image goes through an image's archive: each part is a layer, which is an archive itself, or describes the image.
func (s *scanner) image(r io.Reader) error {
	archive := tar.NewReader(r)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("this is no image's archive: %w", err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if err := s.part(path.Base(header.Name), bufio.NewReader(archive)); err != nil {
			return fmt.Errorf("%s: %w", header.Name, err)
		}
	}
}

// part searches a part of an image, layer or not, compressed or not.
func (s *scanner) part(name string, r *bufio.Reader) error {
	if head, _ := r.Peek(2); string(head) == "\x1f\x8b" {
		plain, err := gzip.NewReader(r)
		if err != nil {
			return err
		}
		r = bufio.NewReader(plain)
	}
	if head, _ := r.Peek(4); string(head) == "\x28\xb5\x2f\xfd" {
		return errors.New("compressed with zstd, which is not searched: save the image with gzip or without compression")
	}
	if head, _ := r.Peek(tarHead); isTar(head) {
		s.layers++
		return s.layer(name[:min(12, len(name))], r)
	}
	text, err := io.ReadAll(r)
	s.text(name, text)
	return err
}

const tarHead = 262

func isTar(head []byte) bool { return len(head) >= tarHead && string(head[257:262]) == "ustar" }

func (s *scanner) layer(layer string, r io.Reader) error {
	archive := tar.NewReader(r)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		place := layer + " " + header.Name
		if forbidden.MatchString(header.Name) {
			s.leak(place, "a file of this name is the instructor's")
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return err
		}
		s.files++
		s.bytes += int64(len(content))
		s.file(place, content)
	}
}

// forbidden are the instructor's places in the repository.
var forbidden = regexp.MustCompile(`(^|/)(courselab/labs/|notebooks/src/.|labs/lab[0-9]|autograde/testdata/.)`)

// file searches a file, and what is packed in it.
func (s *scanner) file(place string, content []byte) {
	s.text(place, content)
	if plain, err := gunzip(content); err == nil {
		if isTar(plain) {
			_ = s.layer(place, bytes.NewReader(plain)) // a damaged archive has been searched as far as it goes
		} else {
			s.text(place, plain)
		}
	}
	if !strings.HasPrefix(string(content[:min(4, len(content))]), "PK\x03\x04") {
		return
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return
	}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			continue
		}
		inner, _ := io.ReadAll(r) // as far as it goes
		_ = r.Close()
		s.text(place+" "+f.Name, inner)
	}
}

// text searches bytes, white space aside.
func (s *scanner) text(place string, content []byte) {
	squeezed := make([]byte, 0, len(content))
	for _, b := range content {
		if b != ' ' && b != '\n' && b != '\t' && b != '\r' {
			squeezed = append(squeezed, b)
		}
	}
	ordinary := map[string][]secret{} // by file
	h := uint64(0)
	for i, b := range squeezed {
		if i >= window {
			h -= uint64(squeezed[i-window]) * s.power
		}
		h = h*base + uint64(b)
		low := h & (1<<hashBits - 1)
		if i < window-1 || s.bits[low/64]&(1<<(low%64)) == 0 {
			continue
		}
		for _, one := range s.byHash[h] {
			if !bytes.HasPrefix(squeezed[i-window+1:], []byte(one.text)) {
				continue
			}
			if file, _, _ := strings.Cut(one.origin, ":"); one.ordinary {
				ordinary[file] = append(ordinary[file], one)
				continue
			}
			s.leak(place, "has %.60q, %s", one.text, one.origin)
		}
	}
	for _, list := range ordinary {
		if slices.ContainsFunc(list, func(one secret) bool { return one.text != list[0].text }) {
			s.leak(place, "has %.60q and more, %s", list[0].text, list[0].origin)
		}
	}
}

func gunzip(content []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
