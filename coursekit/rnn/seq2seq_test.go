package rnn_test

import (
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/decode"
	"courselab/coursekit/gradcheck"
	"courselab/coursekit/rnn"
)

// Rows of different lengths; 0 is the pad. The second target token has a place of its own in each row.
var (
	source = [][]int32{{3, 5, 4, 6, 2, 0, 0}, {6, 2, 5, 3, 4, 2, 3}}
	target = [][]int32{{1, 4, 2, 3, 5}, {1, 6, 3, 2, 4}}
)

func seq2seqConfig(kind rnn.Kind, attention rnn.Attention, window int) rnn.Seq2SeqConfig {
	return rnn.Seq2SeqConfig{SourceVocab: 7, TargetVocab: 7, Embedding: 3, Hidden: 6, Kind: kind, Attention: attention, Window: window}
}

// seeded initialises variables from a fixed pattern, equal on every backend and large enough for differences to show.
func seeded(g *graph.Graph, shape shapes.Shape) *graph.Node {
	r := rand.New(rand.NewPCG(uint64(shape.Size()), 3))
	values := make([]float32, shape.Size())
	for i := range values {
		values[i] = float32(r.NormFloat64()) * .6
	}
	return graph.Const(g, tensors.FromFlatDataAndDimensions(values, shape.Dimensions...))
}

var _ decode.Incremental = (*rnn.Seq2Seq)(nil)

func TestSeq2Seq(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, c := range []rnn.Seq2SeqConfig{
			seq2seqConfig(rnn.GRU, rnn.NoAttention, 0), seq2seqConfig(rnn.LSTM, rnn.Global, 0), seq2seqConfig(rnn.GRU, rnn.Local, 1), seq2seqConfig(rnn.GRU, rnn.Local, 0),
		} {
			m, err := rnn.NewSeq2Seq(c)
			require.NoError(t, err)
			wide := c
			wide.Window = 9
			global, err := rnn.NewSeq2Seq(wide)
			require.NoError(t, err)
			steps := len(target[0])
			outputs, err := model.CallOnceN(b, model.NewStore(), func(scope *model.Scope, x []*graph.Node) []*graph.Node {
				scope = scope.WithInitializer(seeded)
				again := func() *model.Scope { return scope.ResetVisited() }
				encoded := m.Encode(scope, x[:1])
				logits, weights := m.Decode(again(), encoded, x[1])
				fixed, state := m.Begin(again(), encoded, steps)
				var stepwise []*graph.Node
				for i := range steps {
					var row *graph.Node
					token := graph.Reshape(graph.SliceAxis(x[1], 1, graph.AxisElem(i)), 2)
					row, state = m.Next(again(), fixed, state, token, graph.Const(x[1].Graph(), int32(i)))
					stepwise = append(stepwise, row)
				}
				outputs := []*graph.Node{logits, graph.Stack(stepwise, 1), global.Logits(again(), encoded, x[1])}
				if weights != nil {
					outputs = append(outputs, weights)
				}
				// Two more pads change nothing.
				padded := graph.Concatenate([]*graph.Node{x[0], graph.Zeros(x[0].Graph(), shapes.Make(dtypes.Int32, 2, 2))}, 1)
				return append(outputs, m.Logits(again(), m.Encode(again(), []*graph.Node{padded}), x[1]))
			}, source, target)
			require.NoError(t, err)
			values := make([][]float32, len(outputs))
			for i, o := range outputs {
				values[i] = tensors.MustCopyFlatData[float32](o)
			}
			name := c.Kind.String() + ", " + c.Attention.String()
			assert.InDeltaSlice(t, values[0], values[1], 1e-5, "%s: step by step", name)
			assert.InDeltaSlice(t, values[0], values[len(values)-1], 1e-5, "%s: pads are not seen", name)
			if c.Attention == rnn.Local {
				assert.NotEqual(t, values[0], values[2], "%s: the window hides something", name)
			}
			if c.Attention == rnn.NoAttention {
				continue
			}
			for row, sequence := range source {
				for i := range steps {
					sum := float32(0)
					for j, id := range sequence {
						weight := values[3][(row*steps+i)*len(sequence)+j]
						sum += weight
						hidden := id == 0 || c.Attention == rnn.Local && (j < i-c.Window || j > i+c.Window)
						assert.Equal(t, hidden, weight == 0, "%s: row %d, step %d, position %d", name, row, i, j)
					}
					assert.InDelta(t, 1, sum, 1e-5, "%s: row %d, step %d", name, row, i)
				}
			}
		}
	})
}

func TestSeq2SeqGradients(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, c := range []rnn.Seq2SeqConfig{seq2seqConfig(rnn.GRU, rnn.Global, 0), seq2seqConfig(rnn.GRU, rnn.Local, 1)} {
			m, err := rnn.NewSeq2Seq(c)
			require.NoError(t, err)
			config := gradcheck.Float32Config()
			config.Entries = 8
			require.NoError(t, config.CompareModel(b, model.NewStore(), func(scope *model.Scope, x []*graph.Node) *graph.Node {
				scope = scope.WithInitializer(seeded)
				return m.Logits(scope, m.Encode(scope, x[:1]), x[1])
			}, source, target), "%s", c.Attention)
		}
	})
}
