// Package sentences holds labelled sentences and reads the tab-separated files of SST-2 and CoLA: the shapes of their
// authors and the shapes of GLUE, with or without a header line.
//
// As in GLUE, a quotation mark is a character like any other: TSV here has no quoting.
package sentences

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Unlabelled is the Label of a sentence whose label is withheld, as in GLUE's test files.
const Unlabelled int32 = -1

// Sentence is one line of a data set.
type Sentence struct {
	Text   string
	Label  int32  // index into Set.Classes, or Unlabelled
	Source string // CoLA: code of the publication it comes from; else ""
	Mark   string // CoLA: the author's own mark ("", "*", "??", ...); else ""
}

// Set is a list of sentences with the names of their labels.
type Set struct {
	Sentences []Sentence
	Classes   []string
}

// Len returns the number of sentences.
func (s Set) Len() int { return len(s.Sentences) }

// Texts returns the sentences' texts, in order.
func (s Set) Texts() []string {
	texts := make([]string, s.Len())
	for i, sentence := range s.Sentences {
		texts[i] = sentence.Text
	}
	return texts
}

// Labels returns the sentences' labels, in order; Unlabelled where there is none.
func (s Set) Labels() []int32 {
	labels := make([]int32, s.Len())
	for i, sentence := range s.Sentences {
		labels[i] = sentence.Label
	}
	return labels
}

// Counts returns the number of sentences of each class; those without a label are not counted.
func (s Set) Counts() []int {
	counts := make([]int, len(s.Classes))
	for _, sentence := range s.Sentences {
		if sentence.Label >= 0 && int(sentence.Label) < len(counts) {
			counts[sentence.Label]++
		}
	}
	return counts
}

// Slice returns sentences from <= i < to, sharing memory with s. Panics if the range is not inside [0, Len].
func (s Set) Slice(from, to int) Set {
	return Set{Sentences: slices.Clip(s.Sentences)[from:to:to], Classes: s.Classes}
}

// Shuffled returns a copy in an order drawn from seed.
func (s Set) Shuffled(seed uint64) Set {
	order := rand.New(rand.NewPCG(seed, 0x5e47e)).Perm(s.Len())
	shuffled := Set{Classes: s.Classes, Sentences: make([]Sentence, s.Len())}
	for to, from := range order {
		shuffled.Sentences[to] = s.Sentences[from]
	}
	return shuffled
}

// Balanced returns a copy of the first perClass sentences of every class of a shuffled set, in shuffled order: what a study
// with few labels trains on. It returns an error if a class has fewer.
func (s Set) Balanced(seed uint64, perClass int) (Set, error) {
	taken := make([]int, len(s.Classes))
	balanced := Set{Classes: s.Classes}
	for _, sentence := range s.Shuffled(seed).Sentences {
		if sentence.Label >= 0 && taken[sentence.Label] < perClass {
			taken[sentence.Label]++
			balanced.Sentences = append(balanced.Sentences, sentence)
		}
	}
	for class, n := range taken {
		if n < perClass {
			return Set{}, fmt.Errorf("sentences: class %q has %d sentences, want %d", s.Classes[class], n, perClass)
		}
	}
	return balanced, nil
}
