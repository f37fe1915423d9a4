package text

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/gomlx/go-huggingface/tokenizers/api"
	"github.com/gomlx/go-huggingface/tokenizers/hftokenizer"
)

// Subword splits text into pieces of words: BERT's WordPiece or GPT-2's byte-level BPE, as a file of Hugging Face's
// describes it. It does not change once made, so that several goroutines can use it. It is not trained here.
//
// The ids are those of Hugging Face's tokenizers library, as tests show on golden sentences. Where they can differ, by what
// the Go library underneath does (go-huggingface v0.4.1): a WordPiece word of more than 100 bytes is [UNK], there it is one
// of more than 100 characters; byte-level BPE splits at spaces only, which gives other ids where a merge crosses the
// borders of GPT-2's regular expression. That library's byte offsets of tokens are wrong after any character that is not
// ASCII, and with BPE after any space, which is why there are none here.
type Subword struct {
	library *hftokenizer.Tokenizer
	content subwordContent
	raw     []byte
	size    int
}

// subwordContent is what we read of tokenizer.json ourselves.
type subwordContent struct {
	Normalizer struct {
		Type      string `json:"type"`
		CleanText bool   `json:"clean_text"`
	} `json:"normalizer"`
	Model struct {
		Type                    string          `json:"type"`
		Vocab                   json.RawMessage `json:"vocab"`
		ContinuingSubwordPrefix string          `json:"continuing_subword_prefix"`
	} `json:"model"`
	PreTokenizer preTokenizer `json:"pre_tokenizer"`
	AddedTokens  []struct {
		ID      int    `json:"id"`
		Content string `json:"content"`
	} `json:"added_tokens"`
}

// preTokenizer is the part of tokenizer.json that says where words end.
type preTokenizer struct {
	Type    string `json:"type"`
	Pattern struct {
		Regex string
	} `json:"pattern"`
	PreTokenizers []preTokenizer `json:"pretokenizers"`
}

// check returns an error for a pattern that Go's regular expressions do not have, such as GPT-4's with its look-ahead: the
// library would ignore it and take the whole text for one word.
func (p preTokenizer) check() error {
	if _, err := regexp.Compile(p.Pattern.Regex); err != nil {
		return fmt.Errorf("text: tokenizer.json: pre-tokenizer %s: %w", p.Type, err)
	}
	for _, part := range p.PreTokenizers {
		if err := part.check(); err != nil {
			return err
		}
	}
	return nil
}

// LoadSubword reads a tokenizer from a folder that holds tokenizer.json or, if it does not, vocab.txt, or from one of the two
// files itself. It does not use the network.
//
// vocab.txt is taken for BERT's WordPiece; it is lower-cased unless tokenizer_config.json beside it says do_lower_case false.
func LoadSubword(path string) (*Subword, error) {
	file := path
	if info, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("text: tokenizer: %w", err)
	} else if info.IsDir() {
		file = filepath.Join(path, "tokenizer.json")
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
			file = filepath.Join(path, "vocab.txt")
		}
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("text: tokenizer: %w; the folder needs tokenizer.json or vocab.txt", err)
	}
	var s *Subword
	if filepath.Ext(file) == ".txt" {
		lower := true
		if lower, err = lowerCase(filepath.Join(filepath.Dir(file), "tokenizer_config.json")); err == nil {
			s, err = NewWordPiece(strings.FieldsFunc(string(content), func(r rune) bool { return r == '\n' || r == '\r' }), lower)
		}
	} else {
		s, err = NewSubword(content)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

func lowerCase(config string) (bool, error) {
	content, err := os.ReadFile(config)
	if errors.Is(err, os.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	settings := struct {
		Lower *bool `json:"do_lower_case"`
	}{}
	if err := json.Unmarshal(content, &settings); err != nil {
		return false, fmt.Errorf("%s: %w", config, err)
	}
	return settings.Lower == nil || *settings.Lower, nil
}

// NewSubword makes a tokenizer of the content of a tokenizer.json with a WordPiece or BPE model.
func NewSubword(content []byte) (s *Subword, err error) {
	defer recovered(&err)
	s = &Subword{raw: slices.Clone(content)}
	if err := json.Unmarshal(content, &s.content); err != nil {
		return nil, fmt.Errorf("text: tokenizer.json: %w", err)
	}
	if kind := s.content.Model.Type; kind != "WordPiece" && kind != "BPE" {
		return nil, fmt.Errorf("text: tokenizer.json: the model is %q, must be WordPiece or BPE", kind)
	}
	if err := s.content.PreTokenizer.check(); err != nil {
		return nil, err
	}
	var vocabulary map[string]int
	if err := json.Unmarshal(s.content.Model.Vocab, &vocabulary); err != nil {
		return nil, fmt.Errorf("text: tokenizer.json: vocab: %w", err)
	}
	if s.library, err = hftokenizer.NewFromContent(&api.Config{}, content); err != nil {
		return nil, fmt.Errorf("text: tokenizer.json: %w", err)
	}
	if err := s.library.With(api.EncodeOptions{}); err != nil { // no special tokens
		return nil, fmt.Errorf("text: tokenizer.json: %w", err)
	}
	for _, added := range s.content.AddedTokens {
		if added.Content == "" {
			return nil, fmt.Errorf("text: tokenizer.json: added token %d is empty", added.ID)
		}
		if vocabulary == nil {
			vocabulary = map[string]int{}
		}
		vocabulary[added.Content] = added.ID
	}
	seen := map[int]string{}
	for token, id := range vocabulary {
		if other, taken := seen[id]; taken {
			return nil, fmt.Errorf("text: tokenizer.json: %q and %q have the same id %d", min(token, other), max(token, other), id)
		}
		if id < 0 || id > 1<<30 {
			return nil, fmt.Errorf("text: tokenizer.json: the id of %q is %d", token, id)
		}
		seen[id] = token
		s.size = max(s.size, id+1)
	}
	if s.size == 0 {
		return nil, fmt.Errorf("text: tokenizer.json: the vocabulary is empty")
	}
	return s, nil
}

// NewWordPiece makes BERT's tokenizer of the lines of a vocab.txt: the id of a token is its line, from 0. lower says that text
// is made lower case and loses its accents. [UNK] must be among the tokens, [PAD], [CLS], [SEP] and [MASK] may.
func NewWordPiece(tokens []string, lower bool) (*Subword, error) {
	vocabulary, added := map[string]int{}, []map[string]any{}
	for id, token := range tokens {
		if _, twice := vocabulary[token]; twice {
			return nil, fmt.Errorf("text: vocab.txt: %q stands there twice, the second time in line %d", token, id+1)
		}
		vocabulary[token] = id
		if slices.Contains([]string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}, token) {
			added = append(added, map[string]any{"id": id, "content": token, "special": true})
		}
	}
	if _, found := vocabulary["[UNK]"]; !found {
		return nil, fmt.Errorf("text: vocab.txt: [UNK] is not among its %d tokens", len(tokens))
	}
	content, err := json.Marshal(map[string]any{
		"version": "1.0", "added_tokens": added,
		"normalizer":    map[string]any{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "lowercase": lower},
		"pre_tokenizer": map[string]any{"type": "BertPreTokenizer"},
		"decoder":       map[string]any{"type": "WordPiece", "prefix": "##"},
		"model": map[string]any{
			"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocabulary,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("text: vocab.txt: %w", err)
	}
	return NewSubword(content)
}

// JSON returns the content of a tokenizer.json of this tokenizer.
func (s *Subword) JSON() []byte { return slices.Clone(s.raw) }

// Size is one more than the highest id: the rows that an embedding of this vocabulary needs.
func (s *Subword) Size() int { return s.size }

// Encode returns the ids of a text's tokens, without special tokens around it. Special tokens that are written out in the
// text, such as "[MASK]", are taken for what they say, as Hugging Face does; where that must not be, take them out before.
func (s *Subword) Encode(text string) (ids []int32, err error) {
	defer recovered(&err)
	if s.content.Normalizer.Type == "BertNormalizer" && s.content.Normalizer.CleanText {
		// The library leaves characters of Unicode's categories Cf and Co in, which BERT's cleaning takes out.
		text = strings.Map(func(r rune) rune {
			if unicode.In(r, unicode.Cf, unicode.Co) {
				return -1
			}
			return r
		}, text)
	}
	for _, id := range s.library.Encode(text) {
		ids = append(ids, int32(id))
	}
	return ids, nil
}

// Decode puts the text of the ids together, special tokens too. It is not always the text that was encoded: WordPiece loses
// case, accents and where spaces were. It returns an error for an id that the vocabulary does not have.
func (s *Subword) Decode(ids []int32) (text string, err error) {
	defer recovered(&err)
	if _, err := s.Tokens(ids); err != nil {
		return "", err
	}
	list := make([]int, len(ids))
	for i, id := range ids {
		list[i] = int(id)
	}
	return s.library.Decode(list), nil
}

// Tokens returns the pieces of the ids as they stand in the vocabulary, "##ing" and "Ġthe" among them. It returns an error for
// an id that the vocabulary does not have.
func (s *Subword) Tokens(ids []int32) ([]string, error) {
	tokens := make([]string, len(ids))
	for i, id := range ids {
		token, found := s.library.IDToToken(int(id))
		if !found {
			return nil, fmt.Errorf("text: id %d (token %d) is not in the vocabulary", id, i)
		}
		tokens[i] = token
	}
	return tokens, nil
}

// ID returns the id of a token as it stands in the vocabulary, and if it is there.
func (s *Subword) ID(token string) (int32, bool) {
	id, found := s.library.TokenToID(token)
	return int32(id), found
}

// Continues says if a token of WordPiece continues the word of the token before it. With BPE it is always false.
func (s *Subword) Continues(id int32) bool {
	token, found := s.library.IDToToken(int(id))
	prefix := s.content.Model.ContinuingSubwordPrefix
	return found && prefix != "" && strings.HasPrefix(token, prefix)
}

// recovered makes an error of what the library panics with: it was not written for files that are wrong.
func recovered(err *error) {
	if reason := recover(); reason != nil {
		*err = fmt.Errorf("text: the tokenizer failed: %v", reason)
	}
}
