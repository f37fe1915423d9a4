package result

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"courselab/autograde/check"
)

// Gradescope is a results.json (docs of Gradescope's autograder, "specs").
type Gradescope struct {
	Score         float64          `json:"score"`
	ExecutionTime float64          `json:"execution_time"` // s
	Output        string           `json:"output,omitempty"`
	OutputFormat  string           `json:"output_format"`
	Visibility    string           `json:"visibility"`
	StdoutVisible string           `json:"stdout_visibility"`
	Tests         []GradescopeTest `json:"tests"`
	ExtraData     map[string]any   `json:"extra_data,omitempty"`
}

// GradescopeTest is one line of Gradescope's report.
type GradescopeTest struct {
	Score        float64  `json:"score"`
	MaxScore     float64  `json:"max_score"`
	Status       string   `json:"status"` // "passed" or "failed"
	Name         string   `json:"name"`
	Number       string   `json:"number"`
	Output       string   `json:"output,omitempty"`
	OutputFormat string   `json:"output_format"`
	Tags         []string `json:"tags,omitempty"`
	Visibility   string   `json:"visibility"`
}

// Gradescope returns the student's results: each public check is a test, the hidden checks of a task are one test
// together. All formats are "text", so that nothing of a student's is taken for HTML.
func (s *Submission) Gradescope() *Gradescope {
	g := &Gradescope{Score: s.Score, ExecutionTime: s.Coarse(), Output: s.headline(), OutputFormat: "text", Visibility: "visible",
		StdoutVisible: "hidden", Tests: []GradescopeTest{},
		ExtraData: map[string]any{"lab": s.Lab, "verdict": s.Verdict, "seed": strconv.FormatUint(s.Seed, 10), "submission": s.Hash, "graded": s.Graded}}
	for i, t := range s.Tasks {
		g.Tests = append(g.Tests, t.tests(i+1)...)
	}
	return g
}

// Coarse is Seconds rounded up to whole seconds, which is what a student may know: a program could take its time to tell
// what a hidden check has asked.
func (s *Submission) Coarse() float64 { return math.Ceil(s.Seconds) }

func (s *Submission) headline() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %v of %v points. %s.", s.Title, s.Score, s.Max, s.Verdict)
	if s.Message != "" {
		b.WriteString("\n" + s.Message)
	}
	for _, p := range s.Problems {
		b.WriteString("\n" + p.String())
	}
	for _, name := range s.Missing {
		fmt.Fprintf(&b, "\n%s was not handed in: the checks that need it fail.", name)
	}
	for _, note := range s.Notes {
		fmt.Fprintf(&b, "\n%s.", note)
	}
	for _, d := range s.Dropped {
		fmt.Fprintf(&b, "\n%s was not graded: %s.", d.Name, d.Reason)
	}
	return b.String()
}

// tests are the lines of one task.
func (t *Task) tests(number int) []GradescopeTest {
	if len(t.Checks) == 0 {
		return []GradescopeTest{{Score: t.Points, MaxScore: t.Max, Status: "failed", Name: t.Title, Number: strconv.Itoa(number),
			Output: strings.TrimSpace(string(t.Verdict) + "\n" + t.Message), OutputFormat: "text", Tags: []string{t.ID}, Visibility: "visible"}}
	}
	var tests []GradescopeTest
	hidden := GradescopeTest{Status: "passed", OutputFormat: "text", Tags: []string{t.ID, "hidden"}, Visibility: "visible"}
	var failures []string
	for _, r := range t.Checks {
		worth := t.Worth(r)
		if r.Hidden {
			hidden.MaxScore += worth
			hidden.Score += worth * r.Fraction
			if r.Verdict != check.Accepted {
				hidden.Status = "failed"
				failures = append(failures, strings.TrimSpace(string(r.Verdict)+". "+r.Hint))
			}
			continue
		}
		test := GradescopeTest{Score: round(worth * r.Fraction), MaxScore: worth, Status: "passed", Name: t.Title + ": " + r.Title,
			Number: fmt.Sprintf("%d.%d", number, len(tests)+1), OutputFormat: "text", Tags: []string{t.ID}, Visibility: "visible"}
		if r.Verdict != check.Accepted {
			test.Status, test.Output = "failed", failureText(r)
		}
		tests = append(tests, test)
	}
	shares := t.Shares()
	if shares.Hidden > 0 {
		hidden.Score, hidden.MaxScore = round(hidden.Score), round(hidden.MaxScore)
		hidden.Name = fmt.Sprintf("%s: %d hidden checks", t.Title, shares.Hidden)
		hidden.Number = fmt.Sprintf("%d.%d", number, len(tests)+1)
		hidden.Output = fmt.Sprintf("%d of %d passed.\n%s", shares.HiddenPassed, shares.Hidden, strings.Join(failures, "\n"))
		tests = append(tests, hidden)
	}
	return tests
}

// failureText is what a student may read about a failed public check.
func failureText(r check.Record) string {
	lines := []string{string(r.Verdict)}
	for _, part := range []struct{ name, text string }{{"", r.Message}, {"got:  ", r.Got}, {"want: ", r.Want}, {"hint: ", r.Hint}} {
		if part.text != "" {
			lines = append(lines, part.name+part.text)
		}
	}
	return strings.Join(lines, "\n")
}
