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

// pursuit is a game of two numbers that start at 0: a minimises (a-target)², then b minimises (b-a)² with the new a.
func pursuit(scope *model.Scope, batch []*Node, optimizer Optimizer) (*Node, []Metric) {
	g := batch[0].Graph()
	first := scope.At("first").VariableWithValue("value", float32(0))
	second := scope.At("second").VariableWithValue("value", float32(0))
	lossA := Square(Sub(first.NodeValue(g), batch[0]))
	optimizer.Minimize(scope.At("first"), lossA)
	lossB := Square(Sub(second.NodeValue(g), first.NodeValue(g)))
	optimizer.Minimize(scope.At("second"), lossB)
	return lossA, []Metric{{"second", lossB}}
}

func targets(target float32) Batches {
	return func(*rand.Rand, int) ([]*tensors.Tensor, error) {
		return []*tensors.Tensor{tensors.FromScalar(target)}, nil
	}
}

// TestTwoLosses: each loss moves its own variable only, the second sees what the first did, and the gradients are one vector.
func TestTwoLosses(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		config := DefaultConfig()
		config.Steps, config.Quiet, config.Schedule = 1, true, Constant(0.5)
		loop, err := NewUpdate(b, model.NewStore(), config, pursuit, targets(3))
		require.NoError(t, err)
		history, err := loop.Run(context.Background())
		require.NoError(t, err)
		// Adam's first step is the rate, whatever the gradient's size.
		value := func(path string) float64 {
			return float64(tensors.ToScalar[float32](loop.Store().GetVariable(path).MustValue()))
		}
		assert.InDelta(t, 0.5, value("/first/value"), 1e-6)
		assert.InDelta(t, 0.5, value("/second/value"), 1e-6, "towards 0.5, where the first is now; from there on no gradient would be left")
		point := history.Points[0]
		assert.InDelta(t, 9, point.Loss, 1e-6)
		assert.InDelta(t, 0.25, point.Metrics["second"], 1e-6, "with the old value of the first, it would be 0")
		assert.InDelta(t, math.Hypot(6, 1), point.GradientNorm, 1e-5)
	})
}

// TestResumeTwoLosses: a run that was cut in two is the uninterrupted one, moments of both optimizers included.
func TestResumeTwoLosses(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		run := func(dir string, steps int) map[string][]byte {
			config := DefaultConfig()
			config.Steps, config.Quiet, config.Schedule, config.CheckpointDir = steps, true, Constant(0.1), dir
			loop, err := NewUpdate(b, model.NewStore(), config, pursuit, targets(3))
			require.NoError(t, err)
			_, err = loop.Run(context.Background())
			require.NoError(t, err)
			return bits(loop.Store())
		}
		dir := t.TempDir()
		half := run(dir, 3)
		whole := run(t.TempDir(), 7)
		assert.NotEqual(t, whole, half)
		assert.Equal(t, whole, run(dir, 7))
	})
}

func TestUpdateThatUpdatesNothing(t *testing.T) {
	config := DefaultConfig()
	config.Quiet = true
	_, err := NewUpdate(goBackend(t), model.NewStore(), config, func(_ *model.Scope, batch []*Node, _ Optimizer) (*Node, []Metric) {
		return batch[0], nil
	}, targets(1))
	assert.ErrorContains(t, err, "did not call Minimize")
}
