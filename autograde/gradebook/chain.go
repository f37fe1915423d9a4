package gradebook

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
)

// digest is the hash of an entry: SHA-256 of its fields, the hash before among them, each with its length, so that no text can
// move from one field to the next.
func (e Entry) digest() string {
	h := sha256.New()
	for _, field := range []string{
		strconv.FormatInt(e.Number, 10), stamp(e.Moment), e.Actor, e.Action, e.Assignment, e.Student, string(e.Detail), e.Previous,
	} {
		fmt.Fprintf(h, "%d:%s", len(field), field)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// digestOf is the hash of a grade or a submission that its entry in the log holds.
func digestOf(fields ...string) string {
	h := sha256.New()
	for _, field := range fields {
		fmt.Fprintf(h, "%d:%s", len(field), field)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (g Grade) digest() string {
	return digestOf(strconv.FormatInt(g.Number, 10), g.Assignment, g.Student, g.Submission, g.Grading, g.Checks, g.Toolchain, strconv.FormatUint(g.Seed, 10),
		strconv.FormatFloat(g.Score, 'g', -1, 64), strconv.FormatFloat(g.Max, 'g', -1, 64), g.Verdict, string(g.Record), stamp(g.Graded), g.Grader)
}

func (s Submission) digest() string {
	return digestOf(s.Assignment, s.Student, stamp(s.Received), s.Hash, string(s.Content))
}

// verifier checks a chain entry by entry.
type verifier struct {
	number int64
	head   string
}

func (v *verifier) next(e Entry) error {
	switch {
	case e.Number != v.number+1:
		return fmt.Errorf("gradebook: %w: after entry %d comes entry %d", ErrTampered, v.number, e.Number)
	case e.Previous != v.head:
		return fmt.Errorf("gradebook: %w: entry %d does not follow on the one before", ErrTampered, e.Number)
	case e.Hash != e.digest():
		return fmt.Errorf("gradebook: %w: entry %d is not what was written", ErrTampered, e.Number)
	}
	v.number, v.head = e.Number, e.Hash
	return nil
}
