// A worker as the grader generates it, for the tests.
package main

import (
	"courselab/autograde/worker"
	"courselab/autograde/worker/testdata/answers"
)

func main() {
	worker.Main(worker.Functions{
		"Double": answers.Double, "Plain": answers.Plain, "Stub": answers.Stub, "Exit": answers.Exit, "Loop": answers.Loop,
		"Recurse": answers.Recurse, "Hoard": answers.Hoard, "Crash": answers.Crash, "Garbage": answers.Garbage,
		"Huge": answers.Huge, "Forge": answers.Forge, "Flood": answers.Flood,
	})
}
