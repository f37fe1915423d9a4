package main

import (
	"math"
	"slices"
	"time"

	"courselab/coursekit/workload"
)

// How steps are timed, as in the other frameworks' programs: after the golden steps come windows of half a second, each
// begun when the other processes look idle. A window is quiet if they, and the host, used less than quietShare of the
// machine's processors in it. Only quiet windows count.
const (
	goldenSteps = 5
	windowTime  = 500 * time.Millisecond
	lookTime    = 250 * time.Millisecond
	idleShare   = 0.08
	quietShare  = 0.05
)

// usage of the processors since the machine started, in seconds.
type usage struct {
	busy   float64 // all processes together, without what was stolen
	stolen float64 // by the host of a virtual machine
	own    float64 // this process
}

// machine is what a window needs to know; tests have one of their own.
type machine interface {
	now() time.Time
	sleep(time.Duration)
	usage() (usage, error)
	cpus() int
}

// window is a stretch of timed steps.
type window struct {
	others float64   // share of the processors that others used
	steps  []float64 // seconds
	own    float64   // processor seconds of this process
	wall   float64   // seconds
}

// timing is what measure finds; the keys are those of the other frameworks' programs.
type timing struct {
	FirstStep       float64   `json:"first_step_s"`
	Min             float64   `json:"step_ms_min"`
	Median          float64   `json:"step_ms_median"`
	Mean            float64   `json:"step_ms_mean"`
	P10             float64   `json:"step_ms_p10"`
	P90             float64   `json:"step_ms_p90"`
	Steps           int       `json:"steps"`
	WindowMedians   []float64 `json:"window_medians_ms"`
	QuietWindows    int       `json:"quiet_windows"`
	Windows         int       `json:"windows"`
	OtherShare      float64   `json:"other_cpu_frac"`
	CPUPerStep      float64   `json:"cpu_ms_per_step"`
	CoresUsed       float64   `json:"cores_used"`
	AllMin          float64   `json:"all_ms_min"`
	AllMedian       float64   `json:"all_ms_median"`
	AllSteps        int       `json:"all_steps"`
	OtherShareOfAll float64   `json:"other_cpu_frac_all"`
}

// measure calls step goldenSteps times, returns what these gave, and then times windows until the quiet ones last for
// quiet, or until limit has passed and there is at least one window.
func measure(m machine, step func() (workload.Output, error), quiet, limit time.Duration) (timing, []workload.Output, error) {
	var golden []workload.Output
	began := m.now()
	var first time.Duration
	for i := range goldenSteps {
		out, err := step()
		if err != nil {
			return timing{}, nil, err
		}
		if i == 0 {
			first = m.now().Sub(began)
		}
		golden = append(golden, out)
	}
	var windows []window
	began = m.now()
	quietWall := 0.0
	for quietWall < quiet.Seconds() && (m.now().Sub(began) < limit || len(windows) == 0) {
		if err := waitForIdle(m, began.Add(limit)); err != nil {
			return timing{}, nil, err
		}
		w, err := timeWindow(m, step)
		if err != nil {
			return timing{}, nil, err
		}
		if windows = append(windows, w); w.others < quietShare {
			quietWall += w.wall
		}
	}
	t := summarize(windows)
	t.FirstStep = first.Seconds()
	return t, golden, nil
}

// waitForIdle returns when the other processes have used little for a moment, or at the deadline.
func waitForIdle(m machine, deadline time.Time) error {
	for {
		before, err := m.usage()
		if err != nil {
			return err
		}
		start := m.now()
		m.sleep(lookTime)
		after, err := m.usage()
		if err != nil {
			return err
		}
		others := (after.busy - before.busy) - (after.own - before.own)
		wall := m.now().Sub(start).Seconds()
		if others/(wall*float64(m.cpus())) < idleShare || m.now().After(deadline) {
			return nil
		}
		m.sleep(lookTime)
	}
}

// timeWindow times steps, two at least, after two that are not counted: the pause has cooled the caches.
func timeWindow(m machine, step func() (workload.Output, error)) (w window, err error) {
	for range 2 {
		if _, err := step(); err != nil {
			return w, err
		}
	}
	before, err := m.usage()
	if err != nil {
		return w, err
	}
	start := m.now()
	for last := start; len(w.steps) < 2 || last.Sub(start) < windowTime; {
		if _, err := step(); err != nil {
			return w, err
		}
		now := m.now()
		w.steps = append(w.steps, now.Sub(last).Seconds())
		last = now
	}
	w.wall = m.now().Sub(start).Seconds()
	after, err := m.usage()
	if err != nil {
		return w, err
	}
	w.own = after.own - before.own
	others := max(0, after.busy-before.busy-w.own) + after.stolen - before.stolen
	w.others = others / (w.wall * float64(m.cpus()))
	return w, nil
}

// summarize the steps of the quiet windows; if there are none, of the quarter with the least noise, and QuietWindows says so.
func summarize(windows []window) timing {
	var used []window
	for _, w := range windows {
		if w.others < quietShare {
			used = append(used, w)
		}
	}
	quiet := len(used)
	if quiet == 0 {
		used = slices.Clone(windows)
		slices.SortStableFunc(used, func(a, b window) int { return int(math.Copysign(1, a.others-b.others)) })
		used = used[:max(1, len(used)/4)]
	}
	ms, all := milliseconds(used), milliseconds(windows)
	t := timing{
		Min: ms[0], Median: quantile(ms, 0.5), Mean: mean(ms), P10: quantile(ms, 0.1), P90: quantile(ms, 0.9), Steps: len(ms),
		QuietWindows: quiet, Windows: len(windows), OtherShare: meanOthers(used),
		AllMin: all[0], AllMedian: quantile(all, 0.5), AllSteps: len(all), OtherShareOfAll: meanOthers(windows),
	}
	var own, wall float64
	for _, w := range used {
		t.WindowMedians = append(t.WindowMedians, quantile(milliseconds([]window{w}), 0.5))
		own, wall = own+w.own, wall+w.wall
	}
	t.CPUPerStep, t.CoresUsed = own*1e3/float64(len(ms)), own/wall
	return t
}

// milliseconds of all steps, sorted.
func milliseconds(windows []window) (ms []float64) {
	for _, w := range windows {
		for _, s := range w.steps {
			ms = append(ms, s*1e3)
		}
	}
	slices.Sort(ms)
	return ms
}

// quantile of sorted values, interpolated between neighbours.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}

func mean(values []float64) (m float64) {
	for _, x := range values {
		m += x / float64(len(values))
	}
	return m
}

func meanOthers(windows []window) (m float64) {
	for _, w := range windows {
		m += w.others / float64(len(windows))
	}
	return m
}
