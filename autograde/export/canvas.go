package export

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"courselab/autograde/course"
	"courselab/autograde/result"
)

// Score is what a student gets for an assignment, penalties included.
type Score struct {
	Student course.Student
	Points  float64
}

// Filled says what FillCanvas did.
type Filled struct {
	Rows      int      // students whose score was written
	Changed   []string // students whose score was another before: "Lovelace, Ada: 7 → 9"
	Unmatched []string // ids of graded students that the file has no row for
	Empty     []string // names in the file that have no score here; their cells were left alone
}

// The columns of Canvas's gradebook export that say who a row is about.
const (
	canvasStudent = "Student"
	canvasID      = "ID"
	canvasSIS     = "SIS User ID"
	canvasLogin   = "SIS Login ID"
	canvasSection = "Section"
)

const byteOrderMark = "\ufeff"

// FillCanvas copies a gradebook that was exported from Canvas and writes the scores into one of its columns; every other cell stays
// as it was. column is the name of the assignment, with or without the number that Canvas puts after it, "Lab 1" for
// "Lab 1 (4711)". Students are found by SIS User ID, else by SIS Login ID, never by name.
//
// It is an error, and nothing is written, if the file is not such an export, if it has no such column or several, if the column is
// read only, if a score is not finite or exceeds the column's Points Possible, or if two rows are of one student.
func FillCanvas(exported io.Reader, w io.Writer, column string, scores []Score) (Filled, error) {
	var done Filled
	text, err := io.ReadAll(exported)
	if err != nil {
		return done, fmt.Errorf("canvas: %w", err)
	}
	body, marked := bytes.CutPrefix(text, []byte(byteOrderMark))
	reader := csv.NewReader(bytes.NewReader(body))
	reader.FieldsPerRecord = -1 // Canvas leaves cells out at the end of some rows
	rows, err := reader.ReadAll()
	if err != nil {
		return done, fmt.Errorf("canvas: %w", err)
	}
	sheet, err := newCanvasSheet(rows, column)
	if err != nil {
		return done, fmt.Errorf("canvas: %w", err)
	}
	if done, err = sheet.fill(scores); err != nil {
		return Filled{}, fmt.Errorf("canvas: %w", err)
	}
	var out bytes.Buffer
	if marked {
		out.WriteString(byteOrderMark)
	}
	writer := csv.NewWriter(&out)
	writer.UseCRLF = bytes.Contains(body, []byte("\r\n"))
	if err := writer.WriteAll(rows); err != nil {
		return Filled{}, fmt.Errorf("canvas: %w", err)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return Filled{}, fmt.Errorf("canvas: %w", err)
	}
	return done, nil
}

// canvasSheet is an export with one column chosen.
type canvasSheet struct {
	rows       [][]string
	column     int
	possible   float64 // NaN: not said
	firstRow   int     // of the students
	sis, login int     // columns, -1 if missing
}

func newCanvasSheet(rows [][]string, column string) (*canvasSheet, error) {
	if len(rows) < 2 || len(rows[0]) == 0 || rows[0][0] != canvasStudent {
		return nil, errors.New("this is no gradebook exported from Canvas: its first cell must be Student, and there must be rows below")
	}
	header := rows[0]
	s := &canvasSheet{rows: rows, possible: math.NaN(), firstRow: 1, sis: slices.Index(header, canvasSIS), login: slices.Index(header, canvasLogin)}
	if s.sis < 0 && s.login < 0 {
		return nil, errors.New("the file has neither the column SIS User ID nor SIS Login ID: export it as someone who may see them")
	}
	var found []int
	var assignments []string
	for i, name := range header {
		if title, _, numbered := cutNumber(name); numbered {
			assignments = append(assignments, name)
			if title == column || name == column {
				found = append(found, i)
			}
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%d columns are called %q; the assignments are %s", len(found), column, strings.Join(assignments, ", "))
	}
	s.column = found[0]
	// Rows before the students: "Points Possible", and sometimes one that says which assignments are posted by hand.
	for ; s.firstRow < len(rows); s.firstRow++ {
		row := rows[s.firstRow]
		if strings.TrimSpace(cell(row, 0)) == "Points Possible" {
			if strings.Contains(cell(row, s.column), "read only") {
				return nil, fmt.Errorf("the column %q is read only", header[s.column])
			}
			if points, err := strconv.ParseFloat(strings.TrimSpace(cell(row, s.column)), 64); err == nil {
				s.possible = points
			}
			s.firstRow++
			return s, nil
		}
		if strings.TrimSpace(cell(row, 0)) != "" {
			return nil, errors.New("the row Points Possible is missing")
		}
	}
	return nil, errors.New("the row Points Possible is missing")
}

// cutNumber splits "Lab 1 (4711)".
func cutNumber(name string) (title, number string, ok bool) {
	at := strings.LastIndex(name, " (")
	if at < 0 || !strings.HasSuffix(name, ")") {
		return name, "", false
	}
	number = name[at+2 : len(name)-1]
	if number == "" || strings.Trim(number, "0123456789") != "" {
		return name, "", false
	}
	return name[:at], number, true
}

func (s *canvasSheet) fill(scores []Score) (done Filled, err error) {
	rowOf := map[string]int{} // "sis:17" and "login:ada"
	for i := s.firstRow; i < len(s.rows); i++ {
		for prefix, column := range map[string]int{"sis:": s.sis, "login:": s.login} {
			if id := cell(s.rows[i], column); id != "" {
				if before, twice := rowOf[prefix+id]; twice {
					return done, fmt.Errorf("rows %d and %d are both of %s", before+1, i+1, id)
				}
				rowOf[prefix+id] = i
			}
		}
	}
	written := map[int]bool{}
	for _, score := range scores {
		if math.IsNaN(score.Points) || math.IsInf(score.Points, 0) || score.Points < 0 {
			return done, fmt.Errorf("%s has %v points, which no gradebook can hold", score.Student.ID, score.Points)
		}
		if score.Points > s.possible {
			return done, fmt.Errorf("%s has %v points, but the column has %v at most: was another assignment meant?", score.Student.ID, score.Points, s.possible)
		}
		i, known := s.row(rowOf, score.Student)
		if !known {
			done.Unmatched = append(done.Unmatched, score.Student.ID)
			continue
		}
		if written[i] {
			return done, fmt.Errorf("two scores are for row %d, the second is that of %s", i+1, score.Student.ID)
		}
		written[i] = true
		for len(s.rows[i]) <= s.column {
			s.rows[i] = append(s.rows[i], "")
		}
		points := strconv.FormatFloat(score.Points, 'f', -1, 64)
		before := s.rows[i][s.column]
		if old, err := strconv.ParseFloat(strings.TrimSpace(before), 64); before != "" && (err != nil || old != score.Points) {
			done.Changed = append(done.Changed, fmt.Sprintf("%s: %s → %s", cell(s.rows[i], 0), before, points))
		}
		s.rows[i][s.column] = points
		done.Rows++
	}
	for i := s.firstRow; i < len(s.rows); i++ {
		if name := cell(s.rows[i], 0); !written[i] && name != "Student, Test" && name != "" {
			done.Empty = append(done.Empty, name)
		}
	}
	return done, nil
}

func (s *canvasSheet) row(rowOf map[string]int, student course.Student) (int, bool) {
	if i, known := rowOf["sis:"+student.SIS]; known && student.SIS != "" {
		return i, true
	}
	i, known := rowOf["login:"+student.Login]
	return i, known && student.Login != ""
}

func cell(row []string, column int) string {
	if column < 0 || column >= len(row) {
		return ""
	}
	return row[column]
}

// NewCanvas writes a CSV that Canvas imports as a new assignment, of so many points, with the scores. Without Canvas's own export to
// start from, it is told apart from other assignments by its title alone: prefer FillCanvas. Texts are made harmless for
// spreadsheets, see result.Cell.
func NewCanvas(w io.Writer, title string, possible float64, scores []Score) error {
	out := csv.NewWriter(w)
	rows := [][]string{
		{canvasStudent, canvasID, canvasSIS, canvasLogin, canvasSection, result.Cell(title)},
		{"    Points Possible", "", "", "", "", strconv.FormatFloat(possible, 'f', -1, 64)},
	}
	for _, score := range scores {
		if math.IsNaN(score.Points) || math.IsInf(score.Points, 0) {
			return fmt.Errorf("canvas: %s has %v points, which no gradebook can hold", score.Student.ID, score.Points)
		}
		s := score.Student
		rows = append(rows, []string{result.Cell(s.Name), "", result.Cell(s.SIS), result.Cell(s.Login), result.Cell(s.Section),
			strconv.FormatFloat(score.Points, 'f', -1, 64)})
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("canvas: %w", err)
	}
	return nil
}
