package quiz

import (
	"cmp"
	"slices"

	"courselab/autograde/statistics"
)

// Report is how a class did.
type Report struct {
	Quiz  string `json:"quiz"`
	Title string `json:"title"`
	statistics.Distribution
	Questions []QuestionItem `json:"questions"` // in the order of the quiz
	Missed    []Missed       `json:"missed"`    // the most frequent errors, the most frequent first
}

// QuestionItem is the analysis of a question.
type QuestionItem struct {
	ID     string  `json:"id"`
	Points float64 `json:"points"`
	Rule   Rule    `json:"rule,omitempty"` // of a Select question
	Given  int     `json:"given"`          // how many answered
	statistics.Item
	Choices []ChoiceItem `json:"choices,omitempty"`
}

// ChoiceItem counts who chose a choice.
type ChoiceItem struct {
	ID      string `json:"id"`
	Correct bool   `json:"correct"`
	Chosen  int    `json:"chosen"`
	Upper   int    `json:"upper"` // of the best 27 %
	Lower   int    `json:"lower"` // of the worst 27 %
}

// Missed is an error that students made.
type Missed struct {
	Question string  `json:"question"`
	Choice   string  `json:"choice,omitempty"` // empty for numeric questions
	LeftOut  bool    `json:"left_out"`         // a right choice that was not chosen, rather than a wrong one that was
	Count    int     `json:"count"`
	Share    float64 `json:"share"` // of those who answered
}

// missedShown is how many errors a report lists, as the lecture's debrief does.
const missedShown = 10

// Analyse describes how a class did. Without students all numbers are 0.
func Analyse(q *Quiz, class []Marked) Report {
	scores, shares := make([]float64, len(class)), make([][]float64, len(class))
	for i, m := range class {
		scores[i], shares[i] = m.Score, m.Shares
	}
	points := make([]float64, len(q.Questions))
	for i, question := range q.Questions {
		points[i] = question.Points
	}
	r := Report{Quiz: q.ID, Title: q.Title, Distribution: statistics.Describe(scores, q.Points())}
	upper, lower := statistics.Tails(scores)
	for i, item := range statistics.Items(shares, points) {
		question := q.Questions[i]
		r.Questions = append(r.Questions, question.item(item, class, upper, lower))
		r.Missed = append(r.Missed, question.missed(class)...)
	}
	slices.SortStableFunc(r.Missed, func(a, b Missed) int { return cmp.Compare(b.Count, a.Count) })
	r.Missed = r.Missed[:min(missedShown, len(r.Missed))]
	return r
}

// item counts who answered and who chose what; upper and lower are indices of the class.
func (q Question) item(item statistics.Item, class []Marked, upper, lower []int) QuestionItem {
	analysed := QuestionItem{ID: q.ID, Points: q.Points, Rule: q.Scoring, Item: item}
	for _, m := range class {
		if m.Answer[q.ID].Given {
			analysed.Given++
		}
	}
	for _, c := range q.Choices {
		chose := func(student int) int {
			if class[student].Answer[q.ID].Chosen[c.ID] {
				return 1
			}
			return 0
		}
		counts := ChoiceItem{ID: c.ID, Correct: c.Correct}
		for student := range class {
			counts.Chosen += chose(student)
		}
		for i := range upper {
			counts.Upper, counts.Lower = counts.Upper+chose(upper[i]), counts.Lower+chose(lower[i])
		}
		analysed.Choices = append(analysed.Choices, counts)
	}
	return analysed
}

// missed are the errors made in a question; of a single choice only what was chosen wrongly, since that says what was left out.
func (q Question) missed(class []Marked) []Missed {
	given, wrong := 0, map[string]int{}
	for _, m := range class {
		a := m.Answer[q.ID]
		if !a.Given {
			continue
		}
		given++
		if q.Kind == Numeric && q.Share(a) == 0 {
			wrong[""]++
		}
		for _, c := range q.Choices {
			if a.Chosen[c.ID] != c.Correct && (q.Kind == Select || a.Chosen[c.ID]) {
				wrong[c.ID]++
			}
		}
	}
	var all []Missed
	add := func(id string, leftOut bool) {
		if n := wrong[id]; n > 0 {
			all = append(all, Missed{q.ID, id, leftOut, n, float64(n) / float64(given)})
		}
	}
	add("", false)
	for _, c := range q.Choices {
		add(c.ID, c.Correct)
	}
	return all
}
