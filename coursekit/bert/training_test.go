package bert_test

import (
	"context"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/bert"
)

// A language in which every token is said twice, so that a hidden one stands beside its twin; and the class is whether the
// first pair is even.
func twins(seed uint64, n int) (examples []bert.Example) {
	rng := source(seed)
	for range n {
		a, b, c := int32(5+rng.IntN(8)), int32(5+rng.IntN(8)), int32(5+rng.IntN(8))
		examples = append(examples, bert.Example{
			Sequence: bert.Sequence{IDs: []int32{2, a, a, b, b, c, c, 3}, Segments: make([]int32, 8)}, Label: a % 2,
		})
	}
	return examples
}

func sequences(examples []bert.Example) (list []bert.Sequence) {
	for _, example := range examples {
		list = append(list, example.Sequence)
	}
	return list
}

func trainable() (bert.Config, bert.PretrainConfig, bert.FineTuneConfig) {
	c := tiny()
	c.Vocabulary, c.DType, c.Layers, c.ModelDim, c.InitialDeviation = 13, dtypes.Float32, 1, 32, 0.1
	p, f := bert.DefaultPretrainConfig(13, small), bert.DefaultFineTuneConfig(small)
	p.Batch, p.Length, p.Corrupter.MaxChosen = 32, 9, 1
	p.Training.Steps, p.Training.Quiet, f.Training.Quiet = 300, true, true
	f.Length = 9
	return c, p, f
}

// values are the variables of a store by path.
func values(t *testing.T, store *model.Store) map[string][]float32 {
	t.Helper()
	all := map[string][]float32{}
	for v := range store.IterVariables() {
		if v.DType() == dtypes.Float32 {
			all[v.Path()] = tensors.MustCopyFlatData[float32](v.MustValue())
		}
	}
	return all
}

func train(t *testing.T, b compute.Backend, store *model.Store, config bert.Config, tune bert.FineTuneConfig, examples []bert.Example) {
	t.Helper()
	loop, err := bert.FineTune(b, store, config, tune, examples)
	require.NoError(t, err)
	_, err = loop.Run(context.Background())
	require.NoError(t, err)
}

func TestPretrainThenFineTune(t *testing.T) {
	b := goBackend(t)
	config, pretrain, tune := trainable()
	corpus, held := sequences(twins(1, 1000)), sequences(twins(2, 320))
	store := model.NewStore()
	loop, err := bert.Pretrain(b, store, config, pretrain, corpus)
	require.NoError(t, err)
	before, err := bert.MaskedNLL(b, store, config, pretrain, 3, held)
	require.NoError(t, err)
	_, err = loop.Run(context.Background())
	require.NoError(t, err)
	after, err := bert.MaskedNLL(b, store, config, pretrain, 3, held)
	require.NoError(t, err)
	assert.Greater(t, before, 2., "ln 8 = 2.08 is to know nothing")
	assert.Less(t, after, 0.9, "one of ten hidden tokens is another, which the twin beside it cannot be told from for sure")
	again, err := bert.MaskedNLL(b, store, config, pretrain, 3, held)
	require.NoError(t, err)
	assert.Equal(t, after, again)

	start, err := bert.Encoder(store, config)
	require.NoError(t, err)
	encoder := values(t, start)
	assert.Contains(t, encoder, "/embeddings/word")
	assert.NotContains(t, encoder, "/masked_lm/output_bias")
	tune.Frozen, tune.Training.Steps = true, 5
	train(t, b, start, config, tune, twins(4, 64))
	for path, want := range encoder {
		assert.Equal(t, want, values(t, start)[path], "frozen: %s", path)
	}
	tune.Frozen, tune.Training.Steps = false, 150
	if start, err = bert.Encoder(store, config); err != nil {
		t.Fatal(err)
	}
	train(t, b, start, config, tune, twins(4, 64))
	assert.NotEqual(t, encoder["/embeddings/word"], values(t, start)["/embeddings/word"])
	test := twins(5, 70) // not a multiple of the batch
	predicted, err := bert.Classify(b, start, config, tune, sequences(test))
	require.NoError(t, err)
	require.Len(t, predicted, 70)
	right := 0
	for i, example := range test {
		if predicted[i] == example.Label {
			right++
		}
	}
	assert.GreaterOrEqual(t, right, 63)

	// Means: of the states at all places but the padding.
	means, err := bert.Means(b, start, config, tune, sequences(twins(6, 1)))
	require.NoError(t, err)
	one := sequences(twins(6, 1))[0]
	rows, err := bert.States(b, start, config, tune, slices.Repeat([]bert.Sequence{one}, 8), []int{0, 1, 2, 3, 4, 5, 6, 7}, false)
	require.NoError(t, err)
	for c := range 32 {
		sum := 0.0
		for _, row := range rows {
			sum += row[c]
		}
		assert.InDelta(t, sum/8, means[0][c], 1e-5)
	}

	// States: contextual ones differ between two places of one token, static ones do not.
	pair := sequences(twins(6, 1))
	for _, static := range []bool{false, true} {
		rows, err := bert.States(b, start, config, tune, []bert.Sequence{pair[0], pair[0]}, []int{1, 2}, static)
		require.NoError(t, err)
		require.Len(t, rows[0], 32)
		if static {
			assert.Equal(t, rows[0], rows[1])
			word := int(pair[0].IDs[1])
			for i, x := range values(t, start)["/embeddings/word"][word*32:][:32] {
				assert.Equal(t, float64(x), rows[0][i])
			}
		} else {
			assert.NotEqual(t, rows[0], rows[1])
		}
	}
}

func TestTrainingErrors(t *testing.T) {
	b := goBackend(t)
	config, pretrain, tune := trainable()
	few := twins(1, 3)
	_, err := bert.Pretrain(b, model.NewStore(), config, pretrain, sequences(few))
	assert.ErrorContains(t, err, "3 sequences do not fill a batch of 32")
	_, err = bert.MaskedNLL(b, model.NewStore(), config, pretrain, 1, sequences(few))
	assert.ErrorContains(t, err, "3 sequences do not fill a batch of 32")
	_, err = bert.FineTune(b, model.NewStore(), config, tune, few)
	assert.ErrorContains(t, err, "3 examples do not fill a batch of 32")
	many := twins(1, 40)
	many[7].Label = 2
	_, err = bert.FineTune(b, model.NewStore(), config, tune, many)
	assert.ErrorContains(t, err, "example 7 has the class 2 of 2")
	tune.Length = 5
	_, err = bert.FineTune(b, model.NewStore(), config, tune, twins(1, 40))
	assert.ErrorContains(t, err, "the batch is 5 wide")
	tune.Classes, pretrain.Batch = 1, 0
	_, err = bert.Classify(b, model.NewStore(), config, tune, sequences(few))
	assert.ErrorContains(t, err, "Classes 1")
	_, err = bert.Pretrain(b, model.NewStore(), bert.Config{}, pretrain, sequences(few))
	assert.ErrorContains(t, err, "Batch is 0")
	assert.ErrorContains(t, err, "Vocabulary is 0")
	_, err = bert.States(b, model.NewStore(), config, tune, sequences(few), []int{1}, false)
	assert.ErrorContains(t, err, "1 positions for 3 sequences")
	_, err = bert.Encoder(model.NewStore(), config)
	assert.ErrorContains(t, err, "embeddings/word is missing")
}
