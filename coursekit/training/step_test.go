package training

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
)

// slowSGD is the definition in float64.
type slowSGD struct {
	SGD
	b [][]float64
}

func (s *slowSGD) update(parameters, gradients [][]float64, rate float64) {
	if s.b == nil {
		for _, p := range parameters {
			s.b = append(s.b, make([]float64, len(p)))
		}
	}
	for i, p := range parameters {
		for j, g := range gradients[i] {
			s.b[i][j] = s.Momentum*s.b[i][j] + g
			direction := s.b[i][j]
			if s.Nesterov {
				direction = g + s.Momentum*s.b[i][j]
			}
			p[j] -= rate * direction
		}
	}
}

// bowl is half the sum of weight·p² over a matrix that is not small, one that is, a vector and a scalar; entry i has weight
// 1 + i mod 7, so that its gradient is weight·p.
var bowlShapes = map[string][]int{"large": {67, 71}, "small": {3, 5}, "vector": {11}, "scalar": {}}

func bowlStart(name string) []float64 {
	values := make([]float64, tensorSize(bowlShapes[name]))
	for i := range values {
		values[i] = float64(float32(math.Sin(float64(i)) + float64(len(name))/8))
	}
	return values
}

func bowl(scope *model.Scope, g *Graph) (loss *Node) {
	for _, name := range []string{"large", "small", "vector", "scalar"} {
		var start []float32
		for _, x := range bowlStart(name) {
			start = append(start, float32(x))
		}
		p := Reshape(scope.VariableWithValue(name, tensors.FromFlatDataAndDimensions(start, bowlShapes[name]...)).NodeValue(g), -1)
		weight := make([]float32, len(start))
		for i := range weight {
			weight[i] = float32(1 + i%7)
		}
		part := MulScalar(ReduceAllSum(Mul(Const(g, weight), Square(p))), 0.5)
		if loss == nil {
			loss = part
		} else {
			loss = Add(loss, part)
		}
	}
	return loss
}

// TestVariablesOfAllSizes: whether a variable is updated by itself or in one vector with others, the definition holds.
func TestVariablesOfAllSizes(t *testing.T) {
	require.Greater(t, tensorSize(bowlShapes["large"]), smallVariable)
	names := []string{"large", "small", "vector", "scalar"}
	type updater interface {
		Update(scope *model.Scope, loss, rate *Node, clipNorm float64) *Node
	}
	for name, c := range map[string]struct {
		updater
		clip float64
	}{
		"AdamW, clipped": {Adam{0.9, 0.99, 1e-8, 0.1}, 2}, "Adam": {DefaultAdam(), 0},
		"descent": {SGD{}, 0}, "momentum": {SGD{Momentum: 0.9}, 0}, "Nesterov": {SGD{Momentum: 0.5, Nesterov: true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b compute.Backend) {
				store := model.NewStore()
				exec, err := model.NewExec(b, store, func(scope *model.Scope, rate *Node) *Node {
					return c.Update(scope, bowl(scope.In("model"), rate.Graph()), rate, c.clip)
				})
				require.NoError(t, err)
				parameters, rank := make([][]float64, len(names)), make([]int, len(names))
				for i, name := range names {
					parameters[i], rank[i] = bowlStart(name), len(bowlShapes[name])
				}
				adam, isAdam := c.updater.(Adam)
				slow := slowAdam{Adam: adam}
				var slower slowSGD
				if !isAdam {
					slower.SGD = c.updater.(SGD)
				}
				for step := 1; step <= 4; step++ {
					rate := 0.01 * float64(step)
					gradients, norm := make([][]float64, len(names)), 0.
					for i, p := range parameters {
						for j, x := range p {
							gradients[i] = append(gradients[i], float64(1+j%7)*x)
							norm += gradients[i][j] * gradients[i][j]
						}
					}
					if isAdam {
						slow.update(parameters, gradients, rank, rate, c.clip)
					} else {
						slower.update(parameters, gradients, rate)
					}
					outputs, err := exec.Call(float32(rate))
					require.NoError(t, err)
					assert.InEpsilon(t, math.Sqrt(norm), tensors.ToScalar[float32](outputs[0]), 1e-5)
				}
				for i, name := range names {
					got := tensors.MustCopyFlatData[float32](store.GetVariable("/model/" + name).MustValue())
					worst := 0.
					for j, want := range parameters[i] {
						worst = math.Max(worst, math.Abs(want-float64(got[j])))
					}
					assert.Less(t, worst, 3e-6, name)
				}
			})
		})
	}
}

func TestSGDTrainsAndResumes(t *testing.T) {
	b := goBackend(t)
	config := sineConfig(40)
	config.SGD, config.Schedule = &SGD{Momentum: 0.9}, Linear(0.05, 0, 40)
	straight := newSine(t, b, config)
	want, err := straight.Run(context.Background())
	require.NoError(t, err)
	assert.Less(t, want.LastLoss(), want.Points[0].Loss)

	config.Steps, config.CheckpointDir = 20, t.TempDir()
	_, err = newSine(t, b, config).Run(context.Background())
	require.NoError(t, err)
	config.Steps = 40
	second := newSine(t, b, config)
	got, err := second.Run(context.Background())
	require.NoError(t, err)
	assert.Equal(t, curve(want), curve(got))
	assert.Equal(t, bits(straight.Store()), bits(second.Store()))

	config.SGD = &SGD{Momentum: 0.8}
	_, err = New(b, model.NewStore(), config, sineObjective, sineBatches)
	assert.ErrorContains(t, err, "sgd(0.9)", "made with another momentum")
}

func TestSGDValidate(t *testing.T) {
	config := DefaultConfig()
	config.Adam = Adam{} // not used, so not checked
	config.SGD = &SGD{}
	require.NoError(t, config.Validate())
	config.SGD = &SGD{Momentum: 1}
	assert.ErrorContains(t, config.Validate(), "SGD.Momentum is 1")
	config.SGD = &SGD{Nesterov: true}
	assert.ErrorContains(t, config.Validate(), "Nesterov without Momentum")
}

func TestNoGradientNorm(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		config := sineConfig(2)
		config.ClipNorm = 0
		with, err := newSine(t, b, config).Run(context.Background())
		require.NoError(t, err)
		config.NoGradientNorm = true
		without, err := newSine(t, b, config).Run(context.Background())
		require.NoError(t, err)
		assert.Greater(t, with.Points[1].GradientNorm, 0.)
		assert.Equal(t, 0., without.Points[1].GradientNorm)
		assert.InEpsilon(t, with.Points[1].Loss, without.Points[1].Loss, 1e-6)
	})
}

// sinePart is the part of a large batch of sineBatches that batch number is: numbers 1 to parts make the first large one.
func sinePart(seed int64, parts int) Batches {
	return func(_ *rand.Rand, number int) ([]*tensors.Tensor, error) {
		var parted []*tensors.Tensor
		step, part := (number-1)/parts+1, (number-1)%parts
		whole, err := largeSine(Rand(seed, step))
		if err != nil {
			return nil, err
		}
		for _, tensor := range whole {
			values, dims := tensors.MustCopyFlatData[float32](tensor), tensor.Shape().Dimensions
			size := len(values) / parts
			parted = append(parted, tensors.FromFlatDataAndDimensions(values[part*size:(part+1)*size], dims[0]/parts, dims[1]))
		}
		return parted, nil
	}
}

// largeSine is a batch of 93 = 3·31.
func largeSine(rng *rand.Rand) ([]*tensors.Tensor, error) {
	var xs, ys []float32
	for range 3 {
		batch, err := sineBatches(rng, 0)
		if err != nil {
			return nil, err
		}
		xs = append(xs, tensors.MustCopyFlatData[float32](batch[0])...)
		ys = append(ys, tensors.MustCopyFlatData[float32](batch[1])...)
	}
	return []*tensors.Tensor{tensors.FromFlatDataAndDimensions(xs, len(ys), 2), tensors.FromFlatDataAndDimensions(ys, len(ys), 1)}, nil
}

// steadyObjective is sineObjective without dropout, which would draw other masks for the parts.
func steadyObjective(scope *model.Scope, batch []*Node) (*Node, []Metric) {
	w := scope.In("w").VariableWithValue("value", [][]float32{{.3, -.2, .1, .4, -.5}, {-.1, .2, -.3, .6, .1}})
	v := scope.In("v").VariableWithValue("value", [][]float32{{.5}, {.4}, {-.3}, {.2}, {.1}})
	difference := Sub(Dot(Tanh(Dot(batch[0], w.NodeValue(batch[0].Graph())).Product()), v.NodeValue(batch[0].Graph())).Product(), batch[1])
	return ReduceAllMean(Square(difference)), []Metric{{"error", ReduceAllMean(Abs(difference))}}
}

// TestAccumulationIsTheLargeBatch: three batches of 31 train as one of 93, clipping included, to 1e-6.
func TestAccumulationIsTheLargeBatch(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		config := sineConfig(12)
		config.ClipNorm = 0.3
		large, err := New(b, model.NewStore(), config, steadyObjective, func(rng *rand.Rand, step int) ([]*tensors.Tensor, error) {
			return largeSine(Rand(config.Seed, step))
		})
		require.NoError(t, err)
		want, err := large.Run(context.Background())
		require.NoError(t, err)
		assert.Greater(t, want.Points[0].GradientNorm, config.ClipNorm, "clipping is in use")

		config.Accumulate = 3
		parts, err := New(b, model.NewStore(), config, steadyObjective, sinePart(config.Seed, 3))
		require.NoError(t, err)
		got, err := parts.Run(context.Background())
		require.NoError(t, err)
		require.Len(t, got.Points, 12)
		for i, point := range got.Points {
			assert.InEpsilon(t, want.Points[i].Loss, point.Loss, 1e-6, "step %d", i+1)
			assert.InEpsilon(t, want.Points[i].GradientNorm, point.GradientNorm, 2e-6)
			assert.InEpsilon(t, want.Points[i].Metrics["error"], point.Metrics["error"], 1e-6)
		}
		for _, path := range []string{"/w/value", "/v/value"} {
			assert.InDeltaSlice(t, tensors.MustCopyFlatData[float32](large.Store().GetVariable(path).MustValue()),
				tensors.MustCopyFlatData[float32](parts.Store().GetVariable(path).MustValue()), 1e-6, path)
		}

		// The control: a part alone is not the large batch.
		config.Accumulate = 0
		alone, err := New(b, model.NewStore(), config, steadyObjective, sinePart(config.Seed, 3))
		require.NoError(t, err)
		other, err := alone.Run(context.Background())
		require.NoError(t, err)
		assert.Greater(t, math.Abs(other.Points[0].GradientNorm-want.Points[0].GradientNorm), 1e-4)
	})
}

// TestAccumulationResumes bit for bit, with dropout.
func TestAccumulationResumes(t *testing.T) {
	b := goBackend(t)
	config := sineConfig(8)
	config.Accumulate = 2
	straight := newSine(t, b, config)
	want, err := straight.Run(context.Background())
	require.NoError(t, err)
	config.Steps, config.CheckpointDir = 3, t.TempDir()
	_, err = newSine(t, b, config).Run(context.Background())
	require.NoError(t, err)
	config.Steps = 8
	second := newSine(t, b, config)
	got, err := second.Run(context.Background())
	require.NoError(t, err)
	assert.Equal(t, curve(want), curve(got))
	assert.Equal(t, bits(straight.Store()), bits(second.Store()))

	_, err = NewUpdate(b, model.NewStore(), config, pursuit, targets(1))
	assert.ErrorContains(t, err, "Accumulate is 2")
}

// TestLaterLossTakesNewValuesAsTheyAre: no gradient flows through an update of the same step. Through it, second would be 1.84.
func TestLaterLossTakesNewValuesAsTheyAre(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		config := DefaultConfig()
		config.Steps, config.Quiet, config.Schedule, config.SGD = 1, true, Constant(0.1), &SGD{}
		loop, err := NewUpdate(b, model.NewStore(), config, func(scope *model.Scope, batch []*Node, optimizer Optimizer) (*Node, []Metric) {
			g := batch[0].Graph()
			first := scope.At("first").VariableWithValue("value", float32(1))
			second := scope.At("second").VariableWithValue("value", float32(2))
			loss := Mul(batch[0], Square(Sub(first.NodeValue(g), second.NodeValue(g))))
			optimizer.Minimize(scope.At("first"), loss) // first becomes 1.2
			optimizer.Minimize(scope.At("second"), Mul(first.NodeValue(g), second.NodeValue(g)))
			return loss, nil
		}, targets(1))
		require.NoError(t, err)
		_, err = loop.Run(context.Background())
		require.NoError(t, err)
		assert.InDelta(t, 1.2, tensors.ToScalar[float32](loop.Store().GetVariable("/first/value").MustValue()), 1e-6)
		assert.InDelta(t, 1.88, tensors.ToScalar[float32](loop.Store().GetVariable("/second/value").MustValue()), 1e-6)
	})
}
