package grade

import (
	"context"

	"courselab/autograde/intake"
	"courselab/autograde/result"
)

// Replay is a recorded grade, and what the same work comes to when it is done again with the recorded seed.
type Replay struct {
	Student string `json:"student"`
	// Changed is what is no longer as it was when the grade was recorded. If anything is, another outcome proves nothing.
	Changed []result.Change `json:"changed,omitempty"`
	// Move is how the outcome differs; nil if every task has the points and the verdict of the record.
	Move     *result.Move       `json:"move,omitempty"`
	Recorded *result.Submission `json:"recorded"`
	Now      *result.Submission `json:"now"`
}

// Proves reports whether the replay confirms the record: nothing has changed, and the outcome is the same.
func (r *Replay) Proves() bool { return len(r.Changed) == 0 && r.Move == nil }

// Replay grades a submission again as its record says it was graded: with the seed of the record. It writes nothing. It returns nil
// only when ctx has ended.
func (e *Engine) Replay(ctx context.Context, s intake.Submission, recorded *result.Submission) *Replay {
	files, err := s.Read(e.options.Limits)
	var now *result.Submission
	if err != nil {
		now = e.refused(s.Name, err)
	} else if now = e.Files(ctx, s.Name, files, recorded.Seed); now == nil {
		return nil
	}
	return &Replay{Student: recorded.Student, Changed: now.Changes(recorded), Move: now.Compare(recorded), Recorded: recorded, Now: now}
}
