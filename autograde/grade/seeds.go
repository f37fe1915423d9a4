package grade

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"courselab/autograde/check"
	"courselab/autograde/result"
)

// SeedReport is what became of the reference under several seeds.
type SeedReport struct {
	Seeds    []uint64      `json:"seeds"`
	Failures []SeedFailure `json:"failures"` // in the order of the seeds
	Spreads  []CheckSpread `json:"spreads"`  // of every check with a tolerance, the closest to its tolerance first
}

// SeedFailure is a check that the reference did not pass with a seed.
type SeedFailure struct {
	Seed    uint64        `json:"seed"`
	Task    string        `json:"task"`
	Check   string        `json:"check"`
	Verdict check.Verdict `json:"verdict"`
	Why     string        `json:"why"`
}

// CheckSpread is how close a check's comparisons came to their tolerance, at most, over all seeds.
type CheckSpread struct {
	Task  string `json:"task"`
	Check string `json:"check"`
	Seed  uint64 `json:"seed"` // with which it came so close
	check.Spread
	Fixed      bool   `json:"fixed"` // as far off with every seed: what it compares is not drawn
	Suggestion string `json:"suggestion,omitempty"`
}

// Repeat runs the tasks on the reference once for each seed. A check of which the outcome depends on what is drawn fails sooner or
// later; one that uses up its tolerance is about to.
func (e *Engine) Repeat(ctx context.Context, jobs int, seeds []uint64, on func(done, total int, seed uint64)) (*SeedReport, error) {
	reference, err := e.Lab.Reference()
	if err != nil {
		return nil, err
	}
	built, err := e.builder.Build(ctx, reference)
	if err != nil {
		return nil, err
	}
	if built.Worker == nil {
		return nil, fmt.Errorf("lab %s: the reference does not build: %v", e.Lab.ID, built.Problems)
	}
	worker, err := e.install(built)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(filepath.Dir(worker))
	outcomes := make([][]check.Record, len(seeds))
	var mu sync.Mutex
	done := 0
	queue := make(chan int)
	var workers sync.WaitGroup
	for range max(1, jobs) {
		workers.Go(func() {
			for i := range queue {
				for _, task := range e.Lab.Tasks {
					r := result.Task{ID: task.ID, Max: task.Points}
					e.task(ctx, &r, worker, seeds[i])
					outcomes[i] = append(outcomes[i], r.Checks...)
				}
				mu.Lock()
				done++
				on(done, len(seeds), seeds[i])
				mu.Unlock()
			}
		})
	}
	for i := range seeds {
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
	return seedReport(seeds, outcomes), nil
}

func seedReport(seeds []uint64, outcomes [][]check.Record) *SeedReport {
	report := &SeedReport{Seeds: seeds, Failures: []SeedFailure{}}
	closest := map[string]int{} // index in Spreads
	for i, records := range outcomes {
		for _, r := range records {
			if r.Verdict != check.Accepted || r.Fraction < 1 {
				report.Failures = append(report.Failures, SeedFailure{seeds[i], r.Task, r.Check, r.Verdict, cmp.Or(r.Message, r.Staff)})
				continue
			}
			if r.Spread == nil {
				continue
			}
			at, known := closest[r.Check]
			if !known {
				closest[r.Check] = len(report.Spreads)
				report.Spreads = append(report.Spreads, CheckSpread{Task: r.Task, Check: r.Check, Seed: seeds[i], Spread: *r.Spread, Fixed: true})
				continue
			}
			s := &report.Spreads[at]
			s.Fixed = s.Fixed && *r.Spread == s.Spread
			if r.Spread.Share() > s.Share() {
				s.Seed, s.Spread = seeds[i], *r.Spread
			}
		}
	}
	for i := range report.Spreads {
		report.Spreads[i].suggest()
	}
	slices.SortStableFunc(report.Spreads, func(a, b CheckSpread) int { return cmp.Compare(b.Share(), a.Share()) })
	return report
}

const (
	// tight is the share of a tolerance from which on the reference comes too close to it: another processor, another order of
	// summation, another seed may differ by ten times as much.
	tight = 0.1
	// idle is the share below which a tolerance is far larger than what it is for; it counts only for tolerances above coarse, a share of the
	// value itself, since what is smaller lets no wrong answer through.
	idle   = 0.001
	coarse = 0.001
)

// suggest says what tolerance the spread suggests, unless the one there is will do. A fixed comparison may use up its tolerance: a table that is
// printed with two digits does.
func (s *CheckSpread) suggest() {
	switch share := s.Share(); {
	case share > tight && !s.Fixed:
		s.Suggestion = "tight: allow " + upwards(10*s.Off)
	case share < idle && s.Allowed > coarse*math.Max(1, math.Abs(s.Want)):
		s.Suggestion = "loose: " + upwards(math.Max(100*s.Off, s.Allowed/1000)) + " would do"
	}
}

// upwards rounds up to one digit, "2e-05".
func upwards(x float64) string {
	if !(x > 0) {
		return "0"
	}
	unit := math.Pow(10, math.Floor(math.Log10(x)))
	return strconv.FormatFloat(math.Ceil(x/unit)*unit, 'g', 1, 64)
}
