package attention_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"
)

// normal returns a tensor of float64 drawn from a standard normal distribution.
func normal(seed uint64, dims ...int) *tensors.Tensor {
	r := rand.New(rand.NewPCG(seed, 17))
	size := 1
	for _, d := range dims {
		size *= d
	}
	flat := make([]float64, size)
	for i := range flat {
		flat[i] = r.NormFloat64()
	}
	return tensors.FromFlatDataAndDimensions(flat, dims...)
}

// float32s returns the tensor rounded to float32.
func float32s(x *tensors.Tensor) *tensors.Tensor {
	flat := tensors.MustCopyFlatData[float64](x)
	narrow := make([]float32, len(flat))
	for i, v := range flat {
		narrow[i] = float32(v)
	}
	return tensors.FromFlatDataAndDimensions(narrow, x.Shape().Dimensions...)
}

// call runs a graph function of any number of inputs once, and returns its outputs as float64.
func call(t *testing.T, b compute.Backend, f func(x []*graph.Node) []*graph.Node, inputs ...any) [][]float64 {
	t.Helper()
	outputs, err := graph.CallOnceN(b, f, inputs...)
	require.NoError(t, err)
	flat := make([][]float64, len(outputs))
	for i, o := range outputs {
		switch o.DType() {
		case dtypes.Float64:
			flat[i] = tensors.MustCopyFlatData[float64](o)
		case dtypes.Float32:
			for _, v := range tensors.MustCopyFlatData[float32](o) {
				flat[i] = append(flat[i], float64(v))
			}
		default:
			t.Fatalf("output %d is %s", i, o.Shape())
		}
	}
	return flat
}

// reference is attention in plain Go for q [N, Lq, K], k [N, Lk, K], v [N, Lk, Kv] and a mask [N, Lq, Lk] or nil, all flat:
// slow, and as close to the formula as it gets.
func reference(q, k, v []float64, mask []bool, n, lq, lk, width, valueWidth int) (output, weights []float64) {
	output, weights = make([]float64, n*lq*valueWidth), make([]float64, n*lq*lk)
	for b := range n {
		for i := range lq {
			row := weights[(b*lq+i)*lk:][:lk]
			total := 0.0
			for j := range row {
				if mask != nil && !mask[(b*lq+i)*lk+j] {
					continue
				}
				score := 0.0
				for d := range width {
					score += q[(b*lq+i)*width+d] * k[(b*lk+j)*width+d]
				}
				row[j] = math.Exp(score / math.Sqrt(float64(width)))
				total += row[j]
			}
			for j := range row {
				if total > 0 {
					row[j] /= total
				}
				for d := range valueWidth {
					output[(b*lq+i)*valueWidth+d] += row[j] * v[(b*lk+j)*valueWidth+d]
				}
			}
		}
	}
	return output, weights
}
