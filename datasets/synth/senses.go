package synth

import (
	"slices"
	"strings"
)

// ambiguous words and the topics (indices into topicWords) of their two senses. All stand where an object stands.
var ambiguous = []struct {
	word   string
	topics [2]int
}{
	{"bass", [2]int{0, 1}},  // the fish; the instrument
	{"organ", [2]int{1, 6}}, // the instrument; the part of the body
	{"case", [2]int{5, 6}},  // before a court; of an illness
	{"plate", [2]int{2, 7}}, // to eat from; of metal
	{"ruler", [2]int{4, 5}}, // to draw lines with; who rules
	{"bulb", [2]int{3, 7}},  // of a flower; of a lamp
}

// Senses is a corpus of words with two meanings, such as the lecture's "bass".
//
// Process: one of the ambiguous words and one of its two senses, both uniform; then agent, verb, the word, preposition,
// place as in Topics, agent and place from the topic of the sense, each with probability Leak from a topic drawn
// uniformly from all eight.
//
// Truth: Sense. The word itself says nothing (a static vector is at chance, 0.5); the two content words around it say all there is
// to know, and reading them perfectly gives BayesAccuracy.
type Senses struct {
	Leak float64 // probability that a content word ignores the sense, in [0, 1]
}

// DefaultSenses returns a leak of 0.05.
func DefaultSenses() Senses { return Senses{Leak: 0.05} }

// SenseSentence is a sentence with one ambiguous word.
type SenseSentence struct {
	Words    []string
	Position int // of the ambiguous word
	Sense    int // 0 or 1
	Topic    int // topic of the sense, an index as in Topics
}

// Word returns the ambiguous word.
func (s SenseSentence) Word() string { return s.Words[s.Position] }

// String returns the words, separated by spaces.
func (s SenseSentence) String() string { return strings.Join(s.Words, " ") }

// Validate implements Generator.
func (g Senses) Validate() error { return leakRange("Senses", g.Leak) }

// Ambiguous returns the words with two senses.
func (g Senses) Ambiguous() []string {
	var words []string
	for _, a := range ambiguous {
		words = append(words, a.word)
	}
	return words
}

// SenseTopics returns the topics of the two senses of word; ok is false if it is none of Ambiguous.
func (g Senses) SenseTopics(word string) (topics [2]int, ok bool) {
	i := slices.Index(g.Ambiguous(), word)
	if i < 0 {
		return topics, false
	}
	return ambiguous[i].topics, true
}

// At implements Generator.
func (g Senses) At(seed uint64, index int) SenseSentence {
	must(g.Validate())
	rng := source(sensesStream, seed, index)
	word := pick(rng, ambiguous)
	s := SenseSentence{Position: 2, Sense: rng.IntN(2)}
	s.Topic = word.topics[s.Sense]
	content := func(role Role) string {
		topic := s.Topic
		if rng.Float64() < g.Leak {
			topic = rng.IntN(len(topicWords))
		}
		return pick(rng, topicWords[topic][role])
	}
	s.Words = []string{content(Agent), pick(rng, topicVerbs), word.word, pick(rng, topicPrepositions), content(Place)}
	return s
}

// BayesAccuracy returns the accuracy of the best possible reader of the sentence. Each of the two content words speaks for the
// right sense with probability a = 1-Leak+Leak/8, for the wrong one with b = Leak/8, for neither with c = 1-a-b, so it is
// a^2 + 2ac, and half of the ties c^2 + 2ab.
func (g Senses) BayesAccuracy() float64 {
	t := float64(len(topicWords))
	a, b := 1-g.Leak+g.Leak/t, g.Leak/t
	c := 1 - a - b
	return a*a + 2*a*c + (c*c+2*a*b)/2
}
