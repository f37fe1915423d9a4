package training

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/backendtest"
)

// sineObjective is a small network with dropout, so that a run consumes random state at every step.
func sineObjective(scope *model.Scope, batch []*Node) (*Node, []Metric) {
	x, y := batch[0], batch[1]
	h := Tanh(layers.DenseWithBias(scope.In("hidden"), x, 13))
	h = layers.DropoutStatic(scope, h, 0.2)
	difference := Sub(layers.DenseWithBias(scope.In("out"), h, 1), y)
	return ReduceAllMean(Square(difference)), []Metric{{"error", ReduceAllMean(Abs(difference))}}
}

// sineBatches draws points of y = sin(3·x0) + x1².
func sineBatches(rng *rand.Rand, _ int) ([]*tensors.Tensor, error) {
	const n = 31
	xs, ys := make([]float32, 0, 2*n), make([]float32, 0, n)
	for range n {
		a, b := rng.Float64()*2-1, rng.Float64()*2-1
		xs = append(xs, float32(a), float32(b))
		ys = append(ys, float32(math.Sin(3*a)+b*b))
	}
	return []*tensors.Tensor{tensors.FromFlatDataAndDimensions(xs, n, 2), tensors.FromFlatDataAndDimensions(ys, n, 1)}, nil
}

func sineConfig(steps int) Config {
	config := DefaultConfig()
	config.Seed, config.Steps, config.Quiet = 7, steps, true
	config.Schedule = Cosine(0.02, 0.001, 40).WithWarmUp(5)
	config.ClipNorm = 1
	config.Adam.WeightDecay = 0.01
	return config
}

func newSine(t *testing.T, backend compute.Backend, config Config) *Loop {
	t.Helper()
	loop, err := New(backend, model.NewStore(), config, sineObjective, sineBatches)
	require.NoError(t, err)
	return loop
}

func goBackend(t *testing.T) compute.Backend {
	t.Helper()
	b, _, err := backend.OpenNamed(backend.Go)
	require.NoError(t, err)
	return b
}

// bits are the raw bytes of every variable of a store, by path.
func bits(store *model.Store) map[string][]byte {
	result := make(map[string][]byte)
	for v := range store.IterVariables() {
		if err := v.MustValue().ConstBytes(func(data []byte) { result[v.Path()] = append([]byte(nil), data...) }); err != nil {
			panic(err)
		}
	}
	return result
}

// curve is the history without the wall time.
func curve(h History) []Point {
	points := make([]Point, 0, len(h.Points))
	for _, p := range h.Points {
		p.Seconds = 0
		points = append(points, p)
	}
	return points
}

func TestLossFalls(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		config := sineConfig(300)
		config.Schedule = Constant(0.02)
		history, err := newSine(t, b, config).Run(context.Background())
		require.NoError(t, err)
		require.Len(t, history.Points, 300)
		assert.Equal(t, "steps", history.Stopped)
		assert.Less(t, history.LastLoss(), history.Points[0].Loss/4, "from %g", history.Points[0].Loss)
		assert.Contains(t, history.Points[0].Metrics, "error")
	})
}

// TestNextAndRunAreTheSameSteps: step by step with batches that stay, as in one run with batches made anew.
func TestNextAndRunAreTheSameSteps(t *testing.T) {
	b := goBackend(t)
	whole := newSine(t, b, sineConfig(5))
	want, err := whole.Run(context.Background())
	require.NoError(t, err)

	config := sineConfig(5)
	config.KeepBatches = true
	kept := map[int][]*tensors.Tensor{}
	loop, err := New(b, model.NewStore(), config, sineObjective, func(rng *rand.Rand, step int) ([]*tensors.Tensor, error) {
		if kept[step] == nil {
			kept[step], _ = sineBatches(rng, step)
		}
		return kept[step], nil
	})
	require.NoError(t, err)
	for range 3 {
		_, err := loop.Next()
		require.NoError(t, err)
	}
	assert.Equal(t, 3, loop.Step())
	got, err := loop.Run(context.Background())
	require.NoError(t, err)
	assert.Equal(t, curve(want), curve(got))
	assert.Equal(t, bits(whole.Store()), bits(loop.Store()))
	for step, batch := range kept {
		assert.True(t, batch[0].Ok(), "the batch of step %d was freed", step)
	}
}

// TestSameSeedSameBits also shows the negative control: another seed gives another run.
func TestSameSeedSameBits(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		run := func(seed int64) (map[string][]byte, []Point) {
			config := sineConfig(6)
			config.Seed = seed
			loop := newSine(t, b, config)
			history, err := loop.Run(context.Background())
			require.NoError(t, err)
			return bits(loop.Store()), curve(history)
		}
		variables, points := run(3)
		again, pointsAgain := run(3)
		assert.Equal(t, variables, again)
		assert.Equal(t, points, pointsAgain)
		other, pointsOther := run(4)
		assert.NotEqual(t, variables, other)
		assert.NotEqual(t, points, pointsOther)
	})
}

func TestResumeIsBitForBit(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		const steps = 22
		straight := newSine(t, b, sineConfig(steps))
		want, err := straight.Run(context.Background())
		require.NoError(t, err)

		// Half the run, then a new process would do what a new store and loop do here.
		config := sineConfig(steps / 2)
		config.CheckpointDir = t.TempDir()
		first := newSine(t, b, config)
		_, err = first.Run(context.Background())
		require.NoError(t, err)

		config.Steps = steps
		second := newSine(t, b, config)
		require.Equal(t, steps/2, second.Step())
		assert.Equal(t, bits(first.Store()), bits(second.Store()), "what was loaded is what was saved")
		got, err := second.Run(context.Background())
		require.NoError(t, err)

		assert.Equal(t, curve(want), curve(got))
		assert.Equal(t, bits(straight.Store()), bits(second.Store()))
	})
}

func TestCancelSavesAndResumes(t *testing.T) {
	b := goBackend(t)
	const steps = 17
	straight := newSine(t, b, sineConfig(steps))
	want, err := straight.Run(context.Background())
	require.NoError(t, err)

	config := sineConfig(steps)
	config.CheckpointDir = t.TempDir()
	config.EvaluateEvery = 1
	ctx, cancel := context.WithCancel(context.Background())
	loop := newSine(t, b, config)
	loop.Evaluate = func(_ context.Context, step int) (map[string]float64, error) {
		if step == 5 {
			cancel()
		}
		return nil, nil
	}
	history, err := loop.Run(ctx)
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "stopped after step 5 of 17")
	assert.Equal(t, "cancelled", history.Stopped)

	loop = newSine(t, b, config)
	require.Equal(t, 5, loop.Step())
	history, err = loop.Run(context.Background())
	require.NoError(t, err)
	assert.Equal(t, curve(want), curve(history))
	assert.Equal(t, bits(straight.Store()), bits(loop.Store()))
}

func TestEvaluationTargetAndPatience(t *testing.T) {
	b := goBackend(t)
	scores := []float64{0.5, 0.7, 0.6, 0.65, 0.9, 1}
	run := func(change func(*Config)) History {
		config := sineConfig(13)
		config.EvaluateEvery = 2
		config.Target.Metric = "score"
		change(&config)
		loop := newSine(t, b, config)
		calls := 0
		loop.Evaluate = func(_ context.Context, step int) (map[string]float64, error) {
			calls++
			return map[string]float64{"score": scores[min(calls, len(scores))-1]}, nil
		}
		history, err := loop.Run(context.Background())
		require.NoError(t, err)
		return history
	}

	history := run(func(c *Config) { c.Target.Value = 0.9 })
	assert.Equal(t, "target", history.Stopped)
	assert.Equal(t, 10, history.LastStep())

	history = run(func(c *Config) { c.Target.Value, c.Patience = 2, 2 })
	assert.Equal(t, "patience", history.Stopped)
	assert.Equal(t, 8, history.LastStep(), "0.6 and 0.65 are no better than 0.7")

	history = run(func(c *Config) { c.Target.Value, c.Target.Below = 0.6, true })
	assert.Equal(t, "target", history.Stopped)
	assert.Equal(t, 2, history.LastStep())

	history = run(func(c *Config) { c.Target.Value = 2 })
	assert.Equal(t, "steps", history.Stopped)
	steps, values := history.EvaluationCurve("score")
	assert.Equal(t, []float64{2, 4, 6, 8, 10, 12, 13}, steps, "the last step is evaluated too")
	assert.Equal(t, append(scores, 1), values)
}

func TestErrorsOfARun(t *testing.T) {
	b := goBackend(t)
	ctx := context.Background()

	config := sineConfig(10)
	config.Schedule = Constant(math.MaxFloat32)
	_, err := newSine(t, b, config).Run(ctx)
	assert.ErrorContains(t, err, "lower the rate")

	broken := errors.New("disk gone")
	_, err = New(b, model.NewStore(), sineConfig(3), sineObjective,
		func(*rand.Rand, int) ([]*tensors.Tensor, error) { return nil, broken })
	assert.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, "batch of step 1")

	loop, err := New(b, model.NewStore(), sineConfig(3), sineObjective, func(rng *rand.Rand, step int) ([]*tensors.Tensor, error) {
		if step == 2 {
			return nil, broken
		}
		return sineBatches(rng, step)
	})
	require.NoError(t, err)
	_, err = loop.Run(ctx)
	assert.ErrorIs(t, err, broken)
	assert.Equal(t, 1, loop.Step())

	misfit := func(_ *model.Scope, batch []*Node) (*Node, []Metric) { return Add(batch[0], batch[1]), nil }
	_, err = New(b, model.NewStore(), sineConfig(3), misfit, sineBatches)
	assert.ErrorContains(t, err, "building the step")

	constant := func(_ *model.Scope, batch []*Node) (*Node, []Metric) { return ReduceAllSum(batch[0]), nil }
	_, err = New(b, model.NewStore(), sineConfig(3), constant, sineBatches)
	assert.ErrorContains(t, err, "no trainable variable")
}

// TestSameSeedSameStartEverywhere: the first parameters do not depend on the backend.
func TestSameSeedSameStartEverywhere(t *testing.T) {
	starts := make(map[string]map[string][]byte)
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		starts[t.Name()] = bits(newSine(t, b, sineConfig(3)).Store())
	})
	var first map[string][]byte
	for _, start := range starts {
		if first == nil {
			first = start
		}
		assert.Equal(t, first, start)
	}
	assert.NotEqual(t, make([]byte, 2*13*4), first["/hidden/dense/weights"])
}

func TestValidateNamesEveryRule(t *testing.T) {
	require.NoError(t, DefaultConfig().Validate())
	err := Config{Steps: -1, ClipNorm: -2, EvaluateEvery: -3, Patience: 4, CheckpointEvery: 5, Adam: Adam{Beta1: 1, Beta2: -1, WeightDecay: -1}}.Validate()
	for _, want := range []string{"Steps is -1", "Schedule is not set", "ClipNorm is -2", "EvaluateEvery is -3", "Patience is 4",
		"RecordEvery is 0", "CheckpointEvery is 5 but CheckpointDir is empty", "Beta1 is 1", "Beta2 is -1", "Epsilon is 0", "WeightDecay is -1"} {
		assert.ErrorContains(t, err, want)
	}
	_, err = New(nil, nil, Config{}, nil, nil)
	assert.Error(t, err)
	config := DefaultConfig()
	config.CheckpointDir, config.CheckpointKeep = filepath.Join(t.TempDir(), "x"), 0
	assert.ErrorContains(t, config.Validate(), "CheckpointKeep is 0")
}
