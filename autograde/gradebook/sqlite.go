package gradebook

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"net/url"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // pure Go: the grader stays one static program
)

//go:embed migrations/*.sql
var migrations embed.FS

// appendOnly makes SQLite itself refuse to change the log: whoever wants to has to say so.
var appendOnly = []string{
	`CREATE TRIGGER IF NOT EXISTS log_is_never_changed BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END`,
	`CREATE TRIGGER IF NOT EXISTS log_is_never_shortened BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END`,
}

// Open opens the book in an SQLite file, and makes it if there is none. actor is who the log names.
func Open(ctx context.Context, path, actor string) (Book, error) {
	// Full synchronisation: a grade that was announced survives the loss of power. Transactions begin as writers, so that two
	// processes wait for each other rather than fail.
	options := url.Values{
		"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "busy_timeout(30000)"},
		"_txlock": {"immediate"},
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: options.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("gradebook %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	b := &book{db: db, actor: actor}
	if err := b.migrate(ctx); err != nil {
		_ = db.Close() // the first error says more
		return nil, fmt.Errorf("gradebook %s: %w", path, err)
	}
	return b, nil
}

func (b *book) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, b.db, files)
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return err
	}
	for _, statement := range appendOnly {
		if _, err := b.db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
