// Package backendtest runs a test on every backend that the machine must have.
package backendtest

import (
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"courselab/coursekit/backend"
)

// Names are the backends that tests run on: those that the user lists, separated by commas, in COURSELAB_BACKENDS; or else
// the Go backend and, unless the tests were built without it, XLA on the CPU.
func Names() []string {
	if list := os.Getenv("COURSELAB_BACKENDS"); list != "" {
		return strings.Split(list, ",")
	}
	return built
}

// Each runs body once a backend, as a subtest of its name. A backend that cannot be opened is a failure that says what to
// do, never a skip.
func Each(t *testing.T, body func(t *testing.T, b compute.Backend)) {
	t.Helper()
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			t.Helper()
			b, _, err := backend.OpenNamed(name)
			if err != nil {
				t.Fatalf("%v (COURSELAB_BACKENDS=go tests the Go backend alone)", err)
			}
			body(t, b)
		})
	}
}
