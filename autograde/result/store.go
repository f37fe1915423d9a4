package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Folder is where the results of a class lie:
//
//	grades.csv, summary.json, index.html
//	STUDENT/results.json, STUDENT/feedback.html   for the student
//	records/STUDENT.json                          everything, for staff
type Folder string

// Record is the path of a student's record.
func (f Folder) Record(student string) string {
	return filepath.Join(string(f), "records", student+".json")
}

// Student is the folder of what a student may see.
func (f Folder) Student(student string) string { return filepath.Join(string(f), student) }

// Load reads the record of a student, nil if there is none that can be read.
func (f Folder) Load(student string) *Submission {
	text, err := os.ReadFile(f.Record(student))
	if err != nil {
		return nil
	}
	s := &Submission{}
	if json.Unmarshal(text, s) != nil || s.Student != student {
		return nil
	}
	return s
}

// Save writes a student's record, results.json and feedback page. The record comes last: what it names is there.
func (f Folder) Save(s *Submission, feedback func(w io.Writer) error) error {
	if err := os.MkdirAll(f.Student(s.Student), 0o755); err != nil {
		return fmt.Errorf("results of %s: %w", s.Student, err)
	}
	if err := os.MkdirAll(filepath.Dir(f.Record(s.Student)), 0o700); err != nil {
		return fmt.Errorf("results of %s: %w", s.Student, err)
	}
	err := WriteJSON(filepath.Join(f.Student(s.Student), "results.json"), s.Gradescope())
	if err == nil {
		err = Write(filepath.Join(f.Student(s.Student), "feedback.html"), feedback)
	}
	if err == nil {
		err = WriteJSON(f.Record(s.Student), s)
	}
	if err != nil {
		return fmt.Errorf("results of %s: %w", s.Student, err)
	}
	return nil
}

// WriteJSON writes a value as indented JSON, whole or not at all.
func WriteJSON(path string, value any) error {
	return Write(path, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(value)
	})
}

// Write writes a file whole or not at all: to a temporary name, to the disk, then renamed.
func Write(path string, body func(w io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	err = body(f)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
