package workload_test

import (
	"context"
	"testing"

	"github.com/gomlx/compute"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/workload"
)

// TestFirstLossesAreThoseOfJAX trains each workload for five steps from the generated parameters.
func TestFirstLossesAreThoseOfJAX(t *testing.T) {
	for _, w := range workload.Trainings() {
		t.Run(w.Name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b compute.Backend) {
				loop, err := w.NewLoop(b, len(w.Golden))
				require.NoError(t, err)
				history, err := loop.Run(context.Background())
				require.NoError(t, err)
				require.Len(t, history.Points, len(w.Golden))
				tolerance := 1e-5
				if b.Name() == "go" {
					tolerance = 1e-4
				}
				for i, want := range w.Golden {
					assert.InEpsilon(t, want, history.Points[i].Loss, tolerance, "step %d", i+1)
				}
				for name, golden := range w.GoldenMetrics {
					for i, want := range golden {
						assert.InEpsilon(t, want, history.Points[i].Metrics[name], tolerance, "%s, step %d", name, i+1)
					}
				}
			})
		})
	}
}
