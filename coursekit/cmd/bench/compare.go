package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"courselab/coursekit/workload"
)

// pauseBetweenRuns is how long a run waits at most for the machine to become idle before it starts.
const pauseBetweenRuns = 20 * time.Second

// compare runs all jobs, round by round, and prints the table.
func (o *options) compare(ctx context.Context, out, progress io.Writer) error {
	jobs, err := o.jobs(ctx)
	if err != nil {
		return err
	}
	kept := io.Discard
	if o.json != "" {
		f, err := os.OpenFile(o.json, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
		if err != nil {
			return fmt.Errorf("--json: %w", err)
		}
		defer f.Close()
		kept = f
	}
	var records []record
	var failed bool
	for round := range o.rounds {
		for _, j := range jobs {
			_ = waitForIdle(thisMachine{}, time.Now().Add(min(o.limit, pauseBetweenRuns))) // who cannot tell starts at once
			r, err := j.run(ctx, o.limit)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err == nil {
				err = checkGolden(r, tolerance(r))
			}
			if err != nil {
				failed = true
				fmt.Fprintln(progress, err)
				continue
			}
			fmt.Fprintf(progress, "round %d of %d  %-24s %8.2f ms, %d of %d windows quiet\n", round+1, o.rounds, j, r.Median, r.QuietWindows, r.Windows)
			records = append(records, r)
			if err := json.NewEncoder(kept).Encode(r); err != nil {
				return fmt.Errorf("--json: %w", err)
			}
		}
	}
	if err := writeTable(out, summaries(records)); err != nil {
		return err
	}
	if failed {
		return errFailed
	}
	return nil
}

// tolerance of the golden numbers: that of the Go backend is wider.
func tolerance(r record) float64 {
	return workload.Tolerance(r.Framework == coursekit && r.Mode == "go")
}

// jobs are one round: workload after workload, and for each all who compute it, so that all meet the same machine.
func (o *options) jobs(ctx context.Context) ([]job, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var chosen []peer
	dir := ""
	if o.against != "" {
		for _, name := range o.peers {
			p, err := findPeer(name)
			if err != nil {
				return nil, err
			}
			chosen = append(chosen, p)
		}
		if dir, err = filepath.Abs(o.against); err != nil {
			return nil, err
		}
		if err := checkPeers(ctx, o.python, dir, chosen); err != nil {
			return nil, err
		}
	}
	var jobs []job
	for _, w := range o.workloads {
		for _, b := range o.backends {
			jobs = append(jobs, job{framework: coursekit, workload: w, mode: mode(b), command: []string{
				self, "--one", "--workloads", w, "--backend", b, "--quiet", o.quiet.String(), "--limit", o.limit.String(),
			}})
		}
		for _, p := range chosen {
			for _, m := range p.modes {
				if hasMode(m, w) {
					jobs = append(jobs, job{framework: p.framework, workload: w, mode: m, dir: dir, command: []string{
						o.python, p.program, w, "--mode", m, "--seconds", fmt.Sprint(o.quiet.Seconds()),
					}})
				}
			}
		}
	}
	return jobs, nil
}
