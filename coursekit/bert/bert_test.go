package bert_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/bert"
	"courselab/coursekit/gradcheck"
)

func tiny() bert.Config {
	c := bert.DefaultConfig()
	c.Vocabulary, c.ModelDim, c.Layers, c.Heads, c.FFDim, c.MaxLength = 23, 14, 2, 2, 17, 11
	c.NormEpsilon, c.Dropout, c.DType = 1e-3, 0, dtypes.Float64
	return c
}

// Three sequences of at most seven tokens, pairs, the last one padded; two chosen positions each.
var (
	ids       = [][]int32{{2, 7, 11, 3, 13, 17, 3}, {2, 5, 3, 19, 22, 5, 3}, {2, 8, 3, 9, 3, 0, 0}}
	segments  = [][]int32{{0, 0, 0, 0, 1, 1, 1}, {0, 0, 0, 1, 1, 1, 1}, {0, 0, 0, 1, 1, 0, 0}}
	mask      = [][]bool{{true, true, true, true, true, true, true}, {true, true, true, true, true, true, true}, {true, true, true, true, true, false, false}}
	positions = [][]int32{{1, 5}, {6, 4}, {3, 0}}
	labels    = [][]int32{{4, 21}, {0, 22}, {9, 0}}
	chosen    = [][]bool{{true, true}, {true, true}, {true, false}}
	classes   = []int32{1, 0, 1}
)

type modelFunction = func(scope *model.Scope, x []*Node) []*Node

// everything is all that the model gives.
func everything(scope *model.Scope, x []*Node) []*Node {
	m := bert.New(scope, tiny())
	encoded := m.Encode(x[0], x[1], x[2])
	pooled := m.Pool(encoded.States)
	logits := m.MaskedLogits(encoded.States, x[3])
	return []*Node{
		encoded.Embeddings, encoded.Layers[0], encoded.States, pooled, m.NextSentenceLogits(pooled), m.Classify(pooled, 3),
		logits, m.MaskedLogitsEverywhere(encoded.States), bert.MaskedLoss(logits, x[4], x[5]),
	}
}

// drawn is a store with the variables of f, all normally distributed, biases and gains too.
func drawn(t *testing.T, b compute.Backend, f modelFunction, inputs ...any) (*model.Store, map[string][]float64) {
	t.Helper()
	store, values := model.NewStore(), map[string][]float64{}
	_, err := model.CallOnceN(b, store, f, inputs...)
	require.NoError(t, err)
	for v := range store.IterVariables() {
		if !v.Trainable {
			continue
		}
		r := rand.New(rand.NewPCG(uint64(len(values)), 5))
		for range v.Shape().Size() {
			values[v.Path()] = append(values[v.Path()], r.NormFloat64()/2)
		}
		require.NoError(t, v.SetValue(tensors.FromFlatDataAndDimensions(values[v.Path()], v.Shape().Dimensions...)))
	}
	return store, values
}

func TestAgainstPlainGo(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		inputs := []any{ids, segments, mask, positions, labels, chosen}
		store, values := drawn(t, b, everything, inputs...)
		outputs, err := model.CallOnceN(b, store, everything, inputs...)
		require.NoError(t, err)
		got := func(i int) []float64 { return tensors.MustCopyFlatData[float64](outputs[i]) }

		r := reference{tiny(), values}
		var want [9][]float64
		var atChosen matrix
		var wanted []int32
		for row := range ids {
			states := r.encode(ids[row], segments[row], mask[row])
			for i, x := range states {
				want[i] = append(want[i], slices.Concat(x...)...)
			}
			last := states[len(states)-1]
			pooled := r.pool(last)
			want[3] = append(want[3], pooled...)
			want[4] = append(want[4], r.dense("/next_sentence", matrix{pooled}, 2)[0]...)
			want[5] = append(want[5], r.dense("/classifier", matrix{pooled}, 3)[0]...)
			logits := r.logits(last)
			want[7] = append(want[7], slices.Concat(logits...)...)
			for i, at := range positions[row] {
				want[6] = append(want[6], logits[at]...)
				if chosen[row][i] {
					atChosen, wanted = append(atChosen, logits[at]), append(wanted, labels[row][i])
				}
			}
		}
		want[8] = []float64{loss(atChosen, wanted)}
		for i, name := range []string{"embeddings", "first layer", "states", "pooled", "next sentence", "classes", "masked", "everywhere", "loss"} {
			require.Len(t, got(i), len(want[i]), name)
			assert.InDeltaSlice(t, want[i], got(i), 1e-9, name)
		}
		assert.Greater(t, math.Abs(want[8][0]-loss(atChosen[:1], wanted)), 1e-3, "the loss sees every chosen place")
	})
}

func TestGradients(t *testing.T) {
	check := gradcheck.DefaultConfig()
	check.Entries, check.Absolute = 5, 1e-6
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		require.NoError(t, check.CompareModel(b, model.NewStore(), func(scope *model.Scope, x []*Node) *Node {
			c := tiny()
			c.Layers, c.InitialDeviation = 1, 0.5
			m := bert.New(scope, c)
			states := m.Encode(x[0], x[1], x[2]).States
			pooled := m.Pool(states)
			return Stack([]*Node{
				bert.MaskedLoss(m.MaskedLogits(states, x[3]), x[4], x[5]),
				bert.MaskedLoss(m.MaskedLogitsEverywhere(states), x[0], nil),
				bert.ClassLoss(m.Classify(pooled, 3), x[6]), bert.ClassLoss(m.NextSentenceLogits(pooled), x[6]),
			}, 0)
		}, ids, segments, mask, positions, labels, chosen, classes))
	})
}

// TestWhatMayNotMatter: padding and what stands in it, no mask where there is no padding, segments of nil.
func TestWhatMayNotMatter(t *testing.T) {
	b := goBackend(t)
	states := func(scope *model.Scope, x []*Node) []*Node {
		var segments, mask *Node
		if len(x) > 1 {
			segments = x[1]
		}
		if len(x) > 2 {
			mask = x[2]
		}
		return []*Node{bert.New(scope, tiny()).Encode(x[0], segments, mask).States}
	}
	store, _ := drawn(t, b, states, ids, segments, mask)
	run := func(inputs ...any) []float64 {
		out, err := model.CallOnceN(b, store, states, inputs...)
		require.NoError(t, err)
		return tensors.MustCopyFlatData[float64](out[0])
	}
	third := run(ids[2:], segments[2:], mask[2:])[:5*14]
	assert.InDeltaSlice(t, third, run([][]int32{{2, 8, 3, 9, 3}}, [][]int32{{0, 0, 0, 1, 1}}), 1e-12, "a shorter row without padding")
	assert.Equal(t, third, run([][]int32{{2, 8, 3, 9, 3, 22, 1}}, segments[2:], mask[2:])[:5*14], "other padding")
	assert.NotEqual(t, third, run(ids[2:], segments[2:])[:5*14], "without a mask padding is read")
	assert.NotEqual(t, third, run(ids[2:], [][]int32{{0, 0, 0, 0, 0, 0, 0}}, mask[2:])[:5*14], "segments tell")
	first := run(ids[:1], [][]int32{{0, 0, 0, 0, 0, 0, 0}}, mask[:1])
	assert.InDeltaSlice(t, first, run(ids[:1]), 1e-12, "no segments are segment 0")
}

func TestDropoutWhileTraining(t *testing.T) {
	b := goBackend(t)
	run := func(training bool) []float64 {
		store := model.NewStore()
		store.SetParam(model.ParamInitialSeed, int64(3))
		out, err := model.CallOnceN(b, store, func(scope *model.Scope, x []*Node) []*Node {
			scope.Store().SetTraining(x[0].Graph(), training)
			c := tiny()
			c.Dropout = 0.5
			encoded := bert.New(scope, c).Encode(x[0], nil, nil)
			return []*Node{encoded.Embeddings, encoded.States}
		}, ids)
		require.NoError(t, err)
		return tensors.MustCopyFlatData[float64](out[0])
	}
	zeros := func(x []float64) (n int) {
		for _, value := range x {
			if value == 0 {
				n++
			}
		}
		return n
	}
	assert.Zero(t, zeros(run(false)))
	assert.InDelta(t, 0.5*3*7*14, zeros(run(true)), 43, "five deviations")
}

func TestFirstValues(t *testing.T) {
	store := model.NewStore()
	store.SetParam(model.ParamInitialSeed, int64(7))
	c := tiny()
	c.Vocabulary, c.InitialDeviation = 1009, 0.3
	_, err := model.CallOnceN(goBackend(t), store, func(scope *model.Scope, x []*Node) []*Node {
		m := bert.New(scope, c)
		return []*Node{m.MaskedLogitsEverywhere(m.Encode(x[0], x[1], nil).States)}
	}, ids, segments)
	require.NoError(t, err)
	value := func(path string) []float64 {
		v := store.RootScope().Store().GetVariable(path)
		require.NotNil(t, v, path)
		return tensors.MustCopyFlatData[float64](v.MustValue())
	}
	squares := 0.0
	for _, x := range value("/embeddings/word") {
		squares += x * x / (1009 * 14)
	}
	assert.InEpsilon(t, 0.09, squares, 0.06)
	assert.Equal(t, make([]float64, 1009), value("/masked_lm/output_bias"))
	assert.Equal(t, make([]float64, 17), value("/encoder/layer_1/feed_forward/hidden/dense/biases"))
	assert.Equal(t, slices.Repeat([]float64{1}, 14), value("/embeddings/norm/layer_normalization/gain"))
}

func TestValidateNamesBothValues(t *testing.T) {
	require.NoError(t, bert.DefaultConfig().Validate())
	for want, change := range map[string]func(*bert.Config){
		"Vocabulary is 0": func(c *bert.Config) { c.Vocabulary = 0 },
		"ModelDim is 0":   func(c *bert.Config) { c.ModelDim = 0 },
		"Layers is -1":    func(c *bert.Config) { c.Layers = -1 },
		"Heads is 3, must divide ModelDim, which is 14": func(c *bert.Config) { c.Heads = 3 },
		"FFDim is 0":               func(c *bert.Config) { c.FFDim = 0 },
		"MaxLength is 0":           func(c *bert.Config) { c.MaxLength = 0 },
		"Segments is 0":            func(c *bert.Config) { c.Segments = 0 },
		"NormEpsilon is 0":         func(c *bert.Config) { c.NormEpsilon = 0 },
		"Activation is unknown(5)": func(c *bert.Config) { c.Activation = 5 },
		"Dropout is 1":             func(c *bert.Config) { c.Dropout = 1 },
		"InitialDeviation is 0":    func(c *bert.Config) { c.InitialDeviation = 0 },
		"DType is Int32":           func(c *bert.Config) { c.DType = dtypes.Int32 },
	} {
		config := tiny()
		change(&config)
		assert.ErrorContains(t, config.Validate(), want)
	}
}

func TestWrongInputsPanicWithShapes(t *testing.T) {
	b := goBackend(t)
	for want, f := range map[string]func(m *bert.Model, x *Node) *Node{
		"token ids must be integers [B, L], got (Float64)[3, 7]":  func(m *bert.Model, x *Node) *Node { return m.Encode(ConvertDType(x, dtypes.Float64), nil, nil).States },
		"the ids (Int32)[3, 7], got (Int32)[7, 3]":                func(m *bert.Model, x *Node) *Node { return m.Encode(x, Transpose(x, 0, 1), nil).States },
		"the mask must be [B, L] like the ids (Int32)[3, 7]":      func(m *bert.Model, x *Node) *Node { return m.Encode(x, nil, Slice(x, AxisRange(0, 2))).States },
		"go up to length 11, got 14":                              func(m *bert.Model, x *Node) *Node { return m.Encode(Concatenate([]*Node{x, x}, 1), nil, nil).States },
		"positions must be integers [B, P] with B = 3":            func(m *bert.Model, x *Node) *Node { return m.MaskedLogits(m.Static(x), Slice(x, AxisRange(0, 2))) },
		"states must be [B, L, D] with D = 14, got (Int32)[3, 7]": func(m *bert.Model, x *Node) *Node { return m.Pool(x) },
		"pooled vectors must be [B, D] with D = 14":               func(m *bert.Model, x *Node) *Node { return m.Classify(x, 2) },
		"the loss wants logits [B, C] and integer labels [B]":     func(m *bert.Model, x *Node) *Node { return bert.ClassLoss(ConvertDType(x, dtypes.Float64), x) },
		"the loss wants logits [B, P, V]":                         func(m *bert.Model, x *Node) *Node { return bert.MaskedLoss(m.Static(x), Transpose(x, 0, 1), nil) },
		"chosen must be [B, P] like the labels":                   func(m *bert.Model, x *Node) *Node { return bert.MaskedLoss(m.Static(x), x, Transpose(x, 0, 1)) },
	} {
		_, err := model.CallOnceN(b, model.NewStore(), func(scope *model.Scope, x []*Node) []*Node {
			return []*Node{f(bert.New(scope, tiny()), x[0])}
		}, ids)
		assert.ErrorContains(t, err, want)
	}
	_, err := model.CallOnceN(b, model.NewStore(), func(scope *model.Scope, x []*Node) []*Node {
		return []*Node{bert.New(scope, bert.Config{}).Static(x[0])}
	}, ids)
	assert.ErrorContains(t, err, "Vocabulary is 0")
}

func goBackend(t *testing.T) compute.Backend {
	t.Helper()
	b, _, err := backend.OpenNamed(backend.Go)
	require.NoError(t, err)
	return b
}
