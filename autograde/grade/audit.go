package grade

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"courselab/autograde/check"
	"courselab/autograde/intake"
	"courselab/autograde/lab"
	"courselab/autograde/result"

	"golang.org/x/tools/txtar"
)

// Trial is a submission whose outcome is known beforehand, and what came out.
type Trial struct {
	Name  string                   `json:"name"`
	Want  map[string]check.Verdict `json:"want"` // by task; a missing task may get any verdict but Accepted
	Got   *result.Submission       `json:"got"`
	Wrong []string                 `json:"wrong,omitempty"` // what is not as it must be
}

// Audit grades what a lab's author knows the outcome of: the reference must get every point, the release none, and
// each wrong answer in wrong/ the verdicts that it states. It returns the trials in that order.
func (e *Engine) Audit(ctx context.Context, jobs int, on func(done, total int, t *Trial)) ([]*Trial, error) {
	trials, files, err := e.trials()
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	done := 0
	queue := make(chan int)
	var workers sync.WaitGroup
	for range max(1, jobs) {
		workers.Go(func() {
			for i := range queue {
				t := trials[i]
				t.Got = e.Files(ctx, t.Name, files[i], Seed())
				t.judge()
				mu.Lock()
				done++
				on(done, len(trials), t)
				mu.Unlock()
			}
		})
	}
	for i := range trials {
		if ctx.Err() != nil {
			break
		}
		queue <- i
	}
	close(queue)
	workers.Wait()
	return trials, ctx.Err()
}

// judge compares what came out with what had to.
func (t *Trial) judge() {
	if t.Got == nil {
		t.Wrong = append(t.Wrong, "not graded")
		return
	}
	for _, task := range t.Got.Tasks {
		want, ok := t.Want[task.ID]
		switch {
		case !ok && (task.Verdict == check.Accepted || task.Points > 0):
			t.Wrong = append(t.Wrong, fmt.Sprintf("%s: %v points, %s; want none", task.ID, task.Points, task.Verdict))
		case ok && task.Verdict != want:
			t.Wrong = append(t.Wrong, fmt.Sprintf("%s: %s, want %s", task.ID, task.Verdict, want))
		case want == check.Accepted && task.Points != task.Max:
			t.Wrong = append(t.Wrong, fmt.Sprintf("%s: %v of %v points", task.ID, task.Points, task.Max))
		case task.Verdict == check.InternalError:
			t.Wrong = append(t.Wrong, fmt.Sprintf("%s: %s", task.ID, task.Verdict))
		}
	}
}

// trials collects the submissions with a known outcome, and their sources.
func (e *Engine) trials() (trials []*Trial, files []*intake.Files, err error) {
	l := e.Lab
	reference, err := l.Reference()
	if err != nil {
		return nil, nil, err
	}
	add := func(t *Trial, handedIn *intake.Files) {
		handedIn.Hash = t.Name
		trials, files = append(trials, t), append(files, handedIn)
	}
	accepted := map[string]check.Verdict{}
	for _, task := range l.Tasks {
		accepted[task.ID] = check.Accepted
	}
	whole, err := e.handIn(reference, nil)
	if err != nil {
		return nil, nil, err
	}
	add(&Trial{Name: "reference", Want: accepted}, whole)

	if whole, err = e.released(); err != nil {
		return nil, nil, err
	}
	add(&Trial{Name: "release", Want: map[string]check.Verdict{}}, whole)

	wrong, err := filepath.Glob(filepath.Join(l.Dir, "wrong", "*.txtar"))
	if err != nil {
		return nil, nil, err
	}
	for _, path := range wrong {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			return nil, nil, err
		}
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		want, err := stated(l, name, archive.Comment)
		if err != nil {
			return nil, nil, err
		}
		changed := map[string][]byte{} // what it does not hold is right
		for _, f := range archive.Files {
			changed[f.Name] = f.Data
		}
		if whole, err = e.handIn(reference, changed); err != nil {
			return nil, nil, err
		}
		add(&Trial{Name: name, Want: want}, whole)
	}
	return trials, files, nil
}

var verdicts = []check.Verdict{check.Accepted, check.WrongAnswer, check.CompileError, check.TimeLimitExceeded, check.MemoryLimitExceeded,
	check.OutputLimitExceeded, check.RuntimeError, check.Forbidden}

// stated reads the lines "verdict: TASK VERDICT" of a wrong answer; * is every task.
func stated(l *lab.Lab, name string, comment []byte) (map[string]check.Verdict, error) {
	want := map[string]check.Verdict{}
	lines := bufio.NewScanner(bytes.NewReader(comment))
	for lines.Scan() {
		rest, ok := strings.CutPrefix(lines.Text(), "verdict:")
		if !ok {
			continue
		}
		task, verdict, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if v := check.Verdict(strings.TrimSpace(verdict)); !slices.Contains(verdicts, v) {
			return nil, fmt.Errorf("wrong answer %s: %q is no verdict", name, v)
		} else if task == "*" {
			for _, t := range l.Tasks {
				want[t.ID] = v
			}
		} else if l.Task(task) == nil {
			return nil, fmt.Errorf("wrong answer %s: there is no task %q", name, task)
		} else {
			want[task] = v
		}
	}
	wrong := false
	for _, t := range l.Tasks {
		if want[t.ID] == "" {
			return nil, fmt.Errorf("wrong answer %s does not state its verdict for task %s: add a line \"verdict: %s ...\"", name, t.ID, t.ID)
		}
		wrong = wrong || want[t.ID] != check.Accepted
	}
	if !wrong {
		return nil, fmt.Errorf("wrong answer %s is not wrong: it states Accepted for every task", name)
	}
	return want, nil
}
