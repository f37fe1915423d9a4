package corpus_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/datasets/corpus"
	"courselab/datasets/parse"
)

func read(text string) (corpus.Corpus, error) {
	return corpus.Read(strings.NewReader(text), "f", int64(len(text)))
}

func TestSplitCountsCharacters(t *testing.T) {
	c, err := read("añb€d\nfgh!")
	require.NoError(t, err)
	parts, err := c.Split(0.5, 0.3, 0.2)
	require.NoError(t, err)
	assert.Equal(t, []string{"añb€d", "\nfg", "h!"}, parts)
	parts, err = c.Split(0.1, 0.7, 0.2) // 0.1+0.7 is 0.7999999999999999 in floating point
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "ñb€d\nfg", "h!"}, parts)
	for _, shares := range [][]float64{{}, {0.5}, {0.5, 0.6}, {1.5, -0.5}, {1, 0}} {
		_, err = c.Split(shares...)
		assert.Error(t, err, "%v", shares)
	}
}

func TestLinesAndSplitLines(t *testing.T) {
	c, err := read("emma\r\nolivia\n\n  \nava\nmia\nzoe")
	require.NoError(t, err)
	assert.Equal(t, []string{"emma", "olivia", "ava", "mia", "zoe"}, c.Lines())
	parts, err := c.SplitLines(3, 0.6, 0.4)
	require.NoError(t, err)
	assert.Len(t, parts[0], 3)
	assert.ElementsMatch(t, c.Lines(), append(parts[0], parts[1]...))
	again, err := c.SplitLines(3, 0.6, 0.4)
	require.NoError(t, err)
	assert.Equal(t, parts, again)
	differ := false
	for seed := range uint64(7) {
		other, err := c.SplitLines(seed, 0.6, 0.4)
		require.NoError(t, err)
		differ = differ || other[0][0] != parts[0][0]
	}
	assert.True(t, differ, "the seed has no effect")
}

func TestMalformed(t *testing.T) {
	_, err := read("")
	assert.ErrorContains(t, err, "f: the file is empty")
	_, err = read("abc\xffd")
	assert.ErrorIs(t, err, parse.ErrMalformed)
	assert.ErrorContains(t, err, "f: byte 3: byte 0xff is not UTF-8")
	_, err = read("ab\uFFFDc") // a real replacement character is text
	assert.NoError(t, err)
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"", "a", "añb€", "\xff", "a\nb\r\n", "\x1f\x8b\x08"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := read(text)
		if err != nil {
			require.ErrorIs(t, err, parse.ErrMalformed)
			return
		}
		parts, err := c.Split(0.9, 0.1)
		require.NoError(t, err)
		require.Equal(t, c.Text, parts[0]+parts[1])
		require.True(t, utf8.ValidString(parts[0]) && utf8.ValidString(parts[1]))
	})
}
