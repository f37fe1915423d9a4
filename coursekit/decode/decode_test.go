package decode_test

import (
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/decode"
	"courselab/coursekit/transformer"
)

const (
	pad   = 0
	start = 1
	end   = 2
)

// chain is a model whose next token depends on the last one, and on its input: table[input][token] are the logits.
// It also counts how often its graph is built.
type chain struct {
	table [][][]float32
	built *int
}

func (c chain) Encode(_ *model.Scope, inputs []*Node) []*Node { return inputs }

func (c chain) Logits(_ *model.Scope, encoded []*Node, tokens *Node) *Node {
	*c.built++
	table := Const(tokens.Graph(), c.table) // [I, V, V]
	which := BroadcastToDims(InsertAxes(encoded[0], -1), tokens.Shape().Dimensions...)
	return Gather(table, Stack([]*Node{which, tokens}, -1)) // [B, L, V]
}

// greedy is the slow definition.
func (c chain) greedy(input int32, length int) []int32 {
	tokens, last := []int32{}, int32(start)
	for range length {
		logits := c.table[input][last]
		best := 0
		for token, logit := range logits {
			if logit > logits[best] {
				best = token
			}
		}
		if best == end {
			break
		}
		last = int32(best)
		tokens = append(tokens, last)
	}
	return tokens
}

func randomChain(seed uint64, inputs, vocabulary int) chain {
	rng := rand.New(rand.NewPCG(seed, 3))
	c := chain{built: new(int)}
	for range inputs {
		var rows [][]float32
		for range vocabulary {
			row := make([]float32, vocabulary)
			for i := range row {
				row[i] = rng.Float32()
			}
			row[pad], row[start] = -1, -1 // never written
			rows = append(rows, row)
		}
		c.table = append(c.table, rows)
	}
	return c
}

func TestGreedyIsTheDefinition(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		ended, cut := 0, 0
		for seed := range uint64(5) {
			c := randomChain(seed, 7, 11)
			const length = 5
			greedy, err := decode.NewGreedy(b, model.NewStore(), c, decode.Config{Start: start, End: end, Pad: pad, Length: length})
			require.NoError(t, err)
			for range 2 {
				inputs := []int32{6, 0, 3, 5, 1, 2, 4}
				got, err := greedy.Decode(tensors.FromValue(inputs))
				require.NoError(t, err)
				for i, input := range inputs {
					want := c.greedy(input, length)
					assert.Equal(t, want, got[i], "seed %d, input %d", seed, input)
					if len(want) == length {
						cut++
					} else {
						ended++
					}
				}
			}
			assert.Equal(t, 1, *c.built, "one graph for all steps and both calls")
		}
		assert.Positive(t, ended, "no sequence ended by itself")
		assert.Positive(t, cut, "no sequence was cut off")
	})
}

// TestGreedyTransformer compares with running the model over prefixes of growing length, without any padding.
func TestGreedyTransformer(t *testing.T) {
	b := goBackend(t)
	for _, sourcePad := range []int{pad, -1} {
		config := transformer.DefaultConfig()
		config.SourceVocab, config.TargetVocab, config.ModelDim, config.Heads, config.FFDim = 7, 13, 8, 2, 11
		config.Pad = sourcePad
		store := model.NewStore()
		store.SetParam(model.ParamInitialSeed, int64(5))
		const length = 6
		greedy, err := decode.NewGreedy(b, store, decode.EncoderDecoder(config), decode.Config{Start: start, End: end, Pad: pad, Length: length})
		require.NoError(t, err)
		source := [][]int32{{3, 5, 4, 0}, {6, 3, 3, 5}, {4, 0, 0, 0}}
		got, err := greedy.Decode(tensors.FromValue(source))
		require.NoError(t, err)

		exec, err := model.NewExec(b, store, func(scope *model.Scope, source, target *Node) *Node {
			m := transformer.New(scope, config)
			return ArgMax(m.Decode(m.Encode(source), target).Logits, -1)
		})
		require.NoError(t, err)
		for row := range source {
			tokens := []int32{start}
			for range length {
				outputs, err := exec.Call([][]int32{source[row]}, [][]int32{tokens})
				require.NoError(t, err)
				best := outputs[0].Value().([][]int32)[0]
				if best[len(best)-1] == end {
					break
				}
				tokens = append(tokens, best[len(best)-1])
			}
			assert.Equal(t, tokens[1:], got[row], "pad %d, row %d", sourcePad, row)
		}
	}
}

func TestErrors(t *testing.T) {
	b := goBackend(t)
	c := randomChain(1, 2, 5)
	_, err := decode.NewGreedy(b, model.NewStore(), c, decode.Config{Start: 1, End: 1, Pad: 1, Length: 0})
	assert.ErrorContains(t, err, "Length is 0")
	assert.ErrorContains(t, err, "End and Pad are both 1")
	assert.ErrorContains(t, err, "Start and End are both 1")

	greedy, err := decode.NewGreedy(b, model.NewStore(), c, decode.Config{Start: start, End: end, Pad: pad, Length: 3})
	require.NoError(t, err)
	_, err = greedy.Decode()
	assert.ErrorContains(t, err, "batch")
	_, err = greedy.Decode(tensors.FromValue(int32(1)))
	assert.ErrorContains(t, err, "batch")
	_, err = greedy.Decode(tensors.FromValue([]float32{1, 2}))
	assert.ErrorContains(t, err, "decode: step 0")
}

func goBackend(t *testing.T) compute.Backend {
	t.Helper()
	b, _, err := backend.OpenNamed(backend.Go)
	require.NoError(t, err)
	return b
}
