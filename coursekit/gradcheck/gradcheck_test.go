package gradcheck

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
)

var x = [][]float64{{.3, -1.2, .7}, {2.1, .05, -.4}}

func TestRightGradientsPass(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		Check(t, b, func(x []*graph.Node) *graph.Node { return graph.Tanh(x[0]) }, x)
		Check(t, b, func(x []*graph.Node) *graph.Node { return graph.ReduceAllSum(graph.Mul(x[0], x[0])) }, x)
		Check(t, b, func(x []*graph.Node) *graph.Node { return graph.MatMul(x[0], graph.Transpose(x[1], 0, 1)) }, x, x)
		// The second input is an integer: it is passed on and not checked.
		Check(t, b, func(x []*graph.Node) *graph.Node { return graph.Gather(x[0], x[1]) }, x, [][]int32{{1}, {0}, {1}})
		require.NoError(t, Float32Config().Compare(b, func(x []*graph.Node) *graph.Node { return graph.Exp(x[0]) }, []float32{.5, -1, 1.5}))
	})
}

// A gradient with one wrong factor, a missing one, and NaN are all found.
func TestWrongGradientsFail(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		wrong := map[string]Function{
			"1 % too large": func(x []*graph.Node) *graph.Node {
				return graph.IdentityWithCustomGradient(graph.Sin(x[0]), func(_, v *graph.Node) *graph.Node { return graph.MulScalar(v, 1.01) })
			},
			"stopped": func(x []*graph.Node) *graph.Node {
				return graph.Mul(x[0], graph.StopGradient(x[0]))
			},
			"swapped entries": func(x []*graph.Node) *graph.Node {
				return graph.IdentityWithCustomGradient(graph.Sin(x[0]), func(_, v *graph.Node) *graph.Node { return graph.Reverse(v, 1) })
			},
			"not a number": func(x []*graph.Node) *graph.Node {
				return graph.IdentityWithCustomGradient(graph.Sin(x[0]), func(_, v *graph.Node) *graph.Node { return graph.Div(graph.ZerosLike(v), graph.ZerosLike(v)) })
			},
		}
		for name, f := range wrong {
			assert.ErrorContains(t, DefaultConfig().Compare(b, f, x), "differ from finite differences", name)
		}
	})
}

func TestModel(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		store := model.NewStore()
		dense := func(s *model.Scope, x []*graph.Node) *graph.Node {
			return graph.Tanh(layers.DenseWithBias(s.In("hidden"), x[0], 5))
		}
		CheckModel(t, b, store, dense, x)

		// The variables are as they were.
		before := tensors.MustCopyFlatData[float64](store.GetVariable("/hidden/dense/weights").MustValue())
		CheckModel(t, b, store, dense, x)
		require.Equal(t, before, tensors.MustCopyFlatData[float64](store.GetVariable("/hidden/dense/weights").MustValue()))

		err := DefaultConfig().CompareModel(b, store, func(s *model.Scope, x []*graph.Node) *graph.Node {
			w := s.In("hidden").In("dense").GetVariable("weights").NodeValue(x[0].Graph())
			return graph.MatMul(x[0], graph.Mul(w, graph.StopGradient(w)))
		}, x)
		require.ErrorContains(t, err, "variable /hidden/dense/weights, entry [0 0]")
	})
}

func TestNothingToCheck(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		err := DefaultConfig().Compare(b, func(x []*graph.Node) *graph.Node { return x[0] }, []int32{1, 2})
		require.ErrorContains(t, err, "no floating point input")
	})
}
