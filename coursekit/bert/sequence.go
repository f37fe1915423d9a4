package bert

import (
	"fmt"
	"math/rand/v2"
)

// Specials are the ids of BERT's special tokens.
type Specials struct {
	Pad       int32 // fills the rows of a batch
	Unknown   int32 // stands for what the vocabulary does not have
	Class     int32 // [CLS], first of every sequence; its state stands for the whole
	Separator int32 // [SEP], ends each sentence
	Mask      int32 // [MASK], stands where a token was hidden
}

// DefaultSpecials are those of google/bert's vocabularies of English.
var DefaultSpecials = Specials{Pad: 0, Unknown: 100, Class: 101, Separator: 102, Mask: 103}

// IDs of all of them.
func (s Specials) IDs() []int32 { return []int32{s.Pad, s.Unknown, s.Class, s.Separator, s.Mask} }

// Sequence is one input of the model: one sentence or two, with special tokens, not padded.
type Sequence struct {
	IDs      []int32 // [L]
	Segments []int32 // [L]: 0 up to the first [SEP], it included, then 1
}

// Single returns [CLS] sentence [SEP], at most length long: the sentence is cut off at its end. length must be 3 or more.
func (s Specials) Single(sentence []int32, length int) (Sequence, error) {
	if length < 3 {
		return Sequence{}, fmt.Errorf("bert: a sequence of length %d has no room for [CLS], a token and [SEP]", length)
	}
	return s.join(sentence[:min(len(sentence), length-2)], nil), nil
}

// Pair returns [CLS] first [SEP] second [SEP], at most length long: the longer of the two is cut off at its end until they
// fit, as in google-research/bert's truncate_seq_pair for fine-tuning. length must be 5 or more, and second not empty.
func (s Specials) Pair(first, second []int32, length int) (Sequence, error) {
	if length < 5 || len(second) == 0 {
		return Sequence{}, fmt.Errorf("bert: a pair with %d tokens in its second sentence at length %d; need 1 and 5 at least", len(second), length)
	}
	for len(first)+len(second) > length-3 {
		if len(first) > len(second) {
			first = first[:len(first)-1]
		} else {
			second = second[:len(second)-1]
		}
	}
	return s.join(first, second), nil
}

func (s Specials) join(first, second []int32) Sequence {
	ids := append(append([]int32{s.Class}, first...), s.Separator)
	segments := make([]int32, len(ids))
	if len(second) > 0 {
		ids = append(append(ids, second...), s.Separator)
		for range len(second) + 1 {
			segments = append(segments, 1)
		}
	}
	return Sequence{ids, segments}
}

// Batch is rows of equal length, what Model.Encode takes.
type Batch struct {
	IDs      [][]int32 // [B, L]
	Segments [][]int32 // [B, L]
	Mask     [][]bool  // [B, L], true where there is a token
}

// Batch pads sequences to length; 0 means the longest of them. Errors: none, or one that is longer.
func (s Specials) Batch(length int, sequences ...Sequence) (Batch, error) {
	var b Batch
	if len(sequences) == 0 {
		return b, fmt.Errorf("bert: a batch needs at least one sequence")
	}
	if length == 0 {
		for _, sequence := range sequences {
			length = max(length, len(sequence.IDs))
		}
	}
	for i, sequence := range sequences {
		if len(sequence.IDs) > length || len(sequence.Segments) != len(sequence.IDs) {
			return b, fmt.Errorf("bert: sequence %d has %d tokens and %d segments, the batch is %d wide", i, len(sequence.IDs), len(sequence.Segments), length)
		}
		ids, segments, mask := make([]int32, length), make([]int32, length), make([]bool, length)
		for k := range ids {
			ids[k], mask[k] = s.Pad, k < len(sequence.IDs)
		}
		copy(ids, sequence.IDs)
		copy(segments, sequence.Segments)
		b.IDs, b.Segments, b.Mask = append(b.IDs, ids), append(b.Segments, segments), append(b.Mask, mask)
	}
	return b, nil
}

// Following is a pair of sentences for the next-sentence task.
type Following struct {
	First, Second []int32
	Label         int32 // 0 if Second follows First, 1 if it comes from another document
}

// DrawFollowing draws a pair from documents of sentences of token ids: any sentence that has a next one, with that next
// one or, with probability one half, with a sentence of another document, as google-research/bert does with one sentence a
// segment. It needs two documents or more, none of them empty, and one of two sentences.
func DrawFollowing(rng *rand.Rand, documents [][][]int32) (Following, error) {
	firsts := 0
	for i, document := range documents {
		if len(document) == 0 {
			return Following{}, fmt.Errorf("bert: document %d has no sentences", i)
		}
		firsts += len(document) - 1
	}
	if len(documents) < 2 || firsts == 0 {
		return Following{}, fmt.Errorf("bert: %d documents with %d pairs of neighbours: need two documents, and one of two sentences", len(documents), firsts)
	}
	at, from := rng.IntN(firsts), 0
	for at >= len(documents[from])-1 {
		at -= len(documents[from]) - 1
		from++
	}
	pair := Following{First: documents[from][at], Second: documents[from][at+1], Label: int32(rng.IntN(2))}
	if pair.Label == 1 {
		other := rng.IntN(len(documents) - 1)
		if other >= from {
			other++
		}
		pair.Second = documents[other][rng.IntN(len(documents[other]))]
	}
	return pair, nil
}
