package quiz

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"

	"courselab/autograde/feedback"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"style":     feedback.Style,
	"histogram": feedback.Histogram,
	"number":    func(x float64) string { return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64) },
	"one":       func(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) },
	"two":       func(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) },
	"percent":   func(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) },
}).Parse(pageText))

// WritePage writes the instructor's page of a quiz: distribution, most frequent errors, every question with its choices. It is one file,
// without scripts; texts are escaped.
func WritePage(w io.Writer, q *Quiz, r Report) error {
	v := pageView{Report: r, Show: q.Show}
	for _, m := range r.Missed {
		v.Missed = append(v.Missed, missedView{m, q.ChoiceText(m.Question, m.Choice)})
	}
	for i, item := range r.Questions {
		view := itemView{QuestionItem: item, Question: q.Questions[i], Weak: item.Weak(r.Students)}
		for k, c := range item.Choices {
			view.Rows = append(view.Rows, choiceView{c, q.Questions[i].Choices[k]})
		}
		v.Items = append(v.Items, view)
	}
	return page.Execute(w, v)
}

type (
	pageView struct {
		Report
		Show   string // command that runs a demonstration
		Missed []missedView
		Items  []itemView
	}
	missedView struct {
		Missed
		Text string
	}
	itemView struct {
		QuestionItem
		Question Question
		Rows     []choiceView
		Weak     bool
	}
	choiceView struct {
		ChoiceItem
		choice Choice
	}
)

// The texts of a choice.
func (c choiceView) Text() string    { return c.choice.Text }
func (c choiceView) Reason() string  { return c.choice.Reason }
func (c choiceView) Key() Key        { return c.choice.Key }
func (c choiceView) Support() string { return c.choice.Support }
func (c choiceView) Doubt() string   { return c.choice.Doubt }
func (c choiceView) Show() string    { return c.choice.Show }

// Part is how many of so many students chose it, in percent.
func (c choiceView) Part(students int) int {
	if students == 0 {
		return 0
	}
	return 100 * c.Chosen / students
}
