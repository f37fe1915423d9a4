package decode_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/decode"
	"courselab/coursekit/transformer"
)

// whole hides that a model is incremental: all positions are computed in each step.
type whole struct{ decode.Model }

// recurrent is the smallest recurrent network: its state is one number a row, h' = (3h + token + input) mod 11, from which
// the logits are looked up. It does not ask for the position.
type recurrent struct{ table [][]float32 } // [11, V]

func (recurrent) Encode(_ *model.Scope, inputs []*Node) []*Node { return inputs }

func (r recurrent) Begin(_ *model.Scope, encoded []*Node, _ int) (fixed, state []*Node) {
	return encoded, []*Node{ZerosLike(encoded[0])}
}

func (r recurrent) Next(_ *model.Scope, fixed, state []*Node, tokens, _ *Node) (*Node, []*Node) {
	h := Mod(Add(MulScalar(state[0], 3), Add(tokens, fixed[0])), Scalar(tokens.Graph(), dtypes.Int32, 11))
	return Gather(Const(tokens.Graph(), r.table), InsertAxes(h, -1)), []*Node{h}
}

func (r recurrent) Logits(scope *model.Scope, encoded []*Node, tokens *Node) *Node {
	fixed, state := r.Begin(scope, encoded, 0)
	var all []*Node
	for t := range tokens.Shape().Dimensions[1] {
		var logits *Node
		logits, state = r.Next(scope, fixed, state, Squeeze(Slice(tokens, AxisRange(), AxisElem(t)), 1), nil)
		all = append(all, logits)
	}
	return Stack(all, 1)
}

// incrementals are models of all kinds with their inputs: a Transformer with padded sources, language models with prompts,
// a recurrent network.
func incrementals() map[string]struct {
	model  decode.Incremental
	inputs any
} {
	sequence := transformer.DefaultConfig()
	sequence.SourceVocab, sequence.TargetVocab, sequence.ModelDim, sequence.Heads, sequence.FFDim = 7, 13, 8, 2, 11
	language := transformer.DefaultLanguageConfig()
	language.Vocab, language.ModelDim, language.Heads, language.FFDim = 13, 8, 2, 11
	rotary := language
	rotary.Positions, rotary.Pad = transformer.Rotary, pad
	return map[string]struct {
		model  decode.Incremental
		inputs any
	}{
		"encoder-decoder":  {decode.EncoderDecoder(sequence), [][]int32{{3, 5, 4, 0}, {6, 3, 3, 5}, {4, 0, 0, 0}}},
		"language":         {decode.Language(language), [][]int32{{3, 5, 4}, {6, 3, 3}, {4, 11, 12}}},
		"language, rotary": {decode.Language(rotary), [][]int32{{3}, {6}, {4}}},
		"recurrent":        {recurrent{randomChain(3, 1, 13).table[0]}, []int32{1, 5, 2}},
	}
}

// TestCacheChangesNothing compares every way of decoding with and without the cache: tokens to the number, and
// log-probabilities to the rounding of float32.
func TestCacheChangesNothing(t *testing.T) {
	const length = 7
	for name, c := range incrementals() {
		t.Run(name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b compute.Backend) {
				if b.Name() != goBackend(t).Name() && name != "language, rotary" && name != "recurrent" {
					return // ten graphs to compile
				}
				store := model.NewStore()
				store.SetParam(model.ParamInitialSeed, int64(7))
				inputs := tensors.MustFromAnyValue(c.inputs)
				var greedy [2][][]int32
				var sampled, nucleus [2][]decode.Sequence
				var beams [2][][]decode.Hypothesis
				for i, m := range []decode.Model{c.model, whole{c.model}} {
					g, err := decode.NewGreedy(b, store, m, ends(length))
					require.NoError(t, err)
					greedy[i], err = g.Decode(inputs)
					require.NoError(t, err)

					config := decode.DefaultSampleConfig(ends(length))
					s, err := decode.NewSampler(b, store, m, config)
					require.NoError(t, err)
					sampled[i], err = s.Decode(11, inputs)
					require.NoError(t, err)
					if b.Name() == goBackend(t).Name() {
						config.TopK, config.TopP, config.Temperature = 5, 0.7, 1.3
						s, err = decode.NewSampler(b, store, m, config)
						require.NoError(t, err)
						nucleus[i], err = s.Decode(12, inputs)
						require.NoError(t, err)
					}

					w, err := decode.NewBeam(b, store, m, decode.BeamConfig{Config: ends(length), Width: 4, Best: 4, Alpha: 0.6})
					require.NoError(t, err)
					for range 2 { // again with the same graphs
						beams[i], err = w.Decode(inputs)
						require.NoError(t, err)
					}
				}
				// A loop in the backend, whose ended beams keep their places, finds the same best.
				fast, err := decode.NewBeamLoop(b, store, c.model, decode.BeamConfig{Config: ends(length), Width: 4, Best: 2})
				require.NoError(t, err)
				found, err := fast.Decode(inputs)
				require.NoError(t, err)
				if b.Name() == goBackend(t).Name() {
					slow, err := decode.NewBeam(b, store, c.model, decode.BeamConfig{Config: ends(length), Width: 4, Best: 1})
					require.NoError(t, err)
					want, err := slow.Decode(inputs)
					require.NoError(t, err)
					for row := range want {
						assert.GreaterOrEqual(t, found[row][0].Score, found[row][1].Score)
						assertSequences(t, []decode.Sequence{want[row][0].Sequence}, []decode.Sequence{found[row][0].Sequence})
					}
				}
				assert.Equal(t, greedy[1], greedy[0])
				assertSequences(t, sampled[1], sampled[0])
				assertSequences(t, nucleus[1], nucleus[0])
				for row := range beams[1] {
					require.Equal(t, len(beams[1][row]), len(beams[0][row]))
					for k, want := range beams[1][row] {
						assertSequences(t, []decode.Sequence{want.Sequence}, []decode.Sequence{beams[0][row][k].Sequence})
					}
				}
			})
		})
	}
}

// TestBeamLoop: the table of "Dive into deep learning" as an incremental model that looks at its tokens so far.
func TestBeamLoop(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		m := remembering{d2l()}
		found, err := decode.NewBeamLoop(b, model.NewStore(), m, decode.BeamConfig{Config: ends(4), Width: 2, Best: 2})
		require.NoError(t, err)
		best, err := found.Decode(tensors.FromValue([]int32{0, 0}))
		require.NoError(t, err)
		require.Len(t, best, 2)
		assert.Equal(t, best[0], best[1])
		assert.Equal(t, []int32{tokenA, tokenC, tokenB}, best[0][0].Tokens)
		assert.InDelta(t, 0.054, math.Exp(best[0][0].Score), 1e-6)
		assert.True(t, best[0][0].Ended)
		assert.InDelta(t, 0.048, math.Exp(best[0][1].Score), 1e-6)

		one, err := decode.NewBeamLoop(b, model.NewStore(), m, decode.BeamConfig{Config: ends(4), Width: 1, Best: 1})
		require.NoError(t, err)
		only, err := one.Decode(tensors.FromValue([]int32{0}))
		require.NoError(t, err)
		assert.Equal(t, []int32{tokenA, tokenB, tokenC}, only[0][0].Tokens, "width 1 is greedy")
	})
	b := goBackend(t)
	_, err := decode.NewBeamLoop(b, model.NewStore(), remembering{d2l()}, decode.BeamConfig{Config: ends(4), Width: 2, Best: 3, Alpha: 1})
	assert.ErrorContains(t, err, "Best is 3")
	assert.ErrorContains(t, err, "Alpha is 1, a BeamLoop has no length penalty")

	// All of what a small table can write, if the beam is as wide as that.
	const vocabulary, length = 4, 3
	for seed := range uint64(5) {
		m := randomTable(seed, 1, vocabulary, length)
		wide, err := decode.NewBeamLoop(b, model.NewStore(), remembering{m}, decode.BeamConfig{Config: ends(length), Width: 64, Best: 64})
		require.NoError(t, err)
		found, err := wide.Decode(tensors.FromValue([]int32{0}))
		require.NoError(t, err)
		assertHypotheses(t, exhaustive(m, 0, 0), found[0], "all")
	}
}

// remembering is a table as an incremental model: its state is the number of the prefix.
type remembering struct{ table }

func (m remembering) Begin(_ *model.Scope, encoded []*Node, _ int) (fixed, state []*Node) {
	return encoded, []*Node{ZerosLike(encoded[0])}
}

func (m remembering) Next(_ *model.Scope, fixed, state []*Node, tokens, position *Node) (*Node, []*Node) {
	longer := AddScalar(Add(MulScalar(state[0], m.vocabulary), tokens), 1)
	first := BroadcastToDims(Equal(position, Scalar(position.Graph(), dtypes.Int32, 0)), tokens.Shape().Dimensions...)
	number := Min(Where(first, state[0], longer), Scalar(tokens.Graph(), dtypes.Int32, len(m.rows[0])-1))
	return Gather(Const(tokens.Graph(), m.rows), Stack([]*Node{fixed[0], number}, -1)), []*Node{number}
}

func assertSequences(t *testing.T, want, got []decode.Sequence) {
	t.Helper()
	require.Equal(t, len(want), len(got))
	for i := range want {
		assert.Equal(t, want[i].Tokens, got[i].Tokens)
		assert.Equal(t, want[i].Ended, got[i].Ended)
		assert.InDelta(t, want[i].LogProb, got[i].LogProb, 1e-4)
	}
}

// TestPromptIsContinued writes greedily after a prompt by running the model over ever longer sequences.
func TestPromptIsContinued(t *testing.T) {
	b := goBackend(t)
	config := transformer.DefaultLanguageConfig()
	config.Vocab, config.ModelDim, config.Heads, config.FFDim = 13, 8, 2, 11
	store := model.NewStore()
	store.SetParam(model.ParamInitialSeed, int64(3))
	const length = 9
	greedy, err := decode.NewGreedy(b, store, decode.Language(config), decode.Config{Start: start, End: -1, Pad: pad, Length: length})
	require.NoError(t, err)
	for _, prompt := range [][]int32{{7}, {4, 12, 2, 9}} {
		got, err := greedy.Decode(tensors.FromValue([][]int32{prompt}))
		require.NoError(t, err)
		exec, err := model.NewExec(b, store, func(scope *model.Scope, ids *Node) *Node {
			return ArgMax(transformer.NewLanguageModel(scope, config).Causal(ids).Logits, -1)
		})
		require.NoError(t, err)
		ids := append([]int32{}, prompt...)
		for range length {
			outputs, err := exec.Call([][]int32{ids})
			require.NoError(t, err)
			best := outputs[0].Value().([][]int32)[0]
			ids = append(ids, best[len(best)-1])
		}
		assert.Equal(t, [][]int32{ids[len(prompt):]}, got, "nothing ends it, and all of the length is written")
	}
}

// badState returns a state of another shape.
type badState struct{ recurrent }

func (b badState) Next(scope *model.Scope, fixed, state []*Node, tokens, position *Node) (*Node, []*Node) {
	logits, next := b.recurrent.Next(scope, fixed, state, tokens, position)
	return logits, []*Node{Concatenate([]*Node{next[0], next[0]}, 0)}
}

func TestStateKeepsItsShape(t *testing.T) {
	sampler, err := decode.NewSampler(goBackend(t), model.NewStore(), badState{recurrent{randomChain(3, 1, 13).table[0]}}, decode.DefaultSampleConfig(ends(3)))
	require.NoError(t, err)
	_, err = sampler.Decode(1, tensors.FromValue([]int32{1, 5}))
	assert.ErrorContains(t, err, "Next returned (Int32)[4] as tensor 0 of the state, it was given (Int32)[2]")
}
