package workload_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/workload"
)

// BenchmarkStep times a step of each workload. cmd/bench does it with more care, and beside JAX and PyTorch.
func BenchmarkStep(b *testing.B) {
	for _, name := range backendtest.Names() {
		be, _, err := backend.OpenNamed(name)
		require.NoError(b, err)
		for _, w := range workload.All() {
			b.Run(w.Name+"/"+name, func(b *testing.B) {
				session, err := w.Open(be)
				require.NoError(b, err)
				_, err = session.Step()
				require.NoError(b, err)
				b.ReportMetric(session.BuildSeconds, "s-build")
				for b.Loop() {
					_, err := session.Step()
					require.NoError(b, err)
				}
			})
		}
	}
}
