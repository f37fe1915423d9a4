package decode

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
)

// uniform is a model to which all tokens are equally likely.
type uniform struct{ vocabulary int }

func (uniform) Encode(*model.Scope, []*graph.Node) []*graph.Node { return nil }

func (u uniform) Logits(_ *model.Scope, _ []*graph.Node, tokens *graph.Node) *graph.Node {
	return graph.ZerosLike(graph.OneHot(tokens, u.vocabulary, dtypes.Float32))
}

// TestEndedRowsArePadded looks at what the model is given, which the results do not show.
func TestEndedRowsArePadded(t *testing.T) {
	b, _, err := backend.OpenNamed(backend.Go)
	require.NoError(t, err)
	config := Config{Start: 1, End: 2, Pad: 4, Length: 7}
	sampler, err := NewSampler(b, model.NewStore(), uniform{4}, DefaultSampleConfig(config)) // it cannot draw Pad
	require.NoError(t, err)
	const batch = 31
	tokens, sequences, err := sampler.draw(3, []*tensors.Tensor{tensors.FromValue(make([]int32, batch))})
	require.NoError(t, err)
	lengths := map[int]bool{}
	for row, sequence := range sequences {
		want := append([]int32{1}, sequence.Tokens...)
		if sequence.Ended {
			want = append(want, 2)
		}
		for len(want) < config.Length+1 {
			want = append(want, 4)
		}
		assert.Equal(t, want, tokens[row*8:(row+1)*8])
		lengths[len(sequence.Tokens)] = true
	}
	assert.Greater(t, len(lengths), 4, "lengths seen: %v", lengths)
}

func TestRepeat(t *testing.T) {
	b, _, err := backend.OpenNamed(backend.Go)
	require.NoError(t, err)
	of := func(rows, copies int, x any) any {
		return graph.MustExecOnce(b, func(x *graph.Node) *graph.Node { return repeat(x, rows, copies) }, x).Value()
	}
	assert.Equal(t, [][]int32{{1, 2}, {1, 2}, {1, 2}, {3, 4}, {3, 4}, {3, 4}}, of(2, 3, [][]int32{{1, 2}, {3, 4}}))
	assert.Equal(t, []int32{1, 2, 1, 2, 3, 4, 3, 4}, of(2, 2, []int32{1, 2, 3, 4}), "two rows of two")
}

func TestChoose(t *testing.T) {
	b, _, err := backend.OpenNamed(backend.Go)
	require.NoError(t, err)
	got := graph.MustExecOnce(b, func(x, parents *graph.Node) *graph.Node {
		return choose([]*graph.Node{x}, parents)[0]
	}, [][]int32{{1}, {2}, {3}, {4}, {5}, {6}}, []int32{2, 0, 2})
	assert.Equal(t, [][]int32{{5}, {6}, {1}, {2}, {5}, {6}}, got.Value(), "three rows of two")
}
