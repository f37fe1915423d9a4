// Package result is what grading leaves behind: a record for each submission, and from it what others read: Gradescope's
// results.json, a CSV of grades, a summary of the class.
//
// A record holds everything, also what only staff may see. The functions that write for students ([Submission.Gradescope],
// package feedback) take from it: of hidden checks, how many there are, what they are worth, the kind of a failure
// and the author's hint; never a title, an input, a value that was expected, or text of the student's program made in
// answer to a hidden input.
package result

import (
	"math"
	"strings"
	"time"

	"courselab/autograde/check"
	"courselab/autograde/intake"
	"courselab/autograde/policy"
)

// Submission is the record of one graded submission.
type Submission struct {
	Student string        `json:"student"`
	Lab     string        `json:"lab"`
	Title   string        `json:"title"` // of the lab
	Verdict check.Verdict `json:"verdict"`
	Score   float64       `json:"score"`
	Max     float64       `json:"max"`
	// Message says why nothing was graded, for the student; Problems say so line by line.
	Message  string           `json:"message,omitempty"`
	Problems []policy.Problem `json:"problems,omitempty"`
	Missing  []string         `json:"missing,omitempty"` // functions that were not handed in
	Dropped  []intake.Dropped `json:"dropped,omitempty"` // files that were handed in and not graded
	Notes    []string         `json:"notes,omitempty"`   // what was repaired in a notebook, for the student
	Tasks    []Task           `json:"tasks"`
	// Staff says what went wrong in the grader, for staff only.
	Staff string `json:"staff,omitempty"`
	// Seed is what all inputs were drawn from: with it the verdict can be replayed.
	Seed uint64 `json:"seed"`
	// Hash identifies what was handed in, Key that together with Basis: the checks, the toolchain, the limits and so on.
	Hash     string    `json:"hash,omitempty"`
	Key      string    `json:"key,omitempty"`
	Basis    Basis     `json:"basis"`
	History  []Earlier `json:"history,omitempty"` // gradings that this one has replaced, oldest first
	Sandbox  string    `json:"sandbox"`
	Graded   time.Time `json:"graded"`
	Seconds  float64   `json:"seconds"`     // from the first look to the last verdict
	BuildSec float64   `json:"build_s"`     // of Seconds, for rules and compiler
	CPU      float64   `json:"cpu_s"`       // of build, workers and checks
	Preview  bool      `json:"preview"`     // public checks only: `autograde check`
	Unboxed  bool      `json:"unboxed"`     // run without a boundary
	Memory   int64     `json:"peak_memory"` // bytes, of the largest worker
}

// Task is the outcome of one task.
type Task struct {
	ID       string         `json:"id"`
	Title    string         `json:"title"`
	Function string         `json:"function,omitempty"`
	Points   float64        `json:"points"`
	Max      float64        `json:"max"`
	Verdict  check.Verdict  `json:"verdict"`
	Message  string         `json:"message,omitempty"` // what ended the whole task, for the student
	Checks   []check.Record `json:"checks,omitempty"`
	Staff    string         `json:"staff,omitempty"`
	Seconds  float64        `json:"seconds"`
	CPU      float64        `json:"cpu_s"`
	Memory   int64          `json:"peak_memory,omitempty"`
}

// Settle computes verdict and points of a task from its checks: the points are shared out by the weights of the checks,
// the verdict is that of the first check that is not accepted. Trouble of the grader outweighs everything.
func (t *Task) Settle() {
	weight, earned := 0.0, 0.0
	t.Verdict = check.Accepted
	for _, r := range t.Checks {
		weight += r.Points
		earned += r.Points * r.Fraction
		if r.Verdict == check.InternalError || t.Verdict == check.Accepted {
			t.Verdict = r.Verdict
		}
		if t.Verdict == check.InternalError {
			break
		}
	}
	t.Points = 0
	if weight > 0 && t.Verdict != check.InternalError {
		t.Points = round(t.Max * earned / weight)
	}
	if len(t.Checks) == 0 {
		t.Verdict = check.InternalError // no check, no pass
	}
}

// Settle computes score and verdict from the tasks: the verdict is that of the first task that is not accepted.
func (s *Submission) Settle() {
	s.Score, s.Max, s.Verdict, s.CPU, s.Memory = 0, 0, check.Accepted, 0, 0
	for _, t := range s.Tasks {
		s.Score += t.Points
		s.Max += t.Max
		s.CPU += t.CPU
		s.Memory = max(s.Memory, t.Memory)
		if t.Verdict == check.InternalError || s.Verdict == check.Accepted {
			s.Verdict = t.Verdict
		}
	}
	s.Score = round(s.Score)
	if len(s.Tasks) == 0 {
		s.Verdict = check.InternalError
	}
}

// Void gives every task the verdict, without points: nothing could be run.
func (s *Submission) Void(verdict check.Verdict, message string) {
	s.Message = message
	for i := range s.Tasks {
		s.Tasks[i].Verdict, s.Tasks[i].Points, s.Tasks[i].Checks = verdict, 0, nil
	}
	s.Settle()
	s.Verdict = verdict
}

// Shares is how the checks of a task divide its points.
type Shares struct {
	Public, Hidden             int     // checks
	PublicPassed, HiddenPassed int     // accepted ones
	PublicWorth, HiddenWorth   float64 // points of the task
}

// Shares counts the task's checks.
func (t *Task) Shares() (s Shares) {
	weight := 0.0
	for _, r := range t.Checks {
		weight += r.Points
	}
	for _, r := range t.Checks {
		worth, passed := 0.0, 0
		if weight > 0 {
			worth = t.Max * r.Points / weight
		}
		if r.Verdict == check.Accepted {
			passed = 1
		}
		if r.Hidden {
			s.Hidden, s.HiddenPassed, s.HiddenWorth = s.Hidden+1, s.HiddenPassed+passed, s.HiddenWorth+worth
		} else {
			s.Public, s.PublicPassed, s.PublicWorth = s.Public+1, s.PublicPassed+passed, s.PublicWorth+worth
		}
	}
	s.PublicWorth, s.HiddenWorth = round(s.PublicWorth), round(s.HiddenWorth)
	return s
}

// Worth is the number of points that a check of the task is worth.
func (t *Task) Worth(r check.Record) float64 {
	weight := 0.0
	for _, other := range t.Checks {
		weight += other.Points
	}
	if weight == 0 {
		return 0
	}
	return round(t.Max * r.Points / weight)
}

// Why says in a line what keeps a submission from full points; "" if nothing does. For staff and students.
func (s *Submission) Why() string {
	switch {
	case s.Message != "":
		return s.Message
	case len(s.Problems) > 0:
		return s.Problems[0].String()
	}
	var order []check.Verdict
	tasks := map[check.Verdict][]string{}
	for _, t := range s.Tasks {
		if t.Verdict != check.Accepted {
			if tasks[t.Verdict] == nil {
				order = append(order, t.Verdict)
			}
			tasks[t.Verdict] = append(tasks[t.Verdict], t.ID)
		}
	}
	parts := make([]string, len(order))
	for i, verdict := range order {
		parts[i] = string(verdict) + ": " + strings.Join(tasks[verdict], ", ")
	}
	return strings.Join(parts, "; ")
}

// round keeps two decimals.
func round(x float64) float64 { return math.Round(x*100) / 100 }
