package course

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/goccy/go-yaml"
)

// Course is the content of course.yaml and of the roster that it names.
type Course struct {
	ID       string
	Title    string
	TimeZone *time.Location
	// SlipDays is how many days late cost nothing, over the whole course.
	SlipDays    int
	Assignments []Assignment // as they stand in the file
	Students    []Student    // in the order of the roster
	Extensions  []Extension
}

// Assignment is something to hand in.
type Assignment struct {
	ID    string
	Title string
	// Lab is the lab's folder, beside course.yaml; empty where people grade.
	Lab string
	// Points that can be earned; 0 if the lab says.
	Points  float64
	Release time.Time
	// Due is the first moment that is late.
	Due  time.Time
	Late Late
}

// Late is a rule for late work.
type Late struct {
	// Grace is how late is still on time.
	Grace time.Duration
	// Penalty is the share of the points earned that each day late takes, in [0, 1].
	Penalty float64
	// CutOff is the number of days after the due time from when on nothing counts; nil means never.
	CutOff *int
}

// Student is someone on the roster.
type Student struct {
	ID      string // the name of the folder that they hand in; unique
	Name    string // "Last, First", as in gradebooks
	Email   string
	SIS     string // the number in the school's information system
	Login   string
	Section string
}

// Extension gives a student more time for an assignment.
type Extension struct {
	Student, Assignment string
	Until               time.Time // the first moment that is late
	Reason              string
}

// file is course.yaml as it is written.
type file struct {
	ID          string           `yaml:"id"`
	Title       string           `yaml:"title"`
	TimeZone    string           `yaml:"time_zone"`
	SlipDays    int              `yaml:"slip_days"`
	Late        *lateText        `yaml:"late"`
	Assignments []assignmentText `yaml:"assignments"`
	Roster      string           `yaml:"roster"`
	Extensions  []extensionText  `yaml:"extensions"`
}

type assignmentText struct {
	ID      string    `yaml:"id"`
	Title   string    `yaml:"title"`
	Lab     string    `yaml:"lab"`
	Points  float64   `yaml:"points"`
	Release string    `yaml:"release"`
	Due     string    `yaml:"due"`
	Late    *lateText `yaml:"late"`
}

type lateText struct {
	Grace   string `yaml:"grace"`
	Penalty string `yaml:"penalty"`
	CutOff  *int   `yaml:"cut_off"`
}

type extensionText struct {
	Student    string `yaml:"student"`
	Assignment string `yaml:"assignment"`
	Until      string `yaml:"until"`
	Reason     string `yaml:"reason"`
}

// Load reads a course.yaml and the roster that it names. The error names the file and every rule that is broken.
func Load(path string) (*Course, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("course: %w", err)
	}
	var f file
	if err := yaml.UnmarshalWithOptions(text, &f, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: %s", path, yaml.FormatError(err, false, false))
	}
	roster := func() (io.ReadCloser, error) { return os.Open(filepath.Join(filepath.Dir(path), f.Roster)) }
	c, err := f.course(roster)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Assignment returns the assignment of an id. The error lists those that there are.
func (c *Course) Assignment(id string) (Assignment, error) {
	known := ""
	for _, a := range c.Assignments {
		if a.ID == id {
			return a, nil
		}
		known += " " + a.ID
	}
	return Assignment{}, fmt.Errorf("course %s has no assignment %q; there are%s", c.ID, id, known)
}

// Student returns the student of an id, and whether they are on the roster.
func (c *Course) Student(id string) (Student, bool) {
	for _, s := range c.Students {
		if s.ID == id {
			return s, true
		}
	}
	return Student{}, false
}

// Due is when an assignment is due for a student, extensions included: the first moment that is late. Of several
// extensions the longest counts.
func (c *Course) Due(student string, a Assignment) time.Time {
	due := a.Due
	for _, e := range c.Extensions {
		if e.Student == student && e.Assignment == a.ID && e.Until.After(due) {
			due = e.Until
		}
	}
	return due
}
