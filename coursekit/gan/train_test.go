package gan_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/gan"
	"courselab/coursekit/training"
)

// Two small players for points of the plane.
var (
	generator     = gan.Perceptron{Hidden: []int{13}, Outputs: 2}.Network()
	discriminator = gan.Perceptron{Hidden: []int{11}, Outputs: 1, Slope: .2}.Network()
)

// points are around (3, -1).
func points(rng *rand.Rand, n int) (*tensors.Tensor, error) {
	values := make([]float32, 0, 2*n)
	for range n {
		values = append(values, float32(3+.1*rng.NormFloat64()), float32(-1+.1*rng.NormFloat64()))
	}
	return tensors.FromFlatDataAndDimensions(values, n, 2), nil
}

func small() gan.Config {
	c := gan.DefaultConfig()
	c.Noise, c.Batch = 3, 6
	return c
}

func trainingConfig(steps int) training.Config {
	c := training.DefaultConfig()
	c.Steps, c.Quiet, c.Adam, c.Schedule = steps, true, gan.Adam(), training.Constant(1e-2)
	return c
}

// bits are the raw bytes of the variables whose paths begin with a prefix.
func bits(store *model.Store, prefix string) map[string][]byte {
	result := make(map[string][]byte)
	for v := range store.IterVariables() {
		if strings.HasPrefix(v.Path(), prefix) {
			if err := v.MustValue().ConstBytes(func(data []byte) { result[v.Path()] = append([]byte(nil), data...) }); err != nil {
				panic(err)
			}
		}
	}
	return result
}

// A step of either player leaves the other as it was, to the bit, moments included, and moves its own.
func TestEachStepMovesItsOwnPlayerAlone(t *testing.T) {
	c := small()
	c.Pack = 2
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		store := model.NewStore()
		loop, err := training.NewUpdate(b, store, trainingConfig(2), c.Update(generator, discriminator), c.Batches(points))
		require.NoError(t, err)
		_, err = loop.Run(context.Background())
		require.NoError(t, err)

		for _, player := range []string{gan.DiscriminatorScope, gan.GeneratorScope} {
			g, d := bits(store, "/generator"), bits(store, "/discriminator")
			require.Len(t, g, 4+3, "two layers, two moments, a counter")
			require.Len(t, d, 4+3)
			_, err := model.CallOnce(b, store, func(scope *model.Scope, x []*graph.Node) *graph.Node {
				optimizer := training.Optimizer{Adam: gan.Adam(), Rate: graph.Const(x[0].Graph(), float32(.1))}
				if player == gan.GeneratorScope {
					loss := c.GeneratorUpdate(scope, generator, discriminator, x[1], optimizer)
					return graph.Add(loss, graph.MulScalar(graph.ReduceAllSum(x[0]), 0))
				}
				return c.DiscriminatorUpdate(scope, generator, discriminator, x, optimizer)
			}, must(points(training.Rand(1, 1), c.Batch)), gan.Noise(training.Rand(1, 2), c.Batch, c.Noise))
			require.NoError(t, err)
			moved, still := bits(store, "/"+player), g
			before, now := d, bits(store, "/generator")
			if player == gan.GeneratorScope {
				before, still, now = g, d, bits(store, "/discriminator")
			}
			assert.Equal(t, still, now, "a step of the %s changed the other", player)
			for path, value := range before {
				assert.NotEqual(t, value, moved[path], "a step of the %s left %s", player, path)
			}
		}
	})
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// One batch of 2·B and two of B are the same discriminator step.
func TestOnePassIsTwo(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		run := func(change func(*gan.Config)) []training.Point {
			c := small()
			// Not the Wasserstein loss: the last bias cancels in it, and Adam makes a whole step of what rounding leaves.
			c.DiscriminatorSteps, c.Penalty, c.DiscriminatorRate = 2, 10, 2
			change(&c)
			loop, err := training.NewUpdate(b, model.NewStore(), trainingConfig(3), c.Update(generator, discriminator), c.Batches(points))
			require.NoError(t, err)
			history, err := loop.Run(context.Background())
			require.NoError(t, err)
			return history.Points
		}
		together, apart, other := run(func(*gan.Config) {}), run(func(c *gan.Config) { c.Separate = true }), run(func(c *gan.Config) { c.DiscriminatorRate = 1 })
		for i := range together {
			assert.InDelta(t, apart[i].Loss, together[i].Loss, 1e-4)
			assert.InDelta(t, apart[i].Metrics[gan.GeneratorLoss], together[i].Metrics[gan.GeneratorLoss], 1e-4)
		}
		assert.Greater(t, abs(other[2].Loss-together[2].Loss), 1e-3, "the negative control: another rate is another run")
	})
}

func abs(x float64) float64 { return max(x, -x) }

// The same seed gives the same bits, and a run that was cut in two is the uninterrupted one.
func TestSameSeedSameBitsAndResume(t *testing.T) {
	c := small()
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		run := func(seed int64, steps int, dir string) (map[string][]byte, []training.Point) {
			config := trainingConfig(steps)
			config.Seed, config.CheckpointDir = seed, dir
			loop, err := training.NewUpdate(b, model.NewStore(), config, c.Update(generator, discriminator), c.Batches(points))
			require.NoError(t, err)
			history, err := loop.Run(context.Background())
			require.NoError(t, err)
			for i := range history.Points {
				history.Points[i].Seconds = 0
			}
			return bits(loop.Store(), "/"), history.Points
		}
		dir := t.TempDir()
		run(5, 3, dir)
		whole, points := run(5, 7, "")
		resumed, pointsResumed := run(5, 7, dir)
		assert.Equal(t, whole, resumed)
		assert.Equal(t, points, pointsResumed)
		require.Len(t, points, 7)
		assert.Contains(t, points[0].Metrics, gan.GeneratorLoss)
		other, _ := run(6, 7, "")
		assert.NotEqual(t, whole, other)
	})
}

// Every loss moves the generator to where the data is.
func TestLearnsWherePointsAre(t *testing.T) {
	b, _, err := backend.OpenNamed(backend.Go)
	require.NoError(t, err)
	for _, loss := range losses {
		c := small()
		c.Loss, c.Batch = loss, 32
		if loss == gan.Wasserstein {
			c.Penalty = 1
		}
		store := model.NewStore()
		sampler, err := gan.NewSampler(b, store, generator)
		require.NoError(t, err)
		loop, err := training.NewUpdate(b, store, trainingConfig(300), c.Update(generator, discriminator), c.Batches(points))
		require.NoError(t, err)
		distance := func() float64 {
			samples, err := sampler.Sample(gan.Noise(training.Rand(1, 0), 500, c.Noise))
			require.NoError(t, err)
			var x, y float64
			for _, p := range samples.Value().([][]float32) {
				x, y = x+float64(p[0])/500, y+float64(p[1])/500
			}
			return abs(x-3) + abs(y+1)
		}
		before := distance()
		_, err = loop.Run(context.Background())
		require.NoError(t, err)
		assert.Greater(t, before, 2.5, "%s", loss)
		assert.Less(t, distance(), 1.0, "%s", loss)
	}
}

func TestValidate(t *testing.T) {
	require.NoError(t, gan.DefaultConfig().Validate())
	err := gan.Config{Loss: 7, Pack: 3, Batch: 64, Penalty: -1}.Validate()
	for _, want := range []string{
		"Loss is unknown(7)", "Noise is 0", "Pack is 3, must be at least 1 and divide Batch, which is 64", "DiscriminatorSteps is 0", "Penalty is -1", "DiscriminatorRate is 0",
	} {
		assert.ErrorContains(t, err, want)
	}
	assert.ErrorContains(t, gan.Config{}.Validate(), "Batch is 0")
	assert.Panics(t, func() { gan.Config{}.Update(generator, discriminator) })

	b, _, err := backend.OpenNamed(backend.Go)
	require.NoError(t, err)
	c := small()
	_, err = training.NewUpdate(b, model.NewStore(), trainingConfig(1), c.Update(generator, discriminator), func(rng *rand.Rand, _ int) ([]*tensors.Tensor, error) {
		return []*tensors.Tensor{gan.Noise(rng, 2, 2)}, nil
	})
	assert.ErrorContains(t, err, "a step takes 3 inputs, got 1")
	wide := gan.Perceptron{Outputs: 5}.Network()
	_, err = training.NewUpdate(b, model.NewStore(), trainingConfig(1), c.Update(wide, discriminator), c.Batches(points))
	assert.ErrorContains(t, err, "the generator makes (Float32)[6, 5], real examples are (Float32)[6, 2]")
}

// A generator learns where points lie from a discriminator that tells them from its own.
func Example() {
	b, _, err := backend.OpenNamed(backend.Go)
	if err != nil {
		panic(err)
	}
	config := gan.DefaultConfig()
	config.Noise = 2
	generator := gan.Perceptron{Hidden: []int{16}, Outputs: 1}.Network()
	discriminator := gan.Perceptron{Hidden: []int{16}, Outputs: 1, Slope: 0.2}.Network()
	real := func(rng *rand.Rand, n int) (*tensors.Tensor, error) {
		values := make([]float32, n)
		for i := range values {
			values[i] = float32(5 + rng.NormFloat64()/2)
		}
		return tensors.FromFlatDataAndDimensions(values, n, 1), nil
	}

	run := training.DefaultConfig()
	run.Steps, run.Quiet, run.Adam, run.Schedule = 500, true, gan.Adam(), training.Cosine(1e-2, 0, 500)
	store := model.NewStore()
	loop, err := training.NewUpdate(b, store, run, config.Update(generator, discriminator), config.Batches(real))
	if err != nil {
		panic(err)
	}
	if _, err = loop.Run(context.Background()); err != nil {
		panic(err)
	}
	sampler, err := gan.NewSampler(b, store, generator)
	if err != nil {
		panic(err)
	}
	samples, err := sampler.Sample(gan.Noise(training.Rand(1, 0), 1000, config.Noise))
	if err != nil {
		panic(err)
	}
	mean := float32(0)
	for _, x := range tensors.MustCopyFlatData[float32](samples) {
		mean += x / 1000
	}
	fmt.Println("mean between 4 and 6:", mean > 4 && mean < 6)
	// Output:
	// mean between 4 and 6: true
}
