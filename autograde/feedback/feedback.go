// Package feedback renders what students and instructors read in a browser: one self-contained page a student, one page
// a class. No scripts, nothing loaded from elsewhere, readable on a phone and on paper.
//
// Everything that comes from a student or from a program's answer is text: html/template escapes it, and a content security
// policy forbids whatever might still slip through. A student's page shows of hidden checks their number, their worth, the
// kind of each failure and the author's hint.
package feedback

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"

	"courselab/autograde/check"
	"courselab/autograde/result"
	"courselab/autograde/similarity"
)

//go:embed page.html index.html histogram.html style.css
var files embed.FS

var (
	page  = load("page.html")
	index = load("index.html")
)

// Style is the style sheet of all pages, for pages that are made elsewhere.
func Style() template.CSS {
	style, err := files.ReadFile("style.css")
	if err != nil {
		panic(err) // embedded
	}
	return template.CSS(style) // our own file
}

func load(name string) *template.Template {
	functions := template.FuncMap{
		"points":    points,
		"verdict":   verdictClass,
		"means":     meaning,
		"percent":   percent,
		"place":     place,
		"style":     Style,
		"ring":      ring,
		"plural":    plural,
		"seconds":   func(s float64) string { return strconv.FormatFloat(s, 'f', 1, 64) + " s" },
		"mebibytes": func(bytes int64) string { return fmt.Sprintf("%d MiB", bytes>>20) },
		"two":       func(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) },
		"short":     func(s string) string { return s[:min(12, len(s))] },
	}
	return template.Must(template.New(name).Funcs(functions).ParseFS(files, name))
}

// Write writes a student's page.
func Write(w io.Writer, s *result.Submission) error {
	return page.ExecuteTemplate(w, "page.html", view(s))
}

// WriteIndex writes the instructor's page of a class. It links to the students' pages beside it.
func WriteIndex(w io.Writer, c *result.Class) error {
	plot, err := Histogram(c.Distribution)
	if err != nil {
		return err
	}
	v := class{Class: c, Plot: plot}
	v.Frequent, v.Rare = cut(c.Causes, causesShown)
	if c.Similarity != nil {
		v.Alike, v.LessAlike = cut(c.Similarity.Pairs, pairsShown)
	}
	return index.ExecuteTemplate(w, "index.html", v)
}

// How many causes and pairs are in sight; the others can be unfolded.
const (
	causesShown = 12
	pairsShown  = 5
)

func cut[T any](all []T, n int) (first, others []T) {
	n = min(n, len(all))
	return all[:n], all[n:]
}

// class is what the instructor's page shows.
type class struct {
	*result.Class
	Plot             template.HTML
	Frequent, Rare   []result.Cause
	Alike, LessAlike []similarity.Pair
}

// submission is what the page shows.
type submission struct {
	*result.Submission
	Tasks []task
	Void  bool // no check of any task could be run
}

type task struct {
	*result.Task
	Shares result.Shares
	Public []line
	Hidden []line // failed ones only
}

// line is a check.
type line struct {
	check.Record
	Worth   float64
	Passed  bool
	Differs bool // its verdict is not that of the task
}

func view(s *result.Submission) submission {
	v := submission{Submission: s, Void: true}
	for i := range s.Tasks {
		t := &s.Tasks[i]
		shown := task{Task: t, Shares: t.Shares()}
		v.Void = v.Void && len(t.Checks) == 0
		for _, r := range t.Checks {
			l := line{Record: r, Worth: t.Worth(r), Passed: r.Verdict == check.Accepted, Differs: r.Verdict != t.Verdict}
			switch {
			case !r.Hidden:
				shown.Public = append(shown.Public, l)
			case !l.Passed: // take along only what may be seen
				l.Record = check.Record{Verdict: r.Verdict, Hint: r.Hint}
				shown.Hidden = append(shown.Hidden, l)
			}
		}
		v.Tasks = append(v.Tasks, shown)
	}
	return v
}

// points writes a number of points without needless zeros.
func points(x float64) string { return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64) }

func percent(x, of float64) int {
	if !(of > 0) || !(x > 0) {
		return 0
	}
	return int(math.Round(100 * min(x/of, 1)))
}

// ring is the length of an arc of a circle of radius 54.
func ring(x, of float64) string {
	return fmt.Sprintf("%.1f %.1f", 2*math.Pi*54*float64(percent(x, of))/100, 2*math.Pi*54)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// verdictClass is the CSS class of a verdict.
func verdictClass(v check.Verdict) string {
	switch v {
	case check.Accepted:
		return "good"
	case check.InternalError:
		return "ours"
	}
	return "bad"
}

// meaning says in a sentence what a verdict means for the reader.
func meaning(v check.Verdict) string {
	return map[check.Verdict]string{
		check.Accepted:            "Every check passed.",
		check.WrongAnswer:         "The function ran, and returned something else than it should.",
		check.CompileError:        "The program does not compile, so nothing of it could be run.",
		check.TimeLimitExceeded:   "The function did not come to an end in time.",
		check.MemoryLimitExceeded: "The function needed more memory than a task gets.",
		check.OutputLimitExceeded: "The program printed, or returned, far more than it should.",
		check.RuntimeError:        "The function panicked, returned an error, or ended the program.",
		check.Forbidden:           "The submission uses something that the rules of this lab do not allow, so nothing of it was run.",
		check.InternalError:       "The grader failed here, not you: this will be graded again.",
	}[v]
}
