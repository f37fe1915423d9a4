package gan_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/gan"
	"courselab/coursekit/gradcheck"
)

var losses = []gan.Loss{gan.NonSaturating, gan.Minimax, gan.Hinge, gan.Wasserstein}

// normal returns a tensor of float64 drawn from a standard normal distribution.
func normal(seed uint64, dims ...int) *tensors.Tensor {
	r := rand.New(rand.NewPCG(seed, 23))
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

// evaluate runs a graph function once.
func evaluate(t *testing.T, b compute.Backend, f func(x []*graph.Node) *graph.Node, inputs ...any) *tensors.Tensor {
	t.Helper()
	out, err := graph.CallOnce(b, f, inputs...)
	require.NoError(t, err)
	return out
}

// both are the losses of the discriminator and of the generator, [2].
func both(loss gan.Loss) func(x []*graph.Node) *graph.Node {
	return func(x []*graph.Node) *graph.Node {
		return graph.Stack([]*graph.Node{loss.Discriminator(x[0], x[1]), loss.Generator(x[1])}, 0)
	}
}

// Where D is 1/2 everywhere, every logit is 0: the value of the game is -ln 4, and the others are as simple.
func TestLossesAtTheOptimum(t *testing.T) {
	for loss, want := range map[gan.Loss][]float64{
		gan.Minimax:       {math.Log(4), -math.Ln2},
		gan.NonSaturating: {math.Log(4), math.Ln2},
		gan.Hinge:         {2, 0},
		gan.Wasserstein:   {0, 0},
	} {
		t.Run(loss.String(), func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b compute.Backend) {
				zero := [][]float64{{0}, {0}, {0}}
				assert.InDeltaSlice(t, want, evaluate(t, b, both(loss), zero, zero).Value(), 1e-12)
			})
		})
	}
}

func TestLossesAgainstPlainGo(t *testing.T) {
	real, fake := normal(1, 7), normal(2, 5)
	plainReal, plainFake := real.Value(), fake.Value() // a tensor belongs to the backend of its first use
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	mean := func(x *tensors.Tensor, f func(x float64) float64) (sum float64) {
		values := tensors.MustCopyFlatData[float64](x)
		for _, v := range values {
			sum += f(v) / float64(len(values))
		}
		return sum
	}
	logD := func(x float64) float64 { return math.Log(sigmoid(x)) }
	logNot := func(x float64) float64 { return math.Log(1 - sigmoid(x)) }
	identity := func(x float64) float64 { return x }
	want := map[gan.Loss][]float64{
		gan.Minimax:       {-mean(real, logD) - mean(fake, logNot), mean(fake, logNot)},
		gan.NonSaturating: {-mean(real, logD) - mean(fake, logNot), -mean(fake, logD)},
		gan.Hinge: {mean(real, func(r float64) float64 { return math.Max(0, 1-r) }) + mean(fake, func(f float64) float64 { return math.Max(0, 1+f) }),
			-mean(fake, identity)},
		gan.Wasserstein: {mean(fake, identity) - mean(real, identity), -mean(fake, identity)},
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, loss := range losses {
			assert.InDeltaSlice(t, want[loss], evaluate(t, b, both(loss), plainReal, plainFake).Value(), 1e-12, loss.String())
			gradcheck.Check(t, b, both(loss), plainReal, plainFake)
		}
	})
}

// A generator that is found out (D(f) = e^-20) learns next to nothing from the minimax loss, and all the more from the
// non-saturating one: the reason why the latter exists.
func TestMinimaxSaturates(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		slope := func(loss gan.Loss, logit float32) float64 {
			out := evaluate(t, b, func(x []*graph.Node) *graph.Node { return graph.Gradient(loss.Generator(x[0]), x[0])[0] }, []float32{logit})
			return float64(out.Value().([]float32)[0])
		}
		assert.InEpsilon(t, -math.Exp(-20), slope(gan.Minimax, -20), 1e-4)
		assert.InDelta(t, -1, slope(gan.NonSaturating, -20), 1e-6)
		assert.InDelta(t, -.5, slope(gan.Minimax, 0), 1e-7, "at D = 1/2 they agree")
		assert.InDelta(t, -.5, slope(gan.NonSaturating, 0), 1e-7)
		for _, loss := range losses { // finite where exp overflows
			for _, logit := range []float32{-1000, 1000} {
				got := evaluate(t, b, both(loss), []float32{logit}, []float32{logit}).Value().([]float32)
				for _, x := range got {
					assert.False(t, math.IsNaN(float64(x)) || math.IsInf(float64(x), 0), "%s of %g is %g", loss, logit, x)
				}
			}
		}
	})
}

// linear is a critic of slope (3, 4) and so of length 5 everywhere.
func linear(_ *model.Scope, x *graph.Node) *graph.Node {
	return graph.ReduceSum(graph.Mul(x, graph.Const(x.Graph(), [][]float64{{3, 4}})), -1)
}

func TestGradientPenalty(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		penalty := func(critic gan.Network) float64 {
			out, err := model.CallOnce(b, model.NewStore(), func(scope *model.Scope, x []*graph.Node) *graph.Node {
				return gan.GradientPenalty(scope, critic, x[0], x[1], x[2])
			}, normal(1, 3, 2), normal(2, 3, 2), [][]float64{{0}, {.3}, {1}})
			require.NoError(t, err)
			return tensors.ToScalar[float64](out)
		}
		assert.InDelta(t, 16, penalty(func(s *model.Scope, x *graph.Node) *graph.Node {
			// The Go backend fails on inputs that nothing uses, and the slope of a line does not depend on where.
			return graph.Add(linear(s, x), graph.MulScalar(graph.ReduceSum(graph.Square(x), -1), 1e-9))
		}), 1e-5, "(5-1)²")
		// Half the square of the length has the slope x itself: the penalty says where it was taken.
		real, fake := normal(1, 3, 2).Value().([][]float64), normal(2, 3, 2).Value().([][]float64)
		want := 0.0
		for i, mix := range []float64{0, .3, 1} {
			x := [2]float64{mix*real[i][0] + (1-mix)*fake[i][0], mix*real[i][1] + (1-mix)*fake[i][1]}
			want += math.Pow(math.Hypot(x[0], x[1])-1, 2) / 3
		}
		assert.InDelta(t, want, penalty(func(_ *model.Scope, x *graph.Node) *graph.Node {
			return graph.MulScalar(graph.ReduceSum(graph.Square(x), -1), .5)
		}), 1e-9)
	})
}

// The gradient of the penalty is a second gradient: by finite differences, for each variable of a dense critic.
func TestGradientOfTheGradientPenalty(t *testing.T) {
	critic := gan.Perceptron{Hidden: []int{7, 5}, Outputs: 1, Slope: .2}.Network()
	config := gradcheck.DefaultConfig()
	config.Entries = 11
	real, fake, mix := normal(1, 3, 2).Value(), normal(2, 3, 2).Value(), normal(3, 3, 1).Value()
	// The examples are constants: only the variables' gradients are asked for. An input keeps the last bias in use, which no
	// slope depends on.
	penalty := func(stop bool) gradcheck.ModelFunction {
		return func(scope *model.Scope, x []*graph.Node) *graph.Node {
			g := x[0].Graph()
			penalty := gan.GradientPenalty(scope, critic, graph.Const(g, real), graph.Const(g, fake), graph.Const(g, mix))
			if stop {
				penalty = graph.StopGradient(penalty)
			}
			return graph.Add(penalty, graph.ReduceAllSum(critic(scope, x[0])))
		}
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		require.NoError(t, config.CompareModel(b, model.NewStore(), penalty(false), normal(4, 2, 2)))
		assert.ErrorContains(t, config.CompareModel(b, model.NewStore(), penalty(true), normal(4, 2, 2)), "weights", "the negative control")
	})
}

func TestLossPanics(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for want, run := range map[string]func(x []*graph.Node) *graph.Node{
			"one logit an example, [B] or [B, 1], got (Float64)[3, 2]": func(x []*graph.Node) *graph.Node { return gan.Hinge.Generator(x[0]) },
			"unknown loss unknown(9)":                                  func(x []*graph.Node) *graph.Node { return gan.Loss(9).Generator(graph.ReduceSum(x[0], 1)) },
			"mix (Float64)[3, 2] must be [B, 1]": func(x []*graph.Node) *graph.Node {
				return gan.GradientPenalty(nil, linear, x[0], x[0], x[0])
			},
		} {
			_, err := graph.CallOnce(b, run, normal(1, 3, 2))
			assert.ErrorContains(t, err, want)
		}
	})
}
