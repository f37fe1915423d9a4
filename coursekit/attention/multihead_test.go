package attention_test

import (
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	layers "github.com/gomlx/gomlx/ml/layers/attention"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/attention"
	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/gradcheck"
	"courselab/coursekit/position"
)

const modelDim, heads = 12, 3

// selfAttention is Apply(x, x, x) with a causal mask if so wanted.
func selfAttention(causal bool) func(scope *model.Scope, x *graph.Node) []*graph.Node {
	return func(scope *model.Scope, x *graph.Node) []*graph.Node {
		var mask *graph.Node
		if causal {
			mask = attention.Causal(x.Graph(), x.Shape().Dimensions[1])
		}
		output, weights := attention.New(scope.In("self"), modelDim, heads).Apply(x, x, x, mask)
		return []*graph.Node{output, weights}
	}
}

func callModel(t *testing.T, exec *model.Exec, inputs ...any) [][]float64 {
	t.Helper()
	outputs, err := exec.Call(inputs...)
	require.NoError(t, err)
	flat := make([][]float64, len(outputs))
	for i, o := range outputs {
		flat[i] = tensors.MustCopyFlatData[float64](o)
	}
	return flat
}

func newStore() *model.Store {
	store := model.NewStore()
	store.SetParam(model.ParamInitialSeed, int64(5))
	return store
}

func TestShapesAndNames(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		store := newStore()
		outputs, err := model.CallOnceN(b, store, func(scope *model.Scope, d, e *graph.Node) []*graph.Node {
			output, weights := attention.New(scope.In("cross"), modelDim, heads).WithBias(false).Apply(d, e, e, nil)
			return []*graph.Node{output, weights}
		}, normal(1, 2, 5, modelDim), normal(2, 2, 7, 11))
		require.NoError(t, err)
		assert.Equal(t, []int{2, 5, modelDim}, outputs[0].Shape().Dimensions)
		assert.Equal(t, []int{2, heads, 5, 7}, outputs[1].Shape().Dimensions)
		assert.Equal(t, map[string][]int{
			"/cross/query/dense/weights":  {modelDim, modelDim},
			"/cross/key/dense/weights":    {11, modelDim},
			"/cross/value/dense/weights":  {11, modelDim},
			"/cross/output/dense/weights": {modelDim, modelDim},
		}, trainable(store))

		store = newStore()
		_, err = model.CallOnceN(b, store, selfAttention(false), normal(1, 2, 5, modelDim))
		require.NoError(t, err)
		assert.Len(t, trainable(store), 8, "with biases, unless told otherwise")
		assert.Equal(t, []int{modelDim}, trainable(store)["/self/output/dense/biases"])
	})
}

// trainable returns the shapes of the trainable variables.
func trainable(store *model.Store) map[string][]int {
	shapes := map[string][]int{}
	for v := range store.IterVariables() {
		if v.Trainable {
			shapes[v.Path()] = v.Shape().Dimensions
		}
	}
	return shapes
}

func TestMultiHeadGradients(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, causal := range []bool{false, true} {
			gradcheck.CheckModel(t, b, newStore(), func(scope *model.Scope, x []*graph.Node) *graph.Node {
				return selfAttention(causal)(scope, x[0])[0]
			}, normal(1, 2, 5, modelDim))
		}
	})
}

// GoMLX's own layer, with the very same variables: their paths are equal below its scope.
func TestAgreesWithGoMLXMultiHead(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		exec, err := model.NewExec(b, newStore(), func(scope *model.Scope, query, key, value *graph.Node) []*graph.Node {
			ours, weights := attention.New(scope.In("MultiHeadAttention"), modelDim, heads).Apply(query, key, value, nil)
			scope = scope.ResetVisited()
			theirs, coefficients := layers.MultiHeadAttention(scope, query, key, value, heads, modelDim/heads).
				WithOutputDim(modelDim).DoneWithCoefficients() // [B, Lq, H, Lk]
			coefficients = graph.TransposeAllDims(coefficients, 0, 2, 1, 3)

			scope = scope.ResetVisited()
			oursCausal, _ := attention.New(scope.In("MultiHeadAttention"), modelDim, heads).Apply(key, key, key, attention.Causal(key.Graph(), 7))
			scope = scope.ResetVisited()
			theirsCausal := layers.MultiHeadAttention(scope, key, key, key, heads, modelDim/heads).WithCausalMask(true).Done()
			return []*graph.Node{ours, theirs, weights, coefficients, oursCausal, theirsCausal}
		})
		require.NoError(t, err)
		out := callModel(t, exec, normal(1, 2, 5, modelDim), normal(2, 2, 7, modelDim), normal(3, 2, 7, modelDim))
		for i := 0; i < len(out); i += 2 {
			assert.InDeltaSlice(t, out[i+1], out[i], 1e-12)
		}
	})
}

// concat(head_1..head_H)·W_O = Σ head_i·W_O,i: the lecture's "all added".
func TestHeadsAreAddedAfterTheOutputMatrix(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		out := call(t, b, func(x []*graph.Node) []*graph.Node {
			h, wo := x[0], x[1]                                                                                        // [B, H, L, K], [D, D]
			parts := graph.Reshape(wo, heads, modelDim/heads, modelDim)                                                // [H, K, D]
			concatenated := graph.Einsum("blc,cd->bld", attention.MergeHeads(h), wo)                                   // [B, L, D]
			added := graph.Einsum("bhlk,hkd->bld", h, parts)                                                           // [B, L, D]
			split := graph.ReduceAllMax(graph.Abs(graph.Sub(h, attention.SplitHeads(attention.MergeHeads(h), heads)))) // 0
			return []*graph.Node{concatenated, added, split}
		}, normal(1, 2, heads, 5, modelDim/heads), normal(2, modelDim, modelDim))
		assert.InDeltaSlice(t, out[0], out[1], 1e-12)
		assert.Equal(t, []float64{0}, out[2], "merging and splitting gives back the heads")
	})
}

// Head h holds the columns h·K..(h+1)·K-1.
func TestSplitHeadsByHand(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		out := call(t, b, func(x []*graph.Node) []*graph.Node { return []*graph.Node{attention.SplitHeads(x[0], 2)} },
			[][][]float64{{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}}})
		assert.Equal(t, []float64{1, 2, 5, 6, 9, 10, 3, 4, 7, 8, 11, 12}, out[0])
	})
}

// A later token must not move an earlier output: not by one bit.
func TestCausalDoesNotLeak(t *testing.T) {
	const length = 7
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, causal := range []bool{true, false} {
			exec, err := model.NewExec(b, newStore(), selfAttention(causal))
			require.NoError(t, err)
			x := normal(1, 2, length, modelDim)
			before := callModel(t, exec, x)[0]
			for position := range length {
				changed, err := x.LocalClone()
				require.NoError(t, err)
				tensors.MustMutableFlatData(changed, func(flat []float64) {
					for k := range modelDim {
						flat[position*modelDim+k] += 1e6
					}
				})
				after := callModel(t, exec, changed)[0]
				for i := range length * modelDim { // the first sentence of the batch
					if i/modelDim < position && causal {
						require.Equal(t, before[i], after[i], "position %d moved when %d changed", i/modelDim, position)
					}
				}
				assert.NotEqual(t, before[position*modelDim:(position+1)*modelDim], after[position*modelDim:(position+1)*modelDim])
				assert.Equal(t, before[length*modelDim:], after[length*modelDim:], "nor may another sentence of the batch")
				if !causal && position > 0 {
					assert.NotEqual(t, before[:modelDim], after[:modelDim], "without the mask the first position sees all")
				}
			}
		}
	})
}

// Attention is a function of sets: permuting the input permutes the output. Not so with positions added.
func TestPermutationEquivariance(t *testing.T) {
	const length = 7
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, withPositions := range []bool{false, true} {
			exec, err := model.NewExec(b, newStore(), func(scope *model.Scope, x *graph.Node) []*graph.Node {
				if withPositions {
					x = graph.Add(x, graph.ExpandLeftToRank(position.Sinusoidal(x.Graph(), dtypes.Float64, length, modelDim, position.Base), 3))
				}
				return selfAttention(false)(scope, x)
			})
			require.NoError(t, err)
			x := normal(1, 1, length, modelDim)
			flat := tensors.MustCopyFlatData[float64](x)
			want := callModel(t, exec, x)[0]
			r := rand.New(rand.NewPCG(3, 3))
			for range 100 {
				order := r.Perm(length)
				permuted, expected := make([]float64, len(flat)), make([]float64, len(flat))
				for to, from := range order {
					copy(permuted[to*modelDim:], flat[from*modelDim:(from+1)*modelDim])
					copy(expected[to*modelDim:], want[from*modelDim:(from+1)*modelDim])
				}
				got := callModel(t, exec, tensors.FromFlatDataAndDimensions(permuted, 1, length, modelDim))[0]
				largest := 0.0
				for i := range got {
					largest = max(largest, got[i]-expected[i], expected[i]-got[i])
				}
				identity := true
				for to, from := range order {
					identity = identity && to == from
				}
				switch {
				case withPositions && !identity:
					assert.Greater(t, largest, 1e-3, "positions must tell %v apart", order)
				default:
					assert.Less(t, largest, 1e-12, "order %v", order)
				}
			}
		}
	})
}

// The lecture: "attention of x1 to x2 is non-symmetric via Q, K matrices". With one matrix for both it is symmetric.
func TestScoresAreSymmetricOnlyIfQueryAndKeyAreOne(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		scores := func(same bool) []float64 {
			return call(t, b, func(in []*graph.Node) []*graph.Node {
				x, wq, wk := in[0], in[1], in[2]
				if same {
					wk = wq
				}
				return []*graph.Node{graph.MatMul(graph.MatMul(x, wq), graph.Transpose(graph.MatMul(x, wk), 0, 1))}
			}, normal(1, 5, 7), normal(2, 7, 3), normal(3, 7, 3))[0]
		}
		same, different := scores(true), scores(false)
		unequal := 0
		for i := range 5 {
			for j := range i {
				assert.InDelta(t, same[i*5+j], same[j*5+i], 1e-12)
				if d := different[i*5+j] - different[j*5+i]; d > 0.01 || d < -0.01 {
					unequal++
				}
			}
		}
		assert.Equal(t, 10, unequal, "all pairs differ")
	})
}

// One position at a time, with the keys and values of the earlier ones kept, is the same as all at once.
func TestAttendWithKeptKeysAndValues(t *testing.T) {
	const length = 3
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		store := newStore()
		x := normal(1, 2, length, modelDim)
		all, err := model.NewExec(b, store, selfAttention(true))
		require.NoError(t, err)
		want := callModel(t, all, x)
		steps, err := model.NewExec(b, store, func(scope *model.Scope, x *graph.Node) []*graph.Node {
			var keys, values, outputs []*graph.Node
			for i := range length {
				token := graph.Slice(x, graph.AxisRange(), graph.AxisRange(i, i+1)) // [B, 1, D]
				heads := attention.New(scope.At("self"), modelDim, heads)
				keys, values = append(keys, heads.Key(token)), append(values, heads.Value(token))
				output, _ := heads.Attend(heads.Query(token), graph.Concatenate(keys, 2), graph.Concatenate(values, 2), nil)
				outputs = append(outputs, output)
			}
			return []*graph.Node{graph.Concatenate(outputs, 1)}
		})
		require.NoError(t, err)
		assert.InDeltaSlice(t, want[0], callModel(t, steps, x)[0], 1e-12)
	})
}

func TestMultiHeadPanics(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for want, f := range map[string]func(scope *model.Scope, x *graph.Node) *graph.Node{
			"got 5 heads and width 12": func(scope *model.Scope, x *graph.Node) *graph.Node {
				attention.New(scope, 12, 5)
				return x
			},
			"cannot split (Float64)[2, 3, 12] into 5 heads": func(_ *model.Scope, x *graph.Node) *graph.Node { return attention.SplitHeads(x, 5) },
			"cannot merge heads of (Float64)[2, 3, 12]":     func(_ *model.Scope, x *graph.Node) *graph.Node { return attention.MergeHeads(x) },
		} {
			_, err := model.CallOnce(b, newStore(), f, normal(1, 2, 3, 12))
			assert.ErrorContains(t, err, want)
		}
	})
}
