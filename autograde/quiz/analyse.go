package quiz

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Report is how a class did.
type Report struct {
	Quiz      string         `json:"quiz"`
	Title     string         `json:"title"`
	Students  int            `json:"students"`
	Max       float64        `json:"max"`
	Mean      float64        `json:"mean"`
	Deviation float64        `json:"deviation"` // σ: of these students, divided by their number, not by one less
	Median    float64        `json:"median"`
	Histogram []Bin          `json:"histogram"`
	Questions []QuestionItem `json:"questions"` // in the order of the quiz
	Missed    []Missed       `json:"missed"`    // the most frequent errors, the most frequent first
}

// Bin counts the scores from From up to To, To itself only in the last.
type Bin struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Count int     `json:"count"`
}

// QuestionItem is the analysis of a question.
type QuestionItem struct {
	ID     string  `json:"id"`
	Points float64 `json:"points"`
	Given  int     `json:"given"` // how many answered
	// Difficulty is the mean share of the points, in [0, 1]: the higher, the easier. (That is the usual name.)
	Difficulty float64 `json:"difficulty"`
	// Discrimination is Pearson's correlation of the question's share with the score on the other questions, in [-1, 1]: near 0 or
	// below it, the question does not tell who knows more. It is 0 where there is no spread.
	Discrimination float64 `json:"discrimination"`
	// UpperLower is the mean share of the best 27 % of the class less that of the worst 27 % (Kelley 1939).
	UpperLower float64      `json:"upper_lower"`
	Choices    []ChoiceItem `json:"choices,omitempty"`
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

// tail is the share of a class that counts as its best and as its worst: Kelley 1939, "The selection of upper and lower groups for the
// validation of test items".
const tail = 0.27

// Analyse describes how a class did. Without students all numbers are 0.
func Analyse(q *Quiz, class []Marked) Report {
	r := Report{Quiz: q.ID, Title: q.Title, Students: len(class), Max: q.Points()}
	scores := make([]float64, len(class))
	for i, m := range class {
		scores[i] = m.Score
	}
	if len(scores) > 0 {
		r.Mean, r.Deviation = stat.PopMeanStdDev(scores, nil)
		r.Median = median(scores)
	}
	r.Histogram = histogram(scores, r.Max)
	upper, lower := tails(class)
	for i, question := range q.Questions {
		r.Questions = append(r.Questions, question.item(i, class, upper, lower))
		r.Missed = append(r.Missed, question.missed(class)...)
	}
	slices.SortStableFunc(r.Missed, func(a, b Missed) int { return cmp.Compare(b.Count, a.Count) })
	r.Missed = r.Missed[:min(missedShown, len(r.Missed))]
	return r
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// bins is the number of bins of a histogram.
const bins = 20

// histogram counts scores from 0 to the most.
func histogram(scores []float64, most float64) []Bin {
	h := make([]Bin, bins)
	for i := range h {
		h[i].From, h[i].To = most*float64(i)/bins, most*float64(i+1)/bins
	}
	for _, score := range scores {
		at := 0
		if most > 0 {
			at = int(math.Floor(score / most * bins))
		}
		h[min(max(at, 0), bins-1)].Count++
	}
	return h
}

// tails are the best and the worst of the class.
func tails(class []Marked) (upper, lower []Marked) {
	sorted := slices.Clone(class)
	slices.SortStableFunc(sorted, func(a, b Marked) int { return cmp.Compare(b.Score, a.Score) })
	n := int(math.Round(tail * float64(len(sorted))))
	return sorted[:n], sorted[len(sorted)-n:]
}

func (q Question) item(i int, class, upper, lower []Marked) QuestionItem {
	item := QuestionItem{ID: q.ID, Points: q.Points}
	shares, rest := make([]float64, len(class)), make([]float64, len(class))
	for k, m := range class {
		shares[k], rest[k] = m.Shares[i], m.Score-m.Shares[i]*q.Points
		if m.Answer[q.ID].Given {
			item.Given++
		}
	}
	if len(class) > 0 {
		item.Difficulty = stat.Mean(shares, nil)
	}
	if len(class) > 1 {
		if r := stat.Correlation(shares, rest, nil); !math.IsNaN(r) {
			item.Discrimination = r
		}
	}
	mean := func(group []Marked) (sum float64) {
		for _, m := range group {
			sum += m.Shares[i] / float64(len(group))
		}
		return sum
	}
	item.UpperLower = mean(upper) - mean(lower)
	for _, c := range q.Choices {
		count := func(group []Marked) (n int) {
			for _, m := range group {
				if m.Answer[q.ID].Chosen[c.ID] {
					n++
				}
			}
			return n
		}
		item.Choices = append(item.Choices, ChoiceItem{c.ID, c.Correct, count(class), count(upper), count(lower)})
	}
	return item
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
