package grade

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"courselab/autograde/build"
	"courselab/autograde/check"
	"courselab/autograde/intake"
	"courselab/autograde/result"
)

// Submission reads and grades one submission. It always returns a record, whatever happens, unless ctx ends: then nil.
func (e *Engine) Submission(ctx context.Context, s intake.Submission) *result.Submission {
	files, err := s.Read(e.options.Limits)
	if err != nil {
		return e.refused(s.Name, err)
	}
	return e.Files(ctx, s.Name, files, Seed())
}

// refused is the record of a submission that cannot be read.
func (e *Engine) refused(name string, err error) *result.Submission {
	r := e.record(name)
	refuse(r, err)
	return r
}

func refuse(r *result.Submission, err error) {
	var refused *intake.Refused
	if !errors.As(err, &refused) {
		r.Void(check.InternalError, "the submission cannot be read on this machine")
		r.Staff = err.Error()
		return
	}
	r.Void(refused.Verdict, refused.Message)
	r.Dropped = refused.Dropped
}

// record is the record of a submission that nothing is known about yet.
func (e *Engine) record(name string) *result.Submission {
	r := &result.Submission{Student: name, Lab: e.Lab.ID, Title: e.Lab.Title, Graded: time.Now().UTC().Truncate(time.Second),
		Basis: e.basis, Sandbox: e.options.Sandbox.Name(), Unboxed: e.options.Unboxed, Preview: !e.options.Hidden}
	for _, t := range e.Lab.Tasks {
		r.Tasks = append(r.Tasks, result.Task{ID: t.ID, Title: t.Title, Function: t.Function, Max: t.Points, Verdict: check.InternalError})
	}
	r.Settle()
	return r
}

// Files grades what was read from a submission, with the seed. It returns nil only when ctx has ended.
func (e *Engine) Files(ctx context.Context, name string, files *intake.Files, seed uint64) (r *result.Submission) {
	start := time.Now()
	var dropped []intake.Dropped
	defer func() {
		if v := recover(); v != nil {
			r = e.record(name)
			r.Void(check.InternalError, troubleText)
			r.Staff = fmt.Sprintf("%v\n%s", v, debug.Stack())
		}
		if ctx.Err() != nil {
			r = nil
			return
		}
		r.Seed, r.Hash, r.Key, r.Dropped = seed, files.Hash, e.Key(files.Hash), append(files.Dropped[:len(files.Dropped):len(files.Dropped)], dropped...)
		r.Seconds = time.Since(start).Seconds()
	}()
	r = e.record(name)
	work, err := takeWork(e.Contract.Notebook, files)
	dropped = work.dropped
	if err != nil {
		refuse(r, err)
		return r
	}
	work, built, err := e.build(ctx, work)
	if err != nil {
		r.Void(check.InternalError, troubleText)
		r.Staff = err.Error()
		return r
	}
	r.Notes = work.notes
	r.BuildSec, r.Missing = built.Wall.Seconds(), built.Missing
	if built.Worker == nil {
		r.Void(built.Verdict(), "")
		r.Problems, r.CPU = work.problems(built.Problems), built.CPU.Seconds()
		return r
	}
	worker, err := e.install(built)
	if err != nil {
		r.Void(check.InternalError, troubleText)
		r.Staff = err.Error()
		return r
	}
	defer os.RemoveAll(filepath.Dir(worker))
	for i := range r.Tasks {
		if ctx.Err() != nil {
			break
		}
		e.task(ctx, &r.Tasks[i], worker, seed)
		work.places(r.Tasks[i].Checks)
	}
	r.Settle()
	r.CPU += built.CPU.Seconds()
	return r
}

// troubleText is what a student reads when the grader has failed.
const troubleText = "something went wrong in the grader, not in your work: it will be graded again"

// install writes a worker where the sandbox can show it, under a name that tells nothing.
func (e *Engine) install(built *build.Result) (string, error) {
	dir, err := os.MkdirTemp(e.scratch.path, "w")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "worker")
	if err := os.WriteFile(path, built.Worker, 0o755); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return path, os.Chmod(path, 0o755) // whatever the umask
}
