package result

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"courselab/autograde/check"
)

// Basis is what a verdict depends on besides the submission and the seed, part by part. Gradings of the same submission on the same
// basis and with the same seed come out the same.
type Basis struct {
	Checks    string `json:"checks"`    // hash of the checks binary: the suites, and the library of checks
	Lab       string `json:"lab"`       // hash of tasks, points, rules and contract
	Toolchain string `json:"toolchain"` // "go1.26.8"
	Kit       string `json:"kit"`       // hash of the packages that workers link
	Limits    string `json:"limits"`    // of a task and of a submission, in words
	Mode      string `json:"mode"`      // which checks, in or outside a sandbox
}

// Key identifies the grading of a submission with that hash: the same key, the same work.
func (b Basis) Key(submission string) string {
	text, err := json.Marshal([]any{2, b, submission})
	if err != nil {
		panic(err) // strings only
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Change is a part of what a verdict depends on that is not what it was.
type Change struct {
	Part string `json:"part"` // "the submission", "the checks", ...
	Was  string `json:"was"`
	Is   string `json:"is"`
}

// String is "the limits: wall 10s before, wall 8s now".
func (c Change) String() string {
	if c.Was == "" || c.Is == "" {
		return c.Part
	}
	return fmt.Sprintf("%s: %s before, %s now", c.Part, short(c.Was), short(c.Is))
}

// short cuts a hash to what tells it apart.
func short(value string) string {
	if _, err := hex.DecodeString(value); err == nil && len(value) == 2*sha256.Size {
		return value[:12]
	}
	return value
}

// Changes lists what is no longer as it was when before was graded, the submission first. The seed counts only when nothing
// else has changed: who hands in something else gets other draws anyway.
func (s *Submission) Changes(before *Submission) []Change {
	if before.Basis == (Basis{}) {
		return []Change{{Part: "the record, which says too little about what it was graded with"}}
	}
	var changes []Change
	for _, c := range []Change{
		{"the submission", before.Hash, s.Hash},
		{"the checks", before.Basis.Checks, s.Basis.Checks},
		{"the lab's tasks or rules", before.Basis.Lab, s.Basis.Lab},
		{"the toolchain", before.Basis.Toolchain, s.Basis.Toolchain},
		{"the packages that submissions link", before.Basis.Kit, s.Basis.Kit},
		{"the limits", before.Basis.Limits, s.Basis.Limits},
		{"the way of grading", before.Basis.Mode, s.Basis.Mode},
	} {
		if c.Was != c.Is {
			changes = append(changes, c)
		}
	}
	if len(changes) == 0 && before.Seed != s.Seed {
		changes = append(changes, Change{"the draws (another seed)", fmt.Sprint(before.Seed), fmt.Sprint(s.Seed)})
	}
	return changes
}

// why says in words what has changed since before was graded, and something always: if nothing has, that is news.
func (s *Submission) why(before *Submission) []string {
	var why []string
	for _, c := range s.Changes(before) {
		why = append(why, c.String())
	}
	switch {
	case len(why) > 0:
	case before.Verdict == check.InternalError || s.Verdict == check.InternalError:
		why = append(why, "trouble of the grader")
	default:
		why = append(why, "nothing: the same work came out otherwise")
	}
	return why
}
