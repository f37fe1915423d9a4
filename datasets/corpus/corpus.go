// Package corpus reads plain text for language models and splits it.
package corpus

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"courselab/datasets/parse"
)

// MaxBytes is the largest text that is read.
const MaxBytes = 1 << 30

// Corpus is one text.
type Corpus struct {
	Name string
	Text string // UTF-8
}

// Open reads the text at path, gzip-compressed or not, as it is: neither line ends nor case are touched. Text that is
// not UTF-8 is a *parse.Error with the byte offset of the first fault.
func Open(path string) (Corpus, error) {
	source, err := parse.Open(path, MaxBytes)
	if err != nil {
		return Corpus{}, err
	}
	defer source.Close()
	return read(source)
}

// Read is Open for r, which holds size bytes; name is what messages call it.
func Read(r io.Reader, name string, size int64) (Corpus, error) {
	source, err := parse.NewSource(r, name, size, MaxBytes)
	if err != nil {
		return Corpus{}, err
	}
	return read(source)
}

func read(source *parse.Source) (Corpus, error) {
	raw, err := source.All()
	if err != nil {
		return Corpus{}, err
	}
	if len(raw) == 0 {
		return Corpus{}, parse.Whole(source.Name, "the file is empty")
	}
	for at := 0; at < len(raw); {
		r, size := utf8.DecodeRune(raw[at:])
		if r == utf8.RuneError && size == 1 {
			return Corpus{}, parse.At(source.Name, int64(at), "byte %#02x is not UTF-8", raw[at])
		}
		at += size
	}
	return Corpus{Name: source.Name, Text: string(raw)}, nil
}

// Split cuts the text into consecutive parts of these shares of its characters (code points, not bytes): part k ends after
// floor(N * (shares[0] + ... + shares[k])) characters, the last at the end. Split(0.9, 0.1) is "first 90 % / last 10 %".
// The shares must be above 0 and sum to 1 within 1e-9, or it is an error.
func (c Corpus) Split(shares ...float64) ([]string, error) {
	ends, err := cuts(utf8.RuneCountInString(c.Text), shares)
	if err != nil {
		return nil, err
	}
	parts := make([]string, 0, len(ends))
	text, from := c.Text, 0
	for _, end := range ends {
		bytes := 0
		for ; from < end; from++ {
			_, size := utf8.DecodeRuneInString(text[bytes:])
			bytes += size
		}
		parts = append(parts, text[:bytes])
		text = text[bytes:]
	}
	return parts, nil
}

// Lines returns the lines without their ends, those that hold nothing but spaces left out.
func (c Corpus) Lines() []string {
	var lines []string
	for line := range strings.Lines(c.Text) {
		if line = strings.TrimRight(line, "\r\n"); strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// SplitLines shuffles the lines by seed and cuts them into parts of these shares: the split for lists of names or sentences,
// where neighbours resemble each other. Shares as in Split.
func (c Corpus) SplitLines(seed uint64, shares ...float64) ([][]string, error) {
	lines := c.Lines()
	ends, err := cuts(len(lines), shares)
	if err != nil {
		return nil, err
	}
	rand.New(rand.NewPCG(seed, 0x11e5)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	parts := make([][]string, len(ends))
	from := 0
	for k, end := range ends {
		parts[k] = lines[from:end:end]
		from = end
	}
	return parts, nil
}

func cuts(n int, shares []float64) ([]int, error) {
	ends := make([]int, len(shares))
	var sum float64
	for k, share := range shares {
		if !(share > 0) {
			return nil, fmt.Errorf("corpus: share %v, want above 0", share)
		}
		sum += share
		// The small term keeps 0.8+0.1 of 10 lines at 9, not 8.
		ends[k] = int(math.Floor(sum*float64(n) + 1e-9*float64(n)))
	}
	if len(shares) == 0 || !(math.Abs(sum-1) <= 1e-9) {
		return nil, fmt.Errorf("corpus: the shares sum to %v, want 1", sum)
	}
	ends[len(ends)-1] = n
	return ends, nil
}
