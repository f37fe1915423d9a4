package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/course"
	"courselab/autograde/export"
	"courselab/autograde/result"
)

// exported is in the form that Canvas gives: a byte-order mark, a row on posting, Points Possible, a test student, read-only columns.
const exported = "\ufeff" + `Student,ID,SIS User ID,SIS Login ID,Section,Lab 1 (4711),"Lab 1, again (4712)",Final Score
,,,,,Manual Posting,,
    Points Possible,,,,,20,10,(read only)
"Lovelace, Ada",901,0017,ada1,"A ""one""",,3.50,88.1
"=HYPERLINK(""x"")",902,0018,bob1,B,7,,70
"Nobody, Here",903,0019,nob1,B,,,
"Student, Test",904,,9f3,B,,,
`

var (
	ada = course.Student{ID: "ada", Name: "Lovelace, Ada", SIS: "0017", Login: "ada1"}
	bob = course.Student{ID: "bob", Name: "Marley, Bob", Login: "bob1"}
	eve = course.Student{ID: "eve", SIS: "9999", Login: "eve1"}
)

func TestFillCanvas(t *testing.T) {
	var out bytes.Buffer
	done, err := export.FillCanvas(strings.NewReader(exported), &out, "Lab 1", []export.Score{{ada, 17.25}, {bob, 9}, {eve, 1}})
	require.NoError(t, err)
	assert.Equal(t, export.Filled{Rows: 2, Changed: []string{`=HYPERLINK("x"): 7 → 9`}, Unmatched: []string{"eve"}, Empty: []string{"Nobody, Here"}}, done)
	want := strings.Replace(exported, `"A ""one""",,3.50`, `"A ""one""",17.25,3.50`, 1)
	want = strings.Replace(want, "bob1,B,7,", "bob1,B,9,", 1)
	assert.Equal(t, want, unquoted(out.String()), "nothing else has changed, not even a digit")

	var again bytes.Buffer
	done, err = export.FillCanvas(strings.NewReader(out.String()), &again, "Lab 1 (4711)", []export.Score{{ada, 17.25}, {bob, 9}})
	require.NoError(t, err)
	assert.Empty(t, done.Changed)
	assert.Equal(t, out.String(), again.String(), "there and back")

	windows := strings.ReplaceAll(exported, "\n", "\r\n")
	out.Reset()
	_, err = export.FillCanvas(strings.NewReader(windows), &out, "Lab 1", nil)
	require.NoError(t, err)
	assert.Equal(t, windows, unquoted(out.String()))
}

// unquoted takes off the quotes that Go writes around leading spaces, and Canvas does not: the cell is the same.
func unquoted(text string) string {
	return strings.ReplaceAll(text, `"    Points Possible"`, "    Points Possible")
}

func TestFillCanvasErrors(t *testing.T) {
	for _, bad := range []struct {
		old, new, column string
		scores           []export.Score
		want             string
	}{
		{"", "", "Lab 2", nil, `0 columns are called "Lab 2"; the assignments are Lab 1 (4711), Lab 1, again (4712)`},
		{"Lab 1, again (4712)", "Lab 1 (4712)", "Lab 1", nil, `2 columns are called "Lab 1"`},
		{"", "", "Final Score", nil, `0 columns are called "Final Score"`},
		{",20,", ",(read only),", "Lab 1", nil, "read only"},
		{"Student,ID", "Name,ID", "Lab 1", nil, "no gradebook exported from Canvas"},
		{"SIS User ID,SIS Login ID", "A,B", "Lab 1", nil, "neither the column SIS User ID nor SIS Login ID"},
		{"    Points Possible", "    Points", "Lab 1", nil, "the row Points Possible is missing"},
		{"0018", "0017", "Lab 1", nil, "rows 4 and 5 are both of 0017"},
		{"", "", "Lab 1", []export.Score{{ada, 20.5}}, "ada has 20.5 points, but the column has 20 at most"},
		{"", "", "Lab 1", []export.Score{{ada, math.NaN()}}, "ada has NaN points"},
		{"", "", "Lab 1", []export.Score{{ada, 1}, {ada, 2}}, "two scores are for row 4"},
		{"0017,ada1", "0017,\"ada1", "Lab 1", nil, "canvas: "},
	} {
		var out bytes.Buffer
		_, err := export.FillCanvas(strings.NewReader(strings.Replace(exported, bad.old, bad.new, 1)), &out, bad.column, bad.scores)
		assert.ErrorContains(t, err, bad.want)
		assert.Empty(t, out.Bytes(), "nothing is half written")
	}
}

func TestNewCanvas(t *testing.T) {
	evil := course.Student{ID: "x", Name: "=cmd|' /C calc'!A1", SIS: "+1", Login: "@x", Section: "-2"}
	var out bytes.Buffer
	require.NoError(t, export.NewCanvas(&out, "=Lab", 20, []export.Score{{ada, 17.5}, {evil, 0}}))
	rows, err := csv.NewReader(bytes.NewReader(out.Bytes())).ReadAll()
	require.NoError(t, err)
	assert.Equal(t, []string{"Student", "ID", "SIS User ID", "SIS Login ID", "Section", "'=Lab"}, rows[0])
	assert.Equal(t, []string{"    Points Possible", "", "", "", "", "20"}, rows[1])
	assert.Equal(t, []string{"Lovelace, Ada", "", "0017", "ada1", "", "17.5"}, rows[2])
	for _, text := range rows[3][:5] {
		assert.NotRegexp(t, `^[=+@-]`, text)
	}
	// What was made can be filled, once Canvas has given the assignment its number.
	numbered := strings.Replace(out.String(), "'=Lab", "Lab (7)", 1)
	var filled bytes.Buffer
	done, err := export.FillCanvas(strings.NewReader(numbered), &filled, "Lab", []export.Score{{ada, 18}})
	require.NoError(t, err)
	assert.Equal(t, 1, done.Rows)
}

func TestJUnit(t *testing.T) {
	record := &result.Submission{Student: "ada\x00\x1b<b>", Lab: "lab7", Title: "Tiny", Seconds: 1.5, Tasks: []result.Task{
		{ID: "one", Title: "First", Max: 7, Checks: []check.Record{
			{Check: "SECRET-a", Title: "shape", Points: 1, Verdict: check.Accepted, Fraction: 1},
			{Check: "SECRET-b", Title: "value", Points: 1, Verdict: check.WrongAnswer, Message: "row 1 </testcase>]]>\x07", Got: "\xff", Want: "0.5"},
			{Check: "SECRET-c", Title: "SECRET", Hint: "look at the scale", Points: 2, Hidden: true, Verdict: check.WrongAnswer, Message: "SECRET", Got: "SECRET", Want: "SECRET"},
		}},
		{ID: "two", Title: "Second", Max: 3, Checks: []check.Record{{Check: "d", Title: "all", Points: 1, Verdict: check.Accepted, Fraction: 1}}},
	}}
	for i := range record.Tasks {
		record.Tasks[i].Settle()
	}
	record.Settle()
	var out bytes.Buffer
	require.NoError(t, export.JUnit(&out, "lab7", []*result.Submission{record}))
	assert.NotContains(t, out.String(), "SECRET")
	assert.Contains(t, out.String(), "look at the scale")

	var back struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string `xml:"name,attr"`
				Class   string `xml:"classname,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal(out.Bytes(), &back), out.String())
	assert.Equal(t, 4, back.Tests)
	assert.Equal(t, 2, back.Failures)
	assert.Equal(t, "ada  <b>", back.Suites[0].Name)
	cases := back.Suites[0].Cases
	require.Len(t, cases, 4)
	assert.Equal(t, "First: shape", cases[0].Name)
	assert.Equal(t, "lab7.one", cases[0].Class)
	assert.Nil(t, cases[0].Failure)
	require.NotNil(t, cases[1].Failure)
	assert.Equal(t, "Wrong Answer", cases[1].Failure.Message)
	assert.Contains(t, cases[1].Failure.Text, "row 1 </testcase>]]> ")
	require.NotNil(t, cases[2].Failure, "hidden checks are one test")
	assert.Nil(t, cases[3].Failure)
}
