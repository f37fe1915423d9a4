package main

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/workload"
)

// script is a machine of two processors on which a step takes as long as the test says, and others use what it says.
type script struct {
	clock  time.Time
	own    float64
	others func(now time.Duration) float64 // processors in use by others at a time since the start
	stolen float64                         // processors in use by the host
	used   float64
	step   time.Duration
	taken  int
}

func (s *script) now() time.Time { return s.clock }
func (s *script) cpus() int      { return 2 }
func (s *script) sleep(d time.Duration) {
	for range d / time.Millisecond {
		s.used += s.others(s.clock.Sub(time.Time{})) * 1e-3
		s.clock = s.clock.Add(time.Millisecond)
	}
}
func (s *script) usage() (usage, error) {
	return usage{busy: s.used + s.own, own: s.own, stolen: s.stolen * s.clock.Sub(time.Time{}).Seconds()}, nil
}
func (s *script) run() (workload.Output, error) {
	s.sleep(s.step)
	s.own += 1.5 * s.step.Seconds()
	s.taken++
	return workload.Output{Losses: []float64{float64(s.taken)}}, nil
}

func idle(time.Duration) float64 { return 0 }

func TestQuietMachine(t *testing.T) {
	s := &script{others: idle, step: 10 * time.Millisecond}
	got, golden, err := measure(s, s.run, time.Second, time.Minute)
	require.NoError(t, err)
	require.Len(t, golden, goldenSteps)
	assert.Equal(t, []float64{1}, golden[0].Losses)
	assert.Equal(t, 2, got.QuietWindows)
	assert.Equal(t, 2, got.Windows)
	assert.Equal(t, 100, got.Steps, "two windows of half a second")
	assert.Equal(t, goldenSteps+100+2*2, s.taken, "two steps before each window are not timed")
	for _, ms := range []float64{got.Min, got.Median, got.Mean, got.P90, got.WindowMedians[1], got.FirstStep * 1e3} {
		assert.InDelta(t, 10, ms, 1e-6)
	}
	assert.InDelta(t, 15, got.CPUPerStep, 1e-6)
	assert.InDelta(t, 1.5, got.CoresUsed, 1e-6)
	assert.Zero(t, got.OtherShare)
}

// TestOnlyQuietWindowsCount: others compute in the third of each three seconds, unannounced, and steps are slower then.
func TestOnlyQuietWindowsCount(t *testing.T) {
	s := &script{step: 10 * time.Millisecond}
	noisy := func(now time.Duration) bool { return now%(3*time.Second) > 2*time.Second }
	s.others = func(now time.Duration) float64 {
		if noisy(now) {
			return 1
		}
		return 0
	}
	got, _, err := measure(s, func() (workload.Output, error) {
		if noisy(s.clock.Sub(time.Time{})) {
			s.sleep(20 * time.Millisecond)
		}
		return s.run()
	}, 4*time.Second, time.Minute)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, got.QuietWindows, 8)
	assert.Greater(t, got.Windows, got.QuietWindows, "some windows ran into the noise")
	assert.InDelta(t, 10, got.Median, 1e-6)
	assert.Less(t, got.OtherShare, quietShare)
	assert.Greater(t, got.AllSteps, got.Steps)
	assert.Greater(t, got.OtherShareOfAll, got.OtherShare)
}

// TestNeverQuiet: the least noisy quarter is used, and it says that no window was quiet. Own use is no noise, stolen time is.
func TestNeverQuiet(t *testing.T) {
	for name, s := range map[string]*script{
		"others": {others: func(now time.Duration) float64 { return 0.5 + now.Seconds()/100 }, step: 50 * time.Millisecond},
		"host":   {others: idle, stolen: 0.5, step: 50 * time.Millisecond},
	} {
		got, _, err := measure(s, s.run, time.Second, 10*time.Second)
		require.NoError(t, err, name)
		assert.Zero(t, got.QuietWindows, name)
		assert.Positive(t, got.Windows, name)
		assert.Greater(t, got.OtherShare, 0.2, name)
		assert.InDelta(t, 50, got.Median, 1e-6, name)
		assert.LessOrEqual(t, got.OtherShare, got.OtherShareOfAll+1e-9, name)
	}
}

// TestSlowSteps: a window has two steps at least, and one window is timed whatever the limit.
func TestSlowSteps(t *testing.T) {
	s := &script{others: idle, step: 7 * time.Second}
	got, _, err := measure(s, s.run, time.Second, time.Second)
	require.NoError(t, err)
	assert.Equal(t, 1, got.Windows)
	assert.Equal(t, 2, got.Steps)
}

func TestFailingStep(t *testing.T) {
	s := &script{others: idle, step: time.Millisecond}
	for _, at := range []int{0, 3, 6, 20} {
		s.taken = 0
		_, _, err := measure(s, func() (workload.Output, error) {
			if s.taken == at {
				return workload.Output{}, errors.New("broken")
			}
			return s.run()
		}, time.Second, time.Minute)
		assert.ErrorContains(t, err, "broken", "step %d", at)
	}
}

func TestQuantile(t *testing.T) {
	assert.InDelta(t, 2.5, quantile([]float64{1, 2, 3, 4}, 0.5), 1e-12)
	assert.InDelta(t, 1.3, quantile([]float64{1, 2, 3, 4}, 0.1), 1e-12)
	assert.InDelta(t, 4, quantile([]float64{1, 2, 3, 4}, 1), 1e-12)
	assert.InDelta(t, 7, quantile([]float64{7}, 0.5), 1e-12)
}
