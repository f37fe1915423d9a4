package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFromSubmissionsToCanvas is an instructor's way: grade, enter, look, export, and prove the log.
func TestFromSubmissionsToCanvas(t *testing.T) {
	work := t.TempDir()
	course := write(t, filepath.Join(work, "course.yaml"), "id: dl\ntitle: DL\ntime_zone: America/New_York\nlate: {penalty: 10%, cut_off: 5}\n"+
		"assignments:\n  - {id: first, title: Tiny lab, lab: tiny, release: 2023-03-01 09:00, due: 2023-03-10 23:59}\nroster: roster.csv\n")
	write(t, filepath.Join(work, "roster.csv"), "id,name,sis_id\nada,\"Lovelace, Ada\",17\nbob,\"Marley, Bob\",18\ncleo,\"Cruz, Cleo\",19\n")
	class := filepath.Join(work, "class")
	write(t, filepath.Join(class, "ada", "tiny.go"), right(t))
	write(t, filepath.Join(class, "bob", "tiny.go"), "package tiny\n\nfunc nonsense(")
	grades, book := filepath.Join(work, "grades"), filepath.Join(work, "course.db")
	_, stderr, code := autograde(t, "enter", course, "first", class, grades, "--book", book)
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "ada has no record")
	_, stderr, code = autograde(t, "grade", tiny, class, "-o", grades)
	require.Zero(t, code, stderr)

	received := write(t, filepath.Join(work, "received.csv"), "student,received\nada,2023-03-12 10:00\nbob,2023-03-10T20:00:00Z\n")
	stdout, stderr, code := autograde(t, "enter", course, "first", class, grades, "--book", book, "--received", received)
	require.Zero(t, code, stderr)
	assert.Contains(t, stdout, "2 submissions entered")
	_, stderr, code = autograde(t, "enter", course, "first", class, grades, "--book", book, "--received", received)
	require.Zero(t, code, stderr)
	require.NoError(t, os.Remove(filepath.Join(class, "ada", "tiny.go"))) // what cannot be read any more is not what was graded
	_, stderr, code = autograde(t, "enter", course, "first", class, grades, "--book", book, "--received", received)
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "ada has changed since it was graded")

	stdout, stderr, code = autograde(t, "grades", course, "first", "--book", book, "--csv", filepath.Join(work, "out.csv"), "--junit", filepath.Join(work, "out.xml"))
	require.Zero(t, code, stderr)
	assert.Regexp(t, `ada +2023-03-12 10:00:00 +2 days late, 20 % off the points earned +Accepted +10 of 10 +8 `, stdout)
	assert.Regexp(t, `bob +2023-03-10 15:00:00 +on time +Compile Error +0 of 10 +0 `, stdout)
	assert.Contains(t, stdout, "nothing was handed in")
	text, err := os.ReadFile(filepath.Join(work, "out.csv"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "ada,\"Lovelace, Ada\",2023-03-12T14:00:00Z,\"2 days late, 20 % off the points earned\",Accepted,10,10,8\n")
	text, err = os.ReadFile(filepath.Join(work, "out.xml"))
	require.NoError(t, err)
	assert.Contains(t, string(text), `<testsuite name="ada"`)

	exported := write(t, filepath.Join(work, "export.csv"), "Student,ID,SIS User ID,SIS Login ID,Section,Tiny lab (7)\n    Points Possible,,,,,10\n"+
		"\"Lovelace, Ada\",1,17,,A,5\n\"Marley, Bob\",2,18,,A,\n\"Cruz, Cleo\",3,19,,A,\n")
	_, stderr, code = autograde(t, "grades", course, "first", "--book", book, "--canvas", exported, "-o", filepath.Join(work, "import.csv"))
	require.Zero(t, code, stderr)
	assert.Contains(t, stderr, "changed in Canvas: Lovelace, Ada: 5 → 8")
	assert.Contains(t, stderr, "3 scores written")
	text, err = os.ReadFile(filepath.Join(work, "import.csv"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "\"Lovelace, Ada\",1,17,,A,8\n\"Marley, Bob\",2,18,,A,0\n\"Cruz, Cleo\",3,19,,A,0\n", "cleo handed in nothing, long after the cut-off")

	stdout, stderr, code = autograde(t, "log", book)
	require.Zero(t, code, stderr)
	assert.Equal(t, 2+2+2, strings.Count(stdout, " first "), "received, graded, exported twice:\n%s", stdout)
	stdout, _, code = autograde(t, "log", book, "--verify")
	require.Zero(t, code)
	require.Contains(t, stdout, "6 entries, unchanged; the head is ")
	head := strings.TrimSpace(stdout[strings.Index(stdout, "is ")+3:])
	_, stderr, code = autograde(t, "log", book, "--head", head)
	require.Zero(t, code, stderr)
	_, stderr, code = autograde(t, "log", book, "--head", "0000")
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "is not in the log any more")

	raw, err := sql.Open("sqlite", book)
	require.NoError(t, err)
	_, err = raw.Exec("UPDATE grade SET score = 10 WHERE student = 'bob'")
	require.NoError(t, err)
	require.NoError(t, raw.Close())
	_, stderr, code = autograde(t, "log", book, "--verify")
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "the log was tampered with: grade 4, of bob for first, is not what the log says")
}

func TestRecordsBadInput(t *testing.T) {
	work := t.TempDir()
	class := filepath.Join(work, "class")
	write(t, filepath.Join(class, "eve", "tiny.go"), right(t))
	bad := write(t, filepath.Join(work, "bad.csv"), "student,received\neve,yesterday\n")
	book := filepath.Join(work, "course.db")
	course := "labs/course.yaml"
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"enter", course, "assignment2", class, work}, 2, "--book FILE"},
		{[]string{"enter", course, "lab9", class, work, "--book", book}, 1, "there are pitch survey lab0 assignment2"},
		{[]string{"enter", course, "assignment2", class, work, "--book", book, "--received", bad}, 1, `line 2: "yesterday" is no time`},
		{[]string{"enter", "nothing.yaml", "assignment2", class, work, "--book", book}, 1, "nothing.yaml"},
		{[]string{"grades", course, "assignment2", "--book", book, "--canvas", "x.csv"}, 2, "--canvas and --output go together"},
		{[]string{"log", filepath.Join(work, "missing.db")}, 1, "missing.db"},
	} {
		_, stderr, code := autograde(t, c.args...)
		assert.Equal(t, c.code, code, stderr)
		assert.Contains(t, stderr, c.want)
		assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
	_, err := os.Stat(filepath.Join(work, "missing.db"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}
