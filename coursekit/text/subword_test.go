package text_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/text"
)

// goldenTokens are what Hugging Face's tokenizers library gives, see testdata/make_tokenizers.py.
func goldenTokens(t *testing.T) (golden map[string]struct {
	Single []struct {
		Text   string
		IDs    []int32 `json:"ids"`
		Tokens []string
	}
}) {
	t.Helper()
	content, err := os.ReadFile("testdata/golden.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, &golden))
	return golden
}

func TestSubwordIsHuggingFaces(t *testing.T) {
	for name, golden := range goldenTokens(t) {
		paths := []string{name}
		if name == "wordpiece" {
			paths = append(paths, "wordpiece/vocab.txt", "wordpiece/tokenizer.json")
		}
		for _, path := range paths {
			s, err := text.LoadSubword(filepath.Join("testdata", path))
			require.NoError(t, err)
			require.NotEmpty(t, golden.Single)
			for _, want := range golden.Single {
				ids, tokens := want.IDs, want.Tokens
				if name == "wordpiece" { // golden ones stand between [CLS] and [SEP]
					ids, tokens = ids[1:len(ids)-1], tokens[1:len(tokens)-1]
				}
				got, err := s.Encode(want.Text)
				require.NoError(t, err)
				if len(ids) == 0 {
					assert.Empty(t, got)
					continue
				}
				assert.Equal(t, ids, got, "%s: %q", path, want.Text)
				pieces, err := s.Tokens(got)
				require.NoError(t, err)
				assert.Equal(t, tokens, pieces)
				back, err := s.Decode(got)
				require.NoError(t, err)
				if name == "bpe" {
					assert.Equal(t, want.Text, back, "bytes come back as they were")
				} else if want.Text == "The bass sings." {
					assert.Equal(t, "the bass sings .", back)
				}
				for i, piece := range pieces {
					assert.Equal(t, name == "wordpiece" && strings.HasPrefix(piece, "##"), s.Continues(got[i]), piece)
				}
			}
		}
	}
}

func TestSubwordFiles(t *testing.T) {
	folder := t.TempDir()
	write := func(name, content string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	_, err := text.LoadSubword(folder)
	assert.ErrorContains(t, err, "needs tokenizer.json or vocab.txt")
	_, err = text.LoadSubword(filepath.Join(folder, "nowhere"))
	assert.ErrorContains(t, err, "nowhere")

	write("vocab.txt", "[UNK]\nbass\nBass\n##es\r\n")
	s, err := text.LoadSubword(folder)
	require.NoError(t, err)
	assert.Equal(t, 4, s.Size())
	ids, err := s.Encode("Basses tuna")
	require.NoError(t, err)
	assert.Equal(t, []int32{1, 3, 0}, ids)
	write("tokenizer_config.json", `{"do_lower_case": false}`)
	s, err = text.LoadSubword(folder)
	require.NoError(t, err)
	ids, err = s.Encode("Basses")
	require.NoError(t, err)
	assert.Equal(t, []int32{2, 3}, ids)
	id, found := s.ID("##es")
	assert.True(t, found)
	assert.Equal(t, int32(3), id)
	_, found = s.ID("tuna")
	assert.False(t, found)
	_, err = s.Decode([]int32{1, 4})
	assert.ErrorContains(t, err, "id 4 (token 1)")

	for want, content := range map[string]string{
		`"bass" stands there twice, the second time in line 3`: "[UNK]\nbass\nbass",
		"[UNK] is not among its 1 tokens":                      "bass",
	} {
		write("vocab.txt", content)
		_, err = text.LoadSubword(folder)
		assert.ErrorContains(t, err, want)
	}
	for want, content := range map[string]string{
		"unexpected end of JSON input":   `{"model"`,
		`the model is "Unigram"`:         `{"model": {"type": "Unigram"}}`,
		"vocab:":                         `{"model": {"type": "BPE", "vocab": [["a", 1]]}}`,
		"pre-tokenizer Split":            `{"model": {"type": "BPE"}, "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "a(?!b)"}}]}}`,
		"the vocabulary is empty":        `{"model": {"type": "BPE", "vocab": {}}}`,
		`"a" and "b" have the same id 1`: `{"model": {"type": "BPE", "vocab": {"a": 1, "b": 1}}}`,
		`the id of "a" is -1`:            `{"model": {"type": "BPE", "vocab": {"a": -1}}}`,
		"added token 1 is empty":         `{"model": {"type": "BPE", "vocab": {"a": 0}}, "added_tokens": [{"id": 1}]}`,
	} {
		write("tokenizer.json", content)
		_, err = text.LoadSubword(folder)
		assert.ErrorContains(t, err, want)
	}
}

// FuzzSubword: neither a file nor a text makes it panic, and ids are in the vocabulary.
func FuzzSubword(f *testing.F) {
	content, err := os.ReadFile("testdata/wordpiece/tokenizer.json")
	require.NoError(f, err)
	f.Add(content, "The [MASK] sings.")
	content, err = os.ReadFile("testdata/bpe/tokenizer.json")
	require.NoError(f, err)
	f.Add(content, "  a\xffb \u200b")
	f.Add([]byte(`{"model": {"type": "WordPiece", "vocab": {"a": 0}}, "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{}]}}`), "a b")
	f.Fuzz(func(t *testing.T, content []byte, sentence string) {
		s, err := text.NewSubword(content)
		if err != nil {
			return
		}
		ids, err := s.Encode(sentence)
		if err != nil {
			return
		}
		_, err = s.Tokens(ids)
		assert.NoError(t, err)
	})
}

func ExampleSubword() {
	s, err := text.LoadSubword("testdata/wordpiece")
	if err != nil {
		panic(err)
	}
	ids, err := s.Encode("Unbelievable!")
	if err != nil {
		panic(err)
	}
	tokens, err := s.Tokens(ids)
	if err != nil {
		panic(err)
	}
	fmt.Println(tokens)
	// Output: [un ##bel ##ie ##vab ##le !]
}
