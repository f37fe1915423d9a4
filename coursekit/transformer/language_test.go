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

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/gradcheck"
	"courselab/coursekit/transformer"
)

func tinyLanguage() transformer.LanguageConfig {
	config := transformer.DefaultLanguageConfig()
	config.Vocab, config.ModelDim, config.Heads, config.FFDim, config.Layers = 13, 12, 3, 7, 2
	config.MaxLength, config.DType, config.PositionBase = 11, dtypes.Float64, 50
	return config
}

// languages are variants that together have every option.
func languages() map[string]transformer.LanguageConfig {
	rotary := tinyLanguage()
	rotary.Positions, rotary.TiedOutput, rotary.Norm, rotary.Pad = transformer.Rotary, false, transformer.PostLN, 0
	sines := tinyLanguage()
	sines.Positions, sines.Bias, sines.ScaleEmbedding, sines.Activation = transformer.Sinusoidal, false, true, transformer.ReLU
	return map[string]transformer.LanguageConfig{"learned, tied": tinyLanguage(), "rotary, post-LN, pad": rotary, "sinusoidal, no bias": sines}
}

// languageStore is the store of a model whose values depend on the variables' paths alone, and these values.
func languageStore(t *testing.T, config transformer.LanguageConfig) (*model.Store, map[string][]float64) {
	t.Helper()
	store := model.NewStore()
	exec, err := model.NewExec(goBackend(t), store, func(scope *model.Scope, ids *Node) *Node {
		return transformer.NewLanguageModel(scope, config).Causal(ids).Logits
	})
	require.NoError(t, err)
	_, err = exec.Compile(tensors.MustFromAnyValue(sentences).Shape())
	require.NoError(t, err)
	parameters := map[string][]float64{}
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

// onBackends runs body on every backend for the variant with rotary positions and padding, which has the most in it, on the
// Go backend alone for the others: XLA compiles for a second each.
func onBackends(t *testing.T, config transformer.LanguageConfig, body func(t *testing.T, b compute.Backend)) {
	t.Helper()
	if config.Positions == transformer.Rotary {
		backendtest.Each(t, body)
		return
	}
	body(t, goBackend(t))
}

var sentences = [][]int32{{3, 9, 1, 4, 0, 12, 7}, {5, 2, 10, 7, 8, 3, 3}} // [2, 7]

// languageReference is the model in plain Go: allowed says which key a query may see.
func languageReference(config transformer.LanguageConfig, parameters map[string][]float64, ids []int32, allowed func(query, key int) bool) matrix {
	r := reference{parameters: parameters, rotary: config.Positions == transformer.Rotary}
	r.config.ModelDim, r.config.Heads, r.config.FFDim = config.ModelDim, config.Heads, config.FFDim
	r.config.Norm, r.config.NormEpsilon, r.config.Activation = config.Norm, config.NormEpsilon, config.Activation
	r.config.ScaleEmbedding, r.config.PositionBase = config.ScaleEmbedding, config.PositionBase
	x := r.embed("tokens", ids, config.Positions)
	visible := func(query, key int) bool { return allowed(query, key) && ids[key] != int32(config.Pad) }
	for i := range config.Layers {
		layer := "/layers/layer_" + string(rune('0'+i))
		x = r.residual(layer+"/self", x, func(path string, x matrix) matrix {
			y, _ := r.attention(path+"/attention", x, x, visible)
			return y
		})
		x = r.residual(layer+"/feed_forward", x, r.feedForward)
	}
	if config.Norm == transformer.PreLN {
		x = r.norm("/layers/final_norm", x)
	}
	if !config.TiedOutput {
		return r.dense("/output", x, config.Vocab)
	}
	logits := make(matrix, len(x))
	for row := range x {
		for v := range config.Vocab {
			dot := 0.
			for i, a := range x[row] {
				dot += a * parameters["/tokens/embeddings"][v*config.ModelDim+i]
			}
			logits[row] = append(logits[row], dot)
		}
	}
	return logits
}

func TestLanguageModelAgainstPlainGo(t *testing.T) {
	const prefix = 3
	for name, config := range languages() {
		t.Run(name, func(t *testing.T) {
			onBackends(t, config, func(t *testing.T, b compute.Backend) {
				store, parameters := languageStore(t, config)
				exec, err := model.NewExec(b, store, func(scope *model.Scope, ids *Node) []*Node {
					build := func() *transformer.LanguageModel {
						return transformer.NewLanguageModel(scope.ResetVisited(), config)
					}
					return []*Node{build().Causal(ids).Logits, build().Prefix(ids, prefix).Logits, build().Bidirectional(ids).Logits}
				})
				require.NoError(t, err)
				outputs, err := exec.Call(sentences)
				require.NoError(t, err)
				for mask, allowed := range []func(query, key int) bool{
					func(query, key int) bool { return key <= query },
					func(query, key int) bool { return key <= query || key < prefix },
					func(query, key int) bool { return true },
				} {
					got := outputs[mask].Value().([][][]float64)
					for i, ids := range sentences {
						for p, want := range languageReference(config, parameters, ids, allowed) {
							assert.InDeltaSlice(t, want, got[i][p], 1e-9, "mask %d, example %d, position %d", mask, i, p)
						}
					}
				}
			})
		})
	}
}

func TestLanguageModelGradients(t *testing.T) {
	for name, config := range languages() {
		config.Layers = 1
		t.Run(name, func(t *testing.T) {
			onBackends(t, config, func(t *testing.T, b compute.Backend) {
				store, _ := languageStore(t, config)
				check := gradcheck.DefaultConfig()
				check.Entries = 4
				require.NoError(t, check.CompareModel(b, store, func(scope *model.Scope, inputs []*Node) *Node {
					return transformer.NewLanguageModel(scope, config).Causal(inputs[0]).Logits
				}, sentences))
			})
		})
	}
}

// TestStepsAreTheWhole goes on token by token with a cache, from prompts of one and of three tokens, and compares the
// logits with those of the whole sequence.
func TestStepsAreTheWhole(t *testing.T) {
	for name, config := range languages() {
		t.Run(name, func(t *testing.T) {
			onBackends(t, config, func(t *testing.T, b compute.Backend) {
				store, _ := languageStore(t, config)
				whole, err := model.CallOnce(b, store, func(scope *model.Scope, ids *Node) *Node {
					return transformer.NewLanguageModel(scope, config).Causal(ids).Logits
				}, sentences)
				require.NoError(t, err)
				want := whole.Value().([][][]float64)
				const known = 3
				exec, err := model.NewExec(b, store, func(scope *model.Scope, ids *Node) []*Node {
					m := transformer.NewLanguageModel(scope, config)
					var outputs []*Node
					for _, prompt := range []int{1, known} {
						cache := m.Begin(Slice(ids, AxisRange(), AxisRange(0, prompt)), 7)
						for p := prompt - 1; p < 5; p++ {
							token := Squeeze(Slice(ids, AxisRange(), AxisElem(p)), 1)
							var logits *Node
							logits, cache = m.Next(cache, token, Scalar(ids.Graph(), dtypes.Int32, p))
							outputs = append(outputs, logits)
						}
					}
					return outputs
				})
				require.NoError(t, err)
				outputs, err := exec.Call(sentences)
				require.NoError(t, err)
				require.Len(t, outputs, 5+3)
				for i, output := range outputs {
					p := i
					if i >= 5 {
						p = i - 5 + known - 1
					}
					for row, logits := range output.Value().([][]float64) {
						assert.InDeltaSlice(t, want[row][p], logits, 1e-10, "output %d, row %d", i, row)
					}
				}
			})
		})
	}
}

// TestDecoderStepsAreTheWhole is the same for an encoder-decoder; the target has padding inside, and the source at its end.
func TestDecoderStepsAreTheWhole(t *testing.T) {
	target := [][]int32{{1, 12, 0, 6, 3}, {1, 4, 2, 9, 9}}
	for name, config := range variants() {
		if name == "set mode" {
			continue // not causal
		}
		t.Run(name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b compute.Backend) {
				if b.Name() != goBackend(t).Name() && name != "pre-LN" {
					return // a second of compiling
				}
				store, _ := randomStore(t, config)
				outputs, err := model.CallOnceN(b, store, func(scope *model.Scope, source, target *Node) []*Node {
					m := transformer.New(scope, config)
					memory := m.Encode(source)
					crossing, cache := m.Begin(memory, 5)
					var logits []*Node
					for p := range 5 {
						var one *Node
						one, cache = m.Next(memory, crossing, cache, Squeeze(Slice(target, AxisRange(), AxisElem(p)), 1), Scalar(target.Graph(), dtypes.Int32, p))
						logits = append(logits, one)
					}
					return []*Node{Stack(logits, 1), m.Decode(memory, target).Logits}
				}, source, target)
				require.NoError(t, err)
				got, want := tensors.MustCopyFlatData[float64](outputs[0]), tensors.MustCopyFlatData[float64](outputs[1])
				assert.InDeltaSlice(t, want, got, 1e-10)
			})
		})
	}
}

// TestMasksOfOneNet: which later token moves which earlier output, to the bit, for the same variables.
func TestMasksOfOneNet(t *testing.T) {
	const prefix, length = 3, 7
	config := tinyLanguage()
	config.Positions = transformer.Rotary
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		store, _ := languageStore(t, config)
		exec, err := model.NewExec(b, store, func(scope *model.Scope, ids *Node) []*Node {
			build := func() *transformer.LanguageModel { return transformer.NewLanguageModel(scope.ResetVisited(), config) }
			return []*Node{build().Causal(ids).Logits, build().Prefix(ids, prefix).Logits, build().Bidirectional(ids).Logits}
		})
		require.NoError(t, err)
		before, err := exec.Call(sentences[:1])
		require.NoError(t, err)
		for changed := range length {
			ids := append([]int32{}, sentences[0]...)
			ids[changed] = 11
			after, err := exec.Call([][]int32{ids})
			require.NoError(t, err)
			for mask := range 3 {
				was, is := before[mask].Value().([][][]float64)[0], after[mask].Value().([][][]float64)[0]
				for p := range length {
					sees := p >= changed || mask == 2 || mask == 1 && changed < prefix
					assert.Equal(t, sees, distance(was[p], is[p]) > 0, "mask %d, token %d changed, output %d", mask, changed, p)
				}
			}
		}
	})
}

func TestLanguageModelMaps(t *testing.T) {
	outputs, err := model.CallOnceN(goBackend(t), model.NewStore(), func(scope *model.Scope, ids *Node) []*Node {
		predicted := transformer.NewLanguageModel(scope, tinyLanguage()).Causal(ids)
		return append([]*Node{predicted.Logits, predicted.States}, predicted.SelfMaps...)
	}, sentences)
	require.NoError(t, err)
	require.Len(t, outputs, 4)
	assert.Equal(t, []int{2, 7, 13}, outputs[0].Shape().Dimensions)
	assert.Equal(t, []int{2, 7, 12}, outputs[1].Shape().Dimensions)
	for _, maps := range outputs[2:] {
		assert.Equal(t, []int{2, 3, 7, 7}, maps.Shape().Dimensions)
		row := maps.Value().([][][][]float64)[1][2][3]
		assert.InDelta(t, 1, row[0]+row[1]+row[2]+row[3], 1e-12)
		assert.Equal(t, []float64{0, 0, 0}, row[4:])
	}
}

func TestLanguageValidate(t *testing.T) {
	for _, config := range languages() {
		require.NoError(t, config.Validate())
	}
	for want, change := range map[string]func(*transformer.LanguageConfig){
		"Vocab is 0, must be at least 1":                     func(c *transformer.LanguageConfig) { c.Vocab = 0 },
		"Layers is 0, must be at least 1":                    func(c *transformer.LanguageConfig) { c.Layers = 0 },
		"Pad is 13, must be less than Vocab, which is 13":    func(c *transformer.LanguageConfig) { c.Pad = 13 },
		"Heads is 5, must divide ModelDim, which is 12":      func(c *transformer.LanguageConfig) { c.Heads = 5 },
		"Positions is unknown(9), must be Sinusoidal":        func(c *transformer.LanguageConfig) { c.Positions = 9 },
		"but ModelDim/Heads is 3":                            func(c *transformer.LanguageConfig) { c.Positions, c.Heads = transformer.Rotary, 4 },
		"Positions is rotary, but PositionBase is 1":         func(c *transformer.LanguageConfig) { c.Positions, c.PositionBase = transformer.Rotary, 1 },
		"Positions is learned, but MaxLength is 0":           func(c *transformer.LanguageConfig) { c.MaxLength = 0 },
		"Positions is sinusoidal, but PositionBase is -1":    func(c *transformer.LanguageConfig) { c.Positions, c.PositionBase = transformer.Sinusoidal, -1 },
		"Dropout is 1, must be in [0, 1)":                    func(c *transformer.LanguageConfig) { c.Dropout = 1 },
		"NormEpsilon is NaN, must be finite and more than 0": func(c *transformer.LanguageConfig) { c.NormEpsilon = math.NaN() },
	} {
		config := tinyLanguage()
		change(&config)
		assert.ErrorContains(t, config.Validate(), want)
	}
	seq := tiny()
	seq.SourcePositions = transformer.Rotary
	assert.ErrorContains(t, seq.Validate(), "SourcePositions is rotary, must be Sinusoidal, Learned or None")
}

func TestLanguageModelPanics(t *testing.T) {
	call := func(f func(m *transformer.LanguageModel, ids *Node) *Node) error {
		_, err := model.CallOnce(goBackend(t), model.NewStore(), func(scope *model.Scope, ids *Node) *Node {
			return f(transformer.NewLanguageModel(scope, tinyLanguage()), ids)
		}, sentences)
		return err
	}
	require.NoError(t, call(func(m *transformer.LanguageModel, ids *Node) *Node { return m.Causal(ids).Logits }))
	assert.ErrorContains(t, call(func(m *transformer.LanguageModel, ids *Node) *Node { return m.Prefix(ids, 8).Logits }), "length 7 and prefix 8")
	assert.ErrorContains(t, call(func(m *transformer.LanguageModel, ids *Node) *Node { return m.Begin(ids, 6)[0] }), "(Int32)[2, 7] does not fit a cache of length 6")
	assert.ErrorContains(t, call(func(m *transformer.LanguageModel, ids *Node) *Node { return m.Begin(ids, 12)[0] }), "go up to length 11, got 12")
	assert.ErrorContains(t, call(func(m *transformer.LanguageModel, ids *Node) *Node {
		logits, _ := m.Next(m.Begin(ids, 8)[1:], Squeeze(Slice(ids, AxisRange(), AxisElem(0)), 1), Scalar(ids.Graph(), dtypes.Int32, 6))
		return logits
	}), "a cache of 3 tensors, want 4")
}
