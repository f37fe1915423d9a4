package grade

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"courselab/autograde/check"
	"courselab/autograde/lab"
	"courselab/autograde/mutant"
	"courselab/autograde/result"

	"github.com/goccy/go-yaml"
)

// MutantTrial is a mutant and what the lab's checks made of it.
type MutantTrial struct {
	mutant.Mutant
	Killed     bool          `json:"killed"`
	Task       string        `json:"task,omitempty"`       // whose checks noticed
	Verdict    check.Verdict `json:"verdict,omitempty"`    // of that task
	Equivalent string        `json:"equivalent,omitempty"` // the author's reason why nothing can notice
	Trouble    string        `json:"trouble,omitempty"`    // of the grader: neither killed nor survived
}

// MutantReport is what became of all of them.
type MutantReport struct {
	Generated  int           `json:"generated"` // of which Trials were run
	Trials     []MutantTrial `json:"trials"`
	Killed     int           `json:"killed"`
	Equivalent int           `json:"equivalent"`
	Troubled   int           `json:"troubled"`
}

// KillRate is the share of the mutants that can be noticed and were; 1 if there are none.
func (r *MutantReport) KillRate() float64 {
	if n := len(r.Trials) - r.Equivalent - r.Troubled; n > 0 {
		return float64(r.Killed) / float64(n)
	}
	return 1
}

// Survivors are those that no check noticed and that are not declared equivalent.
func (r *MutantReport) Survivors() (survivors []MutantTrial) {
	for _, t := range r.Trials {
		if !t.Killed && t.Equivalent == "" && t.Trouble == "" {
			survivors = append(survivors, t)
		}
	}
	return survivors
}

// Mutants grades mutants of the reference until a task notices: at most so many, evenly spread, or all if most is 0. A mutant that is declared
// equivalent and killed all the same, and a declaration without a mutant, are errors: the list must be true.
func (e *Engine) Mutants(ctx context.Context, jobs, most int, on func(done, total int, t *MutantTrial)) (*MutantReport, error) {
	reference, err := e.Lab.Reference()
	if err != nil {
		return nil, err
	}
	imports, err := e.builder.Kit.Importer()
	if err != nil {
		return nil, err
	}
	all, err := mutant.Generate(reference, imports, lab.BeginSolution, lab.EndSolution)
	if err != nil {
		return nil, err
	}
	equivalent, err := declared(e.Lab, all)
	if err != nil {
		return nil, err
	}
	report := &MutantReport{Generated: len(all)}
	for _, m := range spread(all, most) {
		report.Trials = append(report.Trials, MutantTrial{Mutant: m, Equivalent: equivalent[m.ID]})
	}
	var mu sync.Mutex
	done := 0
	queue := make(chan int)
	var workers sync.WaitGroup
	for range max(1, jobs) {
		workers.Go(func() {
			for i := range queue {
				t := &report.Trials[i]
				e.try(ctx, t, t.Sources(reference))
				mu.Lock()
				done++
				on(done, len(report.Trials), t)
				mu.Unlock()
			}
		})
	}
	for i := range report.Trials {
		if ctx.Err() != nil {
			break
		}
		queue <- i
	}
	close(queue)
	workers.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return report, report.count()
}

// count adds up, and finds declarations that are not true.
func (r *MutantReport) count() error {
	var wrong []error
	for _, t := range r.Trials {
		switch {
		case t.Trouble != "":
			r.Troubled++
		case t.Killed && t.Equivalent != "":
			wrong = append(wrong, fmt.Errorf("%s says that %q changes nothing, but task %s noticed: %s", lab.EquivalentFile, t.ID, t.Task, t.Verdict))
		case t.Killed:
			r.Killed++
		case t.Equivalent != "":
			r.Equivalent++
		}
	}
	return errors.Join(wrong...)
}

// try builds a mutant and runs the tasks, that of the changed function first, until one is not accepted.
func (e *Engine) try(ctx context.Context, t *MutantTrial, sources map[string][]byte) {
	built, err := e.builder.Build(ctx, sources)
	if err != nil {
		t.Trouble = err.Error()
		return
	}
	if built.Worker == nil {
		t.Trouble = fmt.Sprintf("it does not build: %v", built.Problems)
		return
	}
	worker, err := e.install(built)
	if err != nil {
		t.Trouble = err.Error()
		return
	}
	defer os.RemoveAll(filepath.Dir(worker))
	tasks := slices.Clone(e.Lab.Tasks)
	slices.SortStableFunc(tasks, func(a, b lab.Task) int {
		rank := map[bool]int{true: 0, false: 1}
		return rank[a.ID == e.Lab.TaskOf(t.Function)] - rank[b.ID == e.Lab.TaskOf(t.Function)]
	})
	for _, task := range tasks {
		if ctx.Err() != nil {
			return
		}
		r := result.Task{ID: task.ID, Max: task.Points}
		e.task(ctx, &r, worker, Seed())
		if r.Verdict == check.InternalError {
			t.Trouble = fmt.Sprintf("task %s: %s: %s", task.ID, r.Verdict, r.Staff)
			return
		}
		if r.Verdict != check.Accepted {
			t.Killed, t.Task, t.Verdict = true, task.ID, r.Verdict
			return
		}
	}
}

// spread picks so many, evenly; all if most is 0.
func spread(all []mutant.Mutant, most int) []mutant.Mutant {
	if most <= 0 || most >= len(all) {
		return all
	}
	picked := make([]mutant.Mutant, most)
	for i := range picked {
		picked[i] = all[i*len(all)/most]
	}
	return picked
}

// declared reads the lab's list of equivalents.
func declared(l *lab.Lab, all []mutant.Mutant) (map[string]string, error) {
	equivalent := map[string]string{}
	text, err := os.ReadFile(filepath.Join(l.Dir, lab.EquivalentFile))
	if errors.Is(err, os.ErrNotExist) {
		return equivalent, nil
	}
	if err == nil {
		err = yaml.Unmarshal(text, &equivalent)
	}
	if err != nil {
		return nil, fmt.Errorf("%s of lab %s: %w", lab.EquivalentFile, l.ID, err)
	}
	known := map[string]bool{}
	for _, m := range all {
		known[m.ID] = true
	}
	for id, reason := range equivalent {
		if !known[id] {
			return nil, fmt.Errorf("%s of lab %s lists %q, which is no mutant of the reference: take it out", lab.EquivalentFile, l.ID, id)
		}
		if reason == "" {
			return nil, fmt.Errorf("%s of lab %s does not say why %q changes nothing", lab.EquivalentFile, l.ID, id)
		}
	}
	return equivalent, nil
}
