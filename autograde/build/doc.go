// Package build turns a submission into a worker, and a lab's suites into the checks binary.
//
// Compiling hostile source is running a large program on hostile input, so it happens in the sandbox, together with
// package policy, in one process: the grader's own binary, run again ([Init]). It reads the source from stdin and writes
// a report and the worker to stdout; nothing of it ever lands on the machine by another way.
//
// The sandbox of a build holds three things, all read-only: that binary, the compiler and the linker, and a [Kit]: the
// compiled packages that a worker consists of, made once from trusted source. There is no go command, no module cache, no
// go.mod, no build cache and no network that a submission could steer or poison. It also makes the lab's list of
// imports more than advice: the compiler is shown those packages and no others. On two cores the build of lab 1 takes 0.25
// s; the go command on a warm cache takes 0.35 s for the same.
//
// A worker is a static pure-Go program (CGO_ENABLED=0, tag noxla, no symbols) that runs in an empty root. The student's
// package has the import path your/NAME, because the packages of a program are initialised in the order of their paths
// where imports leave a choice: what package worker/stdio does must come before a student's init functions.
//
// The checks binary is built from the lab's own suites by the go command, outside the sandbox: it is trusted.
package build

import (
	"os"
)

// prepareName is the argument by which a process knows that it is to check and build a submission.
const prepareName = "__prepare"

// Init must be called first, after sandbox.Init, in main and TestMain of every program that uses a [Builder].
func Init() {
	if len(os.Args) == 5 && os.Args[1] == prepareName {
		os.Exit(prepareMain(os.Args[2], os.Args[3], os.Args[4], os.Stdin, os.Stdout))
	}
}
