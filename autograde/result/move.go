package result

import (
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"time"

	"courselab/autograde/check"
)

// Earlier is a grading that a later one has replaced. A record keeps all of them.
type Earlier struct {
	Replaced time.Time     `json:"replaced"`
	Why      []string      `json:"why,omitempty"` // it was graded again
	Score    float64       `json:"score"`
	Max      float64       `json:"max"`
	Verdict  check.Verdict `json:"verdict"`
	Tasks    []Outcome     `json:"tasks"`
	Seed     uint64        `json:"seed"`
	Hash     string        `json:"hash,omitempty"`
	Basis    Basis         `json:"basis"`
	Graded   time.Time     `json:"graded"`
}

// Outcome is what a task came to.
type Outcome struct {
	ID      string        `json:"id"`
	Points  float64       `json:"points"`
	Verdict check.Verdict `json:"verdict"`
}

// Move is a grade that a new grading changes, or would change.
type Move struct {
	Student string     `json:"student"`
	At      time.Time  `json:"at"`
	Before  float64    `json:"before"`
	After   float64    `json:"after"`
	Was     string     `json:"was"` // verdict
	Is      string     `json:"is"`
	Tasks   []TaskMove `json:"tasks"` // that came out otherwise
	Why     []string   `json:"why"`
	Held    bool       `json:"held"` // the new grade is lower, or is none, and nobody has accepted that: the old one stands
}

// TaskMove is a task of a [Move].
type TaskMove struct {
	ID     string        `json:"id"`
	Before float64       `json:"before"`
	After  float64       `json:"after"`
	Was    check.Verdict `json:"was,omitempty"` // "" for a task that is new
	Is     check.Verdict `json:"is,omitempty"`  // "" for a task that is gone
}

// Replace makes the record the successor of an earlier one, whose history it takes over. What came out the same in every respect
// leaves no trace.
func (s *Submission) Replace(before *Submission, at time.Time) {
	s.History = slices.Clone(before.History)
	if len(s.Changes(before)) == 0 && s.Compare(before) == nil {
		return
	}
	s.History = append(s.History, Earlier{Replaced: at, Why: s.why(before), Score: before.Score, Max: before.Max, Verdict: before.Verdict, Tasks: before.outcomes(),
		Seed: before.Seed, Hash: before.Hash, Basis: before.Basis, Graded: before.Graded})
}

func (s *Submission) outcomes() []Outcome {
	outcomes := make([]Outcome, len(s.Tasks))
	for i, t := range s.Tasks {
		outcomes[i] = Outcome{t.ID, t.Points, t.Verdict}
	}
	return outcomes
}

// Compare is how the record moves the grade of an earlier one; nil if every task came out as before.
func (s *Submission) Compare(before *Submission) *Move {
	tasks := moved(before.outcomes(), s.outcomes())
	if tasks == nil && s.Score == before.Score && s.Verdict == before.Verdict {
		return nil
	}
	return &Move{Student: s.Student, At: s.Graded, Before: before.Score, After: s.Score, Was: string(before.Verdict), Is: string(s.Verdict),
		Tasks: tasks, Why: s.why(before)}
}

// Lowers says whether the grade would fall, or be lost to trouble of the grader.
func (m *Move) Lowers() bool {
	trouble := string(check.InternalError)
	return m.Was != trouble && (m.After < m.Before || m.Is == trouble)
}

// moved lists the tasks that differ, in the new order, then those that are gone.
func moved(before, after []Outcome) []TaskMove {
	was := map[string]Outcome{}
	for _, o := range before {
		was[o.ID] = o
	}
	var moves []TaskMove
	for _, o := range after {
		if old := was[o.ID]; old.Points != o.Points || old.Verdict != o.Verdict {
			moves = append(moves, TaskMove{o.ID, old.Points, o.Points, old.Verdict, o.Verdict})
		}
		delete(was, o.ID)
	}
	for _, o := range before {
		if _, gone := was[o.ID]; gone {
			moves = append(moves, TaskMove{ID: o.ID, Before: o.Points, Was: o.Verdict})
		}
	}
	return moves
}

// Moves are the grades that were changed after a moment, as the record's history tells, oldest first.
func (s *Submission) Moves(since time.Time) []*Move {
	var moves []*Move
	for i, e := range s.History {
		after := Earlier{Score: s.Score, Verdict: s.Verdict, Tasks: s.outcomes()}
		if i+1 < len(s.History) {
			after = s.History[i+1]
		}
		tasks := moved(e.Tasks, after.Tasks)
		if e.Replaced.After(since) && (tasks != nil || e.Score != after.Score || e.Verdict != after.Verdict) {
			moves = append(moves, &Move{Student: s.Student, At: e.Replaced, Before: e.Score, After: after.Score, Was: string(e.Verdict), Is: string(after.Verdict),
				Tasks: tasks, Why: e.Why})
		}
	}
	return moves
}

// WriteMoves writes moves as CSV, a row for each task that came out otherwise.
func WriteMoves(w io.Writer, moves []*Move) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"at", "student", "before", "after", "task", "task before", "task after", "verdict before", "verdict after", "why", "held"}); err != nil {
		return err
	}
	for _, m := range moves {
		tasks := m.Tasks
		if len(tasks) == 0 {
			tasks = []TaskMove{{Was: check.Verdict(m.Was), Is: check.Verdict(m.Is)}}
		}
		held := "no"
		if m.Held {
			held = "yes"
		}
		for _, t := range tasks {
			if err := out.Write([]string{m.At.Format(time.RFC3339), Cell(m.Student), number(m.Before), number(m.After), Cell(t.ID), number(t.Before), number(t.After),
				Cell(string(t.Was)), Cell(string(t.Is)), Cell(strings.Join(m.Why, "; ")), held}); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}
