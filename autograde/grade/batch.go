package grade

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"courselab/autograde/check"
	"courselab/autograde/feedback"
	"courselab/autograde/intake"
	"courselab/autograde/result"
)

// Event is something that happened in a batch.
type Event struct {
	Event   string        `json:"event"` // "start", "submission" or "end"
	Total   int           `json:"total,omitempty"`
	Done    int           `json:"done,omitempty"`
	Student string        `json:"student,omitempty"`
	Verdict check.Verdict `json:"verdict,omitempty"`
	Score   float64       `json:"score"`
	Max     float64       `json:"max,omitempty"`
	Seconds float64       `json:"seconds,omitempty"`
	Kept    bool          `json:"kept,omitempty"` // taken over from an earlier run
	Move    *result.Move  `json:"move,omitempty"` // how the grade moves; if it is held back, Verdict and Score are those that stand
	Why     string        `json:"why,omitempty"`
	Left    float64       `json:"left,omitempty"` // seconds until the end, an estimate
}

// Batch grades a class into a folder.
type Batch struct {
	Engine *Engine
	Out    result.Folder
	Jobs   int  // submissions at a time
	Fresh  bool // grade again what an earlier run has graded, with new seeds
	// Accept says of which students a grade may become lower; nil: of none. Otherwise the old grade stands, and the new one is held
	// back until somebody accepts it.
	Accept func(student string) bool
	// On is told what happens, one event at a time; may be nil.
	On func(Event)

	mu     sync.Mutex
	done   int
	graded int // of done, not kept
	start  time.Time
}

// Run grades the submissions and writes the results of each as soon as it has them, then grades.csv, changes.csv, summary.json and
// index.html. What an earlier run has graded under the same conditions is kept. What is graded again although the same was handed in,
// gets the inputs that it had before: what moves, moves for another reason. When ctx ends, what is finished stays and the error
// says so; the class's files are then not written.
func (b *Batch) Run(ctx context.Context, submissions []intake.Submission) (*result.Class, error) {
	b.start, b.done, b.graded = time.Now(), 0, 0
	if err := os.MkdirAll(string(b.Out), 0o755); err != nil {
		return nil, fmt.Errorf("cannot write results: %w", err)
	}
	b.emit(Event{Event: "start", Total: len(submissions)})
	outcomes := make([]outcome, len(submissions))
	failures := make([]error, len(submissions))
	queue := make(chan int)
	var workers sync.WaitGroup
	for range max(1, b.Jobs) {
		workers.Go(func() {
			for i := range queue {
				outcomes[i], failures[i] = b.one(ctx, submissions[i], len(submissions))
			}
		})
	}
feed:
	for i := range submissions {
		select {
		case queue <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(queue)
	workers.Wait()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("stopped after %d of %d submissions: run the same command again to go on", b.done, len(submissions))
	}
	if err := errors.Join(failures...); err != nil {
		return nil, fmt.Errorf("cannot write results: %w", err)
	}
	return b.conclude(submissions, outcomes)
}

// outcome is what became of a submission: the record that stands, whether it was taken over, and what is held back.
type outcome struct {
	record *result.Submission
	kept   bool
	held   *result.Move
	hash   string // of what was handed in, "" if it cannot be read
}

// one grades one submission, or finds it graded. There is no record only when ctx has ended.
func (b *Batch) one(ctx context.Context, s intake.Submission, total int) (o outcome, err error) {
	before := b.Out.Load(s.Name)
	seed, hash := Seed(), ""
	defer func() {
		if v := recover(); v != nil { // never the end of the batch
			r := b.Engine.record(s.Name)
			r.Void(check.InternalError, troubleText)
			r.Staff = fmt.Sprintf("%v\n%s", v, debug.Stack())
			o, err = b.settle(before, r)
		}
		o.hash = hash
		if o.record != nil && err == nil {
			b.tell(o, before, total)
		}
	}()
	files, err := s.Read(b.Engine.options.Limits)
	if err == nil {
		hash = files.Hash
	}
	if before != nil && before.Verdict != check.InternalError && before.Hash == hash {
		if hash != "" && !b.Fresh && before.Key == b.Engine.Key(hash) && b.complete(s.Name) {
			return outcome{record: before, kept: true}, b.Out.Release(s.Name)
		}
		if before.Seed != 0 && !b.Fresh {
			seed = before.Seed
		}
	}
	if held := b.Out.LoadHeld(s.Name); held != nil && !b.Fresh && hash != "" && held.Hash == hash && held.Key == b.Engine.Key(hash) && held.Verdict != check.InternalError {
		return b.settle(before, held)
	}
	if err != nil {
		return b.settle(before, b.Engine.refused(s.Name, err))
	}
	r := b.Engine.Files(ctx, s.Name, files, seed)
	if r == nil {
		return outcome{}, nil
	}
	return b.settle(before, r)
}

// complete says whether a student has all that a record promises.
func (b *Batch) complete(student string) bool {
	for _, name := range []string{"results.json", "feedback.html"} {
		if _, err := os.Stat(filepath.Join(b.Out.Student(student), name)); err != nil {
			return false
		}
	}
	return true
}

// settle lets a new record take the place of the one before, unless the grade would be lower and nobody accepts that.
func (b *Batch) settle(before, r *result.Submission) (outcome, error) {
	if before != nil {
		move := r.Compare(before)
		accepted := b.Accept != nil && b.Accept(r.Student) && r.Verdict != check.InternalError
		if move != nil && move.Lowers() && !accepted {
			move.Held = true
			return outcome{record: before, held: move}, b.Out.Hold(r)
		}
		r.Replace(before, time.Now().UTC())
	}
	if err := b.Out.Save(r, func(w io.Writer) error { return feedback.Write(w, r) }); err != nil {
		return outcome{record: r}, err
	}
	return outcome{record: r}, b.Out.Release(r.Student)
}

// tell counts a submission and says what became of it.
func (b *Batch) tell(o outcome, before *result.Submission, total int) {
	r := o.record
	e := Event{Event: "submission", Total: total, Student: r.Student, Verdict: r.Verdict, Score: r.Score, Max: r.Max, Seconds: r.Seconds, Kept: o.kept,
		Move: o.held, Why: r.Why()}
	if before != nil && !o.kept && o.held == nil {
		e.Move = r.Compare(before)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done++
	if !o.kept {
		b.graded++
	}
	if e.Done = b.done; b.graded > 0 { // what is kept takes no time
		e.Left = (time.Since(b.start).Seconds() / float64(b.graded)) * float64(total-b.done)
	}
	if b.On != nil {
		b.On(e)
	}
}

func (b *Batch) emit(e Event) {
	if b.On == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.On(e)
}

// conclude sums up the class and writes the files about all of them.
func (b *Batch) conclude(submissions []intake.Submission, outcomes []outcome) (*result.Class, error) {
	var since time.Time
	last := b.Out.Class()
	if last != nil {
		since = last.Finished
	}
	records := make([]*result.Submission, len(outcomes))
	var history, moves, held []*result.Move
	kept, here := 0, map[string]bool{}
	for i, o := range outcomes {
		records[i], here[o.record.Student] = o.record, true
		history, moves = append(history, o.record.Moves(time.Time{})...), append(moves, o.record.Moves(since)...)
		if o.held != nil {
			held = append(held, o.held)
		}
		if o.kept {
			kept++
		}
	}
	slices.SortStableFunc(history, func(x, y *result.Move) int { return x.At.Compare(y.At) })
	class := result.Summarize(b.Engine.Lab, records)
	class.Similarity = b.similarity(submissions, outcomes, last)
	class.Kept, class.Moves = kept, append(append(class.Moves, moves...), held...)
	for _, m := range held {
		if m.Is == string(check.InternalError) {
			class.NeedLook = append(class.NeedLook, m.Student)
		}
	}
	for _, student := range b.Out.Students() {
		if !here[student] {
			class.Gone = append(class.Gone, student)
		}
	}
	class.Seconds, class.Jobs, class.Finished = time.Since(b.start).Seconds(), max(1, b.Jobs), time.Now().UTC()
	class.Sandbox, class.Checks, class.Toolchain = b.Engine.options.Sandbox.Name(), b.Engine.Checks.Hash, b.Engine.Toolchain()
	return class, b.writeClass(class, records, append(history, held...))
}

// writeClass writes the files about all of them, the summary last: it says that the run has come to its end.
func (b *Batch) writeClass(class *result.Class, records []*result.Submission, moves []*result.Move) error {
	path := func(name string) string { return filepath.Join(string(b.Out), name) }
	err := result.Write(path("grades.csv"), func(w io.Writer) error { return result.WriteCSV(w, b.Engine.Lab, records) })
	if _, missing := os.Stat(path("changes.csv")); err == nil && (len(moves) > 0 || missing == nil) {
		err = result.Write(path("changes.csv"), func(w io.Writer) error { return result.WriteMoves(w, moves) })
	}
	if err == nil {
		err = result.Write(path("index.html"), func(w io.Writer) error { return feedback.WriteIndex(w, class) })
	}
	if err == nil {
		err = result.WriteJSON(path("summary.json"), class)
	}
	if err != nil {
		return fmt.Errorf("cannot write results: %w", err)
	}
	b.emit(Event{Event: "end", Total: len(records), Done: len(records), Score: class.Mean, Max: class.Max, Seconds: class.Seconds})
	return nil
}
