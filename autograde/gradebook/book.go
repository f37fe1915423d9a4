package gradebook

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Book keeps submissions, grades and the log of both. All methods may be used by several goroutines at once.
type Book interface {
	// Receive keeps what was handed in. The same content from the same student again, when it is their newest already, changes
	// nothing.
	Receive(ctx context.Context, s Submission) error
	// Submissions returns what a student handed in for an assignment, the oldest first; all students' if student is empty.
	Submissions(ctx context.Context, assignment, student string) ([]Submission, error)
	// Grade adds a grade. It is an ErrUnknown if nothing with the grade's submission hash was received from the student.
	Grade(ctx context.Context, g Grade) error
	// Current returns the newest grade of each student, in the order of their ids.
	Current(ctx context.Context, assignment string) ([]Grade, error)
	// History returns all grades of a student for an assignment, the oldest first.
	History(ctx context.Context, assignment, student string) ([]Grade, error)
	// Note adds an entry to the log that has no other effect, such as an export.
	Note(ctx context.Context, action, assignment, student string, detail any) error
	// Log returns the entries of the log with a number above after, the oldest first.
	Log(ctx context.Context, after int64) ([]Entry, error)
	// Verify reads the whole log and compares it with the grades and submissions. It returns the hash of the last entry, which is
	// empty if there is none, or an ErrTampered that names the first entry that is not what it was.
	Verify(ctx context.Context) (head string, err error)
	// Close gives the file back.
	Close() error
}

// Errors to branch on.
var (
	// ErrUnknown is a grade for something that was never received.
	ErrUnknown = errors.New("nothing like that was received")
	// ErrTampered is a log that was changed by something else than this package.
	ErrTampered = errors.New("the log was tampered with")
)

// Submission is what a student handed in.
type Submission struct {
	Assignment, Student string
	Received            time.Time
	Hash                string // SHA-256 of the content that is graded, hexadecimal
	Content             []byte // as the grader keeps it; the book does not look into it
}

// Grade is how a submission was graded.
type Grade struct {
	Number              int64 // given by the book; higher is newer
	Assignment, Student string
	Submission          string // hash of the submission
	// Grading is the hash of the submission, the checks, the toolchain and the limits: equal hashes, equal verdicts.
	Grading           string
	Checks, Toolchain string // which checks, by hash, and which compiler
	Seed              uint64
	Score, Max        float64 // before penalties for late work
	Verdict           string
	Record            json.RawMessage // everything, for staff
	Graded            time.Time
	Grader            string // who graded
}

// Entry is an entry of the log.
type Entry struct {
	Number     int64           `json:"number"`
	Moment     time.Time       `json:"moment"`
	Actor      string          `json:"actor"`
	Action     string          `json:"action"` // "receive", "grade" or what Note was given
	Assignment string          `json:"assignment,omitempty"`
	Student    string          `json:"student,omitempty"`
	Detail     json.RawMessage `json:"detail,omitempty"`
	Previous   string          `json:"previous"`
	Hash       string          `json:"hash"`
}
