package position_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/gradcheck"
	"courselab/coursekit/position"
	"courselab/coursekit/worked"
)

// The lecture's table "I am a Robot", as it is printed.
func ExampleTable() {
	for k, row := range position.Table(4, 4, 100) {
		fmt.Printf("%-5s", worked.Positions.Words[k])
		for _, x := range row {
			fmt.Printf(" %5.2f", x)
		}
		fmt.Println()
	}
	// Output:
	// I      0.00  1.00  0.00  1.00
	// am     0.84  0.54  0.10  1.00
	// a      0.91 -0.42  0.20  0.98
	// Robot  0.14 -0.99  0.30  0.96
}

// The way from position 1 to 4 is the same matrix as that from 2 to 5.
func ExampleRotation() {
	table, turn := position.Table(6, 4, 100), position.Rotation(3, 4, 100)
	for _, from := range []int{1, 2} {
		largest := 0.0
		for i, row := range turn {
			sum := 0.0
			for j, r := range row {
				sum += r * table[from][j]
			}
			largest = max(largest, math.Abs(sum-table[from+3][i]))
		}
		fmt.Printf("from %d to %d: off by less than 1e-12: %t\n", from, from+3, largest < 1e-12)
	}
	// Output:
	// from 1 to 4: off by less than 1e-12: true
	// from 2 to 5: off by less than 1e-12: true
}

// The formula once more, column by column instead of pair by pair.
func TestTableAgainstTheFormula(t *testing.T) {
	for _, dim := range []int{2, 4, 6, 14, 64} {
		for _, base := range []float64{100, position.Base} {
			for k, row := range position.Table(53, dim, base) {
				require.Len(t, row, dim)
				for column, x := range row {
					i := column / 2
					angle := float64(k) / math.Pow(base, 2*float64(i)/float64(dim))
					want := math.Sin(angle)
					if column%2 == 1 {
						want = math.Cos(angle)
					}
					require.InDelta(t, want, x, 1e-12)
				}
			}
		}
	}
}

func TestSinusoidalIsTheTable(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		const length, dim = 7, 6
		outputs, err := graph.CallOnceN(b, func(g *graph.Graph) []*graph.Node {
			return []*graph.Node{
				position.Sinusoidal(g, dtypes.Float64, length, dim, 100),
				position.Sinusoidal(g, dtypes.Float32, length, dim, 100),
			}
		})
		require.NoError(t, err)
		assert.Equal(t, position.Table(length, dim, 100), outputs[0].Value())
		for k, row := range outputs[1].Value().([][]float32) {
			for i, x := range row {
				assert.Equal(t, float32(position.Table(length, dim, 100)[k][i]), x, "rounded once")
			}
		}
	})
}

// P(k+offset) = R(offset)·P(k), for every k: the same matrix.
func TestRotation(t *testing.T) {
	const length, dim = 60, 10
	table := position.Table(length, dim, 1000)
	for _, offset := range []int{0, 1, 2, 7, 31} {
		r := position.Rotation(offset, dim, 1000)
		for k := range length - offset {
			for i := range dim {
				got := 0.0
				for j := range dim {
					got += r[i][j] * table[k][j]
				}
				require.InDelta(t, table[k+offset][i], got, 1e-12, "offset %d, k %d", offset, k)
			}
		}
		for i := range dim { // and it is a rotation: its rows are orthonormal
			for j := range dim {
				dot := 0.0
				for m := range dim {
					dot += r[i][m] * r[j][m]
				}
				require.InDelta(t, map[bool]float64{true: 1, false: 0}[i == j], dot, 1e-12)
			}
		}
	}
}

// "Nearness is preserved" holds up to k = 3 in the lecture's table, and not beyond.
func TestNearnessIsOnlyLocal(t *testing.T) {
	table := position.Table(8, worked.Positions.Dim, worked.Positions.Base)
	dots, distances := position.Similarity(table)
	for k, want := range worked.Positions.Dots {
		assert.InDelta(t, want, dots[k], 0.0005)
		assert.InDelta(t, math.Sqrt(float64(worked.Positions.Dim)-2*dots[k]), distances[k], 1e-7, "all rows have the length √(d/2)")
	}
	for k := 1; k <= 3; k++ {
		assert.Greater(t, distances[k], distances[k-1])
	}
	assert.Less(t, distances[4], distances[3])
	assert.Less(t, distances[6], distances[1], "position 6 is nearer to position 0 than position 1 is")
}

func TestLearned(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		store := model.NewStore()
		learned := func(length int) func(scope *model.Scope, x []*graph.Node) *graph.Node {
			return func(scope *model.Scope, x []*graph.Node) *graph.Node {
				rows := position.Learned(scope.In("embed"), x[0].Graph(), dtypes.Float64, length, 7, 3)
				return graph.Mul(graph.ExpandLeftToRank(rows, 3), x[0])
			}
		}
		x := func(length int) *tensors.Tensor {
			flat := make([]float64, 2*length*3)
			for i := range flat {
				flat[i] = 1 + float64(i)/10
			}
			return tensors.FromFlatDataAndDimensions(flat, 2, length, 3)
		}
		gradcheck.CheckModel(t, b, store, learned(5), x(5))
		v := store.GetVariable("/embed/positions")
		require.NotNil(t, v)
		assert.Equal(t, []int{7, 3}, v.Shape().Dimensions)

		// A shorter sentence gets the first rows of the same variable.
		out, err := model.CallOnce(b, store, func(scope *model.Scope, g *graph.Graph) *graph.Node {
			return position.Learned(scope.In("embed"), g, dtypes.Float64, 2, 7, 3)
		})
		require.NoError(t, err)
		assert.Equal(t, tensors.MustCopyFlatData[float64](v.MustValue())[:6], tensors.MustCopyFlatData[float64](out))

		_, err = model.CallOnceN(b, store, func(scope *model.Scope, x []*graph.Node) []*graph.Node {
			return []*graph.Node{learned(8)(scope, x)}
		}, x(8))
		assert.ErrorContains(t, err, "go up to length 7, got 8")
	})
}

func TestBadSizesPanic(t *testing.T) {
	for _, bad := range []struct {
		length, dim int
		base        float64
	}{{0, 4, 100}, {4, 3, 100}, {4, 0, 100}, {4, 4, 0}, {4, 4, -1}, {4, 4, math.NaN()}, {4, 4, math.Inf(1)}} {
		assert.Panics(t, func() { position.Table(bad.length, bad.dim, bad.base) }, "%+v", bad)
	}
	defer func() {
		assert.ErrorContains(t, recover().(error), "an even dim >= 2 and base > 0, got length 4, dim 3, base 100")
	}()
	position.Table(4, 3, 100)
}
