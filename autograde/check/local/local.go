// Package local runs a lab's suite in process, for `go test` in the student's folder.
package local

import (
	"testing"

	"courselab/autograde/check"
	"courselab/autograde/worker"
)

// Run runs every check of the suite as a subtest named task/check, against the functions in this process. A failure
// says which step is wrong, with got, want and the hint; a function not written yet is said kindly.
func Run(t *testing.T, suite check.Suite, functions worker.Functions) { panic("draft") }
