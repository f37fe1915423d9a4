package result

import (
	"encoding/csv"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"courselab/autograde/check"
	"courselab/autograde/lab"
	"courselab/autograde/similarity"
	"courselab/autograde/statistics"
)

// Class is the outcome for all submissions of a lab.
type Class struct {
	Lab   string `json:"lab"`
	Title string `json:"title"`
	Count int    `json:"count"` // submissions
	// Distribution is that of the scores, without internal errors, which say nothing about a student.
	statistics.Distribution
	Full     int            `json:"full"` // submissions with all points
	Verdicts map[string]int `json:"verdicts"`
	Tasks    []TaskItem     `json:"tasks"`
	Ran      int            `json:"ran"`     // submissions that could be run: those that difficulty and discrimination are of
	Causes   []Cause        `json:"causes"`  // ways to fail, the most frequent first
	Slowest  []Slow         `json:"slowest"` // submissions
	// Similarity is what submissions share; nil if it has not been computed.
	Similarity  *similarity.Report `json:"similarity,omitempty"`
	NeedLook    []string           `json:"need_look"` // internal errors: not charged to the student, to be graded again
	Submissions []Line             `json:"submissions"`
	Seconds     float64            `json:"seconds"`        // of this run
	PerSeconds  float64            `json:"per_submission"` // median of what was graded, one after the other
	CPUSeconds  float64            `json:"cpu_per_submission"`
	Kept        int                `json:"kept"`  // taken over from an earlier run
	Moves       []*Move            `json:"moves"` // grades that changed since the last run that came to its end, and those held back
	Gone        []string           `json:"gone"`  // students with a record and no submission any more
	Jobs        int                `json:"jobs"`
	Sandbox     string             `json:"sandbox"`
	Checks      string             `json:"checks"` // hash of the checks binary
	Toolchain   string             `json:"toolchain"`
	Finished    time.Time          `json:"finished"`
}

// TaskItem is how a task did.
type TaskItem struct {
	ID    string  `json:"id"`
	Title string  `json:"title"`
	Max   float64 `json:"max"`
	Mean  float64 `json:"mean"` // points, without internal errors
	Full  int     `json:"full"` // submissions with all points
	// Item is computed over the submissions that could be run: one that does not compile says nothing about a task, and would
	// make all tasks look as if they went together.
	statistics.Item
}

// Line is a submission's row in the summary.
type Line struct {
	Student string        `json:"student"`
	Verdict check.Verdict `json:"verdict"`
	Score   float64       `json:"score"`
	Tasks   []float64     `json:"tasks"`
	Why     string        `json:"why,omitempty"`
	Seconds float64       `json:"seconds"`
	Seed    string        `json:"seed"`
}

// Summarize computes the class from its records.
func Summarize(l *lab.Lab, records []*Submission) *Class {
	c := &Class{Lab: l.ID, Title: l.Title, Count: len(records), Verdicts: map[string]int{}, NeedLook: []string{}, Submissions: []Line{},
		Moves: []*Move{}, Gone: []string{}, Causes: causes(records), Slowest: slowest(records)}
	var scores, seconds, cpu []float64
	for _, s := range records {
		line := Line{Student: s.Student, Verdict: s.Verdict, Score: s.Score, Why: s.Why(), Seconds: s.Seconds, Seed: strconv.FormatUint(s.Seed, 10)}
		c.Verdicts[string(s.Verdict)]++
		if s.Verdict == check.InternalError {
			c.NeedLook = append(c.NeedLook, s.Student)
		} else {
			scores = append(scores, s.Score)
		}
		if s.Max > 0 && s.Score >= s.Max {
			c.Full++
		}
		for _, t := range s.Tasks {
			line.Tasks = append(line.Tasks, t.Points)
		}
		seconds, cpu = append(seconds, s.Seconds), append(cpu, s.CPU)
		c.Submissions = append(c.Submissions, line)
	}
	c.Distribution = statistics.Describe(scores, l.Points)
	c.Tasks, c.Ran = taskItems(l, records)
	c.PerSeconds, c.CPUSeconds = round(statistics.Median(seconds)), round(statistics.Median(cpu))
	return c
}

// WriteCSV writes the grades, a row a student: student, verdict, score, max, percent, the points of each task, why.
func WriteCSV(w io.Writer, l *lab.Lab, records []*Submission) error {
	out := csv.NewWriter(w)
	header := []string{"student", "verdict", "score", "max", "percent"}
	for _, task := range l.Tasks {
		header = append(header, Cell(task.ID))
	}
	if err := out.Write(append(header, "why")); err != nil {
		return err
	}
	for _, s := range records {
		percent := 0.0
		if s.Max > 0 {
			percent = round(100 * s.Score / s.Max)
		}
		row := []string{Cell(s.Student), Cell(string(s.Verdict)), number(s.Score), number(s.Max), number(percent)}
		for _, t := range s.Tasks {
			row = append(row, number(t.Points))
		}
		if err := out.Write(append(row, Cell(s.Why()))); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func number(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "0"
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// afterSemicolon is where a spreadsheet would begin a formula that separates cells by semicolons, as many do where numbers have a comma.
var afterSemicolon = regexp.MustCompile(`;(["'\s]*[=+\-@|%＝＋－＠])`)

// Cell makes a text harmless in a spreadsheet: one line, and a leading =, +, -, @, tab or the like, which would make it
// a formula, is preceded by an apostrophe, after a semicolon too.
func Cell(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	trimmed := afterSemicolon.ReplaceAllString(strings.TrimSpace(text), ";'$1")
	if trimmed != "" && strings.ContainsRune("=+-@|%＝＋－＠", []rune(trimmed)[0]) {
		return "'" + trimmed
	}
	return trimmed
}
