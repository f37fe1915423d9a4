package rnn_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/gradcheck"
	"courselab/coursekit/rnn"
)

func round3(x float64) string { return strings.TrimPrefix(fmt.Sprintf("%.3f", x), "0") }

// reversed turns each sequence of x [B, L, D] around within its length, in plain Go.
func reversed(x []float64, width int, lengths []int32) []float64 {
	y := slices.Clone(x)
	for i, n := range lengths {
		n = min(n, length)
		for j := range int(n) {
			copy(y[(i*length+j)*width:][:width], x[(i*length+int(n)-1-j)*width:])
		}
	}
	return y
}

func TestReverse(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		x := normal(1, batch, length, width)
		reverse := func(_ *model.Scope, x []*graph.Node) []*graph.Node {
			return []*graph.Node{rnn.Reverse(x[0], x[1]), rnn.Reverse(rnn.Reverse(x[0], x[1]), x[1]), rnn.Reverse(x[0], nil)}
		}
		for _, lengths := range [][]int32{{2, 5, 0}, {1, 3, 4}, {9, 2, 5}} {
			got := call(t, b, model.NewStore(), reverse, x, lengths)
			assert.Equal(t, reversed(flat(x), width, lengths), got[0], "lengths %v", lengths)
			assert.Equal(t, flat(x), got[1], "twice is nothing")
			assert.Equal(t, reversed(flat(x), width, []int32{length, length, length}), got[2])
		}
		gradcheck.Check(t, b, func(x []*graph.Node) *graph.Node { return rnn.Reverse(x[0], x[1]) }, x, []int32{2, 5, 0})
	})
}

// Bidirectional is a forward layer, and one over reversed sequences whose outputs are reversed.
func TestBidirectional(t *testing.T) {
	both := func(kind rnn.Kind) modelFunction {
		return func(scope *model.Scope, x []*graph.Node) []*graph.Node {
			var lengths *graph.Node
			if len(x) > 1 {
				lengths = x[1]
			}
			y, forward, backward := rnn.Bidirectional(scope.In("both"), kind, hidden, x[0], lengths)
			return append(append([]*graph.Node{y}, parts(forward)...), parts(backward)...)
		}
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		x := normal(1, batch, length, width)
		for _, kind := range kinds {
			store := storeFor(t, both(kind), x)
			// Once with lengths, and once without.
			for _, lengths := range [][]int32{{2, 5, 0}, {length, length, length}} {
				withLengths := lengths[0] < length
				got := call(t, b, store, func(scope *model.Scope, x []*graph.Node) []*graph.Node {
					inputs := x[:1]
					if withLengths {
						inputs = []*graph.Node{x[0], x[2]}
					}
					outputs := both(kind)(scope, inputs)
					for i, direction := range []string{"forward", "backward"} {
						y, last := rnn.New(scope.At("both").At("%s", direction), kind, hidden).WithLengths(x[2]).Apply(x[i])
						outputs = append(append(outputs, y), parts(last)...)
					}
					return outputs
				}, x, tensors.FromFlatDataAndDimensions(reversed(flat(x), width, lengths), batch, length, width), lengths)
				states := (len(got) - 3) / 4 // 3 for the outputs of both and of each direction
				got, directions := got[:1+2*states], got[1+2*states:]
				left, right := directions[:1+states], directions[1+states:]
				right[0] = reversed(right[0], hidden, lengths)
				var want []float64
				for i := range batch * length {
					want = append(append(want, rows(left[0], hidden)[i]...), rows(right[0], hidden)[i]...)
				}
				assert.InDeltaSlice(t, want, got[0], 1e-12, "%s, lengths %v", kind, lengths)
				for i, last := range append(left[1:], right[1:]...) {
					assert.InDeltaSlice(t, last, got[1+i], 1e-12, "%s, lengths %v, state %d", kind, lengths, i)
				}
				assert.NotEqual(t, left[1], right[1], "the directions have variables of their own")
			}
		}
		f := func(scope *model.Scope, x []*graph.Node) *graph.Node { return both(rnn.GRU)(scope, x)[0] }
		few := gradcheck.DefaultConfig()
		few.Entries = 16
		require.NoError(t, few.CompareModel(b, storeFor(t, both(rnn.GRU), x, lengths), f, x, lengths))
	})
}
