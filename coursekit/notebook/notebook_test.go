package notebook_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/notebook"
	"courselab/coursekit/plot"
)

func ExampleExpect() {
	notebook.Expect("softmax of the lecture", 0.8808, 0.88, 0.005)
	notebook.Expect("score", 112, 112, 0)
	// Output:
	// ✓ softmax of the lecture = 0.8808   (expected 0.88 ± 0.005)
	// ✓ score = 112
}

func ExampleExercise() {
	notebook.Exercise("masks", notebook.Step{Name: "the future is hidden", Passed: true}, notebook.Step{Name: "the past is open"})
	// Output:
	// ✓ the future is hidden
	// ✗ the past is open
	// → masks: 1 of 2 right. Change the code above and run the cell again.
}

func ExampleTable() {
	notebook.Table([][]string{{"word", "k"}, {"Robot", "3"}})
	// Output:
	// +-------+---+
	// | WORD  | K |
	// +-------+---+
	// | Robot | 3 |
	// +-------+---+
}

func ExampleShow() {
	notebook.Show(plot.HeatMap("a map", [][]float64{{1, 0}, {0, 1}}, nil, nil))
	// Output: [figure: a map]
}

func TestExpectFails(t *testing.T) {
	assert.PanicsWithError(t, "x is 1.1, expected 1 ± 0.05", func() { notebook.Expect("x", 1.1, 1, 0.05) })
	assert.Panics(t, func() { notebook.Expect("x", math.NaN(), 1, 0.05) }, "NaN is not close to anything")
	assert.NotPanics(t, func() { notebook.ExpectQuietly("x", 1.04, 1, 0.05) })
}

func TestMatrixAndNumber(t *testing.T) {
	flat := tensors.FromFlatDataAndDimensions([]float32{1, 2, 3, 4, 5, 6}, 1, 3, 2)
	assert.Equal(t, [][]float64{{1, 2}, {3, 4}, {5, 6}}, notebook.Matrix(flat))
	assert.Equal(t, 7.0, notebook.Number(tensors.FromScalar(int32(7))))
	assert.Panics(t, func() { notebook.Matrix(tensors.FromFlatDataAndDimensions([]float32{1, 2, 3, 4}, 2, 2, 1)) })
	assert.Panics(t, func() { notebook.Number(flat) })
	assert.Panics(t, func() { notebook.Number(tensors.FromScalar(true)) })
}

func TestKeepAndLoad(t *testing.T) {
	weights := func(scope *model.Scope, g *Graph) *Node {
		return scope.In("layer").VariableWithValue("weights", []float32{2, 3, 5}).NodeValue(g)
	}
	double := func(scope *model.Scope, g *Graph) *Node {
		v := scope.In("layer").VariableWithValue("weights", []float32{2, 3, 5})
		v.SetNodeValue(MulScalar(v.NodeValue(g), 2))
		return v.NodeValue(g)
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		t.Chdir(t.TempDir())
		store := model.NewStore()
		_, err := model.CallOnce(b, store, double)
		require.NoError(t, err)
		notebook.Keep("doubled", store)

		got, err := model.CallOnce(b, notebook.Load("doubled"), weights)
		require.NoError(t, err)
		assert.Equal(t, []float32{4, 6, 10}, tensors.MustCopyFlatData[float32](got))
		assert.PanicsWithError(t, `notebook: a model is kept under a name of letters, digits, - and _, got "../x"`, func() { notebook.Load("../x") })
		assert.Panics(t, func() { notebook.Load("never") })
	})
}

func TestKeepValue(t *testing.T) {
	t.Chdir(t.TempDir())
	notebook.KeepValue("curve", []float64{2, 3, 5})
	assert.Equal(t, []float64{2, 3, 5}, notebook.LoadValue[[]float64]("curve"))
	assert.Panics(t, func() { notebook.LoadValue[string]("curve") }, "another type")
	assert.Panics(t, func() { notebook.LoadValue[string]("never") })
	assert.Panics(t, func() { notebook.KeepValue("f", func() {}) })
}
