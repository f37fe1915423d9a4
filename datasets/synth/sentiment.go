package synth

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

var (
	sentimentNouns      = []string{"film", "story", "plot", "cast", "script", "ending", "pace", "music", "dialogue", "hero"}
	sentimentAdjectives = map[string]int{
		"fine": 1, "pleasant": 1, "clever": 1, "funny": 1, "good": 2, "charming": 2, "great": 3, "superb": 3, "moving": 2,
		"slow": -1, "plain": -1, "odd": -1, "loud": -1, "bad": -2, "boring": -2, "awful": -3, "hopeless": -3, "empty": -2,
	}
	sentimentWords = sortedKeys(sentimentAdjectives)
)

func sortedKeys(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// Sentiment is a corpus of opinions with labels as in SST-2, made so that counting words is not enough.
//
// Grammar: Clause (("and" | "but") Clause)^k with Clause = "the" Noun "is" ["not"] ["very"] Adjective.
//
// Score: an adjective is worth -3 to 3, "very" doubles it, "not" changes its sign; a clause that a later "but" follows
// counts half. The sentence's score is the sum over its clauses (in halves, so that it is a whole number), its label
// the sign.
//
// Process: the label, uniform; then clauses, conjunctions and words, uniform, "not" with probability Negation, "very"
// with probability 1/4, k uniform from 0 to MaxClauses-1; drawn anew until the score has the label's sign.
//
// Truth: Label and Score, which Judge also finds by reading. Accuracy 1 is reachable; adding up the adjectives alone
// reaches about 0.7 by default, the more negations the less.
type Sentiment struct {
	MaxClauses int     // 1 to 4
	Negation   float64 // probability of "not" in a clause, in [0, 1]
}

// DefaultSentiment returns up to 3 clauses and negation with probability 0.3.
func DefaultSentiment() Sentiment { return Sentiment{MaxClauses: 3, Negation: 0.3} }

// SentimentSentence is a sentence and its opinion.
type SentimentSentence struct {
	Words []string
	Label int // 1 positive, 0 negative
	Score int // in halves, never 0
}

// String returns the words, separated by spaces.
func (s SentimentSentence) String() string { return strings.Join(s.Words, " ") }

// Validate implements Generator.
func (g Sentiment) Validate() error {
	if g.MaxClauses < 1 || g.MaxClauses > 4 {
		return fmt.Errorf("synth: Sentiment.MaxClauses %d, want 1 to 4", g.MaxClauses)
	}
	if !(g.Negation >= 0 && g.Negation <= 1) {
		return fmt.Errorf("synth: Sentiment.Negation %v, want a probability", g.Negation)
	}
	return nil
}

// At implements Generator.
func (g Sentiment) At(seed uint64, index int) SentimentSentence {
	must(g.Validate())
	rng := source(sentimentStream, seed, index)
	s := SentimentSentence{Label: rng.IntN(2)}
	for s.Score == 0 || (s.Score > 0) != (s.Label == 1) {
		s.Words, s.Score = g.draw(rng)
	}
	return s
}

func (g Sentiment) draw(rng *rand.Rand) (words []string, score int) {
	before, after := 0, 0 // worth of the clauses before and after the last "but"
	for clause := range between(rng, 1, g.MaxClauses) {
		if clause > 0 {
			conjunction := pick(rng, []string{"and", "but"})
			if conjunction == "but" {
				before, after = before+after, 0
			}
			words = append(words, conjunction)
		}
		words = append(words, "the", pick(rng, sentimentNouns), "is")
		worth := 1
		if rng.Float64() < g.Negation {
			words, worth = append(words, "not"), -1
		}
		if rng.IntN(4) == 0 {
			words, worth = append(words, "very"), 2*worth
		}
		adjective := pick(rng, sentimentWords)
		words, after = append(words, adjective), after+worth*sentimentAdjectives[adjective]
	}
	return words, before + 2*after
}

// Judge reads a sentence of the grammar and returns its score in halves; the opinion is its sign. It knows nothing of
// how sentences are drawn; a sentence outside the grammar is an error that names the clause.
func (g Sentiment) Judge(words []string) (score int, err error) {
	text := strings.Join(words, " ")
	parts := strings.Split(text, " but ")
	for i, part := range parts {
		for clause := range strings.SplitSeq(part, " and ") {
			worth, err := judgeClause(clause)
			if err != nil {
				return 0, err
			}
			if i == len(parts)-1 {
				worth *= 2
			}
			score += worth
		}
	}
	return score, nil
}

func judgeClause(clause string) (int, error) {
	words := strings.Fields(clause)
	fail := fmt.Errorf("synth: Sentiment: %q is no clause; want: the NOUN is [not] [very] ADJECTIVE", clause)
	if len(words) < 4 || words[0] != "the" || !slices.Contains(sentimentNouns, words[1]) || words[2] != "is" {
		return 0, fail
	}
	sign, times := 1, 1
	rest := words[3:]
	if rest[0] == "not" {
		sign, rest = -1, rest[1:]
	}
	if len(rest) > 0 && rest[0] == "very" {
		times, rest = 2, rest[1:]
	}
	if len(rest) != 1 || sentimentAdjectives[rest[0]] == 0 {
		return 0, fail
	}
	return sign * times * sentimentAdjectives[rest[0]], nil
}

// Worth returns the value of an adjective, -3 to 3; 0 for any other word. A model that adds these up and knows nothing of "not",
// "very" and "but" is the baseline.
func (g Sentiment) Worth(word string) int { return sentimentAdjectives[word] }
