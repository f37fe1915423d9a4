package attention_test

import (
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/attention"
	"courselab/coursekit/backend/backendtest"
)

// grid returns the mask as rows of 0 and 1.
func grid(t *testing.T, b compute.Backend, f func(g *graph.Graph) *graph.Node) (rows []string, dims []int) {
	t.Helper()
	out, err := graph.CallOnce(b, f)
	require.NoError(t, err)
	dims = out.Shape().Dimensions
	last := dims[len(dims)-1]
	var line strings.Builder
	for i, allowed := range tensors.MustCopyFlatData[bool](out) {
		line.WriteString(map[bool]string{true: "1", false: "0"}[allowed])
		if (i+1)%last == 0 {
			rows = append(rows, line.String())
			line.Reset()
		}
	}
	return rows, dims
}

// The three masks of the lecture's "Redundant terminology", for n = 6 and a prefix of 3.
func TestMaskGrids(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		rows, dims := grid(t, b, func(g *graph.Graph) *graph.Node { return attention.Causal(g, 6) })
		assert.Equal(t, []int{1, 1, 6, 6}, dims)
		assert.Equal(t, []string{"100000", "110000", "111000", "111100", "111110", "111111"}, rows)

		rows, dims = grid(t, b, func(g *graph.Graph) *graph.Node { return attention.Prefix(g, 6, 3) })
		assert.Equal(t, []int{1, 1, 6, 6}, dims)
		assert.Equal(t, []string{"111000", "111000", "111000", "111100", "111110", "111111"}, rows)

		for prefix, want := range map[int][]string{
			0: {"1000", "1100", "1110", "1111"},
			1: {"1000", "1100", "1110", "1111"},
			2: {"1100", "1100", "1110", "1111"},
			4: {"1111", "1111", "1111", "1111"},
		} {
			rows, _ = grid(t, b, func(g *graph.Graph) *graph.Node { return attention.Prefix(g, 4, prefix) })
			assert.Equal(t, want, rows, "prefix %d", prefix)
		}
	})
}

func TestPaddingAndAnd(t *testing.T) {
	ids := [][]int32{{997, 5, 998, 999, 999}, {997, 5, 6, 7, 998}}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		rows, dims := grid(t, b, func(g *graph.Graph) *graph.Node { return attention.Padding(graph.Const(g, ids), 999) })
		assert.Equal(t, []int{2, 1, 1, 5}, dims)
		assert.Equal(t, []string{"11100", "11111"}, rows)

		rows, dims = grid(t, b, func(g *graph.Graph) *graph.Node {
			return attention.And(nil, attention.Causal(g, 5), nil, attention.Padding(graph.Const(g, ids), 999))
		})
		assert.Equal(t, []int{2, 1, 5, 5}, dims)
		assert.Equal(t, []string{"10000", "11000", "11100", "11100", "11100", "10000", "11000", "11100", "11110", "11111"}, rows)

		// A mask with fewer axes gets leading ones.
		rows, dims = grid(t, b, func(g *graph.Graph) *graph.Node {
			return attention.And(attention.Causal(g, 3), graph.Const(g, []bool{true, false, true}))
		})
		assert.Equal(t, []int{1, 1, 3, 3}, dims)
		assert.Equal(t, []string{"100", "100", "101"}, rows)

		assert.Nil(t, attention.And())
		assert.Nil(t, attention.And(nil, nil))
	})
}

func TestBadMasksPanic(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for want, f := range map[string]func(g *graph.Graph) *graph.Node{
			"0 <= prefix <= length, got length 4 and prefix 5": func(g *graph.Graph) *graph.Node { return attention.Prefix(g, 4, 5) },
			"got length 0":                           func(g *graph.Graph) *graph.Node { return attention.Causal(g, 0) },
			"needs token ids [B, L], got (Int32)[3]": func(g *graph.Graph) *graph.Node { return attention.Padding(graph.Const(g, []int32{1, 2, 3}), 0) },
			"masks (Bool)[1, 1, 3, 3] and (Bool)[2] do not broadcast": func(g *graph.Graph) *graph.Node {
				return attention.And(attention.Causal(g, 3), graph.Const(g, []bool{true, false}))
			},
			"a mask must be boolean (true = may attend), got (Int32)[": func(g *graph.Graph) *graph.Node { return attention.And(graph.Const(g, []int32{1})) },
		} {
			_, err := graph.CallOnce(b, f)
			assert.ErrorContains(t, err, want)
		}
	})
}
