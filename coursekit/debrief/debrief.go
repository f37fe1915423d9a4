// Package debrief is the midterm debrief at the end of the lecture: the eight questions that survive, each choice with its
// verdict, the reason, and a computation that shows it.
//
//	for _, question := range debrief.Questions() {
//		for _, choice := range question.Choices {
//			shown, err := choice.Demonstrate(backend, 1)
//
// The questions are told in our own words. Of the key, the lecture's text has kept that of question 18 only; the other
// verdicts are derived, and [Choice.Known] and [Choice.Doubt] say so.
//
// A demonstration states a condition that is met if and only if the choice's statement is true, computes it for what the
// statement speaks of, and computes it again for a contrast whose answer must be the opposite: a computation that cannot
// come out otherwise shows nothing. What needs a graph runs in float64 on the given backend with coursekit's own blocks,
// each in a fraction of a second; the rest is plain Go.
//
// [Corrections] are the places where the lecture's wording needs care, with demonstrations of the same kind, and [Class]
// simulates the scores of the debrief's slide.
//
// Source: lecture 7, "Midterm debrief".
package debrief

import (
	"fmt"
	"strings"

	"github.com/gomlx/compute"
)

// Verdict says if a choice belongs in the answer.
type Verdict string

const (
	// Right choices belong in the answer; where a question asks for the false statements, they are false.
	Right Verdict = "right"
	// Wrong choices do not.
	Wrong Verdict = "wrong"
)

// Known says where a verdict comes from.
type Known string

const (
	// Stated verdicts are printed in the lecture.
	Stated Known = "stated"
	// Derived verdicts were worked out here: the marks of the right answers are lost with the slides' formatting.
	Derived Known = "derived"
)

// Question is one of the midterm's questions in which any number of choices can be right.
type Question struct {
	Number    int      `json:"number"` // in the midterm
	Topic     string   `json:"topic"`
	Text      string   `json:"text"`
	AsksFalse bool     `json:"asks_false,omitempty"` // the false statements are the right choices
	Choices   []Choice `json:"choices"`
	// Lost says what of the slides did not survive and was needed to be sure.
	Lost string `json:"lost"`
}

// Choice is one of a question's statements.
type Choice struct {
	Letter  string  `json:"letter"`
	Text    string  `json:"text"`
	Verdict Verdict `json:"verdict"`
	Known   Known   `json:"known"`
	// Support is what the lecture says that bears on the verdict; empty if nothing does.
	Support string `json:"support,omitempty"`
	// Doubt is how the statement could be read otherwise; empty if there is none.
	Doubt  string `json:"doubt,omitempty"`
	Reason string `json:"reason"`

	asksFalse bool
	find      finder
}

// Number is something that a demonstration measured.
type Number struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// Demonstration is what a computation says about a statement.
type Demonstration struct {
	// Claim is the condition that was computed: it is met if and only if the statement is true.
	Claim string `json:"claim"`
	// Met says if it was.
	Met bool `json:"met"`
	// Contrast is a case in which the answer must be the opposite.
	Contrast string `json:"contrast"`
	// ContrastMet says if the contrast met the condition.
	ContrastMet bool     `json:"contrast_met"`
	Numbers     []Number `json:"numbers"`
	// Holds says that the computation supports the verdict: Met is as the verdict has it, and ContrastMet the opposite.
	Holds bool `json:"holds"`
	// Text is what came out, in a sentence or two.
	Text string `json:"text"`
}

// finding is a demonstration before anyone compares it with a verdict.
type finding struct {
	claim, contrast, text string
	met, contrastMet      bool
	numbers               []Number
}

// finder computes a finding; everything that it draws comes from the seed.
type finder func(b compute.Backend, seed int64) (finding, error)

// against returns the demonstration for a statement that is said to be true or false.
func (f finding) against(said bool) Demonstration {
	return Demonstration{
		Claim: f.claim, Met: f.met, Contrast: f.contrast, ContrastMet: f.contrastMet, Numbers: f.numbers,
		Holds: f.met == said && f.contrastMet != f.met, Text: f.text,
	}
}

// number adds a measured number.
func (f *finding) number(name string, value float64, unit string) {
	f.numbers = append(f.numbers, Number{name, value, unit})
}

// True says if the choice's statement is true: for a question that asks for the false ones, the wrong choices are true.
func (c Choice) True() bool { return (c.Verdict == Right) != c.asksFalse }

// Demonstrate computes something small that shows the verdict. All that it draws comes from the seed, so that the same seed
// gives the same numbers; where training is involved they differ in the last digits between backends.
//
// It returns an error if a graph cannot be built or run. That the computation speaks against the verdict is no error:
// see [Demonstration.Holds].
func (c Choice) Demonstrate(b compute.Backend, seed int64) (Demonstration, error) {
	f, err := c.find(b, seed)
	if err != nil {
		return Demonstration{}, fmt.Errorf("debrief: choice %s: %w", c.Letter, err)
	}
	return f.against(c.True()), nil
}

// Key returns the letters of the right choices, as "B C E".
func (q Question) Key() string {
	var letters []string
	for _, c := range q.Choices {
		if c.Verdict == Right {
			letters = append(letters, c.Letter)
		}
	}
	return strings.Join(letters, " ")
}

// Questions returns the eight questions, in the order of the slides. The slide before them announces ten.
func Questions() []Question {
	questions := []Question{
		question25(), question22(), question7(), question10(), question18(), question27(), question23(), question13(),
	}
	for _, q := range questions {
		for i := range q.Choices {
			q.Choices[i].Letter = string(rune('A' + i))
			q.Choices[i].asksFalse = q.AsksFalse
		}
	}
	return questions
}

// Find returns the choice of a name such as "25B", with its question. The error lists the choices that there are.
func Find(name string) (Question, Choice, error) {
	known := ""
	for _, q := range Questions() {
		for _, c := range q.Choices {
			if fmt.Sprintf("%d%s", q.Number, c.Letter) == name {
				return q, c, nil
			}
		}
		known += fmt.Sprintf(" %dA-%s", q.Number, q.Choices[len(q.Choices)-1].Letter)
	}
	return Question{}, Choice{}, fmt.Errorf("debrief: no choice %q: there are%s", name, known)
}
