package gradebook

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// book is a Book on a database that understands the tables of migrations/ and numbered parameters.
type book struct {
	db    *sql.DB
	actor string
}

func (b *book) Close() error { return b.db.Close() }

// stamp writes a moment so that texts sort as moments do.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }

func moment(text string) (time.Time, error) { return time.Parse(time.RFC3339Nano, text) }

// change runs body in a transaction, and makes it last only if body returns nil.
func (b *book) change(ctx context.Context, what string, body func(tx *sql.Tx) error) error {
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("gradebook: %s: %w", what, err)
	}
	if err := body(tx); err != nil {
		return fmt.Errorf("gradebook: %s: %w", what, errors.Join(err, tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("gradebook: %s: %w", what, err)
	}
	return nil
}

func (b *book) Receive(ctx context.Context, s Submission) error {
	return b.change(ctx, "receiving "+s.Assignment+" of "+s.Student, func(tx *sql.Tx) error {
		var newest string
		err := tx.QueryRowContext(ctx, `SELECT hash FROM submission WHERE assignment = $1 AND student = $2 ORDER BY received DESC LIMIT 1`,
			s.Assignment, s.Student).Scan(&newest)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err == nil && newest == s.Hash {
			return nil
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO submission (assignment, student, hash, received, content) VALUES ($1, $2, $3, $4, $5)`,
			s.Assignment, s.Student, s.Hash, stamp(s.Received), s.Content); err != nil {
			return err
		}
		_, err = b.log(ctx, tx, "receive", s.Assignment, s.Student, receiveDetail{stamp(s.Received), s.Hash, s.digest()})
		return err
	})
}

type receiveDetail struct {
	Received string `json:"received"`
	Hash     string `json:"hash"`
	Digest   string `json:"digest"`
}

type gradeDetail struct {
	Submission string  `json:"submission"`
	Checks     string  `json:"checks"`
	Score      float64 `json:"score"`
	Max        float64 `json:"max"`
	Verdict    string  `json:"verdict"`
	Digest     string  `json:"digest"`
}

func (b *book) Submissions(ctx context.Context, assignment, student string) ([]Submission, error) {
	rows, err := b.db.QueryContext(ctx, `SELECT student, hash, received, content FROM submission
		WHERE assignment = $1 AND ($2 = '' OR student = $2) ORDER BY student, received`, assignment, student)
	if err != nil {
		return nil, fmt.Errorf("gradebook: submissions of %s: %w", assignment, err)
	}
	defer rows.Close()
	var all []Submission
	for rows.Next() {
		s, received := Submission{Assignment: assignment}, ""
		if err := rows.Scan(&s.Student, &s.Hash, &received, &s.Content); err != nil {
			return nil, fmt.Errorf("gradebook: submissions of %s: %w", assignment, err)
		}
		if s.Received, err = moment(received); err != nil {
			return nil, fmt.Errorf("gradebook: submission of %s: %w", s.Student, err)
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

func (b *book) Grade(ctx context.Context, g Grade) error {
	return b.change(ctx, "grade of "+g.Student+" for "+g.Assignment, func(tx *sql.Tx) error {
		var known int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM submission WHERE assignment = $1 AND student = $2 AND hash = $3`,
			g.Assignment, g.Student, g.Submission).Scan(&known); err != nil {
			return err
		}
		if known == 0 {
			return fmt.Errorf("%w: no submission with the hash %q", ErrUnknown, g.Submission)
		}
		if len(g.Record) == 0 {
			g.Record = json.RawMessage("{}")
		}
		g.Grader = b.actor
		number, err := b.nextNumber(ctx, tx)
		if err != nil {
			return err
		}
		g.Number = number
		if _, err := tx.ExecContext(ctx, `INSERT INTO grade
			(number, assignment, student, submission, grading, checks, toolchain, seed, score, maximum, verdict, record, graded, grader)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			g.Number, g.Assignment, g.Student, g.Submission, g.Grading, g.Checks, g.Toolchain, strconv.FormatUint(g.Seed, 10),
			g.Score, g.Max, g.Verdict, string(g.Record), stamp(g.Graded), g.Grader); err != nil {
			return err
		}
		_, err = b.log(ctx, tx, "grade", g.Assignment, g.Student, gradeDetail{g.Submission, g.Checks, g.Score, g.Max, g.Verdict, g.digest()})
		return err
	})
}

const gradeColumns = `number, assignment, student, submission, grading, checks, toolchain, seed, score, maximum, verdict, record, graded, grader`

func (b *book) Current(ctx context.Context, assignment string) ([]Grade, error) {
	return b.grades(ctx, `SELECT `+gradeColumns+` FROM grade WHERE assignment = $1 AND number IN
		(SELECT max(number) FROM grade WHERE assignment = $1 GROUP BY student) ORDER BY student`, assignment)
}

func (b *book) History(ctx context.Context, assignment, student string) ([]Grade, error) {
	return b.grades(ctx, `SELECT `+gradeColumns+` FROM grade WHERE assignment = $1 AND student = $2 ORDER BY number`, assignment, student)
}

func (b *book) grades(ctx context.Context, query string, args ...any) ([]Grade, error) {
	rows, err := b.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("gradebook: grades: %w", err)
	}
	defer rows.Close()
	var all []Grade
	for rows.Next() {
		var g Grade
		var seed, record, graded string
		if err := rows.Scan(&g.Number, &g.Assignment, &g.Student, &g.Submission, &g.Grading, &g.Checks, &g.Toolchain, &seed,
			&g.Score, &g.Max, &g.Verdict, &record, &graded, &g.Grader); err != nil {
			return nil, fmt.Errorf("gradebook: grades: %w", err)
		}
		g.Record = json.RawMessage(record)
		var wrongSeed, wrongTime error
		g.Seed, wrongSeed = strconv.ParseUint(seed, 10, 64)
		g.Graded, wrongTime = moment(graded)
		if err := errors.Join(wrongSeed, wrongTime); err != nil {
			return nil, fmt.Errorf("gradebook: grade %d: %w", g.Number, err)
		}
		all = append(all, g)
	}
	return all, rows.Err()
}
