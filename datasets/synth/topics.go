package synth

import (
	"fmt"
	"strings"
)

// Role is the part that a content word plays in a sentence of Topics.
type Role int

const (
	// Agent is the one who acts.
	Agent Role = iota
	// Object is what is acted on.
	Object
	// Place is where.
	Place
	roles
)

// String returns "agent", "object" or "place".
func (r Role) String() string { return [...]string{"agent", "object", "place"}[r] }

// Word class of every content word: [topic][role][words]. No word stands twice, and none of those that Senses plants stands here.
var topicWords = [...][roles][]string{
	{{"sailor", "captain"}, {"anchor", "net"}, {"harbor", "island"}},
	{{"singer", "drummer"}, {"guitar", "melody"}, {"stage", "concert"}},
	{{"cook", "baker"}, {"oven", "spoon"}, {"kitchen", "pantry"}},
	{{"gardener", "florist"}, {"rake", "seed"}, {"orchard", "lawn"}},
	{{"teacher", "student"}, {"pencil", "lesson"}, {"classroom", "library"}},
	{{"judge", "lawyer"}, {"verdict", "law"}, {"court", "jail"}},
	{{"doctor", "nurse"}, {"bandage", "pill"}, {"ward", "clinic"}},
	{{"welder", "engineer"}, {"machine", "hammer"}, {"workshop", "warehouse"}},
}

var (
	topicNames        = [...]string{"sea", "music", "cooking", "garden", "school", "law", "medicine", "industry"}
	topicVerbs        = []string{"takes", "finds", "likes", "leaves", "sees", "needs"}
	topicPrepositions = []string{"near", "in", "behind", "outside"}
)

// Topics is a corpus with planted word classes: words of one topic appear together, words of one role appear in the same place.
//
// Process: a topic t, uniform; then five words: agent, verb, object, preposition, place. Each of the three content
// words is drawn uniformly from its role's words of topic t with probability 1-Leak, and of a topic drawn uniformly (t
// among them) otherwise. Verbs and prepositions are uniform and say nothing about the topic. Neighbouring content words
// are two apart, so a window of 2 sees them.
//
// Truth: two content words of a sentence have the same topic with probability SameTopic. A word vector that knows its
// neighbours knows topic and role; analogies sailor : harbor = judge : court hold, every word of the cell being right.
type Topics struct {
	Topics int     // topics in use, 2 to 8
	Leak   float64 // probability that a content word ignores the sentence's topic, in [0, 1]
}

// DefaultTopics returns 8 topics with a leak of 0.05.
func DefaultTopics() Topics { return Topics{Topics: len(topicWords), Leak: 0.05} }

// TopicSentence is a sentence and where its words come from.
type TopicSentence struct {
	Words []string
	Topic int
	From  [roles]int // the topic that each content word was drawn from
}

// String returns the words, separated by spaces.
func (s TopicSentence) String() string { return strings.Join(s.Words, " ") }

// Class is the planted class of a content word.
type Class struct {
	Topic int
	Role  Role
}

// Validate implements Generator.
func (g Topics) Validate() error {
	if g.Topics < 2 || g.Topics > len(topicWords) {
		return fmt.Errorf("synth: Topics.Topics %d, want 2 to %d", g.Topics, len(topicWords))
	}
	return leakRange("Topics", g.Leak)
}

func leakRange(name string, leak float64) error {
	if !(leak >= 0 && leak <= 1) {
		return fmt.Errorf("synth: %s.Leak %v, want a probability", name, leak)
	}
	return nil
}

// At implements Generator.
func (g Topics) At(seed uint64, index int) TopicSentence {
	must(g.Validate())
	rng := source(topicsStream, seed, index)
	s := TopicSentence{Topic: rng.IntN(g.Topics)}
	var content [roles]string
	for role := range roles {
		s.From[role] = s.Topic
		if rng.Float64() < g.Leak {
			s.From[role] = rng.IntN(g.Topics)
		}
		content[role] = pick(rng, topicWords[s.From[role]][role])
	}
	s.Words = []string{content[Agent], pick(rng, topicVerbs), content[Object], pick(rng, topicPrepositions), content[Place]}
	return s
}

// Name returns what the course calls a topic. Panics if there is no such topic.
func (g Topics) Name(topic int) string { return topicNames[topic] }

// Cell returns the words of a class, copied. Panics if there is no such class.
func (g Topics) Cell(c Class) []string { return append([]string(nil), topicWords[c.Topic][c.Role]...) }

// Classes returns the planted class of every content word in use.
func (g Topics) Classes() map[string]Class {
	classes := map[string]Class{}
	for topic, cells := range topicWords[:g.Topics] {
		for role, words := range cells {
			for _, word := range words {
				classes[word] = Class{Topic: topic, Role: Role(role)}
			}
		}
	}
	return classes
}

// SameTopic returns the probability that two given content words of one sentence come from the same topic: with
// p = 1-Leak+Leak/T and q = Leak/T it is p^2 + (T-1) q^2.
func (g Topics) SameTopic() float64 {
	t := float64(g.Topics)
	p, q := 1-g.Leak+g.Leak/t, g.Leak/t
	return p*p + (t-1)*q*q
}
