package grade

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
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
	Why     string        `json:"why,omitempty"`
}

// Batch grades a class into a folder.
type Batch struct {
	Engine *Engine
	Out    result.Folder
	Jobs   int  // submissions at a time
	Fresh  bool // grade again what an earlier run has graded
	// On is told what happens, one event at a time; may be nil.
	On func(Event)

	mu   sync.Mutex
	done int
}

// Run grades the submissions and writes the results of each as soon as it has them, then grades.csv, summary.json and
// index.html. What an earlier run has graded under the same conditions is kept. When ctx ends, what is finished stays
// and the error says so; the class's files are then not written.
func (b *Batch) Run(ctx context.Context, submissions []intake.Submission) (*result.Class, error) {
	start := time.Now()
	if err := os.MkdirAll(string(b.Out), 0o755); err != nil {
		return nil, fmt.Errorf("cannot write results: %w", err)
	}
	b.emit(Event{Event: "start", Total: len(submissions)})
	records := make([]*result.Submission, len(submissions))
	kept := make([]bool, len(submissions))
	failures := make([]error, len(submissions))
	queue := make(chan int)
	var workers sync.WaitGroup
	for range max(1, b.Jobs) {
		workers.Go(func() {
			for i := range queue {
				records[i], kept[i], failures[i] = b.one(ctx, submissions[i], len(submissions))
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
	class := result.Summarize(b.Engine.Lab, records)
	class.Seconds, class.Jobs, class.Finished = time.Since(start).Seconds(), max(1, b.Jobs), time.Now().UTC().Truncate(time.Second)
	class.Sandbox, class.Checks, class.Toolchain = b.Engine.options.Sandbox.Name(), b.Engine.Checks.Hash, b.Engine.Toolchain()
	for _, k := range kept {
		if k {
			class.Kept++
		}
	}
	return class, b.writeClass(class, records)
}

// one grades one submission, or finds it graded. The record is nil only when ctx has ended.
func (b *Batch) one(ctx context.Context, s intake.Submission, total int) (r *result.Submission, kept bool, err error) {
	defer func() {
		if v := recover(); v != nil { // never the end of the batch
			r = b.Engine.record(s.Name)
			r.Void(check.InternalError, troubleText)
			r.Staff = fmt.Sprintf("%v\n%s", v, debug.Stack())
			err = b.Out.Save(r, func(w io.Writer) error { return feedback.Write(w, r) })
		}
		if r != nil && err == nil {
			b.mu.Lock()
			b.done++
			done := b.done
			b.mu.Unlock()
			b.emit(Event{Event: "submission", Total: total, Done: done, Student: r.Student, Verdict: r.Verdict, Score: r.Score, Max: r.Max,
				Seconds: r.Seconds, Kept: kept, Why: r.Why()})
		}
	}()
	if old := b.earlier(s); old != nil {
		return old, true, nil
	}
	if r = b.Engine.Submission(ctx, s); r == nil {
		return nil, false, nil
	}
	return r, false, b.Out.Save(r, func(w io.Writer) error { return feedback.Write(w, r) })
}

// earlier is the record of an earlier run that would come out the same.
func (b *Batch) earlier(s intake.Submission) *result.Submission {
	if b.Fresh {
		return nil
	}
	old := b.Out.Load(s.Name)
	if old == nil || old.Key == "" || old.Verdict == check.InternalError {
		return nil
	}
	files, err := s.Read(b.Engine.options.Limits)
	if err != nil || b.Engine.Key(files.Hash) != old.Key {
		return nil
	}
	for _, name := range []string{"results.json", "feedback.html"} {
		if _, err := os.Stat(filepath.Join(b.Out.Student(s.Name), name)); err != nil {
			return nil
		}
	}
	return old
}

func (b *Batch) emit(e Event) {
	if b.On == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.On(e)
}

// writeClass writes the files about all of them.
func (b *Batch) writeClass(class *result.Class, records []*result.Submission) error {
	path := func(name string) string { return filepath.Join(string(b.Out), name) }
	err := result.Write(path("grades.csv"), func(w io.Writer) error { return result.WriteCSV(w, b.Engine.Lab, records) })
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
