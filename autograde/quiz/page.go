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
	"style":   feedback.Style,
	"number":  func(x float64) string { return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64) },
	"one":     func(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) },
	"two":     func(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) },
	"percent": func(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) },
}).Parse(pageText))

// WritePage writes the instructor's page of a quiz: distribution, most frequent errors, every question with its choices. It is one file,
// without scripts; texts are escaped.
func WritePage(w io.Writer, q *Quiz, r Report) error {
	v := pageView{Report: r, MeanX: plotX(r.Mean, r.Max)}
	most := 1
	for _, bin := range r.Histogram {
		most = max(most, bin.Count)
	}
	for _, bin := range r.Histogram {
		height := 130 * float64(bin.Count) / float64(most)
		x, next := plotX(bin.From, r.Max), plotX(bin.To, r.Max)
		v.Bars = append(v.Bars, bar{X: x + 1, Width: next - x - 2, Y: plotFloor - height, Height: height, Middle: (x + next) / 2, Above: plotFloor - height - 4,
			Count: bin.Count, Title: fmt.Sprintf("%.4g to %.4g points: %d", bin.From, bin.To, bin.Count)})
	}
	for i := range 5 {
		at := r.Max * float64(i) / 4
		v.Ticks = append(v.Ticks, tick{plotX(at, r.Max), strconv.FormatFloat(at, 'g', 4, 64)})
	}
	text := func(question, choice string) string {
		for _, candidate := range q.Questions {
			if candidate.ID == question {
				for _, c := range candidate.Choices {
					if c.ID == choice {
						return c.Text
					}
				}
			}
		}
		return ""
	}
	for _, m := range r.Missed {
		v.Missed = append(v.Missed, missedView{m, text(m.Question, m.Choice)})
	}
	for i, item := range r.Questions {
		view := itemView{QuestionItem: item, Question: q.Questions[i], Weak: r.Students >= weakFrom && item.Difficulty < 1 && item.Discrimination < weakBelow}
		for k, c := range item.Choices {
			view.Rows = append(view.Rows, choiceView{c, q.Questions[i].Choices[k]})
		}
		v.Items = append(v.Items, view)
	}
	return page.Execute(w, v)
}

// A question is called weak if its discrimination is below 0.1; in a class of fewer than 20 that says nothing.
const (
	weakBelow = 0.1
	weakFrom  = 20
)

const plotFloor = 160.

// plotX is where a score stands in the histogram.
func plotX(score, most float64) float64 {
	if !(most > 0) {
		return 20
	}
	return 20 + 600*score/most
}

type (
	pageView struct {
		Report
		Missed []missedView
		Items  []itemView
		Bars   []bar
		Ticks  []tick
		MeanX  float64
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
	bar struct {
		X, Y, Width, Height, Middle, Above float64
		Count                              int
		Title                              string
	}
	tick struct {
		X    float64
		Text string
	}
)

// The texts of a choice.
func (c choiceView) Text() string   { return c.choice.Text }
func (c choiceView) Reason() string { return c.choice.Reason }
func (c choiceView) Key() Key       { return c.choice.Key }
func (c choiceView) Doubt() string  { return c.choice.Doubt }
