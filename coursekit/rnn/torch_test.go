package rnn_test

import (
	_ "embed"
	"encoding/json"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/rnn"
)

//go:embed testdata/golden.json
var golden []byte

// TestAgainstTorch compares with torch.nn.RNN, LSTM and GRU; testdata/golden.py made the numbers and says how.
func TestAgainstTorch(t *testing.T) {
	var file struct {
		Batch, Length, Width, Hidden int
		Lengths                      []int32
		Cases                        []struct {
			Kind              string
			Masked            bool
			Variables         map[string][]float64
			Inputs            [][]float64
			Outputs           []float64
			Last              [][]float64
			VariableGradients map[string][]float64 `json:"variable_gradients"`
			InputGradients    [][]float64          `json:"input_gradients"`
		}
	}
	require.NoError(t, json.Unmarshal(golden, &file))
	require.Len(t, file.Cases, 6)
	weighted := func(x *graph.Node) *graph.Node {
		index := graph.ConvertDType(graph.IotaFull(x.Graph(), x.Shape()), x.DType())
		return graph.ReduceAllSum(graph.Mul(x, graph.Sin(graph.AddScalar(index, 1))))
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, c := range file.Cases {
			var kind rnn.Kind
			for _, k := range kinds {
				if k.String() == c.Kind {
					kind = k
				}
			}
			store := model.NewStore()
			names := []string{"input_weights", "hidden_weights", "biases", "hidden_biases"}[:len(c.Variables)]
			for _, name := range names {
				dims := []int{len(c.Variables[name])}
				if rows, ok := map[string]int{"input_weights": file.Width, "hidden_weights": file.Hidden}[name]; ok {
					dims = []int{rows, dims[0] / rows}
				}
				store.RootScope().At("rnn").VariableWithValue(name, tensors.FromFlatDataAndDimensions(c.Variables[name], dims...))
			}
			inputs := []any{file.Lengths, tensors.FromFlatDataAndDimensions(c.Inputs[0], file.Batch, file.Length, file.Width)}
			for _, part := range c.Inputs[1:] {
				inputs = append(inputs, tensors.FromFlatDataAndDimensions(part, file.Batch, file.Hidden))
			}
			got := call(t, b, store, func(scope *model.Scope, x []*graph.Node) []*graph.Node {
				lengths, x := x[0], x[1:]
				layer := rnn.New(scope.At("rnn"), kind, file.Hidden).WithInitial(state(kind, x[1:]))
				if c.Masked {
					layer.WithLengths(lengths)
				}
				y, last := layer.Apply(x[0])
				y = clip(y, lengths, c.Masked)
				outputs := append([]*graph.Node{y}, parts(last)...)
				loss := weighted(y)
				for _, part := range parts(last) {
					loss = graph.Add(loss, weighted(part))
				}
				wrt := append([]*graph.Node{}, x...)
				for _, name := range names {
					wrt = append(wrt, scope.At("rnn").GetVariable(name).NodeValue(y.Graph()))
				}
				return append(outputs, graph.Gradient(loss, wrt...)...)
			}, inputs...)
			want := append([][]float64{c.Outputs}, c.Last...)
			want = append(want, c.InputGradients...)
			for _, name := range names {
				want = append(want, c.VariableGradients[name])
			}
			require.Len(t, got, len(want))
			for i := range want {
				assert.InDeltaSlice(t, want[i], got[i], 1e-12, "%s, masked %v, output %d", c.Kind, c.Masked, i)
			}
		}
	})
}

// clip sets y [B, L, H] to zeros past the end, as torch's packed sequences do.
func clip(y, lengths *graph.Node, masked bool) *graph.Node {
	position := graph.Iota(y.Graph(), shapes.Make(lengths.DType(), y.Shape().Dimensions...), 1)
	ends := graph.BroadcastToDims(graph.InsertAxes(lengths, -1, -1), y.Shape().Dimensions...)
	if !masked {
		ends = graph.AddScalar(ends, y.Shape().Dimensions[1])
	}
	return graph.Where(graph.LessThan(position, ends), y, graph.ZerosLike(y))
}
