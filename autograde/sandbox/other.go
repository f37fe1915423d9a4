//go:build !linux

package sandbox

import (
	"context"
	"fmt"
)

// Init does nothing here; see the Linux version.
func Init() {}

// Open fails: the sandbox needs Linux.
func Open() (Sandbox, error) {
	return nil, fmt.Errorf("%w: it needs Linux; grade inside the grader's container image", ErrNoBoundary)
}

// Unsafe is a sandbox that starts nothing: grading needs Linux.
func Unsafe() Sandbox { return none{} }

type none struct{}

// Name says so.
func (none) Name() string { return "none: grading needs Linux" }

// Start fails.
func (none) Start(context.Context, Spec) (Process, error) { return nil, ErrNoBoundary }

// System returns nothing here.
func System() ([]Bind, []Symlink) { return nil, nil }

// Describe lists what is missing.
func Describe() []Ability {
	return []Ability{{Name: "isolation", Required: true, Detail: "this is not Linux", Fix: "grade inside the grader's container image"}}
}
