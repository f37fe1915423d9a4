package text_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/attention"
	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/text"
)

// A tiny language model: embeddings of width 3 in which every id has another vector, one causal attention, logits against
// the embeddings. PAD is worth what any other token is, unless the masks hide it.
func nextTokenLoss(ids, targets, mask *Node, pad, vocabulary int, masked bool) *Node {
	g := ids.Graph()
	table := Sin(MulScalar(IotaFull(g, shapes.Make(dtypes.Float32, vocabulary, 3)), 0.7)) // [V, D]
	x := Gather(table, InsertAxes(ids, -1))                                               // [B, L, D]
	visible := attention.Causal(g, ids.Shape().Dimensions[1])
	if masked {
		visible = attention.And(visible, attention.Padding(ids, pad))
	}
	x4 := InsertAxes(x, 1) // [B, 1, L, D]
	y, _ := attention.ScaledDotProduct(x4, x4, x4, visible)
	logits := Einsum("bld,vd->blv", Squeeze(y, 1), table)
	nats := Neg(ReduceSum(Mul(LogSoftmax(logits, -1), OneHot(targets, vocabulary, dtypes.Float32)), -1)) // [B, L]
	counts := OnesLike(nats)
	if masked {
		counts = ConvertDType(mask, dtypes.Float32)
	}
	return Div(ReduceAllSum(Mul(nats, counts)), ReduceAllSum(counts))
}

func TestLossDoesNotSeePadding(t *testing.T) {
	sentences := [][]string{{"a", "b", "c", "a"}, {"c"}, {"b", "b"}}
	const vocabulary = 11
	loss := func(b compute.Backend, pad int32, masked bool) float32 {
		v, err := text.NewVocabulary(map[string]int32{"a": 0, "b": 1, "c": 2}, text.Specials{Start: 3, End: 4, Pad: pad, Unknown: 5})
		require.NoError(t, err)
		batch, err := text.NewBatch(v, 7, sentences...)
		require.NoError(t, err)
		inputs, targets, mask, err := batch.Shift()
		require.NoError(t, err)
		out, err := CallOnce(b, func(ids, targets, mask *Node) *Node {
			return nextTokenLoss(ids, targets, mask, int(pad), vocabulary, masked)
		}, inputs, targets, mask)
		require.NoError(t, err)
		return tensors.ToScalar[float32](out)
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		want := loss(b, 6, true)
		assert.Greater(t, want, float32(0))
		for _, pad := range []int32{7, 8, 9, 10} {
			assert.Equal(t, want, loss(b, pad, true), "PAD with the id %d must give the same loss, bit for bit", pad)
		}
		assert.NotEqual(t, loss(b, 6, false), loss(b, 7, false), "without the masks, PAD counts")
	})
}
