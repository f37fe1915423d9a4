package transformer_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/training"
	"courselab/coursekit/transformer"
)

// This file trains the workload W1 of the speed comparison with JAX and PyTorch, a sequence-to-sequence Transformer that
// reverses its input, from generated parameters and data, and expects the losses that JAX had: model, gradients and Adam
// are right together, to float32's precision.

// w1Losses are the losses of the first five steps in JAX; PyTorch differs by less than 2e-6 of them.
var w1Losses = []float64{4.119836807250977, 4.470609664916992, 4.116539478302002, 3.825924873352051, 3.7096967697143555}

const w1Batch, w1Length, w1Vocab = 64, 16, 32

// generated is the workloads' generator: a SplitMix64 stream begun at the FNV-1a hash of a name, in [0, 1).
func generated(name string, n int) []float64 {
	hash := fnv.New64a()
	hash.Write([]byte(name))
	values := make([]float64, n)
	for i := range values {
		x := hash.Sum64() + uint64(i+1)*0x9E3779B97F4A7C15
		x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
		x = (x ^ x>>27) * 0x94D049BB133111EB
		x ^= x >> 31
		values[i] = float64(x>>40) / (1 << 24)
	}
	return values
}

func generatedInts(name string, n, low, high int) []int {
	ints := make([]int, n)
	for i, u := range generated(name, n) {
		ints[i] = low + int(math.Floor(u*float64(high-low)))
	}
	return ints
}

// w1Name is the workload's name of a variable, as in "enc0.self.q.w".
func w1Name(path string) string {
	name := path
	lastNorm := ".ln2"
	if strings.HasPrefix(name, "/decoder") {
		lastNorm = ".ln3"
	}
	if strings.HasPrefix(name, "/output") {
		name = "out" + strings.TrimPrefix(name, "/output")
	}
	for _, pair := range [][2]string{
		{"/source/embeddings", "src_emb"}, {"/target/embeddings", "tgt_emb"},
		{"/encoder/final_norm", "enc_ln"}, {"/decoder/final_norm", "dec_ln"},
		{"/encoder/layer_", "enc"}, {"/decoder/layer_", "dec"},
		{"/self/norm", ".ln1"}, {"/cross/norm", ".ln2"}, {"/feed_forward/norm", lastNorm},
		{"/self/attention", ".self"}, {"/cross/attention", ".cross"},
		{"/feed_forward/hidden", ".ff1"}, {"/feed_forward/output", ".ff2"},
		{"/query", ".q"}, {"/key", ".k"}, {"/value", ".v"}, {"/output", ".o"},
		{"/dense/weights", ".w"}, {"/dense/biases", ".b"},
		{"/layer_normalization/gain", ".g"}, {"/layer_normalization/offset", ".b"},
	} {
		name = strings.Replace(name, pair[0], pair[1], 1)
	}
	return name
}

// w1Value is the first value of a variable of this shape.
func w1Value(name string, dims []int) []float32 {
	size := 1
	for _, d := range dims {
		size *= d
	}
	values := make([]float32, size)
	scale := 0.0
	switch {
	case strings.HasSuffix(name, "_emb"):
		scale = 0.02 * math.Sqrt(3)
	case strings.HasSuffix(name, ".w"):
		scale = math.Sqrt(6 / float64(dims[0]+dims[1]))
	case strings.HasSuffix(name, ".g"):
		for i := range values {
			values[i] = 1
		}
	}
	if scale > 0 {
		for i, u := range generated("W1/"+name, size) {
			values[i] = float32((2*u - 1) * scale)
		}
	}
	return values
}

// w1Batches are source, target input and target output, [B, L] each: the content reversed.
func w1Batches(_ *rand.Rand, step int) ([]*tensors.Tensor, error) {
	name := fmt.Sprintf("W1/batch%d/", (step-1)%8)
	lengths := generatedInts(name+"len", w1Batch, 7, 16)
	content := generatedInts(name+"tok", w1Batch*w1Length, 3, w1Vocab)
	source, input, output := make([]int32, w1Batch*w1Length), make([]int32, w1Batch*w1Length), make([]int32, w1Batch*w1Length)
	for row, n := range lengths {
		at := row * w1Length
		input[at] = 1
		source[at+n], output[at+n] = 2, 2
		for i := range n {
			source[at+i] = int32(content[at+i])
			output[at+i] = int32(content[at+n-1-i])
			input[at+i+1] = output[at+i]
		}
	}
	var batch []*tensors.Tensor
	for _, ids := range [][]int32{source, input, output} {
		batch = append(batch, tensors.FromFlatDataAndDimensions(ids, w1Batch, w1Length))
	}
	return batch, nil
}

func TestGeneratorIsTheWorkloads(t *testing.T) {
	assert.Equal(t, []float64{0.7493166923522949, 0.4545694589614868, 0.8254337310791016}, generated("W4/e1.w", 3))
	assert.Equal(t, []float64{0.09194642305374146, 0.7536441087722778, 0.1805058717727661}, generated("W1/batch0/len", 3))
	assert.Equal(t, "dec1.cross.o.w", w1Name("/decoder/layer_1/cross/attention/output/dense/weights"))
	assert.Equal(t, "enc0.ff2.b", w1Name("/encoder/layer_0/feed_forward/output/dense/biases"))
	assert.Equal(t, "dec0.ln3.g", w1Name("/decoder/layer_0/feed_forward/norm/layer_normalization/gain"))
	assert.Equal(t, "out.w", w1Name("/output/dense/weights"))
}

func TestFirstLossesAreThoseOfJAX(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		config := transformer.DefaultConfig()
		config.SourceVocab, config.TargetVocab = w1Vocab, w1Vocab
		config.ModelDim, config.Heads, config.FFDim, config.EncoderLayers, config.DecoderLayers = 128, 4, 512, 2, 2

		run := training.DefaultConfig()
		run.Steps, run.Quiet, run.Schedule = len(w1Losses), true, training.Constant(1e-3)
		loop, err := training.New(b, model.NewStore(), run, func(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
			m := transformer.New(scope, config)
			logits := m.Decode(m.Encode(batch[0]), batch[1]).Logits
			counts := NotEqual(batch[2], ZerosLike(batch[2]))
			return loss.SparseCategoricalCrossEntropyLogits([]*Node{InsertAxes(batch[2], -1), counts}, []*Node{logits}), nil
		}, w1Batches)
		require.NoError(t, err)
		parameters := 0
		for v := range loop.Store().IterVariables() {
			if v.Trainable {
				parameters += v.Shape().Size()
				value := w1Value(w1Name(v.Path()), v.Shape().Dimensions)
				require.NoError(t, v.SetValue(tensors.FromFlatDataAndDimensions(value, v.Shape().Dimensions...)))
			}
		}
		require.Equal(t, 938528, parameters)

		history, err := loop.Run(context.Background())
		require.NoError(t, err)
		for i, want := range w1Losses {
			got := history.Points[i].Loss
			t.Logf("step %d: %.9f, relative difference %.1e", i+1, got, math.Abs(got-want)/want)
			assert.InEpsilon(t, want, got, 1e-5, "step %d", i+1)
		}
	})
}
