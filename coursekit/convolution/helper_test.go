package convolution_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/convolution"
)

// shape of a convolution: prime sizes, so that a swapped axis shows.
type shape struct{ rows, columns, inputs, outputs, kernel, stride, padding int }

func (s shape) String() string {
	return fmt.Sprintf("%dx%d,%d-%d,k%d,s%d,p%d", s.rows, s.columns, s.inputs, s.outputs, s.kernel, s.stride, s.padding)
}

// Few inputs, so that blocks are gathered; many, so that results are added; strides that divide the kernel and that do not; rows left over; stride 1, where
// GoMLX's own convolution is used.
var cases = []shape{
	{6, 8, 1, 7, 4, 2, 1}, {6, 8, 3, 2, 4, 2, 1}, {7, 5, 1, 7, 4, 2, 1},
	{5, 3, 2, 3, 3, 1, 1}, {5, 3, 5, 7, 3, 1, 1}, {5, 7, 5, 5, 5, 1, 1}, {5, 3, 3, 2, 3, 1, 1}, {7, 5, 3, 2, 3, 2, 0}, {6, 8, 2, 3, 3, 2, 1}, {7, 11, 2, 3, 5, 3, 2},
	{5, 3, 3, 2, 1, 1, 0}, {5, 7, 2, 2, 2, 3, 0}, {5, 7, 2, 3, 2, 1, 1}, {5, 7, 2, 3, 4, 1, 3},
}

func normal(seed uint64, dims ...int) []float64 {
	size := 1
	for _, d := range dims {
		size *= d
	}
	r := rand.New(rand.NewPCG(seed, 19))
	values := make([]float64, size)
	for i := range values {
		values[i] = r.NormFloat64()
	}
	return values
}

func tensor(values []float64, dims ...int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(values, dims...)
}

func normalTensor(seed uint64, dims ...int) *tensors.Tensor {
	return tensor(normal(seed, dims...), dims...)
}

// plainConvolve is the definition, one product at a time: x [B, Y, X, C], kernel [K, K, C, O].
func (s shape) plainConvolve(batch int, x, kernel []float64) (dims []int, out []float64) {
	rows, columns := (s.rows+2*s.padding-s.kernel)/s.stride+1, (s.columns+2*s.padding-s.kernel)/s.stride+1
	dims = []int{batch, rows, columns, s.outputs}
	out = make([]float64, batch*rows*columns*s.outputs)
	s.taps(batch, rows, columns, func(b, i, j, k, l, c, o int) {
		y, z := i*s.stride-s.padding+k, j*s.stride-s.padding+l
		if y >= 0 && y < s.rows && z >= 0 && z < s.columns {
			out[at(dims, b, i, j, o)] += x[at([]int{batch, s.rows, s.columns, s.inputs}, b, y, z, c)] *
				kernel[at([]int{s.kernel, s.kernel, s.inputs, s.outputs}, k, l, c, o)]
		}
	})
	return dims, out
}

// plainTranspose is the definition, one product at a time: x [B, Y, X, C], kernel [K, K, C, O].
func (s shape) plainTranspose(batch int, x, kernel []float64) (dims []int, out []float64) {
	rows, columns := (s.rows-1)*s.stride-2*s.padding+s.kernel, (s.columns-1)*s.stride-2*s.padding+s.kernel
	dims = []int{batch, rows, columns, s.outputs}
	out = make([]float64, batch*rows*columns*s.outputs)
	s.taps(batch, s.rows, s.columns, func(b, i, j, k, l, c, o int) {
		y, z := i*s.stride-s.padding+k, j*s.stride-s.padding+l
		if y >= 0 && y < rows && z >= 0 && z < columns {
			out[at(dims, b, y, z, o)] += x[at([]int{batch, s.rows, s.columns, s.inputs}, b, i, j, c)] *
				kernel[at([]int{s.kernel, s.kernel, s.inputs, s.outputs}, k, l, c, o)]
		}
	})
	return dims, out
}

func (s shape) taps(batch, rows, columns int, f func(b, i, j, k, l, c, o int)) {
	for b := range batch {
		for i := range rows {
			for j := range columns {
				for k := range s.kernel {
					for l := range s.kernel {
						for c := range s.inputs {
							for o := range s.outputs {
								f(b, i, j, k, l, c, o)
							}
						}
					}
				}
			}
		}
	}
}

// at is the flat index.
func at(dims []int, index ...int) int {
	flat := 0
	for axis, i := range index {
		flat = flat*dims[axis] + i
	}
	return flat
}

func run(t *testing.T, b compute.Backend, f func(x []*graph.Node) *graph.Node, inputs ...any) ([]int, []float64) {
	t.Helper()
	exec, err := graph.NewExec(b, func(x []*graph.Node) *graph.Node { return f(x) })
	require.NoError(t, err)
	defer exec.Finalize()
	outputs, err := exec.Call(inputs...)
	require.NoError(t, err)
	return outputs[0].Shape().Dimensions, tensors.MustCopyFlatData[float64](outputs[0])
}

func convolve(s shape) func(x []*graph.Node) *graph.Node {
	return func(x []*graph.Node) *graph.Node { return convolution.Convolve(x[0], x[1], s.stride, s.padding) }
}

func transpose(s shape) func(x []*graph.Node) *graph.Node {
	return func(x []*graph.Node) *graph.Node { return convolution.Transpose(x[0], x[1], s.stride, s.padding) }
}
