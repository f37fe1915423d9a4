package check

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Record is the outcome of one check: a line of JSON from [Main].
type Record struct {
	Check   string  `json:"check"`
	Task    string  `json:"task"`
	Hidden  bool    `json:"hidden"`
	Title   string  `json:"title,omitempty"` // public checks only
	Points  float64 `json:"points"`          // the check's weight, as in Check.Points
	Verdict Verdict `json:"verdict"`
	// Fraction of Points earned: 1 for Accepted, unless the check gave partial credit; 0 for every other verdict.
	Fraction float64 `json:"fraction"`
	// Message, Got and Want say what went wrong; public checks only. They may hold text of the student's: plain text,
	// capped, control characters removed, NOT escaped for HTML.
	Message string `json:"message,omitempty"`
	Got     string `json:"got,omitempty"`
	Want    string `json:"want,omitempty"`
	Hint    string `json:"hint,omitempty"` // of a failed check
	// Gone marks checks that got no answer because the worker had ended, been killed or stopped answering: the sandbox
	// may know a better reason, see [Attribute].
	Gone bool `json:"gone,omitempty"`
	// Staff is what Message, Got and Want would say for a hidden check, and the cause of an Internal Error. Empty unless
	// asked for; never show it to a student.
	Staff string `json:"staff,omitempty"`
	// Spread is, of a check that passed, the comparison that came closest to its tolerance; for staff, and only when asked for.
	Spread     *Spread `json:"spread,omitempty"`
	Seed       uint64  `json:"seed"`
	DurationMS float64 `json:"duration_ms"`
}

// Spread is how much of its tolerance a comparison used.
type Spread struct {
	What    string  `json:"what"`
	Want    float64 `json:"want"`
	Off     float64 `json:"off"`     // |got-want|
	Allowed float64 `json:"allowed"` // atol + rtol*|want|
}

// Share is the part of the tolerance that was used.
func (s *Spread) Share() float64 { return s.Off / s.Allowed }

func newRecord(c *Check, seed uint64) Record {
	r := Record{Check: c.ID, Task: c.Task, Hidden: c.Hidden, Points: c.Points, Seed: seed}
	if !c.Hidden {
		r.Title = c.Title
	}
	return r
}

// fail fills in a failure: everything for a public check, the verdict and the hint for a hidden one. The text of an
// internal error may hold anything, so it goes to staff only.
func (r *Record) fail(c *Check, f *fault, staff bool) {
	r.Verdict, r.Gone, r.Hint = f.verdict, f.gone, c.Hint
	private := c.Hidden || f.verdict == InternalError
	if f.verdict == InternalError {
		r.Hint = ""
	}
	if !private {
		r.Message, r.Got, r.Want = clean(f.message), clean(f.got), clean(f.want)
	}
	if private && staff {
		r.Staff = strings.TrimSpace(fmt.Sprintf("%s\ngot: %s\nwant: %s", clean(f.message), clean(f.got), clean(f.want)))
	}
}

// maxText bounds each text of a record, in bytes.
const maxText = 2 << 10

// clean makes text safe to print: valid UTF-8, no control, formatting or line-breaking characters but newline and tab, capped.
func clean(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + " ..."
	}
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

// Text shows a record in a few lines, for terminals: verdict and title, what went wrong, got, want and hint.
func (r Record) Text() string {
	var b strings.Builder
	title := r.Title
	if title == "" {
		title = "hidden check"
	}
	fmt.Fprintf(&b, "Task %s, %s: %s", r.Task, title, r.Verdict)
	for _, line := range []struct{ name, text string }{{"", r.Message}, {"got:  ", r.Got}, {"want: ", r.Want}, {"hint: ", r.Hint}, {"staff: ", r.Staff}} {
		if line.text != "" {
			fmt.Fprintf(&b, "\n    %s%s", line.name, strings.ReplaceAll(line.text, "\n", "\n    "))
		}
	}
	return b.String()
}

// Attribute gives the checks that got no answer (Gone) the verdict that the sandbox found out, for example
// MemoryLimitExceeded, and returns the records. A public check's message becomes the given one.
func Attribute(records []Record, verdict Verdict, message string) []Record {
	out := make([]Record, len(records))
	for i, r := range records {
		if r.Gone {
			r.Verdict, r.Fraction = verdict, 0
			if !r.Hidden {
				r.Message = message
			}
		}
		out[i] = r
	}
	return out
}

// end is the last line of [Main]'s output.
type end struct {
	End *int `json:"end"`
}

// maxLine bounds a line of [ReadRecords].
const maxLine = 1 << 20

// ReadRecords reads what [Main] wrote. It returns an error when the end line is missing or counts otherwise: then the
// records are not complete and the grading of the task is an internal error.
func ReadRecords(r io.Reader) ([]Record, error) {
	records := []Record{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var last end
		if err := json.Unmarshal(lines.Bytes(), &last); err != nil {
			return records, fmt.Errorf("checks: line %d: %w", len(records)+1, err)
		}
		if last.End != nil {
			if *last.End != len(records) {
				return records, fmt.Errorf("checks: %d records announced, %d read", *last.End, len(records))
			}
			return records, nil
		}
		var record Record
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
			return records, fmt.Errorf("checks: line %d: %w", len(records)+1, err)
		}
		records = append(records, record)
	}
	if err := lines.Err(); err != nil {
		return records, fmt.Errorf("checks: %w", err)
	}
	return records, errors.New("checks: ended before their last line")
}
