package transformer_test

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
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
	"courselab/coursekit/gradcheck"
	"courselab/coursekit/transformer"
	"courselab/coursekit/worked"
)

// tiny has sizes that are all different, so that axes that are swapped do not fit.
func tiny() transformer.Config {
	config := transformer.DefaultConfig()
	config.SourceVocab, config.TargetVocab = 11, 13
	config.ModelDim, config.Heads, config.FFDim = 10, 5, 7
	config.EncoderLayers, config.DecoderLayers = 1, 2
	config.MaxLength, config.DType = 17, dtypes.Float64
	return config
}

var (
	source = [][]int32{{3, 9, 1, 4, 0}, {5, 2, 10, 7, 8}} // [2, 5], one padded
	target = [][]int32{{1, 12, 6}, {1, 4, 0}}             // [2, 3]
)

// randomStore holds the model's variables, each with values that depend on its path and nothing else, gains and biases
// too. It is made with the Go backend, which compiles nothing, and usable by any.
func randomStore(t *testing.T, config transformer.Config) (*model.Store, map[string][]float64) {
	t.Helper()
	store := model.NewStore()
	exec, err := model.NewExec(goBackend(t), store, func(scope *model.Scope, source, target *Node) *Node {
		m := transformer.New(scope, config)
		return m.Decode(m.Encode(source), target).Logits
	})
	require.NoError(t, err)
	_, err = exec.Compile(tensors.MustFromAnyValue(source).Shape(), tensors.MustFromAnyValue(target).Shape())
	require.NoError(t, err)
	parameters := make(map[string][]float64)
	for v := range store.IterVariables() {
		hash := fnv.New64a()
		hash.Write([]byte(v.Path()))
		rng := rand.New(rand.NewPCG(hash.Sum64(), 1))
		values := make([]float64, v.Shape().Size())
		for i := range values {
			values[i] = rng.NormFloat64() * 0.5
		}
		parameters[v.Path()] = values
		require.NoError(t, v.SetValue(tensors.FromFlatDataAndDimensions(values, v.Shape().Dimensions...)))
	}
	return store, parameters
}

// build makes the model's variables and returns a function that runs it: logits, then the cross maps of the last layer.
func build(t *testing.T, b compute.Backend, config transformer.Config) (run func(source, target [][]int32) (logits [][][]float64, cross [][][][]float64), parameters map[string][]float64) {
	t.Helper()
	store, parameters := randomStore(t, config)
	exec, err := model.NewExec(b, store, func(scope *model.Scope, source, target *Node) []*Node {
		m := transformer.New(scope, config)
		decoded := m.Decode(m.Encode(source), target)
		return []*Node{decoded.Logits, decoded.CrossMaps[config.DecoderLayers-1]}
	})
	require.NoError(t, err)
	return func(source, target [][]int32) ([][][]float64, [][][][]float64) {
		outputs, err := exec.Call(source, target)
		require.NoError(t, err)
		return outputs[0].Value().([][][]float64), outputs[1].Value().([][][][]float64)
	}, parameters
}

func variants() map[string]transformer.Config {
	post := tiny()
	post.Norm, post.Activation, post.Bias, post.ScaleEmbedding = transformer.PostLN, transformer.GELU, false, false
	post.SourcePositions, post.TargetPositions = transformer.Learned, transformer.Learned
	return map[string]transformer.Config{"pre-LN": tiny(), "post-LN, GELU, learned, no bias": post, "set mode": tiny().SetMode()}
}

func TestAgainstPlainGo(t *testing.T) {
	for name, config := range variants() {
		t.Run(name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b compute.Backend) {
				run, parameters := build(t, b, config)
				logits, cross := run(source, target)
				for i := range source {
					wantLogits, wantCross := reference{config: config, parameters: parameters}.run(source[i], target[i])
					for p := range wantLogits {
						assert.InDeltaSlice(t, wantLogits[p], logits[i][p], 1e-9, "example %d, position %d", i, p)
						for head := range wantCross {
							assert.InDeltaSlice(t, wantCross[head][p], cross[i][head][p], 1e-10, "map of example %d, head %d, position %d", i, head, p)
						}
					}
				}
			})
		})
	}
}

// TestNormsDiffer is the negative control of the test above: it would have seen the other placement of LayerNorm.
func TestNormsDiffer(t *testing.T) {
	b := goBackend(t)
	run, parameters := build(t, b, tiny())
	logits, _ := run(source, target)
	post := tiny()
	post.Norm = transformer.PostLN
	wrong, _ := reference{config: post, parameters: parameters}.run(source[0], target[0])
	assert.Greater(t, math.Abs(wrong[0][0]-logits[0][0][0]), 1e-3)
}

func TestGradients(t *testing.T) {
	configs := variants()
	delete(configs, "set mode") // pre-LN with less in it
	for name, config := range configs {
		config.DecoderLayers = 1
		t.Run(name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b compute.Backend) {
				store, _ := randomStore(t, config)
				check := gradcheck.DefaultConfig()
				check.Entries = 5
				require.NoError(t, check.CompareModel(b, store, func(scope *model.Scope, inputs []*Node) *Node {
					m := transformer.New(scope, config)
					return m.Decode(m.Encode(inputs[0]), inputs[1]).Logits
				}, source, target))
			})
		})
	}
}

// TestNoLeakFromTheFuture changes tokens of the target and looks at the logits before them.
func TestNoLeakFromTheFuture(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		config := tiny()
		before := [][]int32{{1, 12, 6, 3}, {1, 4, 2, 9}}
		run, _ := build(t, b, config)
		logits, _ := run(source, before)
		config.Causal = false
		open, _ := build(t, b, config)
		openLogits, _ := open(source, before)
		for changed := 1; changed < 4; changed++ {
			after := [][]int32{append([]int32{}, before[0]...), append([]int32{}, before[1]...)}
			after[0][changed], after[1][changed] = 8, 11
			got, _ := run(source, after)
			gotOpen, _ := open(source, after)
			for i := range got {
				assert.Equal(t, logits[i][:changed], got[i][:changed], "to the bit, before position %d", changed)
				assert.NotEqual(t, logits[i][changed], got[i][changed])
				assert.NotEqual(t, openLogits[i][0], gotOpen[i][0], "without the causal mask the change is seen")
			}
		}
	})
}

// TestPaddingChangesNothing makes source and target longer by padding.
func TestPaddingChangesNothing(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		short, long := [][]int32{{3, 9, 1}}, [][]int32{{3, 9, 1, 0, 0, 0, 0}}
		shortTarget, longTarget := [][]int32{{1, 12}}, [][]int32{{1, 12, 0, 0, 0}}
		for name, config := range map[string]transformer.Config{"causal": tiny(), "set mode": tiny().SetMode()} {
			config.DecoderLayers = 1
			run, _ := build(t, b, config)
			want, _ := run(short, shortTarget)
			got, cross := run(long, longTarget)
			for p := range want[0] {
				assert.InDeltaSlice(t, want[0][p], got[0][p], 1e-12, "%s, position %d", name, p)
			}
			assert.Equal(t, []float64{0, 0, 0, 0}, cross[0][0][0][3:], "nothing attends to padding")

			if b.Name() != goBackend(t).Name() {
				continue // the control needs no second backend to compile it
			}
			config.Pad = -1
			run, _ = build(t, b, config)
			want, _ = run(short, shortTarget)
			got, _ = run(long, longTarget)
			assert.Greater(t, math.Abs(want[0][0][0]-got[0][0][0]), 1e-6, "%s without a padding token sees the change", name)
		}
	})
}

// TestSetInSetOut permutes the source: in set mode the encoder permutes with it and the decoder sees no difference. With
// positions neither holds.
func TestSetInSetOut(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		set := tiny().SetMode()
		set.Pad = -1
		withPositions := set
		withPositions.SourcePositions = transformer.Sinusoidal
		for _, config := range []transformer.Config{set, withPositions} {
			config.DecoderLayers = 1
			store, _ := randomStore(t, config)
			exec, err := model.NewExec(b, store, func(scope *model.Scope, source, target *Node) (*Node, *Node) {
				m := transformer.New(scope, config)
				memory := m.Encode(source)
				return memory.States, m.Decode(memory, target).Logits
			})
			require.NoError(t, err)
			call := func(source [][]int32) ([][]float64, [][]float64) {
				outputs, err := exec.Call(source, [][]int32{{1, 12, 6}})
				require.NoError(t, err)
				return outputs[0].Value().([][][]float64)[0], outputs[1].Value().([][][]float64)[0]
			}
			ids := []int32{3, 9, 1, 4, 7}
			states, logits := call([][]int32{ids})
			worst := 0.0
			for seed := range uint64(100) {
				order := rand.New(rand.NewPCG(seed, 7)).Perm(len(ids))
				permuted := make([]int32, len(ids))
				for i, from := range order {
					permuted[i] = ids[from]
				}
				gotStates, gotLogits := call([][]int32{permuted})
				for i, from := range order {
					worst = math.Max(worst, distance(states[from], gotStates[i]))
				}
				for p := range logits {
					worst = math.Max(worst, distance(logits[p], gotLogits[p]))
				}
			}
			if config.SourcePositions == transformer.None {
				assert.Less(t, worst, 1e-12)
			} else {
				assert.Greater(t, worst, 1e-3)
			}
		}
	})
}

func distance(x, y []float64) (largest float64) {
	for i := range x {
		largest = math.Max(largest, math.Abs(x[i]-y[i]))
	}
	return largest
}

// TestDropoutOnlyInTraining compares dropout at inference with none, and shows that it acts while training.
func TestDropoutOnlyInTraining(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		config := tiny()
		config.DecoderLayers = 1
		plain, _ := build(t, b, config)
		config.Dropout = 0.5
		dropping, _ := build(t, b, config)
		want, _ := plain(source, target)
		got, _ := dropping(source, target)
		assert.Equal(t, want, got)

		store, _ := randomStore(t, config)
		require.NoError(t, store.SetRNGStateFromSeed(5))
		exec, err := model.NewExec(b, store, func(scope *model.Scope, source, target *Node) *Node {
			store.SetTraining(source.Graph(), true)
			m := transformer.New(scope, config)
			return m.Decode(m.Encode(source), target).Logits
		})
		require.NoError(t, err)
		first, err := exec.Call(source, target)
		require.NoError(t, err)
		second, err := exec.Call(source, target)
		require.NoError(t, err)
		assert.NotEqual(t, first[0].Value(), second[0].Value(), "two draws of dropout")
	})
}

func TestMapsOfAllLayers(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		config := tiny()
		exec, err := model.NewExec(b, model.NewStore(), func(scope *model.Scope, source, target *Node) []*Node {
			m := transformer.New(scope, config)
			memory := m.Encode(source)
			decoded := m.Decode(memory, target)
			maps := append(append(append([]*Node{decoded.Logits}, memory.SelfMaps...), decoded.SelfMaps...), decoded.CrossMaps...)
			return maps
		})
		require.NoError(t, err)
		outputs, err := exec.Call(source, target)
		require.NoError(t, err)
		require.Len(t, outputs, 1+1+2+2)
		require.NoError(t, outputs[0].Shape().CheckDims(2, 3, 13))
		for i, output := range outputs[1:] {
			want := []int{2, 5, 5, 5}
			if i >= 1 {
				want = []int{2, 5, 3, 3}
			}
			if i >= 3 {
				want = []int{2, 5, 3, 5}
			}
			require.NoError(t, output.Shape().CheckDims(want...))
			rows := tensors.MustCopyFlatData[float64](output)
			for ; len(rows) > 0; rows = rows[want[3]:] {
				sum := 0.0
				for _, weight := range rows[:want[3]] {
					assert.GreaterOrEqual(t, weight, 0.0)
					sum += weight
				}
				assert.InDelta(t, 1, sum, 1e-12)
			}
		}
	})
}

func TestLayerNormIsTheLectures(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		norm := func(epsilon float64) []float64 {
			config := tiny()
			config.NormEpsilon = epsilon
			exec, err := model.NewExec(b, model.NewStore(), func(scope *model.Scope, x *Node) *Node {
				return transformer.LayerNorm(scope.In("norm"), config, x)
			})
			require.NoError(t, err)
			outputs, err := exec.Call(worked.LayerNorm.Input[:])
			require.NoError(t, err)
			return outputs[0].Value().([]float64)
		}
		assert.InDeltaSlice(t, worked.LayerNorm.Output[:], norm(1e-300), 1e-8)
		// The variance of 1 2 3 4 is 1.25: with ε = 1 the first is -1.5/√2.25 = -1.
		assert.InDeltaSlice(t, []float64{-1, -1. / 3, 1. / 3, 1}, norm(1), 1e-12)
		// Dividing by H-1, as some do, would give ±1.1619: the test above tells them apart.
		assert.Greater(t, math.Abs(-1.5/math.Sqrt(5./3)-worked.LayerNorm.Output[0]), 0.1)
	})
}

// TestFirstValues looks at what a seed draws: bounded as Xavier says, not all alike, zero biases, unit gains.
func TestFirstValues(t *testing.T) {
	b := goBackend(t)
	draw := func(seed int64) map[string][]float32 {
		store := model.NewStore()
		store.SetParam(model.ParamInitialSeed, seed)
		config := tiny()
		config.DType, config.ModelDim, config.FFDim, config.SourceVocab = dtypes.Float32, 30, 50, 101
		exec, err := model.NewExec(b, store, func(scope *model.Scope, source, target *Node) *Node {
			m := transformer.New(scope, config)
			return m.Decode(m.Encode(source), target).Logits
		})
		require.NoError(t, err)
		_, err = exec.Call(source, target)
		require.NoError(t, err)
		values := make(map[string][]float32)
		for v := range store.IterVariables() {
			if v.DType() == dtypes.Float32 {
				values[v.Path()] = tensors.MustCopyFlatData[float32](v.MustValue())
			}
		}
		return values
	}
	values := draw(3)
	assert.Equal(t, values, draw(3))
	assert.NotEqual(t, values, draw(4))

	weights := values["/encoder/layer_0/feed_forward/hidden/dense/weights"]
	require.Len(t, weights, 30*50)
	limit := math.Sqrt(6. / 80)
	largest, squares := 0.0, 0.0
	for _, w := range weights {
		largest = math.Max(largest, math.Abs(float64(w)))
		squares += float64(w) * float64(w) / float64(len(weights))
	}
	assert.LessOrEqual(t, largest, limit)
	assert.Greater(t, largest, 0.95*limit)
	assert.InEpsilon(t, limit*limit/3, squares, 0.1, "the variance of a uniform distribution")

	squares = 0
	for _, w := range values["/source/embeddings"] {
		squares += float64(w) * float64(w) / float64(101*30)
	}
	assert.InEpsilon(t, 1./30, squares, 0.1, "embeddings have variance 1/D")
	assert.Equal(t, make([]float32, 50), values["/encoder/layer_0/feed_forward/hidden/dense/biases"])
	for _, gain := range values["/decoder/layer_1/cross/norm/layer_normalization/gain"] {
		assert.Equal(t, float32(1), gain)
	}
}

func TestValidateNamesBothValues(t *testing.T) {
	require.NoError(t, tiny().Validate())
	require.ErrorContains(t, transformer.DefaultConfig().Validate(), "SourceVocab is 0, must be at least 1")
	for want, change := range map[string]func(*transformer.Config){
		"Heads is 4, must divide ModelDim, which is 10":      func(c *transformer.Config) { c.Heads = 4 },
		"needs an even ModelDim, but ModelDim is 15":         func(c *transformer.Config) { c.ModelDim = 15 },
		"Pad is 11, must be less than SourceVocab, which is": func(c *transformer.Config) { c.Pad = 11 },
		"Pad is 13, must be less than TargetVocab, which is": func(c *transformer.Config) { c.Pad = 13 },
		"EncoderLayers is 0":                                 func(c *transformer.Config) { c.EncoderLayers = 0 },
		"DecoderLayers is -1":                                func(c *transformer.Config) { c.DecoderLayers = -1 },
		"FFDim is 0":                                         func(c *transformer.Config) { c.FFDim = 0 },
		"Norm is unknown(7), must be PreLN or PostLN":        func(c *transformer.Config) { c.Norm = 7 },
		"NormEpsilon is 0":                                   func(c *transformer.Config) { c.NormEpsilon = 0 },
		"Dropout is 1, must be in [0, 1)":                    func(c *transformer.Config) { c.Dropout = 1 },
		"TargetPositions is unknown(-1)":                     func(c *transformer.Config) { c.TargetPositions = -1 },
		"PositionBase is 1, must be more than 1":             func(c *transformer.Config) { c.PositionBase = 1 },
		"SourcePositions is learned, but MaxLength is 0":     func(c *transformer.Config) { c.SourcePositions, c.MaxLength = transformer.Learned, 0 },
		"DType is Int32":                                     func(c *transformer.Config) { c.DType = dtypes.Int32 },
		"Activation is unknown(2)":                           func(c *transformer.Config) { c.Activation = 2 },
	} {
		config := tiny()
		change(&config)
		assert.ErrorContains(t, config.Validate(), want)
	}
}

func TestWrongInputsPanicWithShapes(t *testing.T) {
	b := goBackend(t)
	call := func(source any) error {
		exec, err := model.NewExec(b, model.NewStore(), func(scope *model.Scope, source *Node) *Node {
			return transformer.New(scope, tiny()).Encode(source).States
		})
		require.NoError(t, err)
		_, err = exec.Call(source)
		return err
	}
	require.NoError(t, call([][]int32{{1}, {2}}), "length 1 is a length")
	assert.ErrorContains(t, call([]int32{1, 2}), "(Int32)[2]")
	assert.ErrorContains(t, call([][]float32{{1, 2}}), "(Float32)[1, 2]")
	config := tiny()
	config.Heads = 3
	exec, err := model.NewExec(b, model.NewStore(), func(scope *model.Scope, x *Node) *Node {
		return transformer.New(scope, config).Encode(x).States
	})
	require.NoError(t, err)
	_, err = exec.Call(source)
	assert.ErrorContains(t, err, "Heads is 3")
}

func goBackend(t *testing.T) compute.Backend {
	t.Helper()
	b, _, err := backend.OpenNamed(backend.Go)
	require.NoError(t, err)
	return b
}
