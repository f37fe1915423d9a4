package attention_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	layers "github.com/gomlx/gomlx/ml/layers/attention"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/attention"
	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/gradcheck"
	"courselab/coursekit/worked"
)

func scaledDotProduct(x []*graph.Node) []*graph.Node {
	var mask *graph.Node
	if len(x) > 3 {
		mask = x[3]
	}
	output, weights := attention.ScaledDotProduct(x[0], x[1], x[2], mask)
	return []*graph.Node{output, weights}
}

// The slide "Thinking Machines" in float32. The values are 1 and 0, so that the output is the first weight.
func TestTheLecturesNumbers(t *testing.T) {
	w := worked.Attention
	constant := func(x float64) []float32 {
		row := make([]float32, w.KeyWidth)
		for i := range row {
			row[i] = float32(x)
		}
		return row
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		out := call(t, b, scaledDotProduct, [][]float32{constant(w.Query)}, [][]float32{constant(w.Keys[0]), constant(w.Keys[1])}, [][]float32{{1}, {0}})
		assert.InDelta(t, w.Weights[0], out[1][0], 1e-6)
		assert.InDelta(t, w.Weights[1], out[1][1], 1e-6)
		assert.Equal(t, "0.88 0.12", fmt.Sprintf("%.2f %.2f", out[1][0], out[1][1]), "as the slide prints it")
		assert.Equal(t, out[1][0], out[0][0])
	})
}

// Sizes are different primes, so that any exchanged axis shows.
func TestAgainstPlainGo(t *testing.T) {
	const batch, heads, lq, lk, width, valueWidth = 2, 3, 5, 7, 11, 13
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, leading := range [][]int{nil, {batch, heads}, {batch, 1, heads}} {
			n := 1
			for _, d := range leading {
				n *= d
			}
			dims := func(l, k int) []int { return append(append([]int{}, leading...), l, k) }
			q, k, v := normal(1, dims(lq, width)...), normal(2, dims(lk, width)...), normal(3, dims(lk, valueWidth)...)
			mask, flatMask := randomMask(4, dims(lq, lk)...)
			fq, fk, fv := tensors.MustCopyFlatData[float64](q), tensors.MustCopyFlatData[float64](k), tensors.MustCopyFlatData[float64](v)

			both := func(x []*graph.Node) []*graph.Node {
				return append(scaledDotProduct(x[:3]), scaledDotProduct(x)...)
			}
			got := call(t, b, both, q, k, v, mask)
			narrow := call(t, b, both, float32s(q), float32s(k), float32s(v), mask)
			for i, allowed := range [][]bool{nil, flatMask} {
				output, weights := reference(fq, fk, fv, allowed, n, lq, lk, width, valueWidth)
				assert.InDeltaSlice(t, output, got[2*i], 1e-12, "leading axes %v, masked: %v", leading, allowed != nil)
				assert.InDeltaSlice(t, weights, got[2*i+1], 1e-12)
				assert.InDeltaSlice(t, output, narrow[2*i], 3e-6, "float32")
				assert.InDeltaSlice(t, weights, narrow[2*i+1], 1e-6)
			}
		}
	})
}

// randomMask allows about half of the pairs, and nothing at all in the first row of each matrix.
func randomMask(seed uint64, dims ...int) (*tensors.Tensor, []bool) {
	r := rand.New(rand.NewPCG(seed, 5))
	size := 1
	for _, d := range dims {
		size *= d
	}
	lq, lk := dims[len(dims)-2], dims[len(dims)-1]
	flat := make([]bool, size)
	for i := range flat {
		flat[i] = r.IntN(2) == 0 && i/lk%lq > 0
	}
	return tensors.FromFlatDataAndDimensions(flat, dims...), flat
}

func TestRowsSumToOneOrZero(t *testing.T) {
	const heads, lq, lk, width = 3, 5, 7, 11
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		q, k, v := float32s(normal(1, 2, heads, lq, width)), float32s(normal(2, 2, heads, lk, width)), float32s(normal(3, 2, heads, lk, width))
		mask, flatMask := randomMask(4, 2, heads, lq, lk)
		weights := call(t, b, scaledDotProduct, q, k, v, mask)[1]
		for row := range len(weights) / lk {
			allowed, sum := 0, 0.0
			for j, w := range weights[row*lk : (row+1)*lk] {
				sum += w
				if flatMask[row*lk+j] {
					allowed++
					assert.Positive(t, w)
				} else {
					assert.Zero(t, w, "a hidden key gets nothing, not little")
				}
			}
			assert.InDelta(t, float64(min(allowed, 1)), sum, 1e-6)
		}
	})
}

// However large or small the scores are: softmax does not overflow, and one allowed key gets all the weight. (GoMLX's own
// attention gives NaN here on XLA, for scores above 1e9.)
func TestExtremeScores(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		exec, err := graph.NewExec(b, func(x []*graph.Node) []*graph.Node {
			return append(scaledDotProduct(x[:3]), scaledDotProduct(x)...)
		})
		require.NoError(t, err)
		for _, size := range []float32{1e-30, 1, 1e4, 1e10, 1e15, -1e15} {
			outputs, err := exec.Call([][]float32{{size, 0}}, [][]float32{{1e4, 0}, {-1e4, 0}, {0, 0}}, [][]float32{{1}, {2}, {3}}, [][]bool{{false, true, false}})
			require.NoError(t, err)
			assert.Equal(t, [][]float32{{0, 1, 0}}, outputs[3].Value(), "size %g", size)
			assert.Equal(t, [][]float32{{2}}, outputs[2].Value(), "size %g", size)
			weights := outputs[1].Value().([][]float32)[0]
			assert.InDelta(t, 1, weights[0]+weights[1]+weights[2], 1e-6, "size %g", size)
		}
		// In float64, a score may be lower than anything that float32 can hold.
		outputs, err := exec.Call([][]float64{{1e100, 0}}, [][]float64{{1e4, 0}, {-1e4, 0}, {0, 0}}, [][]float64{{1}, {2}, {3}}, [][]bool{{false, true, false}})
		require.NoError(t, err)
		assert.Equal(t, [][]float64{{0, 1, 0}}, outputs[3].Value())
	})
}

func TestGradients(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		q, k, v := normal(1, 2, 3, 5), normal(2, 2, 4, 5), normal(3, 2, 4, 7)
		mask, _ := randomMask(4, 2, 3, 4)
		for i, name := range []string{"output", "weights"} {
			t.Run(name, func(t *testing.T) {
				part := func(x []*graph.Node) *graph.Node { return scaledDotProduct(x)[i] }
				if name == "output" { // the weights do not depend on the values, which is right, but nothing to check
					gradcheck.Check(t, b, part, q, k, v)
					gradcheck.Check(t, b, part, q, k, v, mask)
					return
				}
				withoutValues := func(x []*graph.Node) *graph.Node {
					return part(append([]*graph.Node{x[0], x[1], graph.StopGradient(x[1])}, x[2:]...))
				}
				gradcheck.Check(t, b, withoutValues, q, k)
				gradcheck.Check(t, b, withoutValues, q, k, mask)
			})
		}
	})
}

// A row that may attend to nothing: zeros, a zero gradient, no NaN, also in float32.
func TestRowWithoutKeys(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		q, k, v := float32s(normal(1, 2, 3)), float32s(normal(2, 5, 3)), float32s(normal(3, 5, 3))
		mask := [][]bool{{false, false, false, false, false}, {true, true, false, true, false}}
		out := call(t, b, func(x []*graph.Node) []*graph.Node {
			output, weights := attention.ScaledDotProduct(x[0], x[1], x[2], x[3])
			return append([]*graph.Node{output, weights}, graph.Gradient(graph.ReduceAllSum(graph.Square(output)), x[0], x[1], x[2])...)
		}, q, k, v, mask)
		assert.Equal(t, []float64{0, 0, 0}, out[0][:3])
		assert.Equal(t, []float64{0, 0, 0, 0, 0}, out[1][:5])
		assert.Equal(t, []float64{0, 0, 0}, out[2][:3], "gradient of the query that sees nothing")
		assert.NotEqual(t, []float64{0, 0, 0}, out[2][3:], "the other one has one")
		for i, hidden := range []bool{false, false, true, false, true} {
			for _, g := range []int{3, 4} {
				row := out[g][i*3 : i*3+3]
				assert.Equal(t, hidden, row[0] == 0 && row[1] == 0 && row[2] == 0, "gradient of key or value %d", i)
			}
		}
		for _, values := range out {
			for _, x := range values {
				require.False(t, math.IsNaN(x))
			}
		}
	})
}

func TestAgreesWithGoMLX(t *testing.T) {
	const batch, heads, lq, lk, width = 2, 3, 5, 7, 11
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		q, k, v := float32s(normal(1, batch, heads, lq, width)), float32s(normal(2, batch, heads, lk, width)), float32s(normal(3, batch, heads, lk, width))
		mask, _ := randomMask(4, batch, heads, lq, lk)
		for _, masked := range []bool{false, true} {
			out := call(t, b, func(x []*graph.Node) []*graph.Node {
				options := layers.CoreOptions{WantCoefficients: true}
				if masked {
					options.AttentionMask = x[3]
				}
				theirs, coefficients := layers.Core(x[0], x[1], x[2], layers.LayoutBHSD, options)
				ours, weights := attention.ScaledDotProduct(x[0], x[1], x[2], options.AttentionMask)
				return []*graph.Node{theirs, ours, coefficients, weights}
			}, q, k, v, mask)
			assert.InDeltaSlice(t, out[0], out[1], 2e-6)
			assert.InDeltaSlice(t, out[2], out[3], 1e-6)
		}
	})
}

func TestPanicsNameTheShapes(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for want, shapes := range map[string][][]int{
			"queries and keys have different widths: query (Float32)[5, 3], key (Float32)[7, 2], value (Float32)[7, 3]": {{5, 3}, {7, 2}, {7, 3}},
			"there must be one value for each key":                               {{5, 3}, {7, 3}, {6, 3}},
			"the leading axes differ: query (Float32)[2, 5, 3]":                  {{2, 5, 3}, {3, 7, 3}, {3, 7, 3}},
			"need the same number of axes, two or more: query (Float32)[5, 3]":   {{5, 3}, {1, 7, 3}, {1, 7, 3}},
			"does not broadcast to the scores [2 5 7]: axis 2 has 5, not 1 or 7": {{2, 5, 3}, {2, 7, 3}, {2, 7, 3}, {2, 5, 5}},
			"has more axes than the scores [5 7]":                                {{5, 3}, {7, 3}, {7, 3}, {1, 5, 7}},
		} {
			var inputs []any
			for i, dims := range shapes {
				if i == 3 {
					mask, _ := randomMask(1, dims...)
					inputs = append(inputs, mask)
					continue
				}
				inputs = append(inputs, float32s(normal(1, dims...)))
			}
			_, err := graph.CallOnceN(b, scaledDotProduct, inputs...)
			assert.ErrorContains(t, err, want)
		}
		x := float32s(normal(1, 5, 3))
		_, err := graph.CallOnceN(b, scaledDotProduct, x, x, x, float32s(normal(1, 5, 5)))
		assert.ErrorContains(t, err, "the mask must be boolean (true = may attend), got (Float32)[5, 5]")
	})
}
