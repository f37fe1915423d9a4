package customgradient_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/customgradient"
	"courselab/coursekit/gradcheck"
)

var (
	scale  = []float64{.5, -1.25, 2}
	matrix = [][]float64{{.3, -.7}, {1.1, .4}, {-.2, .9}}
	single = 0.7
)

// product has inputs s [3], m [3, 2] and a scalar a, and outputs s·m [2] and a·Σm, a scalar.
func product() customgradient.Function {
	return customgradient.Function{
		Forward: func(x []*Node) (outputs, saved []*Node) {
			sum := ReduceAllSum(x[1])
			return []*Node{Dot(x[0], x[1]).Product(), Mul(x[2], sum)}, []*Node{sum}
		},
		Backward: func(x, saved, gradients []*Node) []*Node {
			g, h := gradients[0], gradients[1]
			outer := Mul(InsertAxes(x[0], 1), InsertAxes(g, 0)) // [3, 2]
			return []*Node{Dot(x[1], g).Product(), Add(outer, Mul(h, x[2])), Mul(h, saved[0])}
		},
	}
}

func TestAgainstFiniteDifferences(t *testing.T) {
	joined := func(f customgradient.Function) gradcheck.Function {
		return func(x []*Node) *Node {
			y := f.Apply(x...)
			return Concatenate([]*Node{Tanh(y[0]), Reshape(Square(y[1]), 1)}, 0)
		}
	}
	wrong := product()
	right := wrong.Backward
	wrong.Backward = func(x, saved, gradients []*Node) []*Node {
		g := right(x, saved, gradients)
		g[1] = MulScalar(g[1], 1.01)
		return g
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		gradcheck.Check(t, b, joined(product()), scale, matrix, single)
		err := gradcheck.DefaultConfig().Compare(b, joined(wrong), scale, matrix, single)
		require.ErrorContains(t, err, "input 1", "the backward function is what counts, and only input 1 has another")
		require.NotContains(t, err.Error(), "input 0")
	})
}

// A loop, which has no gradient in GoMLX: x^(2^5), of which Forward saves nothing.
func TestLoop(t *testing.T) {
	squared := func(g *Graph, x *Node, times int32) *Node {
		counter, state := shapes.Make(dtypes.Int32), x.Shape()
		condition := NewClosure(g, func(g *Graph) []*Node {
			i := Parameter(g, "i", counter)
			_ = Parameter(g, "x", state)
			return []*Node{LessThan(i, Const(g, times))}
		})
		body := NewClosure(g, func(g *Graph) []*Node {
			i, x := Parameter(g, "i", counter), Parameter(g, "x", state)
			return []*Node{Add(i, Const(g, int32(1))), Square(x)} // AddScalar's constant would be of the first closure alone
		})
		return While(condition, body, Const(g, int32(0)), x)[1]
	}
	power := customgradient.Function{
		Forward: func(x []*Node) (outputs, saved []*Node) { return []*Node{squared(x[0].Graph(), x[0], 5)}, nil },
		Backward: func(x, _, gradients []*Node) []*Node {
			return []*Node{MulScalar(Mul(gradients[0], Div(squared(x[0].Graph(), x[0], 5), x[0])), 32)}
		},
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		gradcheck.Check(t, b, func(x []*Node) *Node { return power.Apply(x[0])[0] }, []float64{1, -.9, 1.05})
	})
}

// Outputs that nothing depends on get a gradient of zeros, gradients of nil are zeros, the outputs are Forward's to the
// bit, and Backward is not called without need.
func TestZeros(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		calls := 0
		f := product()
		inner := f.Backward
		f.Backward = func(x, saved, gradients []*Node) []*Node {
			calls++
			all := inner(x, saved, gradients)
			return []*Node{all[0], all[1], nil}
		}
		plain, err := CallOnceN(b, func(s, m, a *Node) []*Node {
			outputs, _ := f.Forward([]*Node{s, m, a})
			return append(outputs, f.Apply(s, m, a)...)
		}, scale, matrix, single)
		require.NoError(t, err)
		assert.Zero(t, calls)
		for i := range 2 {
			assert.Equal(t, flat(plain[i]), flat(plain[2+i]), "output %d", i)
		}
		gradients, err := CallOnceN(b, func(s, m, a *Node) []*Node {
			y := f.Apply(s, m, a)
			return append(Gradient(ReduceAllSum(y[0]), s, m, a), y[1])
		}, scale, matrix, single)
		require.NoError(t, err)
		assert.Equal(t, 1, calls)
		assert.InDeltaSlice(t, []float64{-.4, 1.5, .7}, flat(gradients[0]), 1e-15)
		assert.Equal(t, []float64{.5, .5, -1.25, -1.25, 2, 2}, flat(gradients[1]))
		assert.Equal(t, []float64{0}, flat(gradients[2]))
	})
}

func TestPanicsNameTheShapes(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for want, change := range map[string]func(f *customgradient.Function, x []*Node) []*Node{
			"without inputs": func(f *customgradient.Function, x []*Node) []*Node { return nil },
			"input 1 is (Int32)[3, 2], want all": func(f *customgradient.Function, x []*Node) []*Node {
				return []*Node{x[0], ConvertDType(x[1], dtypes.Int32), x[2]}
			},
			"Forward returned no outputs": func(f *customgradient.Function, x []*Node) []*Node {
				f.Forward = func([]*Node) (_, _ []*Node) { return nil, nil }
				return x
			},
			"output 0 is (Bool)[3]": func(f *customgradient.Function, x []*Node) []*Node {
				f.Forward = func(x []*Node) (_, _ []*Node) { return []*Node{GreaterThan(x[0], ZerosLike(x[0]))}, nil }
				return x
			},
			"Backward returned 1 gradients for 3 inputs": func(f *customgradient.Function, x []*Node) []*Node {
				f.Backward = func(x, _, _ []*Node) []*Node { return x[:1] }
				return x
			},
			"gradient of input 0 is (Float64)[3, 2], want the input's shape (Float64)[3]": func(f *customgradient.Function, x []*Node) []*Node {
				f.Backward = func(x, _, _ []*Node) []*Node { return []*Node{x[1], nil, nil} }
				return x
			},
		} {
			_, err := CallOnceN(b, func(s, m, a *Node) []*Node {
				f := product()
				inputs := change(&f, []*Node{s, m, a})
				return Gradient(ReduceAllSum(f.Apply(inputs...)[0]), s, m, a)
			}, scale, matrix, single)
			assert.ErrorContains(t, err, want)
		}
	})
}

func flat(x *tensors.Tensor) []float64 { return tensors.MustCopyFlatData[float64](x) }
