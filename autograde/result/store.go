package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Folder is where the results of a class lie:
//
//	grades.csv, summary.json, index.html
//	changes.csv                                   every grade that grading again has changed, and what is held back
//	STUDENT/results.json, STUDENT/feedback.html   for the student
//	records/STUDENT.json                          everything, for staff
//	records/held/STUDENT.json                     a lower grade that nobody has accepted yet
type Folder string

// Record is the path of a student's record.
func (f Folder) Record(student string) string {
	return filepath.Join(string(f), "records", student+".json")
}

// Held is the path of a student's record that is held back.
func (f Folder) Held(student string) string {
	return filepath.Join(string(f), "records", "held", student+".json")
}

// Student is the folder of what a student may see.
func (f Folder) Student(student string) string { return filepath.Join(string(f), student) }

// Load reads the record of a student, nil if there is none that can be read.
func (f Folder) Load(student string) *Submission { return load(f.Record(student), student) }

// LoadHeld reads the record of a student that is held back, nil if there is none.
func (f Folder) LoadHeld(student string) *Submission { return load(f.Held(student), student) }

func load(path, student string) *Submission {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	s := &Submission{}
	if json.Unmarshal(text, s) != nil || s.Student != student {
		return nil
	}
	return s
}

// Students are those with a record, sorted.
func (f Folder) Students() []string {
	entries, err := os.ReadDir(filepath.Dir(f.Record("x")))
	if err != nil {
		return nil
	}
	var students []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), ".json"); ok && entry.Type().IsRegular() && !strings.HasPrefix(name, ".") {
			students = append(students, name)
		}
	}
	return students
}

// Class reads the summary of the last run that came to its end, nil if there is none.
func (f Folder) Class() *Class {
	text, err := os.ReadFile(filepath.Join(string(f), "summary.json"))
	c := &Class{}
	if err != nil || json.Unmarshal(text, c) != nil {
		return nil
	}
	return c
}

// Hold keeps a record back, beside the one that stands.
func (f Folder) Hold(s *Submission) error {
	if err := os.MkdirAll(filepath.Dir(f.Held(s.Student)), 0o700); err != nil {
		return fmt.Errorf("results of %s: %w", s.Student, err)
	}
	return WriteJSON(f.Held(s.Student), s)
}

// Release forgets what is held back for a student.
func (f Folder) Release(student string) error {
	if err := os.Remove(f.Held(student)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("results of %s: %w", student, err)
	}
	return nil
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
