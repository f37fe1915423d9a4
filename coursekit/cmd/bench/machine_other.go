//go:build !linux

package main

import (
	"errors"
	"runtime"
	"time"
)

// thisMachine cannot tell what other processes do: it has no /proc/stat.
type thisMachine struct{}

func (thisMachine) now() time.Time        { return time.Now() }
func (thisMachine) sleep(d time.Duration) { time.Sleep(d) }
func (thisMachine) cpus() int             { return runtime.NumCPU() }
func (thisMachine) usage() (usage, error) {
	return usage{}, errors.New("what other processes use is known on Linux only")
}

func peakMB() float64 { return 0 }
