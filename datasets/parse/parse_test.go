package parse_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/datasets/parse"
)

func TestErrorNamesFileAndPlaceOnOneLine(t *testing.T) {
	cause := io.ErrUnexpectedEOF
	assert.Equal(t, "a.gz: byte 17: broken: unexpected EOF", parse.At("a.gz", 17, "broken: %w", cause).Error())
	assert.Equal(t, "a.tsv: line 3: want 4 columns", parse.Line("a.tsv", 3, "want %d columns", 4).Error())
	assert.Equal(t, "a b: c d", parse.Whole("a\nb", "c\rd").Error())
	err := error(parse.At("f", 0, "%w", cause))
	assert.ErrorIs(t, err, parse.ErrMalformed)
	assert.ErrorIs(t, err, cause)
	assert.NotErrorIs(t, errors.New("other"), parse.ErrMalformed)
	assert.Less(t, len(parse.Excerpt(strings.Repeat("x", 1000))), 50)
}

func squeeze(t *testing.T, plain []byte) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := gzip.NewWriter(&buffer)
	_, err := w.Write(plain)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return buffer.Bytes()
}

func TestSourceReadsPlainAndGzipAlike(t *testing.T) {
	want := bytes.Repeat([]byte("courselab "), 1013)
	for name, raw := range map[string][]byte{"plain": want, "gzip": squeeze(t, want)} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			require.NoError(t, os.WriteFile(path, raw, 0o600))
			s, err := parse.Open(path, 1<<20)
			require.NoError(t, err)
			defer s.Close()
			head, err := s.Exactly(0, 9)
			require.NoError(t, err)
			assert.Equal(t, "courselab", string(head))
			rest, err := s.All()
			require.NoError(t, err)
			assert.Equal(t, string(want[9:]), string(rest))
			assert.NoError(t, s.End(int64(len(want))))
		})
	}
}

func TestSourceFailures(t *testing.T) {
	plain := bytes.Repeat([]byte{7}, 997)
	zipped := squeeze(t, plain)
	damaged := bytes.Clone(zipped)
	damaged[len(damaged)-6] ^= 0xff // the CRC

	open := func(raw []byte, limit int64) *parse.Source {
		s, err := parse.NewSource(bytes.NewReader(raw), "f", int64(len(raw)), limit)
		require.NoError(t, err)
		return s
	}
	_, err := parse.NewSource(bytes.NewReader(plain), "f", 997, 996)
	assert.ErrorContains(t, err, "f: 997 bytes, more than the limit of 996")
	_, err = open(plain, 1<<20).Exactly(4, 998)
	assert.ErrorContains(t, err, "f: byte 4: header promises 998 bytes, the file can hold 997 at most")
	_, err = open(zipped, 1<<20).Exactly(0, 998)
	assert.ErrorContains(t, err, "f: byte 997: file ends after 997 of 998 bytes: it is truncated")
	_, err = open(zipped, 996).All()
	assert.ErrorContains(t, err, "beyond the limit of 996 bytes")
	_, err = open(damaged, 1<<20).All()
	assert.ErrorIs(t, err, gzip.ErrChecksum)
	_, err = open(zipped[:len(zipped)-9], 1<<20).All()
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	s := open(plain, 1<<20)
	_, err = s.Exactly(0, 996)
	require.NoError(t, err)
	assert.ErrorContains(t, s.End(996), "f: byte 996: file goes on after the last item")
	_, err = parse.Open(t.TempDir(), 1<<20)
	assert.ErrorContains(t, err, "not a regular file")
	_, err = parse.Open(filepath.Join(t.TempDir(), "none"), 1)
	assert.ErrorIs(t, err, os.ErrNotExist)
}
