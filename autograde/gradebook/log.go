package gradebook

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// nextNumber is the number that the next entry of the log will have.
func (b *book) nextNumber(ctx context.Context, tx *sql.Tx) (number int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT coalesce(max(number), 0) + 1 FROM log`).Scan(&number)
	return number, err
}

// log appends an entry.
func (b *book) log(ctx context.Context, tx *sql.Tx, action, assignment, student string, detail any) (Entry, error) {
	text, err := json.Marshal(detail)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Moment: time.Now().UTC(), Actor: b.actor, Action: action, Assignment: assignment, Student: student, Detail: text}
	if e.Number, err = b.nextNumber(ctx, tx); err != nil {
		return e, err
	}
	if e.Number > 1 {
		if err := tx.QueryRowContext(ctx, `SELECT hash FROM log WHERE number = $1`, e.Number-1).Scan(&e.Previous); err != nil {
			return e, fmt.Errorf("the last entry of the log: %w", err)
		}
	}
	e.Hash = e.digest()
	_, err = tx.ExecContext(ctx, `INSERT INTO log (number, moment, actor, action, assignment, student, detail, previous, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		e.Number, stamp(e.Moment), e.Actor, e.Action, e.Assignment, e.Student, string(e.Detail), e.Previous, e.Hash)
	return e, err
}

func (b *book) Note(ctx context.Context, action, assignment, student string, detail any) error {
	if action == "receive" || action == "grade" {
		return fmt.Errorf("gradebook: a note cannot be called %q, which is what the book writes itself", action)
	}
	return b.change(ctx, action, func(tx *sql.Tx) error {
		_, err := b.log(ctx, tx, action, assignment, student, detail)
		return err
	})
}

func (b *book) Log(ctx context.Context, after int64) ([]Entry, error) {
	var entries []Entry
	err := b.eachEntry(ctx, after, func(e Entry) error {
		entries = append(entries, e)
		return nil
	})
	return entries, err
}

func (b *book) eachEntry(ctx context.Context, after int64, visit func(Entry) error) error {
	rows, err := b.db.QueryContext(ctx, `SELECT number, moment, actor, action, assignment, student, detail, previous, hash
		FROM log WHERE number > $1 ORDER BY number`, after)
	if err != nil {
		return fmt.Errorf("gradebook: log: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e Entry
		var at, detail string
		if err := rows.Scan(&e.Number, &at, &e.Actor, &e.Action, &e.Assignment, &e.Student, &detail, &e.Previous, &e.Hash); err != nil {
			return fmt.Errorf("gradebook: log: %w", err)
		}
		e.Detail = json.RawMessage(detail)
		if e.Moment, err = moment(at); err != nil {
			return fmt.Errorf("gradebook: %w: entry %d has no time", ErrTampered, e.Number)
		}
		if err := visit(e); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (b *book) Verify(ctx context.Context) (head string, err error) {
	var chain verifier
	announced := map[string]Entry{} // by the digest of what was graded or received
	err = b.eachEntry(ctx, 0, func(e Entry) error {
		if err := chain.next(e); err != nil {
			return err
		}
		if e.Action == "grade" || e.Action == "receive" {
			var detail struct {
				Digest string `json:"digest"`
			}
			if err := json.Unmarshal(e.Detail, &detail); err != nil {
				return fmt.Errorf("gradebook: %w: entry %d cannot be read", ErrTampered, e.Number)
			}
			announced[detail.Digest] = e
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	grades, err := b.grades(ctx, `SELECT `+gradeColumns+` FROM grade ORDER BY number`)
	if err != nil {
		return "", err
	}
	for _, g := range grades {
		if err := take(announced, g.digest(), fmt.Sprintf("grade %d, of %s for %s,", g.Number, g.Student, g.Assignment)); err != nil {
			return "", err
		}
	}
	if err := b.verifySubmissions(ctx, announced); err != nil {
		return "", err
	}
	for _, e := range announced {
		return "", fmt.Errorf("gradebook: %w: what entry %d announces, a %s of %s for %s, is gone", ErrTampered, e.Number, e.Action, e.Student, e.Assignment)
	}
	return chain.head, nil
}

// verifySubmissions compares what was received with the log, one submission in memory at a time.
func (b *book) verifySubmissions(ctx context.Context, announced map[string]Entry) error {
	rows, err := b.db.QueryContext(ctx, `SELECT assignment, student, hash, received, content FROM submission`)
	if err != nil {
		return fmt.Errorf("gradebook: submissions: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s Submission
		var received string
		if err := rows.Scan(&s.Assignment, &s.Student, &s.Hash, &received, &s.Content); err != nil {
			return fmt.Errorf("gradebook: submissions: %w", err)
		}
		if s.Received, err = moment(received); err != nil {
			return fmt.Errorf("gradebook: %w: a submission of %s has no time", ErrTampered, s.Student)
		}
		if err := take(announced, s.digest(), fmt.Sprintf("what %s handed in for %s at %s", s.Student, s.Assignment, received)); err != nil {
			return err
		}
	}
	return rows.Err()
}

// take finds what the log announced, once.
func take(announced map[string]Entry, digest, what string) error {
	if _, known := announced[digest]; !known {
		return fmt.Errorf("gradebook: %w: %s is not what the log says", ErrTampered, what)
	}
	delete(announced, digest)
	return nil
}
