package synth

import (
	"fmt"
	"slices"
	"strings"
)

// Phenomenon is what an Agreement sentence tests.
type Phenomenon int

const (
	// SubjectVerb: "the dog near the cats sleeps".
	SubjectVerb Phenomenon = iota
	// DeterminerNoun: "these dogs near the cat sleep".
	DeterminerNoun
	// Reflexive: "the dog near the cats sees itself".
	Reflexive
	phenomena
)

// String returns "subject-verb", "determiner-noun" or "reflexive".
func (p Phenomenon) String() string {
	return [...]string{"subject-verb", "determiner-noun", "reflexive"}[p]
}

// Words as [singular, plural].
var (
	agreeNouns         = [][2]string{{"dog", "dogs"}, {"cat", "cats"}, {"horse", "horses"}, {"bird", "birds"}, {"rabbit", "rabbits"}, {"monkey", "monkeys"}}
	agreeIntransitives = [][2]string{{"sleeps", "sleep"}, {"runs", "run"}, {"waits", "wait"}, {"eats", "eat"}, {"jumps", "jump"}}
	agreeTransitives   = [][2]string{{"sees", "see"}, {"hears", "hear"}, {"likes", "like"}, {"knows", "know"}}
	agreeDemonstrative = [][2]string{{"this", "these"}, {"that", "those"}}
	agreeReflexive     = [2]string{"itself", "themselves"}
	agreePrepositions  = []string{"near", "behind", "beside", "with"}
	agreeAdverbs       = []string{"today", "often", "again", "here"}
)

// Agreement is a grammar of number agreement with labels as in CoLA, small enough to be learnt by a small model.
//
// Grammar: Determiner Noun (Preposition "the" Noun)^k Verb ["itself" | "themselves"] Adverb.
//
// Process, all choices uniform and independent: the phenomenon, the label, the number of the head noun, k from 0 to
// MaxAttractors, the number of each noun in between (an attractor), every word. A demonstrative stands first for
// DeterminerNoun, else "the"; a transitive verb and a reflexive pronoun stand for Reflexive, else an intransitive verb.
// An acceptable sentence (label 1) agrees throughout. In an unacceptable one (label 0) the one word that the phenomenon
// is about has the wrong number.
//
// Truth: Label, which Judge also finds by reading. Since the head's number is uniform, every single word is as frequent
// in acceptable as in unacceptable sentences: a unigram model is at chance. Matching the verb with the nearest noun
// fails half of the time on sentences with an attractor.
type Agreement struct {
	MaxAttractors int // nouns between the head noun and the verb, 0 to 8
}

// DefaultAgreement returns at most 2 attractors.
func DefaultAgreement() Agreement { return Agreement{MaxAttractors: 2} }

// AgreementSentence is a sentence and its judgement.
type AgreementSentence struct {
	Words      []string
	Label      int // 1 acceptable, 0 unacceptable
	Phenomenon Phenomenon
	Attractors int // nouns between the head noun and the verb
	Misleading int // those of them whose number is not the head's
}

// String returns the words, separated by spaces.
func (s AgreementSentence) String() string { return strings.Join(s.Words, " ") }

// Validate implements Generator.
func (g Agreement) Validate() error {
	if g.MaxAttractors < 0 || g.MaxAttractors > 8 {
		return fmt.Errorf("synth: Agreement.MaxAttractors %d, want 0 to 8", g.MaxAttractors)
	}
	return nil
}

// At implements Generator.
func (g Agreement) At(seed uint64, index int) AgreementSentence {
	must(g.Validate())
	rng := source(agreementStream, seed, index)
	s := AgreementSentence{
		Phenomenon: Phenomenon(rng.IntN(int(phenomena))), Label: rng.IntN(2), Attractors: between(rng, 0, g.MaxAttractors),
	}
	head := rng.IntN(2)
	determiner, verb, reflexive := head, head, head
	if s.Label == 0 {
		*[...]*int{&verb, &determiner, &reflexive}[s.Phenomenon] ^= 1
	}
	first := "the"
	if s.Phenomenon == DeterminerNoun {
		first = pick(rng, agreeDemonstrative)[determiner]
	}
	s.Words = []string{first, pick(rng, agreeNouns)[head]}
	for range s.Attractors {
		number := rng.IntN(2)
		s.Words = append(s.Words, pick(rng, agreePrepositions), "the", pick(rng, agreeNouns)[number])
		s.Misleading += number ^ head
	}
	if s.Phenomenon == Reflexive {
		s.Words = append(s.Words, pick(rng, agreeTransitives)[verb], agreeReflexive[reflexive])
	} else {
		s.Words = append(s.Words, pick(rng, agreeIntransitives)[verb])
	}
	s.Words = append(s.Words, pick(rng, agreeAdverbs))
	return s
}

// Judge reads a sentence of the grammar and returns whether it is acceptable. It knows nothing of how sentences are drawn; a
// sentence outside the grammar is an error that names the word.
func (g Agreement) Judge(words []string) (acceptable bool, err error) {
	at := 0
	fail := func(want string) (bool, error) {
		got := "the end"
		if at < len(words) {
			got = fmt.Sprintf("%q", words[at])
		}
		return false, fmt.Errorf("synth: Agreement: word %d is %s, want %s", at+1, got, want)
	}
	next := func(table [][2]string) (number int, ok bool) {
		if at >= len(words) {
			return 0, false
		}
		number, ok = numberOf(table, words[at])
		if ok {
			at++
		}
		return number, ok
	}
	is := func(accepted ...string) bool {
		ok := at < len(words) && slices.Contains(accepted, words[at])
		if ok {
			at++
		}
		return ok
	}

	determiner, demonstrative := next(agreeDemonstrative)
	if !demonstrative && !is("the") {
		return fail("a determiner")
	}
	head, ok := next(agreeNouns)
	if !ok {
		return fail("a noun")
	}
	for is(agreePrepositions...) {
		if !is("the") {
			return fail(`"the"`)
		}
		if _, ok := next(agreeNouns); !ok {
			return fail("a noun")
		}
	}
	verb, intransitive := next(agreeIntransitives)
	reflexive := head
	if !intransitive {
		if verb, ok = next(agreeTransitives); !ok {
			return fail("a verb")
		}
		if reflexive, ok = next([][2]string{agreeReflexive}); !ok {
			return fail("a reflexive pronoun")
		}
	}
	if !is(agreeAdverbs...) {
		return fail("an adverb")
	}
	if at != len(words) {
		return fail("the end")
	}
	return verb == head && reflexive == head && (!demonstrative || determiner == head), nil
}

func numberOf(table [][2]string, word string) (number int, ok bool) {
	for _, pair := range table {
		if number := slices.Index(pair[:], word); number >= 0 {
			return number, true
		}
	}
	return 0, false
}
