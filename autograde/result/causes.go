package result

import (
	"cmp"
	"slices"
	"strings"

	"courselab/autograde/check"
	"courselab/autograde/lab"
	"courselab/autograde/statistics"
)

// Cause is a way to fail, and who failed so. It is for staff: it names hidden checks.
type Cause struct {
	Verdict check.Verdict `json:"verdict"`
	Task    string        `json:"task,omitempty"` // "" if nothing could be run
	// Checks are those of the task that the same students failed with the same verdict: one mistake most often fails several.
	Checks   []Failed `json:"checks,omitempty"`
	Why      string   `json:"why,omitempty"` // if there was no check
	Students []string `json:"students"`
	Lost     float64  `json:"lost"` // points, of all of them together
}

// Failed is a check of a [Cause].
type Failed struct {
	Check  string `json:"check"`
	Title  string `json:"title,omitempty"` // of a public check
	Hidden bool   `json:"hidden,omitempty"`
}

// causes groups what went wrong by verdict and check, or by the reason why nothing could be run. Checks that got no answer
// because the program was gone belong to the one at which it went. Trouble of the grader is no cause.
func causes(records []*Submission) []Cause {
	var all []Cause
	for _, s := range records {
		if s.Verdict == check.InternalError {
			continue
		}
		if !s.ran() {
			all = append(all, Cause{Verdict: s.Verdict, Why: s.reason(), Students: []string{s.Student}, Lost: s.Max})
			continue
		}
		for _, t := range s.Tasks {
			all = append(all, t.causes(s.Student)...)
		}
	}
	all = grouped(all, func(c Cause) string { return c.Task + "\x00" + checkID(c) + "\x00" + c.Why }, func(into *Cause, c Cause) {
		into.Students = append(into.Students, c.Students...)
	})
	all = grouped(all, func(c Cause) string {
		if c.Task == "" {
			return "\x00" + c.Why
		}
		return c.Task + "\x00" + strings.Join(c.Students, "\x00")
	}, func(into *Cause, c Cause) {
		into.Checks = append(into.Checks, c.Checks...)
	})
	for i := range all {
		all[i].Lost = round(all[i].Lost)
	}
	slices.SortStableFunc(all, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(len(b.Students), len(a.Students)), cmp.Compare(b.Lost, a.Lost))
	})
	return all
}

// grouped joins the causes of the same verdict and key, in the order in which they come first.
func grouped(causes []Cause, key func(Cause) string, join func(into *Cause, c Cause)) []Cause {
	all, at := []Cause{}, map[string]int{}
	for _, c := range causes {
		k := string(c.Verdict) + "\x00" + key(c)
		i, known := at[k]
		if !known {
			at[k], all = len(all), append(all, c)
			continue
		}
		join(&all[i], c)
		all[i].Lost += c.Lost
	}
	return all
}

// checkID is the check of a cause that has not been joined with others.
func checkID(c Cause) string {
	if len(c.Checks) == 0 {
		return ""
	}
	return c.Checks[0].Check
}

// causes are those of a student in a task, check by check.
func (t *Task) causes(student string) []Cause {
	weight := 0.0
	for _, r := range t.Checks {
		weight += r.Points
	}
	var all []Cause
	gone := -1
	for _, r := range t.Checks {
		if r.Verdict == check.Accepted {
			continue
		}
		lost := 0.0
		if weight > 0 {
			lost = t.Max * r.Points * (1 - r.Fraction) / weight
		}
		if r.Gone && gone >= 0 {
			all[gone].Lost += lost
			continue
		}
		if r.Gone {
			gone = len(all)
		}
		all = append(all, Cause{Verdict: r.Verdict, Task: t.ID, Checks: []Failed{{r.Check, r.Title, r.Hidden}}, Students: []string{student}, Lost: lost})
	}
	return all
}

// ran says whether any check of the submission was run.
func (s *Submission) ran() bool {
	return slices.ContainsFunc(s.Tasks, func(t Task) bool { return len(t.Checks) > 0 })
}

// reason says why nothing could be run, in words that others share: without place, and without the list of what would be allowed.
func (s *Submission) reason() string {
	why := s.Message
	if why == "" && len(s.Problems) > 0 {
		why = s.Problems[0].Message
	}
	why, _, _ = strings.Cut(why, ";")
	return why
}

// taskItems analyses the tasks, and counts the submissions that could be run.
func taskItems(l *lab.Lab, records []*Submission) ([]TaskItem, int) {
	items := make([]TaskItem, len(l.Tasks))
	worth := make([]float64, len(l.Tasks))
	for i, t := range l.Tasks {
		items[i], worth[i] = TaskItem{ID: t.ID, Title: t.Title, Max: t.Points}, t.Points
	}
	var shares [][]float64
	counted := 0
	for _, s := range records {
		if s.Verdict == check.InternalError {
			continue
		}
		counted++
		share := make([]float64, len(items))
		for i := range items {
			if i < len(s.Tasks) && s.Tasks[i].Max > 0 { // a record of an earlier version of the lab may stand
				items[i].Mean += s.Tasks[i].Points
				share[i] = s.Tasks[i].Points / s.Tasks[i].Max
			}
			if share[i] >= 1 {
				items[i].Full++
			}
		}
		if s.ran() {
			shares = append(shares, share)
		}
	}
	for i, item := range statistics.Items(shares, worth) {
		items[i].Item = item
		if counted > 0 {
			items[i].Mean = round(items[i].Mean / float64(counted))
		}
	}
	return items, len(shares)
}

// Slow is what a submission took.
type Slow struct {
	Student     string  `json:"student"`
	Seconds     float64 `json:"seconds"`
	BuildSec    float64 `json:"build_s"` // of Seconds
	CPU         float64 `json:"cpu_s"`
	Memory      int64   `json:"peak_memory"` // bytes
	Task        string  `json:"task"`        // that took longest
	TaskSeconds float64 `json:"task_seconds"`
}

// slowestShown is how many submissions a class lists as its slowest.
const slowestShown = 10

// slowest lists the submissions that took longest.
func slowest(records []*Submission) []Slow {
	all := []Slow{}
	for _, s := range records {
		slow := Slow{Student: s.Student, Seconds: s.Seconds, BuildSec: s.BuildSec, CPU: s.CPU, Memory: s.Memory}
		for _, t := range s.Tasks {
			if t.Seconds > slow.TaskSeconds {
				slow.Task, slow.TaskSeconds = t.ID, t.Seconds
			}
		}
		all = append(all, slow)
	}
	slices.SortStableFunc(all, func(a, b Slow) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return all[:min(slowestShown, len(all))]
}
