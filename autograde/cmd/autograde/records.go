package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"courselab/autograde/course"
	"courselab/autograde/export"
	"courselab/autograde/gradebook"
	"courselab/autograde/intake"
	"courselab/autograde/registrar"
	"courselab/autograde/result"

	"github.com/spf13/cobra"
)

// actor is who the log names: the user of this machine.
func actor() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

func enterCommand() *cobra.Command {
	var book, received string
	cmd := &cobra.Command{
		Use:   "enter COURSE ASSIGNMENT SUBMISSIONS GRADES --book FILE",
		Short: "Enter graded submissions into the course's book",
		Long: "Enters what `autograde grade` has graded into the book, an SQLite file that is made if it does not exist: the submissions\n" +
			"themselves, when they came, and their grades. Nothing is overwritten, and the same twice is entered once.\n\n" +
			"When a submission came is read from --received, a CSV with the columns student and received (2023-03-31 23:59, of the course's\n" +
			"time zone, or with a zone of its own as 2023-03-31T23:59:00Z); without that, from its files' times.",
		Example: "  autograde enter labs/course.yaml assignment2 handed-in build/grades --book course.db",
		Args:    exactly("COURSE", "ASSIGNMENT", "SUBMISSIONS", "GRADES"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, done, err := openBook(cmd, args[0], book)
			if err != nil {
				return err
			}
			defer done()
			if _, err := r.Course.Assignment(args[1]); err != nil {
				return err
			}
			submissions, _, err := intake.List(args[2])
			if err != nil {
				return err
			}
			times, err := receivedTimes(received, r.Course)
			if err != nil {
				return err
			}
			if times == nil {
				note("when submissions came is taken from their files' times, which whoever packed a folder can choose: give --received if it matters")
			}
			entered := 0
			var failed []error
			for _, s := range submissions {
				if err := enter(cmd, r, args[1], s, result.Folder(args[3]), times); err != nil {
					failed = append(failed, err)
					continue
				}
				entered++
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s entered into %s. Next: autograde grades %s %s --book %s\n", plural(entered, "submission", "submissions"), shown(book), args[0], args[1], shown(book))
			if len(failed) > 0 {
				return fmt.Errorf("%s not entered: %w", plural(len(failed), "submission was", "submissions were"), errors.Join(failed...))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&book, "book", "", "the course's book, an SQLite file")
	cmd.Flags().StringVar(&received, "received", "", "CSV of when each submission came")
	return cmd
}

// openBook opens course and book.
func openBook(cmd *cobra.Command, coursePath, path string) (r registrar.Registrar, done func(), err error) {
	if path == "" {
		return r, nil, usage{fmt.Errorf("%s needs the course's book: --book FILE", cmd.Name())}
	}
	if r.Course, err = course.Load(coursePath); err != nil {
		return r, nil, err
	}
	if r.Book, err = gradebook.Open(cmd.Context(), path, actor()); err != nil {
		return r, nil, err
	}
	return r, func() { _ = r.Book.Close() }, nil // everything is on the disk already
}

func enter(cmd *cobra.Command, r registrar.Registrar, assignment string, s intake.Submission, graded result.Folder, times map[string]time.Time) error {
	record := graded.Load(s.Name)
	if record == nil {
		return fmt.Errorf("%s has no record in %s: grade first", s.Name, graded)
	}
	hash := ""
	files, err := s.Read(intake.DefaultLimits())
	if err != nil {
		files = nil // refused, as the record says, which then has no hash either
	} else {
		hash = files.Hash
	}
	if hash != record.Hash {
		return fmt.Errorf("%s has changed since it was graded: grade again", s.Name)
	}
	at, known := times[s.Name]
	if times != nil && !known {
		return fmt.Errorf("%s is not in the list of when submissions came", s.Name)
	}
	if times == nil {
		if at, err = s.Modified(); err != nil {
			return err
		}
	}
	return r.Enter(cmd.Context(), assignment, at, files, record)
}

// receivedTimes reads when submissions came; nil without a file.
func receivedTimes(path string, c *course.Course) (map[string]time.Time, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(rows) == 0 || !slices.Equal(rows[0], []string{"student", "received"}) {
		return nil, fmt.Errorf("%s: the first line must be student,received", path)
	}
	times := map[string]time.Time{}
	for i, row := range rows[1:] {
		at, err := time.Parse(time.RFC3339, row[1])
		for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04"} {
			if err != nil {
				at, err = time.ParseInLocation(layout, row[1], c.TimeZone)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %q is no time: write 2023-03-31 23:59", path, i+2, row[1])
		}
		times[row[0]] = at
	}
	return times, nil
}

func gradesCommand() *cobra.Command {
	var o struct {
		book, csv, canvas, column, junit, output string
		json                                     bool
	}
	cmd := &cobra.Command{
		Use:   "grades COURSE ASSIGNMENT --book FILE",
		Short: "Show and export grades, penalties for late work included",
		Long: "Shows what each student of the roster has for an assignment: when it came, how late, what it earned and what is left after the\n" +
			"rule for late work. With --csv a plain table is written; with --canvas a gradebook exported from Canvas is copied to --output with\n" +
			"this assignment's column filled, and nothing else changed; with --junit JUnit XML.",
		Example: "  autograde grades labs/course.yaml assignment2 --book course.db\n" +
			"  autograde grades labs/course.yaml assignment2 --book course.db --canvas export.csv --column 'Lab 1' -o import.csv",
		Args: exactly("COURSE", "ASSIGNMENT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (o.canvas == "") != (o.output == "") {
				return usage{errors.New("--canvas and --output go together: the file exported from Canvas, and the one to import")}
			}
			r, done, err := openBook(cmd, args[0], o.book)
			if err != nil {
				return err
			}
			defer done()
			lines, err := r.Sheet(cmd.Context(), args[1])
			if err != nil {
				return err
			}
			exported := []string{}
			if o.csv != "" {
				if err := result.Write(o.csv, func(w io.Writer) error { return registrar.WriteCSV(w, lines) }); err != nil {
					return err
				}
				exported = append(exported, "csv")
			}
			if o.canvas != "" {
				if err := fillCanvas(cmd, r.Course, args[1], lines, o.canvas, o.column, o.output); err != nil {
					return err
				}
				exported = append(exported, "canvas")
			}
			if o.junit != "" {
				records, err := r.Records(cmd.Context(), args[1])
				if err != nil {
					return err
				}
				if err := result.Write(o.junit, func(w io.Writer) error { return export.JUnit(w, args[1], records) }); err != nil {
					return err
				}
				exported = append(exported, "junit")
			}
			if len(exported) > 0 {
				if err := r.Book.Note(cmd.Context(), "export", args[1], "", exported); err != nil {
					return err
				}
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), lines)
			}
			sheetTable(cmd.OutOrStdout(), r.Course, lines)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.book, "book", "", "the course's book, an SQLite file")
	flags.StringVar(&o.csv, "csv", "", "write a plain CSV to this file")
	flags.StringVar(&o.canvas, "canvas", "", "gradebook exported from Canvas")
	flags.StringVar(&o.column, "column", "", "the assignment's name in Canvas (default: its title here)")
	flags.StringVarP(&o.output, "output", "o", "", "file to import into Canvas")
	flags.StringVar(&o.junit, "junit", "", "write JUnit XML to this file")
	flags.BoolVar(&o.json, "json", false, "print the lines as JSON")
	return cmd
}

func fillCanvas(cmd *cobra.Command, c *course.Course, assignment string, lines []registrar.Line, from, column, to string) error {
	a, err := c.Assignment(assignment)
	if err != nil {
		return err
	}
	if column == "" {
		column = a.Title
	}
	scores, err := registrar.Scores(c, assignment, lines, time.Now())
	if err != nil {
		return err
	}
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	var filled export.Filled
	if err := result.Write(to, func(w io.Writer) (err error) {
		filled, err = export.FillCanvas(file, w, column, scores)
		return err
	}); err != nil {
		return err
	}
	for _, change := range filled.Changed {
		note("changed in Canvas: %s", change)
	}
	for _, id := range filled.Unmatched {
		note("%s has a score here and no row in Canvas's file", id)
	}
	for _, name := range filled.Empty {
		note("%s has a row in Canvas's file and no score here", name)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s written to %s\n", plural(filled.Rows, "score", "scores"), shown(to))
	return nil
}

func sheetTable(w io.Writer, c *course.Course, lines []registrar.Line) {
	t := newTable(w, "student", "handed in", "late", "verdict", "earned", "points")
	for _, line := range lines {
		came, earned, final := "", "", ""
		if !line.Lateness.Missing() {
			came = line.Lateness.Received.In(c.TimeZone).Format("2006-01-02 15:04:05")
		}
		if line.Graded {
			earned, final = points(line.Earned)+" of "+points(line.Max), points(line.Points)
		}
		t.AppendRow([]any{line.Student.ID, came, line.Lateness.String(), line.Verdict, earned, final})
	}
	t.Render()
	fmt.Fprintf(w, "Times are those of %s.\n", c.TimeZone)
}

func logCommand() *cobra.Command {
	var o struct {
		after  int64
		head   string
		verify bool
		json   bool
	}
	cmd := &cobra.Command{
		Use:   "log BOOK",
		Short: "Show the book's log, and prove that nobody has changed it",
		Long: "Shows who entered what and when. With --verify the whole chain is read and compared with the grades and submissions, and the hash of\n" +
			"the last entry is printed: keep it elsewhere, and give it as --head the next time, to be sure that the log was not cut off.",
		Example: "  autograde log course.db\n  autograde log course.db --verify --head 5f0c...",
		Args:    exactly("BOOK"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := os.Stat(args[0]); err != nil {
				return err // and do not make an empty book
			}
			book, err := gradebook.Open(cmd.Context(), args[0], actor())
			if err != nil {
				return err
			}
			defer book.Close()
			entries, err := book.Log(cmd.Context(), o.after)
			if err != nil {
				return err
			}
			if o.verify || o.head != "" {
				return verifyLog(cmd, book, o.head)
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), entries)
			}
			t := newTable(cmd.OutOrStdout(), "number", "moment", "by", "what", "assignment", "student", "detail")
			for _, e := range entries {
				t.AppendRow([]any{e.Number, e.Moment.Format(time.RFC3339), e.Actor, e.Action, e.Assignment, e.Student, clipped(string(e.Detail))})
			}
			t.Render()
			return nil
		},
	}
	flags := cmd.Flags()
	flags.Int64Var(&o.after, "after", 0, "only entries with a higher number")
	flags.BoolVar(&o.verify, "verify", false, "read the whole chain and print its head")
	flags.StringVar(&o.head, "head", "", "the head that an earlier --verify printed: it must still be in the chain")
	flags.BoolVar(&o.json, "json", false, "print the entries as JSON")
	return cmd
}

func verifyLog(cmd *cobra.Command, book gradebook.Book, known string) error {
	head, err := book.Verify(cmd.Context())
	if err != nil {
		return err
	}
	entries, err := book.Log(cmd.Context(), 0)
	if err != nil {
		return err
	}
	if known != "" && !slices.ContainsFunc(entries, func(e gradebook.Entry) bool { return e.Hash == known }) {
		return fmt.Errorf("%w: the entry %s is not in the log any more", gradebook.ErrTampered, known)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s, unchanged; the head is %s\n", plural(len(entries), "entry", "entries"), head)
	return nil
}

func clipped(text string) string {
	const most = 60
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
