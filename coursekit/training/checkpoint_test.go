package training

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
)

// trained makes a run of 6 steps with checkpoints at 2, 4 and 6.
func trained(t *testing.T) (compute.Backend, Config) {
	t.Helper()
	b := goBackend(t)
	config := sineConfig(6)
	config.CheckpointDir = filepath.Join(t.TempDir(), "run")
	config.CheckpointEvery, config.CheckpointKeep = 2, 2
	_, err := newSine(t, b, config).Run(context.Background())
	require.NoError(t, err)
	return b, config
}

func names(t *testing.T, dir string) (result []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range entries {
		result = append(result, entry.Name())
	}
	return result
}

func TestOldCheckpointsAndLeftoversGo(t *testing.T) {
	b, config := trained(t)
	assert.Equal(t, []string{"step-00000004", "step-00000006"}, names(t, config.CheckpointDir))

	require.NoError(t, os.MkdirAll(filepath.Join(config.CheckpointDir, savingPrefix+"123", "x"), 0o777))
	require.NoError(t, os.MkdirAll(filepath.Join(config.CheckpointDir, removingPrefix+"step-00000002"), 0o777))
	config.Steps = 8
	_, err := newSine(t, b, config).Run(context.Background())
	require.NoError(t, err)
	assert.Equal(t, []string{"step-00000006", "step-00000008"}, names(t, config.CheckpointDir))
}

// TestDamageIsOneClearLine damages the newest checkpoint in several ways; after following the advice the run goes on
// from the one before.
func TestDamageIsOneClearLine(t *testing.T) {
	binary := func(dir string) string {
		found, _ := filepath.Glob(filepath.Join(dir, "checkpoint-*.bin"))
		return found[0]
	}
	damages := map[string]func(dir string) error{
		"is missing": func(dir string) error { return os.Remove(binary(dir)) },
		"bytes, ":    func(dir string) error { return os.Truncate(binary(dir), 100) },
		"SHA-256": func(dir string) error {
			data, err := os.ReadFile(binary(dir))
			data[len(data)/2] ^= 1
			return errorsFirst(err, os.WriteFile(binary(dir), data, 0o666))
		},
		"manifest.json does not parse": func(dir string) error { return os.Truncate(filepath.Join(dir, manifestFile), 20) },
		"no such file":                 func(dir string) error { return os.Remove(filepath.Join(dir, manifestFile)) },
		"lists no files":               func(dir string) error { return os.WriteFile(filepath.Join(dir, manifestFile), []byte("{}"), 0o666) },
	}
	for message, damage := range damages {
		t.Run(message, func(t *testing.T) {
			b, config := trained(t)
			newest := filepath.Join(config.CheckpointDir, "step-00000006")
			require.NoError(t, damage(newest))
			_, err := New(b, model.NewStore(), config, sineObjective, sineBatches)
			require.ErrorIs(t, err, ErrDamaged)
			assert.ErrorContains(t, err, newest)
			assert.ErrorContains(t, err, message)
			assert.ErrorContains(t, err, "delete that folder to go on from step-00000004")
			assert.NotContains(t, err.Error(), "\n")
			_, err = Load(model.NewStore(), config.CheckpointDir)
			require.ErrorIs(t, err, ErrDamaged)

			require.NoError(t, os.RemoveAll(newest))
			assert.Equal(t, 4, newSine(t, b, config).Step())
			step, err := Load(model.NewStore(), config.CheckpointDir)
			require.NoError(t, err)
			assert.Equal(t, 4, step)
		})
	}
}

func errorsFirst(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestAnotherRunsCheckpointIsRefused(t *testing.T) {
	b, config := trained(t)
	other := config
	other.Seed = 8
	_, err := New(b, model.NewStore(), other, sineObjective, sineBatches)
	require.ErrorContains(t, err, "use another folder")
	assert.ErrorContains(t, err, "Seed:7")
	assert.ErrorContains(t, err, "Seed:8")

	wider := func(scope *model.Scope, batch []*Node) (*Node, []Metric) {
		return ReduceAllMean(Square(Sub(layers.DenseWithBias(scope.In("hidden"), batch[0], 17), batch[1]))), nil
	}
	_, err = New(b, model.NewStore(), config, wider, sineBatches)
	require.ErrorContains(t, err, "does not fit this model")
	assert.NotContains(t, err.Error(), "\n")

	deeper := func(scope *model.Scope, batch []*Node) (*Node, []Metric) {
		loss, metrics := sineObjective(scope, batch)
		return Add(loss, ReduceAllMean(layers.DenseWithBias(scope.In("extra"), batch[0], 3))), metrics
	}
	_, err = New(b, model.NewStore(), config, deeper, sineBatches)
	require.ErrorContains(t, err, "does not fit this model")

	counting := func(scope *model.Scope, batch []*Node) (*Node, []Metric) {
		counter := scope.VariableWithValue("count", int32(0)).SetTrainable(false)
		counter.SetNodeValue(OnePlus(counter.NodeValue(batch[0].Graph())))
		return sineObjective(scope, batch)
	}
	_, err = New(b, model.NewStore(), config, counting, sineBatches)
	require.ErrorContains(t, err, "it lacks variable /count (Int32) of the model")

	_, err = Load(model.NewStore(), t.TempDir())
	assert.ErrorContains(t, err, "no checkpoint in")
}

// TestSaveAndLoadForInference hands a store's variables to another store and another backend.
func TestSaveAndLoadForInference(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		loop := newSine(t, b, sineConfig(3))
		_, err := loop.Run(context.Background())
		require.NoError(t, err)
		require.NoError(t, Save(loop.Store(), dir, 3))
		require.NoError(t, Save(loop.Store(), dir, 3), "twice in the same place")
		require.Len(t, names(t, dir), 1)
		loaded := model.NewStore()
		step, err := Load(loaded, dir)
		require.NoError(t, err)
		assert.Equal(t, 3, step)
		want := bits(loop.Store())
		for path, value := range want {
			require.NotNil(t, loaded.GetVariable(path), path)
			assert.Equal(t, value, bits(loaded)[path], path)
		}
	})
}

const killedEnv = "COURSELAB_TEST_KILLED_RUN"

// TestKillAtAnyMoment kills a training process again and again, each time after a little longer, and lets it go on,
// until it ends. The variables are then those of a run that was never killed.
func TestKillAtAnyMoment(t *testing.T) {
	config := sineConfig(400)
	config.CheckpointEvery = 1
	if dir := os.Getenv(killedEnv); dir != "" { // this is the process to be killed
		b := goBackend(t)
		config.CheckpointDir = dir
		_, err := newSine(t, b, config).Run(context.Background())
		require.NoError(t, err)
		return
	}
	dir := filepath.Join(t.TempDir(), "run")
	kills := 0
	for {
		command := exec.Command(os.Args[0], "-test.run=^TestKillAtAnyMoment$")
		command.Env = append(os.Environ(), killedEnv+"="+dir)
		var output strings.Builder
		command.Stdout, command.Stderr = &output, &output
		require.NoError(t, command.Start())
		timer := time.AfterFunc(time.Duration(300+37*kills)*time.Millisecond, func() { _ = command.Process.Kill() })
		err := command.Wait()
		stopped := timer.Stop()
		if err == nil {
			break
		}
		require.False(t, stopped, "the run failed by itself: %s", output.String())
		kills++
	}
	require.Positive(t, kills, "the run ended before the first kill")

	b := goBackend(t)
	straight := config
	straight.CheckpointEvery = 0
	want := newSine(t, b, straight)
	wantHistory, err := want.Run(context.Background())
	require.NoError(t, err)
	config.CheckpointDir = dir
	got := newSine(t, b, config)
	require.Equal(t, config.Steps, got.Step())
	assert.Equal(t, bits(want.Store()), bits(got.Store()))
	gotHistory, err := got.Run(context.Background())
	require.NoError(t, err)
	assert.Equal(t, curve(wantHistory), curve(gotHistory))
	t.Logf("killed %d times; left: %v", kills, names(t, dir))
}
