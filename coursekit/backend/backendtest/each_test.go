package backendtest_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/stretchr/testify/assert"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/backendtest"
)

func TestEach(t *testing.T) {
	var seen []string
	backendtest.Each(t, func(t *testing.T, b compute.Backend) { seen = append(seen, t.Name()) })
	assert.Len(t, seen, len(backendtest.Names()))

	t.Setenv("COURSELAB_BACKENDS", "go")
	assert.Equal(t, []string{backend.Go}, backendtest.Names())
	seen = nil
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		assert.Contains(t, b.Description(), "Go")
		seen = append(seen, t.Name())
	})
	assert.Len(t, seen, 1)
}
