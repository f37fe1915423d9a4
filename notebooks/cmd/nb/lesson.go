package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The tags of cells. A cell tagged solution follows its exercise, solves it, and is in the instructor's build only.
const (
	figureTag     = "figure"
	experimentTag = "experiment"
	exerciseTag   = "exercise"
	solutionTag   = "solution"
)

// done is the mark that notebook.Exercise shows when all steps are right.
const done = "★"

// sections are what the text of every lesson has.
var sections = []struct {
	name    string
	pattern *regexp.Regexp
}{
	{"goals: a paragraph that begins with **Goals.**", regexp.MustCompile(`(?m)^\*\*Goals\.\*\*`)},
	{"a reading list: ## Further reading", regexp.MustCompile(`(?m)^## Further reading$`)},
	{"the next step: a paragraph that begins with **Next:** and has a link", regexp.MustCompile(`(?m)^\*\*Next:\*\*.*\]\(`)},
}

// found is the line in which milestone.Show states seeds, backend and wall time.
var found = regexp.MustCompile(`seeds? \d[\d, ]* · \S+ · [\d.]+ s`)

// isLesson says if a notebook of this title is a lesson. Those numbered 00 are pages: the start page, the course's calendar.
func isLesson(title string) bool { return !strings.HasPrefix(title, "00-") }

// lesson returns what an executed lesson lacks, a line each.
func (b *book) lesson() []string {
	var wrong []string
	var text strings.Builder
	for _, c := range b.Cells {
		if !c.isCode() {
			text.WriteString(c.source() + "\n\n")
		}
	}
	for _, s := range sections {
		if !s.pattern.MatchString(text.String()) {
			wrong = append(wrong, "there is no text with "+s.name)
		}
	}
	for tag, what := range map[string]string{
		figureTag: "shows a figure", experimentTag: "runs an experiment", exerciseTag: "asks for something to do",
	} {
		if !slices.ContainsFunc(b.Cells, func(c cell) bool { return slices.Contains(c.tags(), tag) }) {
			wrong = append(wrong, fmt.Sprintf("no cell is tagged %s: none %s", tag, what))
		}
	}
	slices.Sort(wrong)
	return append(wrong, b.lessonCells()...)
}

// lessonCells looks at the cells that have a duty.
func (b *book) lessonCells() []string {
	var wrong []string
	code := slices.DeleteFunc(slices.Clone(b.Cells), func(c cell) bool { return !c.isCode() })
	for i, c := range code {
		complain := func(format string, args ...any) {
			wrong = append(wrong, fmt.Sprintf("cell %d ", i+1)+fmt.Sprintf(format, args...))
		}
		tags, shown := c.tags(), c.shown()
		if slices.Contains(tags, experimentTag) && !found.MatchString(shown) {
			complain("is tagged experiment, but does not state seed, backend and wall time; let milestone.Show do it")
		}
		if slices.Contains(tags, exerciseTag) {
			if strings.Contains(shown, done) {
				complain("is tagged exercise, but is solved as it stands")
			}
			if i+1 == len(code) || !slices.Contains(code[i+1].tags(), solutionTag) {
				complain("is tagged exercise, but the cell after it is not tagged solution")
			}
		}
		if slices.Contains(tags, solutionTag) && !strings.Contains(shown, done) {
			complain("is tagged solution, but does not solve its exercise")
		}
	}
	return wrong
}

// withoutSolutions returns the students' notebook: without the instructor's cells, and with the others counted as if those
// had never been there.
func (b *book) withoutSolutions() *book {
	students := *b
	students.Cells = nil
	count := 0
	for _, c := range b.Cells {
		if slices.Contains(c.tags(), solutionTag) {
			continue
		}
		if c.isCode() && c["execution_count"] != nil {
			count++
			c["execution_count"] = count
		}
		students.Cells = append(students.Cells, c)
	}
	return &students
}
