package synth_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/datasets/synth"
)

func TestTopicsGolden(t *testing.T) {
	var got []string
	for _, s := range draw(t, synth.DefaultTopics(), 1, 3) {
		got = append(got, s.String())
	}
	assert.Equal(t, []string{"gardener needs rake near orchard", "florist likes seed outside lawn", "singer needs melody outside concert"}, got)
}

func TestTopicsTruth(t *testing.T) {
	g := synth.Topics{Topics: 5, Leak: 0.3}
	classes := g.Classes()
	require.Len(t, classes, 5*3*2)
	topics, same, verbs := make([]int, 5), 0, map[string][]int{}
	const n = 20011
	for _, s := range draw(t, g, 3, n) {
		require.Len(t, s.Words, 5)
		topics[s.Topic]++
		for role, at := range map[synth.Role]int{synth.Agent: 0, synth.Object: 2, synth.Place: 4} {
			require.Equal(t, synth.Class{Topic: s.From[role], Role: role}, classes[s.Words[at]], "%v", s)
		}
		if classes[s.Words[0]].Topic == classes[s.Words[4]].Topic {
			same++
		}
		if verbs[s.Words[1]] == nil {
			verbs[s.Words[1]] = make([]int, 5)
		}
		verbs[s.Words[1]][s.Topic]++
	}
	requireUniform(t, topics, "topic")
	requireShare(t, same, n, g.SameTopic(), "agent and place of one topic")
	assert.InDelta(t, 0.76*0.76+4*0.06*0.06, g.SameTopic(), 1e-12)
	for verb, counts := range verbs {
		requireUniform(t, counts, "topic given the verb "+verb)
	}
	// Negative control: with a leak of 1 the topic says nothing.
	assert.InDelta(t, 0.2, synth.Topics{Topics: 5, Leak: 1}.SameTopic(), 1e-12)
}

func TestTopicsCells(t *testing.T) {
	g := synth.DefaultTopics()
	assert.Equal(t, "sea", g.Name(0))
	assert.Equal(t, []string{"harbor", "island"}, g.Cell(synth.Class{Topic: 0, Role: synth.Place}))
	assert.Equal(t, "agent object place", synth.Agent.String()+" "+synth.Object.String()+" "+synth.Place.String())
	classes := g.Classes()
	assert.Len(t, classes, 8*3*2, "a word stands in two classes")
	for _, word := range (synth.Senses{}).Ambiguous() {
		assert.NotContains(t, classes, word, "an ambiguous word has a class of its own in Topics")
	}
}

func TestSensesGolden(t *testing.T) {
	var got []string
	for _, s := range draw(t, synth.DefaultSenses(), 1, 3) {
		got = append(got, s.String())
	}
	assert.Equal(t, []string{"cook takes plate outside pantry", "engineer takes bulb behind workshop", "doctor likes case in ward"}, got)
}

// The best reader of the two content words reaches BayesAccuracy, the word alone is at chance.
func TestSensesTruth(t *testing.T) {
	g := synth.Senses{Leak: 0.4}
	classes := synth.DefaultTopics().Classes()
	words, senses := map[string][]int{}, make([]int, 2)
	const n = 20011
	right := 0.0
	for _, s := range draw(t, g, 5, n) {
		topics, ok := g.SenseTopics(s.Word())
		require.True(t, ok)
		require.Equal(t, topics[s.Sense], s.Topic)
		if words[s.Word()] == nil {
			words[s.Word()] = make([]int, 2)
		}
		words[s.Word()][s.Sense]++
		senses[s.Sense]++
		votes := [2]int{}
		for _, at := range []int{0, 4} {
			for sense, topic := range topics {
				if classes[s.Words[at]].Topic == topic {
					votes[sense]++
				}
			}
		}
		switch {
		case votes[s.Sense] > votes[1-s.Sense]:
			right++
		case votes[0] == votes[1]:
			right += 0.5
		}
	}
	require.Len(t, words, len(g.Ambiguous()))
	for word, counts := range words {
		requireUniform(t, counts, "sense of "+word)
	}
	assert.InDelta(t, g.BayesAccuracy(), right/n, 0.01)
	assert.Greater(t, synth.DefaultSenses().BayesAccuracy(), 0.98)
	assert.InDelta(t, 0.5, synth.Senses{Leak: 1}.BayesAccuracy(), 1e-12)
	_, ok := g.SenseTopics("sailor")
	assert.False(t, ok)
}

func TestAgreementGolden(t *testing.T) {
	got := draw(t, synth.DefaultAgreement(), 1, 4)
	assert.Equal(t, "the cats with the monkeys with the horse see themselves here", got[2].String())
	assert.Equal(t, []int{1, 1, 1, 0}, []int{got[0].Label, got[1].Label, got[2].Label, got[3].Label})
	assert.Equal(t, "these dog behind the horse near the horses waits today", got[3].String())
	assert.Equal(t, [3]int{int(synth.DeterminerNoun), 2, 1}, [3]int{int(got[3].Phenomenon), got[3].Attractors, got[3].Misleading})
}

func TestAgreementTruth(t *testing.T) {
	g := synth.DefaultAgreement()
	const n = 20011
	labels, phenomena := make([]int, 2), make([]int, 3)
	words := map[string][]int{}
	nearest, misled := 0, 0 // subject-verb sentences with a misleading last noun, and the nearest-noun rule's errors on them
	for _, s := range draw(t, g, 3, n) {
		acceptable, err := g.Judge(s.Words)
		require.NoError(t, err, "%v", s)
		require.Equal(t, s.Label == 1, acceptable, "%v", s)
		labels[s.Label]++
		phenomena[s.Phenomenon]++
		for _, w := range s.Words {
			if words[w] == nil {
				words[w] = make([]int, 2)
			}
			words[w][s.Label]++
		}
		require.Equal(t, misleading(s.Words), [2]int{s.Attractors, s.Misleading}, "%v", s)
		if s.Phenomenon == synth.SubjectVerb && s.Attractors > 0 {
			nearest++
			// The rule: acceptable if the verb agrees with the last noun.
			last, verb := s.Words[len(s.Words)-3], s.Words[len(s.Words)-2]
			plural := func(w string) bool { return w[len(w)-1] == 's' }
			if (plural(last) != plural(verb)) != (s.Label == 1) {
				misled++
			}
		}
	}
	requireUniform(t, labels, "label")
	requireUniform(t, phenomena, "phenomenon")
	for word, counts := range words {
		if word != "the" { // its number goes with the attractors, not with the label, but occurrences in a sentence are not independent
			requireUniform(t, counts, "label given "+word)
		}
	}
	requireShare(t, misled, nearest, 0.5, "errors of the nearest-noun rule")
}

// misleading counts the nouns after prepositions, and those whose number differs from the head's, by their last letter.
func misleading(words []string) (counts [2]int) {
	plural := func(noun string) bool { return strings.HasSuffix(noun, "s") }
	for i, w := range words[2:] {
		if w == "the" {
			counts[0]++
			if plural(words[2+i+1]) != plural(words[1]) {
				counts[1]++
			}
		}
	}
	return counts
}

func TestAgreementJudge(t *testing.T) {
	g := synth.DefaultAgreement()
	for text, want := range map[string]bool{
		"the dog sleeps today": true, "the dog sleep today": false,
		"the dog near the cats sleeps here": true, "the dog near the cats sleep here": false,
		"those birds wait often": true, "that birds wait often": false,
		"the cats see themselves again": true, "the cats see itself again": false, "the cats sees themselves again": false,
	} {
		got, err := g.Judge(split(text))
		require.NoError(t, err)
		assert.Equal(t, want, got, text)
	}
	for text, want := range map[string]string{
		"":                        "word 1 is the end, want a determiner",
		"dog sleeps":              `word 1 is "dog", want a determiner`,
		"the sleeps":              `word 2 is "sleeps", want a noun`,
		"the dog near a cat":      `word 4 is "a", want "the"`,
		"the dog near the today":  `word 5 is "today", want a noun`,
		"the dog dog":             `word 3 is "dog", want a verb`,
		"the dog sees the cat":    `word 4 is "the", want a reflexive pronoun`,
		"the dog sleeps":          "word 4 is the end, want an adverb",
		"the dog sleeps here now": `word 5 is "now", want the end`,
	} {
		_, err := g.Judge(split(text))
		assert.ErrorContains(t, err, want, text)
	}
	assert.Equal(t, "subject-verb determiner-noun reflexive", synth.SubjectVerb.String()+" "+synth.DeterminerNoun.String()+" "+synth.Reflexive.String())
}

func TestSentimentGolden(t *testing.T) {
	got := draw(t, synth.DefaultSentiment(), 1, 4)
	assert.Equal(t, "the pace is not loud", got[0].String())
	assert.Equal(t, "the music is funny and the dialogue is not odd and the cast is very charming", got[3].String())
	assert.Equal(t, []int{2, 4, -4, 12}, []int{got[0].Score, got[1].Score, got[2].Score, got[3].Score})
}

func TestSentimentTruth(t *testing.T) {
	g := synth.DefaultSentiment()
	const n = 10007
	labels, counting := make([]int, 2), 0.0
	for _, s := range draw(t, g, 3, n) {
		score, err := g.Judge(s.Words)
		require.NoError(t, err, "%v", s)
		require.Equal(t, score, s.Score, "%v", s)
		require.NotZero(t, score)
		require.Equal(t, score > 0, s.Label == 1)
		labels[s.Label]++
		sum := 0
		for _, w := range s.Words {
			sum += g.Worth(w)
		}
		switch {
		case sum == 0:
			counting += 0.5
		case (sum > 0) == (s.Label == 1):
			counting++
		}
	}
	requireUniform(t, labels, "label")
	assert.InDelta(t, 0.7, counting/n, 0.05, "accuracy of adding up adjectives, as the docs state it")
	// Without negation the same baseline does much better: it is negation that defeats it.
	plain, right := synth.Sentiment{MaxClauses: 1}, 0
	for _, s := range draw(t, plain, 3, 1009) {
		if (g.Worth(s.Words[len(s.Words)-1]) > 0) == (s.Label == 1) {
			right++
		}
	}
	assert.Equal(t, 1009, right)
}

func TestSentimentJudge(t *testing.T) {
	g := synth.DefaultSentiment()
	for text, want := range map[string]int{
		"the film is good": 4, "the film is not good": -4, "the film is not very superb": -12,
		"the film is superb but the plot is bad":                              3 - 4,
		"the film is superb and the plot is bad":                              6 - 4,
		"the film is superb but the plot is bad but the cast is fine":         3 - 2 + 2,
		"the film is superb and the plot is bad but the cast is not very odd": 3 - 2 + 4,
	} {
		got, err := g.Judge(split(text))
		require.NoError(t, err)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "good", "the film is", "the film was good", "the film is not", "the film is very", "the film is good good", "the film is film", "but"} {
		_, err := g.Judge(split(text))
		assert.ErrorContains(t, err, "is no clause", "%q", text)
	}
}
