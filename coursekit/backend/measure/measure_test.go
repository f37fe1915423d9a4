package measure

import (
	"math"
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/backendtest"
)

// TestBackendsAgree holds every backend in float32 against the Go backend in float64.
func TestBackendsAgree(t *testing.T) {
	reference, _, err := backend.OpenNamed(backend.Go)
	require.NoError(t, err)
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, c := range Cases() {
			result, err := Run(c, b, reference, 60*time.Millisecond)
			require.NoError(t, err)
			assert.Less(t, result.Error, 1e-4, c.Name) // the Go backend sums 65,536 terms one after the other: 3e-5
			assert.Positive(t, result.Run, c.Name)
			assert.False(t, math.IsInf(result.Run, 1), c.Name)
		}
	})
}

func TestWorst(t *testing.T) {
	assert.Zero(t, worst([][]float32{{1, 2}}, [][]float64{{1, 2}}))
	assert.Equal(t, 0.25, worst([][]float32{{1, 2}, {3}}, [][]float64{{1, 2}, {4}}))
	assert.Equal(t, 0.5, worst([][]float32{{1, 2}}, [][]float64{{2, 2}}), "relative to the largest value, not to the element's own")
	assert.True(t, math.IsInf(worst([][]float32{{1, float32(math.NaN())}}, [][]float64{{1, 2}}), 1))
}
