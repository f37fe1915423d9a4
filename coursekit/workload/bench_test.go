package workload_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/workload"
)

// BenchmarkStep times a training step of each workload, compilation left out.
func BenchmarkStep(b *testing.B) {
	for _, name := range backendtest.Names() {
		be, _, err := backend.OpenNamed(name)
		require.NoError(b, err)
		for _, w := range workload.Trainings() {
			b.Run(w.Name+"/"+name, func(b *testing.B) {
				loop, err := w.NewLoop(be, b.N+1)
				require.NoError(b, err)
				history, err := loop.Run(context.Background())
				require.NoError(b, err)
				b.ReportMetric((history.Seconds-history.CompileSeconds)/float64(b.N)*1e3, "ms/step")
				b.ReportMetric(history.CompileSeconds, "s-first-step")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
