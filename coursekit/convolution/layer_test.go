package convolution_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/convolution"
	"courselab/coursekit/gradcheck"
)

func goBackend(t testing.TB) compute.Backend {
	b, _, err := backend.OpenNamed(backend.Go)
	require.NoError(t, err)
	return b
}

// array is a tensor in golden.json.
type array struct {
	Shape  []int
	Values []float64
}

func (a array) tensor() *tensors.Tensor { return tensor(append([]float64{}, a.Values...), a.Shape...) }

type modelFunction = func(scope *model.Scope, x *graph.Node) *graph.Node

// The golden values, with gradients, are torch's; testdata/golden.py writes them.
func TestAgainstTorch(t *testing.T) {
	golden := map[string]map[string]array{}
	text, err := os.ReadFile("testdata/golden.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &golden))
	convolve := func(k, s, p int) modelFunction {
		return func(scope *model.Scope, x *graph.Node) *graph.Node {
			return convolution.Layer(scope, x, convolution.Config{Channels: 2, Kernel: k, Stride: s, Padding: p, Bias: true})
		}
	}
	transpose := func(k, s, p int) modelFunction {
		return func(scope *model.Scope, x *graph.Node) *graph.Node {
			return convolution.TransposeLayer(scope, x, convolution.Config{Channels: 2, Kernel: k, Stride: s, Padding: p, Bias: true})
		}
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for name, f := range map[string]modelFunction{
			"convolution k4 s2 p1": func(scope *model.Scope, x *graph.Node) *graph.Node {
				return convolution.Layer(scope, x, convolution.Halve(2))
			},
			"convolution k3 s1 p1": func(scope *model.Scope, x *graph.Node) *graph.Node {
				return convolution.Layer(scope, x, convolution.Same(2))
			},
			"convolution k3 s2 p0": convolve(3, 2, 0),
			"transpose k4 s2 p1":   transpose(4, 2, 1),
			"transpose k3 s2 p0":   transpose(3, 2, 0),
			"transpose k5 s3 p2":   transpose(5, 3, 2),
			"batch norm": func(scope *model.Scope, x *graph.Node) *graph.Node {
				scope.Store().SetTraining(x.Graph(), true)
				return convolution.BatchNorm(scope, x, convolution.DefaultBatchNorm())
			},
			"max pool":  func(_ *model.Scope, x *graph.Node) *graph.Node { return convolution.MaxPool(x, 2) },
			"mean pool": func(_ *model.Scope, x *graph.Node) *graph.Node { return convolution.MeanPool(x, 2) },
			"upsample":  func(_ *model.Scope, x *graph.Node) *graph.Node { return convolution.Upsample(x, 2) },
		} {
			t.Run(name, func(t *testing.T) {
				want := golden[name]
				require.NotEmpty(t, want)
				store := model.NewStore()
				parameters := []string{}
				for _, p := range []string{"weights", "biases", "gain", "offset"} {
					if value, found := want[p]; found {
						store.RootScope().VariableWithValue(p, value.tensor())
						parameters = append(parameters, p)
					}
				}
				got, err := model.CallOnceN(b, store, func(scope *model.Scope, x *graph.Node) []*graph.Node {
					y := f(scope, x)
					wrt := []*graph.Node{x}
					for _, p := range parameters {
						wrt = append(wrt, scope.GetVariable(p).NodeValue(x.Graph()))
					}
					return append(graph.Gradient(graph.ReduceAllSum(graph.Cos(y)), wrt...), y)
				}, want["x"].tensor())
				require.NoError(t, err)
				same(t, want["output"], got[len(got)-1])
				same(t, want["d_x"], got[0])
				for i, p := range parameters {
					same(t, want["d_"+p], got[i+1])
				}
				if name != "batch norm" {
					return
				}
				for _, p := range []string{"running_mean", "running_variance"} {
					same(t, want[p], store.GetVariable("/"+p).MustValue())
				}
				evaluated, err := model.CallOnce(b, store, func(scope *model.Scope, x *graph.Node) *graph.Node {
					return convolution.BatchNorm(scope, x, convolution.DefaultBatchNorm())
				}, want["x"].tensor())
				require.NoError(t, err)
				same(t, golden["batch norm, evaluated"]["output"], evaluated)
			})
		}
	})
}

func same(t *testing.T, want array, got *tensors.Tensor) {
	t.Helper()
	assert.Equal(t, want.Shape, got.Shape().Dimensions)
	assert.InDeltaSlice(t, want.Values, tensors.MustCopyFlatData[float64](got), 1e-9)
}

func TestBatchNormGradient(t *testing.T) {
	x := normalTensor(1, 5, 3, 2)
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, training := range []bool{true, false} {
			store := model.NewStore()
			store.RootScope().VariableWithValue("gain", []float64{.7, -1.3})
			gradcheck.CheckModel(t, b, store, func(scope *model.Scope, x []*graph.Node) *graph.Node {
				scope.Store().SetTraining(x[0].Graph(), training)
				return convolution.BatchNorm(scope, x[0], convolution.BatchNormConfig{Momentum: .1, Epsilon: .1})
			}, x)
		}
		// The negative control: without the gradient of the statistics.
		err := gradcheck.DefaultConfig().Compare(b, func(x []*graph.Node) *graph.Node {
			flat := graph.Reshape(x[0], -1, 2)
			mean := graph.StopGradient(graph.ReduceMean(flat, 0))
			return graph.Sub(flat, graph.BroadcastToDims(graph.ExpandLeftToRank(mean, 2), 15, 2))
		}, x)
		require.ErrorContains(t, err, "differ from finite differences")
	})
}

// Whatever comes in, each channel has mean 0 and variance 1 while training; a constant channel becomes 0; evaluation uses the
// averages and so does not depend on the rest of the batch; two calls move them twice.
func TestBatchNormProperties(t *testing.T) {
	config := convolution.DefaultBatchNorm()
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		store := model.NewStore()
		train, err := model.NewExec(b, store, func(scope *model.Scope, x *graph.Node) *graph.Node {
			scope.Store().SetTraining(x.Graph(), true)
			convolution.BatchNorm(scope, x, config)
			y := graph.Reshape(convolution.BatchNorm(scope, x, config), -1, 2)
			return graph.Stack([]*graph.Node{graph.ReduceMean(y, 0), graph.ReduceMean(graph.Square(y), 0)}, 0)
		})
		require.NoError(t, err)
		mean := 0.0
		for seed := range uint64(5) {
			x := normal(seed, 7*3*2)
			batchMean := 0.0
			for i := range x {
				if i%2 == 1 {
					x[i] = 5
				} else {
					x[i] = 10*x[i] - 3
					batchMean += x[i] / 21
				}
			}
			for range 2 {
				mean = .9*mean + .1*batchMean
			}
			outputs, err := train.Call(tensor(x, 7, 3, 2))
			require.NoError(t, err)
			assert.InDeltaSlice(t, []float64{0, 0, 1, 0}, tensors.MustCopyFlatData[float64](outputs[0]), 1e-5)
		}
		running := tensors.MustCopyFlatData[float64](store.GetVariable("/running_mean").MustValue())
		assert.InDelta(t, mean, running[0], 1e-12)

		evaluate, err := model.NewExec(b, store, func(scope *model.Scope, x *graph.Node) *graph.Node {
			return convolution.BatchNorm(scope, x, config)
		})
		require.NoError(t, err)
		first, err := evaluate.Call(tensor([]float64{1, 2, 3, 4}, 2, 2))
		require.NoError(t, err)
		second, err := evaluate.Call(tensor([]float64{1, 2, 100, -7}, 2, 2))
		require.NoError(t, err)
		assert.Equal(t, tensors.MustCopyFlatData[float64](first[0])[:2], tensors.MustCopyFlatData[float64](second[0])[:2])
	})
}

func TestPoolAndUpsampleGradients(t *testing.T) {
	x := normalTensor(4, 3, 4, 6, 2)
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, f := range []func(x *graph.Node) *graph.Node{
			func(x *graph.Node) *graph.Node { return convolution.MaxPool(x, 2) },
			func(x *graph.Node) *graph.Node { return convolution.MeanPool(x, 2) },
			func(x *graph.Node) *graph.Node { return convolution.Upsample(x, 3) },
			convolution.GlobalMean,
		} {
			gradcheck.Check(t, b, func(x []*graph.Node) *graph.Node { return f(x[0]) }, x)
		}
		// The documented rule for ties: each gets the whole gradient.
		_, got := run(t, b, func(x []*graph.Node) *graph.Node {
			return graph.Gradient(graph.ReduceAllSum(convolution.MaxPool(x[0], 2)), x[0])[0]
		}, tensor([]float64{1, 3, 3, 2}, 1, 2, 2, 1))
		assert.Equal(t, []float64{0, 1, 1, 0}, got)
	})
}

func TestValidate(t *testing.T) {
	require.NoError(t, convolution.Halve(1).Validate())
	require.NoError(t, convolution.Same(1).Validate())
	require.NoError(t, convolution.DefaultBatchNorm().Validate())
	err := convolution.Config{Padding: 1}.Validate()
	for _, want := range []string{"Channels is 0", "Kernel is 0", "Stride is 0", "Padding is 1, must be at least 0 and less than Kernel, which is 0"} {
		require.ErrorContains(t, err, want)
	}
	err = convolution.BatchNormConfig{}.Validate()
	require.ErrorContains(t, err, "Momentum is 0")
	require.ErrorContains(t, err, "Epsilon is 0")
}

func TestLayerPanics(t *testing.T) {
	b := goBackend(t)
	store := model.NewStore()
	call := func(f modelFunction, dims ...int) error {
		_, err := model.CallOnce(b, store, f, normalTensor(1, dims...))
		return err
	}
	halve := func(scope *model.Scope, x *graph.Node) *graph.Node {
		return convolution.Layer(scope, x, convolution.Halve(2))
	}
	require.NoError(t, call(halve, 1, 4, 4, 3))
	assert.ErrorContains(t, call(halve, 1, 4, 4, 2), "the variable /weights is (Float64)[4, 4, 3, 2], but x (Float64)[1, 4, 4, 2] needs (Float64)[4, 4, 2, 2]")
	assert.ErrorContains(t, call(halve, 1, 4), "a layer wants x [B, Y, X, C]")
	for want, f := range map[string]func(x *graph.Node) *graph.Node{
		"multiples of the window":               func(x *graph.Node) *graph.Node { return convolution.MaxPool(x, 3) },
		"mean pool wants":                       func(x *graph.Node) *graph.Node { return convolution.MeanPool(x, 0) },
		"a factor of at least 1":                func(x *graph.Node) *graph.Node { return convolution.Upsample(x, 0) },
		"global mean wants x [B, Y, X, C], got": func(x *graph.Node) *graph.Node { return convolution.GlobalMean(graph.Reshape(x, 1, -1)) },
	} {
		assert.ErrorContains(t, call(func(_ *model.Scope, x *graph.Node) *graph.Node { return f(x) }, 1, 4, 4, 3), want)
	}
	assert.ErrorContains(t, call(func(scope *model.Scope, x *graph.Node) *graph.Node {
		scope.Store().SetTraining(x.Graph(), true)
		return convolution.BatchNorm(scope, x, convolution.DefaultBatchNorm())
	}, 1, 3), "the variance of one value a channel says nothing")
}
