package transformer_test

import (
	_ "embed"
	"encoding/json"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/transformer"
)

//go:embed testdata/layernorm.json
var layerNorm []byte

// TestLayerNormAgainstTorch compares with torch.nn.LayerNorm; testdata/layernorm.py made the numbers and says how.
func TestLayerNormAgainstTorch(t *testing.T) {
	var file struct {
		Shape                       []int
		Epsilon                     float64
		Gain, Offset, Input, Output []float64
		GainGradient                []float64 `json:"gain_gradient"`
		OffsetGradient              []float64 `json:"offset_gradient"`
		InputGradient               []float64 `json:"input_gradient"`
	}
	require.NoError(t, json.Unmarshal(layerNorm, &file))
	config := transformer.DefaultConfig()
	config.NormEpsilon = file.Epsilon
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		store := model.NewStore()
		scope := store.RootScope().At("layer_normalization")
		width := file.Shape[len(file.Shape)-1]
		scope.VariableWithValue("gain", tensors.FromFlatDataAndDimensions(file.Gain, width))
		scope.VariableWithValue("offset", tensors.FromFlatDataAndDimensions(file.Offset, width))
		got, err := model.CallOnceN(b, store, func(scope *model.Scope, x *graph.Node) []*graph.Node {
			y := transformer.LayerNorm(scope, config, x)
			value := func(name string) *graph.Node {
				return scope.At("layer_normalization").GetVariable(name).NodeValue(x.Graph())
			}
			index := graph.ConvertDType(graph.IotaFull(x.Graph(), x.Shape()), x.DType())
			loss := graph.ReduceAllSum(graph.Mul(y, graph.Sin(graph.AddScalar(index, 1))))
			return append([]*graph.Node{y}, graph.Gradient(loss, x, value("gain"), value("offset"))...)
		}, tensors.FromFlatDataAndDimensions(file.Input, file.Shape...))
		require.NoError(t, err)
		for i, want := range [][]float64{file.Output, file.InputGradient, file.GainGradient, file.OffsetGradient} {
			assert.InDeltaSlice(t, want, tensors.MustCopyFlatData[float64](got[i]), 1e-12, "output %d", i)
		}
	})
}
