// Package text turns sentences into batches of token ids, and back.
//
//	v, err := text.BuildVocabulary(sentences, 10_000) // sentences: [][]string, for example from text.Words.Split
//	batch, err := text.NewBatch(v, 10, sentences...)  // ids [B, L] and a mask, START and END added, cut or padded to 10
//
// It is plain Go: the slices of a batch are what GoMLX takes as inputs. Bad input is an error, never a panic.
//
// Source: lecture 7, "Tokenization and Batching".
package text

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
)

// Specials are the ids of the four tokens that are not words. None, for those that a vocabulary does without.
type Specials struct {
	Start, End int32 // first and last token of a sentence
	Pad        int32 // fills the rows of a batch
	Unknown    int32 // stands for words that the vocabulary does not have
}

// None is the id of a special token that a vocabulary does without.
const None int32 = -1

// DefaultSpecials are the ids that [BuildVocabulary] gives.
var DefaultSpecials = Specials{Pad: 0, Start: 1, End: 2, Unknown: 3}

// NoSpecials is for vocabularies of nothing but words, as character models use them.
var NoSpecials = Specials{Start: None, End: None, Pad: None, Unknown: None}

// names are how special tokens look when they are decoded. A sentence cannot smuggle them in: see [Vocabulary.ID].
func (s Specials) names() map[string]int32 {
	names := map[string]int32{"START": s.Start, "END": s.End, "PAD": s.Pad, "UNK": s.Unknown}
	maps.DeleteFunc(names, func(_ string, id int32) bool { return id == None })
	return names
}

// Vocabulary is a one-to-one table of words and ids. It does not change once made, so that several goroutines can use it.
type Vocabulary struct {
	ids      map[string]int32
	words    map[int32]string // of the special tokens too
	specials Specials
	size     int
}

// NewVocabulary makes a vocabulary in which the caller chooses every id.
//
// It returns an error if two words, or a word and a special token, share an id, and for negative ids.
func NewVocabulary(ids map[string]int32, specials Specials) (*Vocabulary, error) {
	v := &Vocabulary{ids: maps.Clone(ids), words: map[int32]string{}, specials: specials}
	add := func(word string, id int32) error {
		if id < 0 {
			return fmt.Errorf("text: the id of %q is %d, must not be negative", word, id)
		}
		if other, taken := v.words[id]; taken {
			return fmt.Errorf("text: %q and %q have the same id %d", min(word, other), max(word, other), id)
		}
		v.words[id] = word
		v.size = max(v.size, int(id)+1)
		return nil
	}
	special := specials.names()
	for _, name := range slices.Sorted(maps.Keys(special)) {
		if err := add(name, special[name]); err != nil {
			return nil, err
		}
	}
	for _, word := range slices.Sorted(maps.Keys(ids)) {
		if err := add(word, ids[word]); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// BuildVocabulary makes a vocabulary of the most frequent words of the sentences: at most size ids, the four special
// tokens ([DefaultSpecials]) included. More frequent words get lower ids; equally frequent ones go by the alphabet, so that
// the same sentences always give the same ids.
func BuildVocabulary(sentences [][]string, size int) (*Vocabulary, error) {
	first := len(DefaultSpecials.names())
	if size < first {
		return nil, fmt.Errorf("text: a vocabulary of %d has no room for the %d special tokens", size, first)
	}
	return build(sentences, first, size, DefaultSpecials)
}

// BuildAlphabet makes a vocabulary of all tokens of the sentences and no special ones, in the order of the alphabet: for
// characters.
func BuildAlphabet(sentences [][]string) (*Vocabulary, error) {
	v, err := build(sentences, 0, math.MaxInt32, NoSpecials)
	if err != nil {
		return nil, err
	}
	ids := map[string]int32{}
	for i, word := range slices.Sorted(maps.Keys(v.ids)) {
		ids[word] = int32(i)
	}
	return NewVocabulary(ids, NoSpecials)
}

func build(sentences [][]string, first, size int, specials Specials) (*Vocabulary, error) {
	counts := map[string]int{}
	for _, sentence := range sentences {
		for _, word := range sentence {
			counts[word]++
		}
	}
	words := slices.Collect(maps.Keys(counts))
	sort.Slice(words, func(i, j int) bool {
		if a, b := counts[words[i]], counts[words[j]]; a != b {
			return a > b
		}
		return words[i] < words[j]
	})
	ids := map[string]int32{}
	for i, word := range words[:min(len(words), size-first)] {
		ids[word] = int32(first + i)
	}
	return NewVocabulary(ids, specials)
}

// Size is one more than the highest id: the rows that an embedding of this vocabulary needs.
func (v *Vocabulary) Size() int { return v.size }

// Specials returns the ids of the special tokens.
func (v *Vocabulary) Specials() Specials { return v.specials }

// Words returns the words, without the special tokens, in the order of their ids.
func (v *Vocabulary) Words() []string {
	words := slices.Collect(maps.Keys(v.ids))
	sort.Slice(words, func(i, j int) bool { return v.ids[words[i]] < v.ids[words[j]] })
	return words
}

// ID returns the id of a word, or that of UNK if the vocabulary does not have it; ok is false if there is no UNK either.
// The word "PAD" is a word like any other: text cannot produce special tokens.
func (v *Vocabulary) ID(word string) (id int32, ok bool) {
	if id, ok := v.ids[word]; ok {
		return id, true
	}
	return v.specials.Unknown, v.specials.Unknown != None
}

// Encode returns the ids of the words, without START and END. It returns an error, naming the word, if a word is not in
// the vocabulary and there is no UNK.
func (v *Vocabulary) Encode(words []string) ([]int32, error) {
	ids := make([]int32, len(words))
	for i, word := range words {
		id, ok := v.ID(word)
		if !ok {
			return nil, fmt.Errorf("text: %q (token %d) is not in the vocabulary, which has no UNK", word, i)
		}
		ids[i] = id
	}
	return ids, nil
}

// Decode returns the words of the ids; special tokens appear as START, END, PAD and UNK. It returns an error, naming the
// place, for an id that the vocabulary does not have.
func (v *Vocabulary) Decode(ids []int32) ([]string, error) {
	words := make([]string, len(ids))
	for i, id := range ids {
		word, ok := v.words[id]
		if !ok {
			return nil, fmt.Errorf("text: id %d (token %d) is not in the vocabulary", id, i)
		}
		words[i] = word
	}
	return words, nil
}

// Sentence returns the words that a model has written: [Vocabulary.Decode] without START, up to the first END, and without
// what comes after it. PAD is left out; UNK stays, as it stands for a word.
func (v *Vocabulary) Sentence(ids []int32) ([]string, error) {
	var kept []int32
	for _, id := range ids {
		if id == v.specials.End && id != None {
			break
		}
		if (id == v.specials.Start || id == v.specials.Pad) && id != None {
			continue
		}
		kept = append(kept, id)
	}
	return v.Decode(kept)
}
