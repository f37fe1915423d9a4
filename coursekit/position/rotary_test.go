package position_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/gradcheck"
	"courselab/coursekit/position"
)

// turn is the slow definition: each pair of columns as a complex number times exp(ia).
func turn(x []float64, k int, base float64) []float64 {
	y := make([]float64, len(x))
	for i := 0; i < len(x); i += 2 {
		angle := float64(k) / math.Pow(base, float64(i)/float64(len(x)))
		z := complex(x[i], x[i+1]) * complex(math.Cos(angle), math.Sin(angle))
		y[i], y[i+1] = real(z), imag(z)
	}
	return y
}

func normals(seed uint64, n int) []float64 {
	rng := rand.New(rand.NewPCG(seed, 11))
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}

func TestRotaryIsTheDefinition(t *testing.T) {
	const batch, heads, length, dim, base = 2, 3, 7, 10, 100.
	x := normals(1, batch*heads*length*dim)
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		out, err := graph.CallOnce(b, func(x *graph.Node) *graph.Node { return position.Rotary(x, base) },
			tensors.FromFlatDataAndDimensions(x, batch, heads, length, dim))
		require.NoError(t, err)
		got := tensors.MustCopyFlatData[float64](out)
		for row := range batch * heads * length {
			want := turn(x[row*dim:][:dim], row%length, base)
			assert.InDeltaSlice(t, want, got[row*dim:][:dim], 1e-12, "row %d", row)
		}
		gradcheck.Check(t, b, func(x []*graph.Node) *graph.Node { return position.Rotary(x[0], base) },
			tensors.FromFlatDataAndDimensions(x[:3*dim], 3, dim))
	})
	// Turned by hand: (1, 0) at position 1 of dimension 2 turns by one radian.
	assert.InDeltaSlice(t, []float64{math.Cos(1), math.Sin(1)}, turn([]float64{1, 0}, 1, base), 1e-15)
}

// TestRotaryIsRelative: the dot product of a query at m and a key at n is that at m+7 and n+7. Added positions have no
// such property.
func TestRotaryIsRelative(t *testing.T) {
	const length, dim, shift = 13, 6, 7
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for seed := range uint64(5) {
			query, key := normals(2*seed, dim), normals(2*seed+1, dim)
			outputs, err := graph.CallOnceN(b, func(q, k *graph.Node) []*graph.Node {
				everywhere := func(x *graph.Node) *graph.Node { return graph.BroadcastToDims(x, length, dim) }
				scores := func(q, k *graph.Node) *graph.Node { return graph.Einsum("md,nd->mn", q, k) }
				added := position.Sinusoidal(q.Graph(), dtypes.Float64, length, dim, 100)
				return []*graph.Node{
					scores(position.Rotary(everywhere(q), 100), position.Rotary(everywhere(k), 100)),
					scores(graph.Add(everywhere(q), added), graph.Add(everywhere(k), added)),
				}
			}, [][]float64{query}, [][]float64{key})
			require.NoError(t, err)
			turned, added := outputs[0].Value().([][]float64), outputs[1].Value().([][]float64)
			differs, sees := 0., 0.
			for m := range length - shift {
				for n := range length - shift {
					assert.InDelta(t, turned[m][n], turned[m+shift][n+shift], 1e-12)
					differs = max(differs, math.Abs(added[m][n]-added[m+shift][n+shift]))
				}
				sees = max(sees, math.Abs(turned[m][0]-turned[0][0]))
			}
			assert.Greater(t, differs, 1e-3)
			assert.Greater(t, sees, 1e-3, "the distance matters")
		}
	})
}

func TestRotateGoesOn(t *testing.T) {
	const length, dim = 9, 4
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		outputs, err := graph.CallOnceN(b, func(x *graph.Node) []*graph.Node {
			cos, sin := position.RotaryTables(x.Graph(), x.DType(), length, dim, 50)
			from := func(x *graph.Node) *graph.Node { return graph.Slice(x, graph.AxisRange(5)) }
			return []*graph.Node{from(position.Rotary(x, 50)), position.Rotate(from(x), from(cos), from(sin))}
		}, tensors.FromFlatDataAndDimensions(normals(3, length*dim), length, dim))
		require.NoError(t, err)
		assert.Equal(t, outputs[0].Value(), outputs[1].Value())
	})
}

func TestRotaryPanicsWithShape(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, x := range []any{[]float64{1, 2}, [][]float64{{1, 2, 3}}} {
			_, err := graph.CallOnce(b, func(x *graph.Node) *graph.Node { return position.Rotary(x, 100) }, x)
			assert.ErrorContains(t, err, "[..., L, K] with an even K, got (Float64)")
		}
	})
}
