// Package registrar joins the three that a grade is made of: the course's rules for late work, the book of what was handed in, and the
// grader's records.
//
//	r := registrar.Registrar{Course: c, Book: book}
//	err := r.Enter(ctx, "lab1", received, files, record) // after grading
//	lines, err := r.Sheet(ctx, "lab1")                   // a line a student of the roster, penalties included
package registrar

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"courselab/autograde/check"
	"courselab/autograde/course"
	"courselab/autograde/export"
	"courselab/autograde/gradebook"
	"courselab/autograde/intake"
	"courselab/autograde/result"
)

// Registrar enters grades and reads them.
type Registrar struct {
	Course *course.Course
	Book   gradebook.Book
}

// Line is what a student has for an assignment.
type Line struct {
	Student  course.Student  `json:"student"`
	Lateness course.Lateness `json:"lateness"`
	// Graded says that what counts has been graded without trouble of the grader; without that there are no points to give.
	Graded  bool    `json:"graded"`
	Verdict string  `json:"verdict,omitempty"`
	Earned  float64 `json:"earned"` // before the penalty
	Max     float64 `json:"max"`
	Points  float64 `json:"points"` // after it, in hundredths
}

// Enter writes a submission and its record into the book. files is nil if it could not even be read; the record says why. A student who is
// not on the roster is an error.
func (r Registrar) Enter(ctx context.Context, assignment string, received time.Time, files *intake.Files, record *result.Submission) error {
	if _, err := r.Course.Assignment(assignment); err != nil {
		return err
	}
	if _, known := r.Course.Student(record.Student); !known {
		return fmt.Errorf("%q is not on the roster of course %s: add the student, or mend the name of what was handed in", record.Student, r.Course.ID)
	}
	content, hash, err := pack(files, record)
	if err != nil {
		return fmt.Errorf("submission of %s: %w", record.Student, err)
	}
	if err := r.Book.Receive(ctx, gradebook.Submission{Assignment: assignment, Student: record.Student, Received: received, Hash: hash, Content: content}); err != nil {
		return err
	}
	if record.Verdict == check.InternalError {
		return nil // not charged to the student, and to be graded again
	}
	text, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("record of %s: %w", record.Student, err)
	}
	grade := gradebook.Grade{Assignment: assignment, Student: record.Student, Submission: hash, Grading: record.Key, Seed: record.Seed,
		Score: record.Score, Max: record.Max, Verdict: string(record.Verdict), Record: text, Graded: record.Graded}
	if same, err := r.entered(ctx, grade); same || err != nil {
		return err
	}
	return r.Book.Grade(ctx, grade)
}

// entered says whether the newest grade is this one: the same run, entered again after a crash.
func (r Registrar) entered(ctx context.Context, g gradebook.Grade) (bool, error) {
	history, err := r.Book.History(ctx, g.Assignment, g.Student)
	if err != nil || len(history) == 0 {
		return false, err
	}
	last := history[len(history)-1]
	return last.Submission == g.Submission && last.Grading == g.Grading && last.Seed == g.Seed && last.Score == g.Score, nil
}

// pack is the content that the book keeps, a zip of the Go files and notebooks or why there are none, and its hash.
func pack(files *intake.Files, record *result.Submission) (content []byte, hash string, err error) {
	if files == nil {
		content = []byte("unreadable: " + record.Message)
		sum := sha256.Sum256(content)
		return content, hex.EncodeToString(sum[:]), nil
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	all := maps.Clone(files.Sources)
	if all == nil {
		all = map[string][]byte{}
	}
	maps.Copy(all, files.Notebooks)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(all[name])
		}
		if err != nil {
			return nil, "", err
		}
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return b.Bytes(), files.Hash, nil
}

// Sheet returns a line for each student of the roster, in its order. What counts is the last submission before the student's cut-off; if all came
// later, the first of those, which gets no points.
func (r Registrar) Sheet(ctx context.Context, assignment string) ([]Line, error) {
	if _, err := r.Course.Assignment(assignment); err != nil {
		return nil, err
	}
	counted := map[string]map[string]gradebook.Submission{} // by student, by assignment
	for _, a := range r.Course.Assignments {
		all, err := r.Book.Submissions(ctx, a.ID, "")
		if err != nil {
			return nil, err
		}
		for _, s := range all {
			if counted[s.Student] == nil {
				counted[s.Student] = map[string]gradebook.Submission{}
			}
			before, there := counted[s.Student][a.ID]
			if !there || !r.tooLate(a, s) || r.tooLate(a, before) && s.Received.Before(before.Received) {
				counted[s.Student][a.ID] = s
			}
		}
	}
	var lines []Line
	for _, student := range r.Course.Students {
		received := map[string]time.Time{}
		for id, s := range counted[student.ID] {
			received[id] = s.Received
		}
		standing, err := r.Course.Standing(student.ID, received)
		if err != nil {
			return nil, err
		}
		line := Line{Student: student}
		for _, lateness := range standing {
			if lateness.Assignment == assignment {
				line.Lateness = lateness
			}
		}
		if s, there := counted[student.ID][assignment]; there {
			if err := r.grade(ctx, &line, s); err != nil {
				return nil, err
			}
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// tooLate says whether a submission came at or after its student's cut-off.
func (r Registrar) tooLate(a course.Assignment, s gradebook.Submission) bool {
	standing, err := r.Course.Standing(s.Student, map[string]time.Time{a.ID: s.Received})
	if err != nil {
		return true // not on the roster any more: no line is made of it
	}
	for _, lateness := range standing {
		if lateness.Assignment == a.ID {
			return lateness.TooLate
		}
	}
	return true
}

// grade fills in the newest grade of what counts.
func (r Registrar) grade(ctx context.Context, line *Line, counted gradebook.Submission) error {
	history, err := r.Book.History(ctx, counted.Assignment, counted.Student)
	if err != nil {
		return err
	}
	for _, g := range slices.Backward(history) {
		if g.Submission == counted.Hash {
			line.Graded, line.Verdict, line.Earned, line.Max = true, g.Verdict, g.Score, g.Max
			line.Points = math.Round(100*g.Score*line.Lateness.Factor) / 100
			return nil
		}
	}
	return nil
}

// Scores are the lines that have points to export: graded ones, and 0 where nothing was handed in and the student's cut-off, or the due
// time if there is none, has passed at now.
func Scores(c *course.Course, assignment string, lines []Line, now time.Time) ([]export.Score, error) {
	a, err := c.Assignment(assignment)
	if err != nil {
		return nil, err
	}
	var scores []export.Score
	for _, line := range lines {
		switch over := c.Closes(line.Student.ID, a); {
		case line.Graded:
			scores = append(scores, export.Score{Student: line.Student, Points: line.Points})
		case line.Lateness.Missing() && !now.Before(over):
			scores = append(scores, export.Score{Student: line.Student})
		}
	}
	return scores, nil
}
