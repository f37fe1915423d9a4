package tiny

import (
	"testing"

	"courselab/autograde/check/local"
	"courselab/autograde/testdata/labs/tiny/public"
	"courselab/autograde/worker"
)

// TestPublic runs the public checks.
func TestPublic(t *testing.T) {
	local.Run(t, public.Suite, worker.Functions{"Scale": Scale, "Mean": Mean})
}
