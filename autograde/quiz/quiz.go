package quiz

import (
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"

	"github.com/goccy/go-yaml"
)

// Kind is how a question is answered.
type Kind string

const (
	// Select is any number of choices, at least one of them right.
	Select Kind = "select"
	// Single is one choice, of which one is right.
	Single Kind = "single"
	// Numeric is a number.
	Numeric Kind = "numeric"
)

// Rule is how a Select question is scored. The others are right or wrong.
type Rule string

const (
	// AllOrNothing gives all points for exactly the right choices, else none.
	AllOrNothing Rule = "all-or-nothing"
	// PerOption gives each choice its share of the points if it was judged right: chosen and right, or left out and wrong. With n
	// choices a student who guesses gets half of the points on average.
	PerOption Rule = "per-option"
	// Penalised gives 1/r for each of the r right choices that was chosen, and takes as much for each wrong one that was, but
	// never less than 0 in all. Choosing everything pays only if most choices are right.
	Penalised Rule = "penalised"
)

// Key says how it is known that a choice is right or wrong.
type Key string

const (
	// Stated is a key that the course's material states.
	Stated Key = "stated"
	// Derived is a key that was worked out, and could be doubted.
	Derived Key = "derived"
)

// Quiz is a list of questions.
type Quiz struct {
	ID      string `yaml:"id" json:"id"`
	Title   string `yaml:"title" json:"title"`
	Scoring Rule   `yaml:"scoring" json:"scoring"` // of the Select questions that name none
	// Show is the command that runs a choice's demonstration; the demonstration's name follows it.
	Show      string     `yaml:"show,omitempty" json:"show,omitempty"`
	Questions []Question `yaml:"questions" json:"questions"`
}

// Question is one question.
type Question struct {
	ID      string   `yaml:"id" json:"id"`
	Kind    Kind     `yaml:"kind" json:"kind"`
	Text    string   `yaml:"text" json:"text"`
	Points  float64  `yaml:"points" json:"points"`
	Scoring Rule     `yaml:"scoring,omitempty" json:"scoring,omitempty"`
	Note    string   `yaml:"note,omitempty" json:"note,omitempty"` // for staff
	Choices []Choice `yaml:"choices,omitempty" json:"choices,omitempty"`
	// Answer and Tolerance are those of a Numeric question.
	Answer    *float64 `yaml:"answer,omitempty" json:"answer,omitempty"`
	Tolerance float64  `yaml:"tolerance,omitempty" json:"tolerance,omitempty"`
	Reason    string   `yaml:"reason,omitempty" json:"reason,omitempty"`
}

// Choice is one of the choices of a Select or Single question.
type Choice struct {
	ID      string `yaml:"id" json:"id"` // a letter
	Text    string `yaml:"text" json:"text"`
	Correct bool   `yaml:"correct" json:"correct"`
	Reason  string `yaml:"reason,omitempty" json:"reason,omitempty"`
	Key     Key    `yaml:"key,omitempty" json:"key,omitempty"`
	Support string `yaml:"support,omitempty" json:"support,omitempty"` // what the course's material says that bears on the key
	Doubt   string `yaml:"doubt,omitempty" json:"doubt,omitempty"`     // why the key could be disputed
	Show    string `yaml:"show,omitempty" json:"show,omitempty"`       // name of a demonstration
}

// Load reads a quiz. The error names the file and every rule that is broken.
func Load(path string) (*Quiz, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("quiz: %w", err)
	}
	q := &Quiz{Scoring: AllOrNothing}
	if err := yaml.UnmarshalWithOptions(text, q, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: %s", path, yaml.FormatError(err, false, false))
	}
	for i := range q.Questions {
		if question := &q.Questions[i]; question.Kind == Select && question.Scoring == "" {
			question.Scoring = q.Scoring
		}
	}
	if err := q.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return q, nil
}

// ScoreBy scores all Select questions by another rule. It returns an error if there is no such rule.
func (q *Quiz) ScoreBy(rule Rule) error {
	if !rule.known() {
		return fmt.Errorf("there is no scoring rule %q: the rules are %s, %s and %s", rule, AllOrNothing, PerOption, Penalised)
	}
	q.Scoring = rule
	for i := range q.Questions {
		if q.Questions[i].Kind == Select {
			q.Questions[i].Scoring = rule
		}
	}
	return nil
}

// ChoiceText is the text of a choice, "" if there is no such choice.
func (q *Quiz) ChoiceText(question, choice string) string {
	for _, candidate := range q.Questions {
		for _, c := range candidate.Choices {
			if candidate.ID == question && c.ID == choice {
				return c.Text
			}
		}
	}
	return ""
}

var (
	questionID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)
	choiceID   = regexp.MustCompile(`^[A-Z]$`)
)

// Validate returns nil or every rule that is broken.
func (q *Quiz) Validate() error {
	var broken []error
	rule := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, fmt.Errorf(format, args...))
		}
	}
	rule(q.Scoring.known(), "scoring is %q, must be all-or-nothing, per-option or penalised", q.Scoring)
	rule(len(q.Questions) > 0, "there are no questions")
	seen := map[string]bool{"student": true} // a column of the answers
	for _, question := range q.Questions {
		rule(questionID.MatchString(question.ID), "question id is %q: write letters, digits, dots and dashes", question.ID)
		rule(!seen[question.ID], "the question id %q is taken", question.ID)
		seen[question.ID] = true
		if err := question.Validate(); err != nil {
			broken = append(broken, fmt.Errorf("question %s: %w", question.ID, err))
		}
	}
	return errors.Join(broken...)
}

func (r Rule) known() bool { return r == AllOrNothing || r == PerOption || r == Penalised }

// Validate returns nil or every rule that is broken.
func (q Question) Validate() error {
	var broken []error
	rule := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, fmt.Errorf(format, args...))
		}
	}
	rule(q.Text != "", "it has no text")
	rule(q.Points > 0 && !math.IsInf(q.Points, 0), "points is %g, must be more than 0", q.Points)
	right := 0
	seen := map[string]bool{}
	for _, c := range q.Choices {
		rule(choiceID.MatchString(c.ID), "choice id is %q, must be a letter from A to Z", c.ID)
		rule(!seen[c.ID], "there are two choices %s", c.ID)
		seen[c.ID] = true
		rule(c.Text != "", "choice %s has no text", c.ID)
		rule(c.Show == "" || questionID.MatchString(c.Show), "choice %s: show is %q: a name of letters, digits, dots and dashes", c.ID, c.Show)
		rule(c.Key == "" || c.Key == Stated || c.Key == Derived, "choice %s: key is %q, must be stated or derived", c.ID, c.Key)
		if c.Correct {
			right++
		}
	}
	switch q.Kind {
	case Select:
		rule(q.Scoring.known(), "scoring is %q, must be all-or-nothing, per-option or penalised", q.Scoring)
		rule(len(q.Choices) >= 2, "it has %d choices, must have at least 2", len(q.Choices))
		rule(right >= 1, "none of its choices is correct: an empty answer could not be told from no answer")
	case Single:
		rule(q.Scoring == "", "scoring %q is for select questions", q.Scoring)
		rule(len(q.Choices) >= 2, "it has %d choices, must have at least 2", len(q.Choices))
		rule(right == 1, "%d of its choices are correct, must be 1", right)
	case Numeric:
		rule(q.Scoring == "", "scoring %q is for select questions", q.Scoring)
		rule(len(q.Choices) == 0, "a numeric question has no choices")
		rule(q.Answer != nil && !math.IsNaN(*q.Answer) && !math.IsInf(*q.Answer, 0), "it has no answer, which must be a finite number")
		rule(q.Tolerance >= 0 && !math.IsInf(q.Tolerance, 0), "tolerance is %g, must be at least 0", q.Tolerance)
	default:
		rule(false, "kind is %q, must be select, single or numeric", q.Kind)
	}
	return errors.Join(broken...)
}

// Points is the sum of the questions' points.
func (q *Quiz) Points() float64 {
	sum := 0.0
	for _, question := range q.Questions {
		sum += question.Points
	}
	return sum
}
