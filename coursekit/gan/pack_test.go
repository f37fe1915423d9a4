package gan_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/gan"
	"courselab/coursekit/gradcheck"
)

func TestPack(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		pack := func(size int) func(x []*graph.Node) *graph.Node {
			return func(x []*graph.Node) *graph.Node { return gan.Pack(x[0], size) }
		}
		points := [][]float64{{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9, 10}, {11, 12}}
		assert.Equal(t, [][]float64{{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12}}, evaluate(t, b, pack(3), points).Value())

		// Images: the channels of a pixel follow each other, example by example.
		const size, height, width, channels = 3, 2, 5, 7
		images := normal(1, 2*size, height, width, channels)
		flat := tensors.MustCopyFlatData[float64](images)
		packed := evaluate(t, b, pack(size), images)
		require.Equal(t, []int{2, height, width, size * channels}, packed.Shape().Dimensions)
		value := packed.Value().([][][][]float64)
		for i, x := range flat {
			c, w, h, n := i%channels, i/channels%width, i/channels/width%height, i/channels/width/height
			require.Equal(t, x, value[n/size][h][w][n%size*channels+c])
		}
		gradcheck.Check(t, b, pack(size), normal(2, 3, 2, 2, 1))

		for want, run := range map[string]func(x []*graph.Node) *graph.Node{
			"(Float64)[6, 2, 5, 7] cannot be packed by 4":        pack(4),
			"[B, X] or [B, H, W, C], got (Float64)[420]":         func(x []*graph.Node) *graph.Node { return gan.Pack(graph.Reshape(x[0], -1), 2) },
			"features must be [B, D], got (Float64)[6, 2, 5, 7]": func(x []*graph.Node) *graph.Node { return gan.WithDeviation(x[0]) },
		} {
			_, err := graph.CallOnce(b, run, images)
			assert.ErrorContains(t, err, want)
		}
	})
}

func TestWithDeviation(t *testing.T) {
	deviation := func(x []*graph.Node) *graph.Node { return gan.WithDeviation(x[0]) }
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		// Deviations 1 and 3: their mean in each row.
		got := evaluate(t, b, deviation, [][]float64{{5, -3}, {7, 3}}).Value().([][]float64)
		for i, row := range [][]float64{{5, -3, 2}, {7, 3, 2}} {
			assert.InDeltaSlice(t, row, got[i], 1e-7)
		}
		// All alike: as good as none, and a gradient that is a number.
		same := [][]float64{{1, 2}, {1, 2}, {1, 2}}
		assert.InDelta(t, 1e-4, evaluate(t, b, deviation, same).Value().([][]float64)[2][2], 1e-9)
		slope := evaluate(t, b, func(x []*graph.Node) *graph.Node { return graph.Gradient(graph.ReduceAllSum(deviation(x)), x[0])[0] }, same)
		for _, x := range tensors.MustCopyFlatData[float64](slope) {
			assert.False(t, math.IsNaN(x))
		}
		gradcheck.Check(t, b, deviation, normal(3, 5, 3))
	})
}

func TestPerceptron(t *testing.T) {
	p := gan.Perceptron{Hidden: []int{7, 5}, Outputs: 3, Slope: .2, Deviation: true}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		store := model.NewStore()
		network := p.Network()
		gradcheck.CheckModel(t, b, store, func(scope *model.Scope, x []*graph.Node) *graph.Node {
			return graph.Add(network(scope, x[0]), graph.MulScalar(network(scope, x[0]), 2)) // twice: the variables are shared
		}, normal(1, 2, 11))
		got := map[string][]int{}
		for v := range store.IterVariables() {
			if v.Trainable {
				got[v.Path()] = v.Shape().Dimensions
			}
		}
		assert.Equal(t, map[string][]int{
			"/hidden_0/dense/weights": {11, 7}, "/hidden_0/dense/biases": {7}, "/hidden_1/dense/weights": {7, 5}, "/hidden_1/dense/biases": {5},
			"/output/dense/weights": {6, 3}, "/output/dense/biases": {3},
		}, got, "the last matrix has a row for the deviation")
	})
	err := gan.Perceptron{Hidden: []int{0}, Slope: 1}.Validate()
	for _, want := range []string{"Hidden[0] is 0", "Outputs is 0", "Slope is 1, must be in [0, 1)"} {
		assert.ErrorContains(t, err, want)
	}
	assert.PanicsWithError(t, "gan: Outputs is 0, must be at least 1", func() { gan.Perceptron{}.Network() })
}
