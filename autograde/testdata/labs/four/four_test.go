package four

import (
	"testing"

	"courselab/autograde/check/local"
	"courselab/autograde/testdata/labs/four/public"
	"courselab/autograde/worker"
)

// TestPublic runs the public checks.
func TestPublic(t *testing.T) {
	local.Run(t, public.Suite, worker.Functions{"Softmax": Softmax, "CrossEntropy": CrossEntropy, "Perplexity": Perplexity, "Accuracy": Accuracy})
}
