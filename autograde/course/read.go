package course

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a machine without the IANA database reads the same course
)

// idText is what can be a folder's name everywhere.
var idText = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// course is what the file says, checked. roster opens the roster.
func (f file) course(roster func() (io.ReadCloser, error)) (*Course, error) {
	var broken []error
	rule := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, fmt.Errorf(format, args...))
		}
	}
	c := &Course{ID: f.ID, Title: f.Title, SlipDays: f.SlipDays}
	rule(idText.MatchString(f.ID), "id is %q: write lower-case letters, digits, dots and dashes", f.ID)
	rule(f.SlipDays >= 0, "slip_days is %d, must be at least 0", f.SlipDays)
	rule(len(f.Assignments) > 0, "there are no assignments")
	if f.TimeZone == "" || f.TimeZone == "Local" {
		return nil, errors.Join(append(broken, errors.New("time_zone is missing: write one such as America/New_York or UTC"))...)
	}
	zone, err := time.LoadLocation(f.TimeZone)
	if err != nil {
		return nil, errors.Join(append(broken, fmt.Errorf("time_zone is %q: write a name of the IANA database, such as America/New_York or UTC", f.TimeZone))...)
	}
	c.TimeZone = zone
	common, err := f.Late.rule()
	rule(err == nil, "late: %w", err)

	seen := map[string]bool{}
	for _, text := range f.Assignments {
		a := Assignment{ID: text.ID, Title: text.Title, Lab: text.Lab, Points: text.Points, Late: common}
		rule(idText.MatchString(text.ID), "assignment id is %q: write lower-case letters, digits, dots and dashes", text.ID)
		rule(!seen[text.ID], "assignment %s is listed twice", text.ID)
		seen[text.ID] = true
		rule(text.Points >= 0 && !math.IsInf(text.Points, 0), "assignment %s: points is %g, must be at least 0", text.ID, text.Points)
		rule(text.Lab != "" || text.Points > 0, "assignment %s has neither a lab nor points", text.ID)
		if text.Late != nil {
			a.Late, err = text.Late.rule()
			rule(err == nil, "assignment %s: late: %w", text.ID, err)
		}
		a.Release, err = moment(text.Release, zone)
		rule(err == nil, "assignment %s: release: %w", text.ID, err)
		var dueErr error
		a.Due, dueErr = deadline(text.Due, zone)
		rule(dueErr == nil, "assignment %s: due: %w", text.ID, dueErr)
		rule(err != nil || dueErr != nil || a.Release.Before(a.Due), "assignment %s is due at %s, before its release at %s", text.ID, text.Due, text.Release)
		c.Assignments = append(c.Assignments, a)
	}
	rule(f.Roster != "", "roster is missing: name a CSV file with the column id")
	if f.Roster != "" {
		reader, err := roster()
		if err == nil {
			c.Students, err = readRoster(reader)
			err = errors.Join(err, reader.Close())
		}
		rule(err == nil, "roster %s: %w", f.Roster, err)
	}
	for i, text := range f.Extensions {
		until, err := deadline(text.Until, zone)
		rule(err == nil, "extension %d: until: %w", i+1, err)
		rule(seen[text.Assignment], "extension %d is for the assignment %q, which there is not", i+1, text.Assignment)
		_, known := c.Student(text.Student)
		rule(known, "extension %d is for %q, who is not on the roster", i+1, text.Student)
		c.Extensions = append(c.Extensions, Extension{text.Student, text.Assignment, until, text.Reason})
	}
	if len(broken) > 0 {
		return nil, errors.Join(broken...)
	}
	return c, nil
}

func (l *lateText) rule() (Late, error) {
	if l == nil {
		return Late{}, nil
	}
	var broken []error
	late := Late{CutOff: l.CutOff}
	if l.Grace != "" {
		grace, err := time.ParseDuration(l.Grace)
		if err != nil || grace < 0 {
			broken = append(broken, fmt.Errorf("grace is %q: write 15m or 2h", l.Grace))
		}
		late.Grace = grace
	}
	if l.Penalty != "" {
		number, percent := strings.CutSuffix(strings.TrimSpace(l.Penalty), "%")
		value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !percent || !(value >= 0 && value <= 100) {
			broken = append(broken, fmt.Errorf("penalty is %q: write a share of the points earned a day, such as 10%%", l.Penalty))
		}
		late.Penalty = value / 100
	}
	if l.CutOff != nil && *l.CutOff < 0 {
		broken = append(broken, fmt.Errorf("cut_off is %d, must be a number of days, at least 0", *l.CutOff))
	}
	return late, errors.Join(broken...)
}

var layouts = []string{"2006-01-02 15:04", "2006-01-02 15:04:05"}

// moment reads a time of the course's clocks. One that the clocks skip, when summer begins, is an error.
func moment(text string, zone *time.Location) (time.Time, error) {
	for _, layout := range layouts {
		t, err := time.ParseInLocation(layout, text, zone)
		if err != nil {
			continue
		}
		if t.Format(layout) != text {
			return time.Time{}, fmt.Errorf("%q does not exist in %s: the clocks skip it", text, zone)
		}
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%q is no time: write 2023-03-31 23:59, of the course's time zone", text)
}

// deadline is the first moment after a time: after its minute or, if it has seconds, after its second.
func deadline(text string, zone *time.Location) (time.Time, error) {
	t, err := moment(text, zone)
	if err != nil {
		return t, err
	}
	if len(text) == len(layouts[0]) {
		return t.Add(time.Minute), nil
	}
	return t.Add(time.Second), nil
}

// readRoster reads the students from CSV with a header.
func readRoster(r io.Reader) ([]Student, error) {
	rows := csv.NewReader(r)
	rows.TrimLeadingSpace = true
	header, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("it needs a first line with the names of its columns, id among them: %w", err)
	}
	fields := map[string]func(*Student, string){
		"id":      func(s *Student, v string) { s.ID = v },
		"name":    func(s *Student, v string) { s.Name = v },
		"email":   func(s *Student, v string) { s.Email = v },
		"sis_id":  func(s *Student, v string) { s.SIS = v },
		"login":   func(s *Student, v string) { s.Login = v },
		"section": func(s *Student, v string) { s.Section = v },
	}
	for i, name := range header {
		header[i] = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")) // spreadsheets write a byte-order mark
		if fields[header[i]] == nil {
			return nil, fmt.Errorf("column %q is none of id, name, email, sis_id, login, section", header[i])
		}
	}
	if !slices.Contains(header, "id") {
		return nil, errors.New("it has no column id")
	}
	var students []Student
	lines := map[string]int{}
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return students, nil
		}
		if err != nil {
			return nil, err
		}
		var s Student
		for i, value := range row {
			fields[header[i]](&s, strings.TrimSpace(value))
		}
		line, _ := rows.FieldPos(0)
		if !idText.MatchString(s.ID) {
			return nil, fmt.Errorf("line %d: id is %q: write lower-case letters, digits, dots and dashes", line, s.ID)
		}
		if before, twice := lines[s.ID]; twice {
			return nil, fmt.Errorf("line %d: %s stands in line %d already", line, s.ID, before)
		}
		lines[s.ID] = line
		students = append(students, s)
	}
}
