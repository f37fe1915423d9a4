package attention_test

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/attention"
	"courselab/coursekit/backend/backendtest"
)

//go:embed testdata/golden.json
var golden []byte

// TestAgainstTorch compares with torch.nn.MultiheadAttention; testdata/golden.py made the numbers and says how.
func TestAgainstTorch(t *testing.T) {
	var file struct {
		Batch, Queries, Keys, Width, Heads int
		Allowed                            [][]bool
		Variables                          map[string][]float64
		Inputs                             [][]float64
		Output, Weights                    []float64
		VariableGradients                  map[string][]float64 `json:"variable_gradients"`
		InputGradients                     [][]float64          `json:"input_gradients"`
	}
	require.NoError(t, json.Unmarshal(golden, &file))
	var names []string
	for name := range file.Variables {
		names = append(names, name)
	}
	slices.Sort(names)
	require.Len(t, names, 8)
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		store := model.NewStore()
		at := func(scope *model.Scope, name string) (*model.Scope, string) {
			parts := strings.Split(name, "/")
			return scope.At("%s", parts[0]).At("%s", parts[1]), parts[2]
		}
		for _, name := range names {
			scope, last := at(store.RootScope(), name)
			dims := []int{file.Width}
			if last == "weights" {
				dims = append(dims, file.Width)
			}
			scope.VariableWithValue(last, tensors.FromFlatDataAndDimensions(file.Variables[name], dims...))
		}
		inputs := []any{file.Allowed}
		for i, length := range []int{file.Queries, file.Keys, file.Keys} {
			inputs = append(inputs, tensors.FromFlatDataAndDimensions(file.Inputs[i], file.Batch, length, file.Width))
		}
		got, err := model.CallOnceN(b, store, func(scope *model.Scope, x []*graph.Node) []*graph.Node {
			mask := graph.InsertAxes(x[0], 1, 1) // [B, 1, 1, Lk]
			y, weights := attention.New(scope, file.Width, file.Heads).Apply(x[1], x[2], x[3], mask)
			index := graph.ConvertDType(graph.IotaFull(y.Graph(), y.Shape()), y.DType())
			wrt := slices.Clone(x[1:])
			for _, name := range names {
				s, last := at(scope, name)
				wrt = append(wrt, s.GetVariable(last).NodeValue(y.Graph()))
			}
			loss := graph.ReduceAllSum(graph.Mul(y, graph.Sin(graph.AddScalar(index, 1))))
			return append([]*graph.Node{y, weights}, graph.Gradient(loss, wrt...)...)
		}, inputs...)
		require.NoError(t, err)
		want := append([][]float64{file.Output, file.Weights}, file.InputGradients...)
		for _, name := range names {
			want = append(want, file.VariableGradients[name])
		}
		require.Len(t, got, len(want))
		for i := range want {
			assert.InDeltaSlice(t, want[i], tensors.MustCopyFlatData[float64](got[i]), 1e-12, "output %d", i)
		}
	})
}
