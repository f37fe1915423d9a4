package course

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Lateness is how an assignment stands in time for a student.
type Lateness struct {
	Assignment string
	Due        time.Time // the first moment that is late, extensions included
	Received   time.Time // zero: nothing came
	Extended   bool
	// Days is the number of days late, each day begun counts; 0 is on time.
	Days int
	// SlipDays is how many of them were paid with slip days.
	SlipDays int
	// Factor is what the points earned are multiplied with, in [0, 1].
	Factor float64
	// TooLate says that it came at or after the cut-off.
	TooLate bool
}

// Missing says that nothing came.
func (l Lateness) Missing() bool { return l.Received.IsZero() }

// String says it in a line, for the student.
func (l Lateness) String() string {
	text := ""
	switch {
	case l.Missing():
		text = "nothing was handed in"
	case l.TooLate:
		text = fmt.Sprintf("%s late, after the cut-off: no points", days(l.Days))
	case l.Days == 0:
		text = "on time"
	default:
		text = days(l.Days) + " late"
		if l.SlipDays > 0 {
			text += ", " + days(l.SlipDays) + " paid with slip days"
		}
		if l.Factor < 1 {
			text += fmt.Sprintf(", %.4g %% off the points earned", 100*(1-l.Factor))
		}
	}
	if l.Extended {
		text += " (with an extension)"
	}
	return text
}

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

// Standing is how every assignment of the course stands for a student, in the order of the file. received is when what
// counts came in, by assignment; it has no entry where nothing came. An unknown student or assignment is an error.
func (c *Course) Standing(student string, received map[string]time.Time) ([]Lateness, error) {
	if _, known := c.Student(student); !known {
		return nil, fmt.Errorf("%q is not on the roster of course %s", student, c.ID)
	}
	for id := range received {
		if _, err := c.Assignment(id); err != nil {
			return nil, err
		}
	}
	standing := make([]Lateness, len(c.Assignments))
	order := make([]int, len(c.Assignments))
	for i, a := range c.Assignments {
		due := c.Due(student, a)
		standing[i] = Lateness{Assignment: a.ID, Due: due, Received: received[a.ID], Extended: due.After(a.Due), Factor: 1}
		order[i] = i
	}
	// By the course's due times, not the student's: an extension must not change which assignment slip days go to first.
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(c.Assignments[i].Due.Unix(), c.Assignments[j].Due.Unix()) })
	slip := c.SlipDays
	for _, i := range order {
		standing[i].apply(c.Assignments[i].Late, c.TimeZone, &slip)
	}
	return standing, nil
}

// apply counts the days and spends slip days.
func (l *Lateness) apply(rule Late, zone *time.Location, slip *int) {
	if l.Missing() || l.Received.Before(l.Due.Add(rule.Grace)) {
		return
	}
	due := l.Due.In(zone)
	for l.Days = 1; !l.Received.Before(due.AddDate(0, 0, l.Days)); l.Days++ {
	}
	if rule.CutOff != nil && !l.Received.Before(rule.closes(due)) {
		l.TooLate, l.Factor = true, 0
		return
	}
	l.SlipDays = min(l.Days, *slip)
	*slip -= l.SlipDays
	l.Factor = max(0, 1-rule.Penalty*float64(l.Days-l.SlipDays))
}

// Closes is from when on nothing counts any more for a student; without a cut-off, when it is late.
func (c *Course) Closes(student string, a Assignment) time.Time {
	due := c.Due(student, a)
	if a.Late.CutOff == nil {
		return due.Add(a.Late.Grace)
	}
	return a.Late.closes(due.In(c.TimeZone))
}

// closes is the end of a rule that has one. due must be in the course's time zone, whose days it counts.
func (l Late) closes(due time.Time) time.Time { return due.AddDate(0, 0, *l.CutOff).Add(l.Grace) }
