package course_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/course"
)

const valid = `
id: dl
title: Deep learning
time_zone: America/New_York
slip_days: 3
late: {grace: 15m, penalty: 10%, cut_off: 5}
assignments:
  - {id: lab1, title: One, lab: lab1, release: 2023-03-03 09:00, due: 2023-03-10 23:59}
  - {id: lab2, title: Two, points: 20, release: 2023-03-10 09:00, due: 2023-03-31 23:59, late: {penalty: 25%}}
  - {id: lab3, title: Three, points: 20, release: 2023-03-10 09:00, due: 2023-03-20 12:00:30, late: {cut_off: 0}}
roster: roster.csv
extensions:
  - {student: bob, assignment: lab1, until: 2023-03-12 12:00, reason: illness}
`

func load(t *testing.T, text, roster string) (*course.Course, error) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "course.yaml"), []byte(text), 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "roster.csv"), []byte(roster), 0o666))
	return course.Load(filepath.Join(dir, "course.yaml"))
}

const roster = "\ufeffid,name,sis_id\nada,\"Lovelace, Ada\",0017\nbob,\"Marley, Bob\",18\n"

func at(t *testing.T, text string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	moment, err := time.ParseInLocation("2006-01-02 15:04:05", text, zone)
	require.NoError(t, err)
	return moment
}

// TestLateness is the table of one assignment: due 10 March 23:59, grace 15 minutes, 10 % a day, nothing after five days. On
// 12 March the clocks go forward: that day has 23 hours and is one day all the same.
func TestLateness(t *testing.T) {
	c, err := load(t, strings.Replace(valid, "slip_days: 3", "slip_days: 0", 1), roster)
	require.NoError(t, err)
	for _, row := range []struct {
		received string
		days     int
		factor   float64
		tooLate  bool
		text     string
	}{
		{"2023-03-10 23:59:59", 0, 1, false, "on time"},
		{"2023-03-11 00:00:00", 0, 1, false, "on time"},
		{"2023-03-11 00:14:59", 0, 1, false, "on time"},
		{"2023-03-11 00:15:00", 1, .9, false, "1 day late, 10 % off the points earned"},
		{"2023-03-11 23:59:59", 1, .9, false, "1 day late, 10 % off the points earned"},
		{"2023-03-12 00:00:00", 2, .8, false, "2 days late, 20 % off the points earned"},
		{"2023-03-12 23:59:59", 2, .8, false, "2 days late, 20 % off the points earned"},
		{"2023-03-13 00:00:00", 3, .7, false, "3 days late, 30 % off the points earned"},
		{"2023-03-15 23:59:59", 5, .5, false, "5 days late, 50 % off the points earned"},
		{"2023-03-16 00:14:59", 6, .4, false, "6 days late, 60 % off the points earned"},
		{"2023-03-16 00:15:00", 6, 0, true, "6 days late, after the cut-off: no points"},
		{"2024-03-16 00:15:00", 372, 0, true, "372 days late, after the cut-off: no points"},
	} {
		standing, err := c.Standing("ada", map[string]time.Time{"lab1": at(t, row.received)})
		require.NoError(t, err)
		l := standing[0]
		assert.Equal(t, row.days, l.Days, row.received)
		assert.InDelta(t, row.factor, l.Factor, 1e-12, row.received)
		assert.Equal(t, row.tooLate, l.TooLate, row.received)
		assert.Equal(t, row.text, l.String(), row.received)
		assert.True(t, standing[1].Missing())
		assert.Equal(t, 1.0, standing[1].Factor)
		assert.Equal(t, "nothing was handed in", standing[1].String())
	}
}

// TestSlipDays: they go to the assignments in the order of the due times, whatever the order in the file.
func TestSlipDays(t *testing.T) {
	c, err := load(t, valid, roster)
	require.NoError(t, err)
	standing, err := c.Standing("ada", map[string]time.Time{
		"lab1": at(t, "2023-03-12 20:00:00"), // two days late
		"lab2": at(t, "2023-04-03 20:00:00"), // three days late
		"lab3": at(t, "2023-03-20 12:00:31"), // a second late, and nothing late counts
	})
	require.NoError(t, err)
	assert.Equal(t, "2 days late, 2 days paid with slip days", standing[0].String())
	assert.Equal(t, "3 days late, 1 day paid with slip days, 50 % off the points earned", standing[1].String())
	assert.True(t, standing[2].TooLate, "slip days do not reach beyond the cut-off")
	assert.Zero(t, standing[2].SlipDays)

	without, err := c.Standing("ada", map[string]time.Time{"lab2": at(t, "2023-04-03 20:00:00")})
	require.NoError(t, err)
	assert.Equal(t, 3, without[1].SlipDays)
	assert.Equal(t, 1.0, without[1].Factor)
}

func TestExtension(t *testing.T) {
	c, err := load(t, valid, roster)
	require.NoError(t, err)
	received := map[string]time.Time{"lab1": at(t, "2023-03-12 12:00:59")}
	bob, err := c.Standing("bob", received)
	require.NoError(t, err)
	assert.Equal(t, "on time (with an extension)", bob[0].String())
	ada, err := c.Standing("ada", received)
	require.NoError(t, err)
	assert.Equal(t, 2, ada[0].Days)
	// The cut-off moves with it: five days after 12 March 12:01, and the grace.
	bob, err = c.Standing("bob", map[string]time.Time{"lab1": at(t, "2023-03-17 12:15:59")})
	require.NoError(t, err)
	assert.False(t, bob[0].TooLate)
	bob, err = c.Standing("bob", map[string]time.Time{"lab1": at(t, "2023-03-17 12:16:00")})
	require.NoError(t, err)
	assert.True(t, bob[0].TooLate)
}

// TestProperties: later is never better, and a factor is a share.
func TestProperties(t *testing.T) {
	c, err := load(t, valid, roster)
	require.NoError(t, err)
	before := 1.0
	for minutes := 0; minutes < 12*24*60; minutes += 37 {
		received := at(t, "2023-03-31 00:00:00").Add(time.Duration(minutes) * time.Minute)
		standing, err := c.Standing("ada", map[string]time.Time{"lab2": received})
		require.NoError(t, err)
		factor := standing[1].Factor
		require.LessOrEqual(t, factor, before)
		require.GreaterOrEqual(t, factor, 0.0)
		before = factor
	}
	assert.Zero(t, before, "25 % a day, twelve days")
}

func TestStandingErrors(t *testing.T) {
	c, err := load(t, valid, roster)
	require.NoError(t, err)
	_, err = c.Standing("eve", nil)
	assert.ErrorContains(t, err, `"eve" is not on the roster of course dl`)
	_, err = c.Standing("ada", map[string]time.Time{"lab9": time.Now()})
	assert.ErrorContains(t, err, `no assignment "lab9"; there are lab1 lab2 lab3`)
}

func TestBadFiles(t *testing.T) {
	for _, bad := range []struct{ old, new, want string }{
		{"time_zone: America/New_York", "", "time_zone is missing"},
		{"America/New_York", "Mars/Olympus", `time_zone is "Mars/Olympus": write a name of the IANA database`},
		{"America/New_York", "Local", "time_zone is missing"},
		{"slip_days: 3", "slip_days: -1", "slip_days is -1"},
		{"grace: 15m", "grace: 15", `late: grace is "15": write 15m or 2h`},
		{"penalty: 10%", "penalty: 0.1", `late: penalty is "0.1": write a share`},
		{"penalty: 25%", "penalty: 250%", `assignment lab2: late: penalty is "250%"`},
		{"penalty: 25%", "penalty: NaN%", `penalty is "NaN%"`},
		{"cut_off: 5", "cut_off: -5", "cut_off is -5"},
		{"id: lab2", "id: lab1", "assignment lab1 is listed twice"},
		{"id: lab2", "id: ../lab2", `assignment id is "../lab2"`},
		{"lab: lab1,", "", "assignment lab1 has neither a lab nor points"},
		{"due: 2023-03-10 23:59", "due: 10.3.2023", `assignment lab1: due: "10.3.2023" is no time: write 2023-03-31 23:59`},
		{"due: 2023-03-10 23:59", "due: 2023-03-03 08:00", "assignment lab1 is due at 2023-03-03 08:00, before its release"},
		{"release: 2023-03-03 09:00", "release: 2023-03-12 02:30", "does not exist in America/New_York: the clocks skip it"},
		{"student: bob", "student: eve", `extension 1 is for "eve", who is not on the roster`},
		{"assignment: lab1, until", "assignment: lab9, until", `extension 1 is for the assignment "lab9", which there is not`},
		{"until: 2023-03-12 12:00", "until: soon", `extension 1: until: "soon" is no time`},
		{"roster: roster.csv", "", "roster is missing"},
		{"roster: roster.csv", "roster: nobody.csv", "roster nobody.csv"},
		{"slip_days", "slip_dais", `unknown field "slip_dais"`},
	} {
		require.Contains(t, valid, bad.old)
		_, err := load(t, strings.Replace(valid, bad.old, bad.new, 1), roster)
		assert.ErrorContains(t, err, bad.want)
		assert.ErrorContains(t, err, "course.yaml", "the file is named")
	}
	for text, want := range map[string]string{
		"":                          "a first line with the names of its columns",
		"name\nAda\n":               "it has no column id",
		"id,shoe\nada,39\n":         `column "shoe" is none of`,
		"id\nada\nbob\nada\n":       "line 4: ada stands in line 2 already",
		"id\nada\nbob\n../etc\n":    `line 4: id is "../etc"`,
		"id,name\nada,A\nbob,B,C\n": "wrong number of fields",
	} {
		_, err := load(t, valid, text)
		assert.ErrorContains(t, err, want)
	}
	_, err := course.Load(filepath.Join(t.TempDir(), "course.yaml"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// TestTheLecturesSchedule: the example in the repository is the lecture's own March.
func TestTheLecturesSchedule(t *testing.T) {
	c, err := course.Load("../../labs/course.yaml")
	require.NoError(t, err)
	for id, due := range map[string]string{
		"pitch": "2023-03-04 00:00:00", "survey": "2023-03-11 00:00:00", "assignment2": "2023-04-01 00:00:00", "midterm": "2023-04-01 00:00:00",
	} {
		a, err := c.Assignment(id)
		require.NoError(t, err)
		assert.True(t, at(t, due).Equal(a.Due), "%s: %s", id, a.Due)
	}
	a, err := c.Assignment("assignment2")
	require.NoError(t, err)
	assert.Equal(t, "2023-03-10", a.Release.In(c.TimeZone).Format("2006-01-02"))
	assert.Len(t, c.Students, 28, "the sample class of lab 1")
}
