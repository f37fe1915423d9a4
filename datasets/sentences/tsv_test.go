package sentences_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/datasets/parse"
	"courselab/datasets/sentences"
)

func sst2(text string) (sentences.Set, error) {
	return sentences.ReadSST2(strings.NewReader(text), "f", int64(len(text)))
}

func cola(text string) (sentences.Set, error) {
	return sentences.ReadCoLA(strings.NewReader(text), "f", int64(len(text)))
}

func TestSST2Shapes(t *testing.T) {
	want := []sentences.Sentence{{Text: `a "good" film`, Label: 1}, {Text: "dull", Label: 0}}
	withheld := []sentences.Sentence{{Text: `a "good" film`, Label: -1}, {Text: "dull", Label: -1}}
	for name, c := range map[string]struct {
		text string
		want []sentences.Sentence
	}{
		"plain":             {"a \"good\" film\t1\ndull\t0\n", want},
		"no last newline":   {"a \"good\" film\t1\ndull\t0", want},
		"GLUE train":        {"sentence\tlabel\na \"good\" film \t1\ndull \t0\n", want},
		"GLUE test":         {"index\tsentence\n0\ta \"good\" film\n1\tdull\n", withheld},
		"BOM and CRLF":      {"\ufeffsentence\tlabel\r\na \"good\" film\t1\r\ndull\t0\r\n", want},
		"columns exchanged": {"label\tsentence\n1\ta \"good\" film\n0\tdull\n", want},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := sst2(c.text)
			require.NoError(t, err)
			assert.Equal(t, c.want, set.Sentences)
			assert.Equal(t, []string{"negative", "positive"}, set.Classes)
		})
	}
}

func TestCoLAShapes(t *testing.T) {
	want := []sentences.Sentence{{Text: "I'll fix you a drink.", Label: 1, Source: "gj04"}, {Text: "Him left.", Label: 0, Source: "c-05", Mark: "*"}}
	body := "gj04\t1\t\tI'll fix you a drink.\nc-05\t0\t*\tHim left.\n"
	for name, text := range map[string]string{"plain": body, "with header": "source\tlabel\tmark\tsentence\n" + body} {
		t.Run(name, func(t *testing.T) {
			set, err := cola(text)
			require.NoError(t, err)
			assert.Equal(t, want, set.Sentences)
			assert.Equal(t, []int{1, 1}, set.Counts())
		})
	}
	set, err := cola("index\tsentence\n0\tHim left.\n")
	require.NoError(t, err)
	assert.Equal(t, []sentences.Sentence{{Text: "Him left.", Label: sentences.Unlabelled}}, set.Sentences)
	assert.Equal(t, []int{0, 0}, set.Counts())
}

func TestMalformedNamesTheLine(t *testing.T) {
	for text, want := range map[string]string{
		"a\t1\nb\n":                    "f: line 2: want 2 columns, got 1: \"b\"",
		"a\t1\n\nb\t0":                 "f: line 2: want 2 columns, got 1",
		"a\t2":                         "f: line 1: label \"2\", want 0 to 1",
		"a\t-1":                        "f: line 1: label \"-1\", want 0 to 1",
		"a\t1\n \t1":                   "f: line 2: the sentence is empty",
		"a\t1\nb\xff\t0":               "f: line 2: not UTF-8",
		"sentence\tlabel\na\t1\nb":     "f: line 3: want 2 columns",
		strings.Repeat("a", 1<<20):     "f: line 1: want 2 columns, got 1: \"" + strings.Repeat("a", 40) + "\"...",
		strings.Repeat("a", 1<<20+1):   "f: line 1: 1048577 bytes long, more than the limit of 1048576",
		"a\t1\n" + "sentence\tlabel\n": "f: line 2: label \"label\", want 0 to 1", // a header is a header on line 1 only
	} {
		_, err := sst2(text)
		require.ErrorIs(t, err, parse.ErrMalformed, "%.20q", text)
		assert.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "\n")
	}
	_, err := cola("gj04\t1\tx.\n")
	assert.ErrorContains(t, err, "f: line 1: want 4 columns, got 3")
}

func set(n int) sentences.Set {
	s := sentences.Set{Classes: sentences.SST2Classes()}
	for i := range n {
		s.Sentences = append(s.Sentences, sentences.Sentence{Text: strings.Repeat("x", i+1), Label: int32(i % 3 / 2)})
	}
	return s
}

func TestBalancedAndShuffled(t *testing.T) {
	s := set(31) // 21 of class 0, 10 of class 1
	shuffled := s.Shuffled(7)
	assert.ElementsMatch(t, s.Sentences, shuffled.Sentences)
	assert.NotEqual(t, s.Sentences, shuffled.Sentences)
	assert.Equal(t, shuffled, s.Shuffled(7))
	assert.NotEqual(t, shuffled, s.Shuffled(8))

	few, err := s.Balanced(7, 10)
	require.NoError(t, err)
	assert.Equal(t, []int{10, 10}, few.Counts())
	assert.Subset(t, s.Sentences, few.Sentences)
	_, err = s.Balanced(7, 11)
	assert.ErrorContains(t, err, `class "positive" has 10 sentences, want 11`)

	assert.Equal(t, []int32{0, 0, 1}, s.Slice(0, 3).Labels())
	assert.Equal(t, []string{"xx", "xxx"}, s.Slice(1, 3).Texts())
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"", "a\t1\n", "sentence\tlabel\nb\t0", "index\tsentence\n0\tx", "gj04\t1\t\tx.\n", "\ufeff", "a\t1\r\n\r\n", "\x1f\x8b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []func(string) (sentences.Set, error){sst2, cola} {
			set, err := read(text)
			if err != nil {
				require.ErrorIs(t, err, parse.ErrMalformed)
				continue
			}
			for _, s := range set.Sentences {
				require.NotEmpty(t, s.Text)
				require.NotContains(t, s.Text, "\n")
				require.True(t, s.Label >= -1 && s.Label <= 1)
			}
		}
	})
}
