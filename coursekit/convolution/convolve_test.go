package convolution_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/convolution"
	"courselab/coursekit/gradcheck"
)

const batch = 2

func TestAgainstTheDefinition(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, s := range cases {
			t.Run(s.String(), func(t *testing.T) {
				x, w := normal(1, batch, s.rows, s.columns, s.inputs), normal(2, s.kernel, s.kernel, s.inputs, s.outputs)
				inputs := []any{tensor(x, batch, s.rows, s.columns, s.inputs), tensor(w, s.kernel, s.kernel, s.inputs, s.outputs)}
				wantDims, want := s.plainConvolve(batch, x, w)
				dims, got := run(t, b, convolve(s), inputs...)
				assert.Equal(t, wantDims, dims)
				assert.InDeltaSlice(t, want, got, 1e-12)

				wantDims, want = s.plainTranspose(batch, x, w)
				dims, got = run(t, b, transpose(s), inputs...)
				assert.Equal(t, wantDims, dims)
				assert.InDeltaSlice(t, want, got, 1e-12)
			})
		}
	})
}

func TestGradients(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, s := range cases[:11] {
			t.Run(s.String(), func(t *testing.T) {
				x, w := normalTensor(1, batch, s.rows, s.columns, s.inputs), normalTensor(2, s.kernel, s.kernel, s.inputs, s.outputs)
				gradcheck.Check(t, b, convolve(s), x, w)
				gradcheck.Check(t, b, transpose(s), x, w)
			})
		}
	})
}

// The negative control, and why the package is needed: GoMLX's own convolution gives a wrong gradient with an even kernel, on
// both backends.
func TestGoMLXIsWrongForEvenKernels(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		native := func(x []*graph.Node) *graph.Node {
			return graph.Convolve(x[0], x[1]).Strides(2).PaddingPerDim([][2]int{{1, 1}, {1, 1}}).Done()
		}
		s := shape{4, 6, 3, 2, 4, 2, 1}
		x, w := normalTensor(1, batch, s.rows, s.columns, s.inputs), normalTensor(2, s.kernel, s.kernel, s.inputs, s.outputs)
		_, want := run(t, b, native, x, w)
		_, got := run(t, b, convolve(s), x, w)
		assert.InDeltaSlice(t, want, got, 1e-12)
		require.ErrorContains(t, gradcheck.DefaultConfig().Compare(b, native, x, w), "input 0")
		require.NoError(t, gradcheck.DefaultConfig().Compare(b, convolve(s), x, w))
	})
}

// <Convolve(x), y> = <x, Transpose(y)> for all x and y, with C and O exchanged in the kernel, over seeds.
func TestTransposeIsTheAdjoint(t *testing.T) {
	s := shape{6, 8, 3, 5, 4, 2, 1}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		difference := func(x []*graph.Node) *graph.Node {
			image, kernel, other := x[0], x[1], x[2]
			forward := graph.ReduceAllSum(graph.Mul(convolution.Convolve(image, kernel, s.stride, s.padding), other))
			back := convolution.Transpose(other, graph.TransposeAllAxes(kernel, 0, 1, 3, 2), s.stride, s.padding)
			return graph.Sub(forward, graph.ReduceAllSum(graph.Mul(image, back)))
		}
		exec, err := graph.NewExec(b, difference)
		require.NoError(t, err)
		for seed := range uint64(20) {
			outputs, err := exec.Call(normalTensor(3*seed, batch, s.rows, s.columns, s.inputs),
				normalTensor(3*seed+1, s.kernel, s.kernel, s.inputs, s.outputs), normalTensor(3*seed+2, batch, s.rows/2, s.columns/2, s.outputs))
			require.NoError(t, err)
			require.InDelta(t, 0, outputs[0].Value().(float64), 1e-10)
		}
	})
}

func TestPanics(t *testing.T) {
	b := goBackend(t)
	for want, f := range map[string]func(x, w *graph.Node) *graph.Node{
		"is smaller than the kernel": func(x, w *graph.Node) *graph.Node {
			return convolution.Convolve(graph.Slice(x, graph.AxisRange(), graph.AxisRange(0, 1)), w, 1, 0)
		},
		"padding is 4, must be at least 0 and less than the kernel": func(x, w *graph.Node) *graph.Node {
			return convolution.Convolve(x, w, 2, 4)
		},
		"stride is 0, must be at least 1": func(x, w *graph.Node) *graph.Node { return convolution.Transpose(x, w, 0, 1) },
		"wants x [B, Y, X, C]":            func(x, w *graph.Node) *graph.Node { return convolution.Convolve(graph.Reshape(x, 1, -1), w, 2, 1) },
		"wants a kernel [K, K, C, O]":     func(x, w *graph.Node) *graph.Node { return convolution.Convolve(x, graph.Reshape(w, 1, -1), 2, 1) },
		"wants a square kernel [K, K, C, O] for": func(x, w *graph.Node) *graph.Node {
			return convolution.Transpose(x, graph.TransposeAllAxes(w, 0, 1, 3, 2), 2, 1)
		},
		"leaves [": func(x, w *graph.Node) *graph.Node {
			return convolution.Transpose(graph.Slice(x, graph.AxisRange(), graph.AxisRange(0, 1)), w, 1, 3)
		},
	} {
		_, err := graph.CallOnce(b, func(x []*graph.Node) *graph.Node { return f(x[0], x[1]) }, normalTensor(1, 1, 4, 6, 3), normalTensor(1, 4, 4, 3, 2))
		assert.ErrorContains(t, err, want)
	}
}
