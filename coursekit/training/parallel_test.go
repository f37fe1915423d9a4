package training

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
)

// evenSine are 28 of sineBatches' points, which two devices or four can share.
func evenSine(rng *rand.Rand, step int) ([]*tensors.Tensor, error) {
	batch, err := sineBatches(rng, step)
	if err != nil {
		return nil, err
	}
	const n = 28
	xs, ys := tensors.MustCopyFlatData[float32](batch[0]), tensors.MustCopyFlatData[float32](batch[1])
	return []*tensors.Tensor{tensors.FromFlatDataAndDimensions(xs[:2*n], n, 2), tensors.FromFlatDataAndDimensions(ys[:n], n, 1)}, nil
}

// TestDevicesShareABatch: two devices and four compute what one does, dropout included, through evaluations and a checkpoint.
func TestDevicesShareABatch(t *testing.T) {
	b, _, err := backend.OpenNamed(backend.XLACPU)
	require.NoError(t, err)
	run := func(devices, steps int, folder string) History {
		config := sineConfig(steps)
		config.Devices, config.CheckpointDir, config.EvaluateEvery = devices, folder, 4
		loop, err := New(b, model.NewStore(), config, sineObjective, evenSine)
		require.NoError(t, err)
		loop.Evaluate = func(context.Context, int) (map[string]float64, error) {
			bias := loop.Store().GetVariable("/out/dense/biases")
			require.NotNil(t, bias)
			return map[string]float64{"bias": float64(tensors.MustCopyFlatData[float32](bias.MustValue())[0])}, nil
		}
		history, err := loop.Run(context.Background())
		require.NoError(t, err)
		return history
	}
	one := run(1, 20, "")
	require.Len(t, one.Points, 20)
	require.Less(t, one.LastLoss(), 0.9*one.Points[0].Loss, "something is learnt")
	same := func(devices int, got History) {
		require.Len(t, got.Points, 20)
		for i, want := range one.Points {
			assert.InEpsilon(t, want.Loss, got.Points[i].Loss, 1e-5, "%d devices, step %d", devices, i+1)
			assert.InEpsilon(t, want.GradientNorm, got.Points[i].GradientNorm, 1e-5)
			assert.InEpsilon(t, want.Metrics["error"], got.Points[i].Metrics["error"], 1e-5)
		}
		for i, want := range one.Evaluations {
			assert.InDelta(t, want.Metrics["bias"], got.Evaluations[i].Metrics["bias"], 1e-5)
		}
	}
	same(2, run(2, 20, ""))
	folder := t.TempDir()
	run(4, 8, folder)
	same(4, run(4, 20, folder))
}

func TestDevicesThatCannotShare(t *testing.T) {
	xla, _, err := backend.OpenNamed(backend.XLACPU)
	require.NoError(t, err)
	config := sineConfig(3)
	config.Devices = 2
	_, err = New(xla, model.NewStore(), config, sineObjective, sineBatches)
	assert.ErrorContains(t, err, "a tensor (Float32)[31, 2] of the batch cannot be cut along its first axis for 2 devices")
	_, err = New(goBackend(t), model.NewStore(), config, sineObjective, evenSine)
	assert.ErrorContains(t, err, "Devices is 2, but the backend Go Backend has 1: lower it, or leave it 0")
	config.Accumulate = 2
	assert.ErrorContains(t, config.Validate(), "only one of them can be more than 1")
	config.Accumulate, config.Devices = 0, -1
	assert.ErrorContains(t, config.Validate(), "Devices is -1")
}
