package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticksPerSecond is the unit of /proc/stat, the same on every Linux that Go runs on.
const ticksPerSecond = 100

// thisMachine is the machine as Linux shows it.
type thisMachine struct{}

func (thisMachine) now() time.Time        { return time.Now() }
func (thisMachine) sleep(d time.Duration) { time.Sleep(d) }
func (thisMachine) cpus() int             { return runtime.NumCPU() }

func (thisMachine) usage() (usage, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return usage{}, err
	}
	u, err := parseStat(string(text))
	if err != nil {
		return usage{}, err
	}
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return usage{}, err
	}
	u.own = time.Duration(own.Utime.Nano() + own.Stime.Nano()).Seconds()
	return u, nil
}

// parseStat reads the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal.
func parseStat(text string) (usage, error) {
	line, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return usage{}, fmt.Errorf("/proc/stat begins with %q, want cpu and at least 8 numbers", line)
	}
	var ticks [8]float64
	for i := range ticks {
		var err error
		if ticks[i], err = strconv.ParseFloat(fields[i+1], 64); err != nil {
			return usage{}, fmt.Errorf("/proc/stat: %w", err)
		}
	}
	busy := ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]
	return usage{busy: busy / ticksPerSecond, stolen: ticks[7] / ticksPerSecond}, nil
}

// peakMB is the largest resident memory of this process so far.
func peakMB() float64 {
	var own syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &own) != nil {
		return 0
	}
	return float64(own.Maxrss) / 1024
}
