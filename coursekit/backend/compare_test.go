//go:build cgo && !noxla

package backend_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
)

// block is a step like a Transformer's: matrix products, softmax, layer normalisation, GELU, and the gradient of it all.
func block(x, w1, w2 *Node) []*Node {
	scores := MulScalar(DotGeneral(x, []int{2}, []int{0}, x, []int{2}, []int{0}), 1/math.Sqrt(64))
	y := DotGeneral(Softmax(scores, -1), []int{2}, []int{0}, x, []int{1}, []int{0})
	mean := ReduceAndKeep(y, ReduceMean, -1)
	y = Sub(y, mean)
	y = Div(y, Sqrt(AddScalar(ReduceAndKeep(Mul(y, y), ReduceMean, -1), 1e-5)))
	y = Einsum("bld,df->blf", y, w1)
	y = Mul(y, Sigmoid(MulScalar(y, 1.702)))
	y = Einsum("blf,fd->bld", y, w2)
	loss := ReduceAllMean(Mul(y, y))
	return append([]*Node{loss}, Gradient(loss, w1, w2)...)
}

func blockInputs() []any {
	value := func(i int) float32 { return float32(math.Sin(float64(i) * 0.7341)) }
	x, w1, w2 := make([]float32, 32*64*64), make([]float32, 64*256), make([]float32, 256*64)
	for i := range x {
		x[i] = value(i)
	}
	for i := range w1 {
		w1[i], w2[i] = value(i+7)/8, value(i+13)/16
	}
	return []any{tensors.FromFlatDataAndDimensions(x, 32, 64, 64), tensors.FromFlatDataAndDimensions(w1, 64, 256), tensors.FromFlatDataAndDimensions(w2, 256, 64)}
}

// BenchmarkPlugin compares PJRT plugins: COURSELAB_PLUGINS lists their files, separated as in PATH; without it, the one
// that is installed. It reports, beside the time of a step, the time to compile and the largest difference to the Go
// backend over all gradients, relative to the largest gradient.
func BenchmarkPlugin(b *testing.B) {
	plugins := filepath.SplitList(os.Getenv("COURSELAB_PLUGINS"))
	if len(plugins) == 0 {
		plugins = []string{"cpu"}
	}
	reference := runBlock(b, "go")
	for _, path := range plugins {
		b.Run(filepath.Base(filepath.Dir(path)), func(b *testing.B) {
			be, _, err := backend.OpenNamed("xla:" + path)
			require.NoError(b, err)
			exec := MustNewExec(be, block)
			defer exec.Finalize()
			inputs := blockInputs()
			start := time.Now()
			out := exec.MustCall(inputs...)
			compile := time.Since(start)
			worst := 0.0
			for i, t := range out[1:] {
				worst = math.Max(worst, relative(tensors.MustCopyFlatData[float32](t), reference[i]))
			}
			b.ResetTimer()
			for range b.N {
				for _, t := range exec.MustCall(inputs...) {
					t.MustFinalizeAll()
				}
			}
			b.ReportMetric(float64(compile.Milliseconds()), "compile-ms")
			b.ReportMetric(worst*1e6, "diff-1e-6")
		})
	}
}

func runBlock(tb testing.TB, name string) [][]float32 {
	be, _, err := backend.OpenNamed(name)
	require.NoError(tb, err)
	exec := MustNewExec(be, block)
	defer exec.Finalize()
	var flat [][]float32
	for _, t := range exec.MustCall(blockInputs()...)[1:] {
		flat = append(flat, tensors.MustCopyFlatData[float32](t))
	}
	return flat
}

// relative is the largest difference of got and want, over the largest value of want.
func relative(got, want []float32) float64 {
	var difference, scale float64
	for i := range want {
		difference = math.Max(difference, math.Abs(float64(got[i]-want[i])))
		scale = math.Max(scale, math.Abs(float64(want[i])))
	}
	return difference / scale
}
