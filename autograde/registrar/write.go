package registrar

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"courselab/autograde/result"
)

// WriteCSV writes a line a student: student, name, received (RFC 3339, UTC), late, verdict, earned, max, points. Cells where nothing is known
// are empty; texts are made harmless for spreadsheets, see result.Cell.
func WriteCSV(w io.Writer, lines []Line) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"student", "name", "received", "late", "verdict", "earned", "max", "points"}); err != nil {
		return err
	}
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	for _, l := range lines {
		row := []string{result.Cell(l.Student.ID), result.Cell(l.Student.Name), "", result.Cell(l.Lateness.String()), result.Cell(l.Verdict), "", "", ""}
		if !l.Lateness.Missing() {
			row[2] = l.Lateness.Received.UTC().Format(time.RFC3339)
		}
		if l.Graded {
			row[5], row[6], row[7] = number(l.Earned), number(l.Max), number(l.Points)
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// Records are the newest records of an assignment, one a student, as the grader wrote them.
func (r Registrar) Records(ctx context.Context, assignment string) ([]*result.Submission, error) {
	grades, err := r.Book.Current(ctx, assignment)
	if err != nil {
		return nil, err
	}
	var records []*result.Submission
	for _, g := range grades {
		record := &result.Submission{}
		if err := json.Unmarshal(g.Record, record); err != nil {
			return nil, fmt.Errorf("record of %s: %w", g.Student, err)
		}
		records = append(records, record)
	}
	return records, nil
}
