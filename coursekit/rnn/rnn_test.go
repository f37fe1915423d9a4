package rnn_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/lstm"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/gradcheck"
	"courselab/coursekit/rnn"
)

// Sizes are different primes, so that any exchanged axis shows.
const batch, length, width, hidden = 3, 5, 2, 7

var lengths = []int32{2, 5, 0}

// masked runs a layer from an initial state: x[0] is the input, x[1] the lengths, then the state.
func masked(kind rnn.Kind) modelFunction {
	return func(scope *model.Scope, x []*graph.Node) []*graph.Node {
		y, last := rnn.New(scope.In("rnn"), kind, hidden).WithInitial(state(kind, x[2:])).WithLengths(x[1]).Apply(x[0])
		return append([]*graph.Node{y}, parts(last)...)
	}
}

// plain runs a layer from zeros over sequences that are all of length L.
func plain(kind rnn.Kind) modelFunction {
	return func(scope *model.Scope, x []*graph.Node) []*graph.Node {
		y, last := rnn.New(scope.In("rnn"), kind, hidden).Apply(x[0])
		return append([]*graph.Node{y}, parts(last)...)
	}
}

func TestAgainstPlainGo(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		x, h, c := normal(1, batch, length, width), normal(2, batch, hidden), normal(3, batch, hidden)
		sequences, zeros := rows(flat(x), length*width), make([]float64, hidden)
		for _, kind := range kinds {
			inputs := []any{x, lengths, h, c}
			store := storeFor(t, masked(kind), inputs...)
			got := call(t, b, store, masked(kind), inputs...)
			full := call(t, b, store, plain(kind), x)
			for i, n := range lengths {
				start, cell := rows(flat(h), hidden)[i], rows(flat(c), hidden)[i]
				want, last := slow(kind, store, "/rnn", rows(sequences[i], width)[:n], start, cell)
				end := start
				if n > 0 {
					end, cell = want[n-1], last
				}
				for len(want) < length { // the state stays past the end
					want = append(want, end)
				}
				assert.InDeltaSlice(t, slices.Concat(want...), rows(got[0], length*hidden)[i], 1e-12, "%s, length %d", kind, n)
				assert.InDeltaSlice(t, end, rows(got[1], hidden)[i], 1e-12, "%s, length %d", kind, n)
				if kind == rnn.LSTM {
					assert.InDeltaSlice(t, cell, rows(got[2], hidden)[i], 1e-12, "cell, length %d", n)
				}

				want, _ = slow(kind, store, "/rnn", rows(sequences[i], width), zeros, zeros)
				assert.InDeltaSlice(t, slices.Concat(want...), rows(full[0], length*hidden)[i], 1e-12, "%s from zeros", kind)
			}
		}
	})
}

// Two steps of cells with one unit, worked out outside of Go from the formulas of PyTorch's documentation; each gate has
// weights of its own, so that their order shows.
func TestGolden(t *testing.T) {
	variables := map[string][]float64{
		"/rnn/input_weights": {.5, -.4, .3, .8}, "/rnn/hidden_weights": {.1, .6, -.7, .2}, "/rnn/biases": {.05, .9, -.1, .15},
		"/rnn/hidden_biases": {.35},
	}
	want := map[rnn.Kind][]float64{
		rnn.Vanilla: {0.6777821008468295, -0.7075306283219845},
		rnn.LSTM:    {-0.14663287703303515, -0.054352623074077996},
		rnn.GRU:     {0.32380459335487066, 0.20542384141373923},
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		x, h, c := [][][]float64{{{1.5}, {-2}}}, [][]float64{{.25}}, [][]float64{{-.5}}
		for _, kind := range kinds {
			f := func(scope *model.Scope, x []*graph.Node) []*graph.Node {
				y, last := rnn.New(scope.In("rnn"), kind, 1).WithInitial(state(kind, x[1:])).Apply(x[0])
				return append([]*graph.Node{y}, parts(last)...)
			}
			store := storeFor(t, f, x, h, c)
			set(t, store, func(path string, size int) []float64 { return variables[path][:size] })
			got := call(t, b, store, f, x, h, c)
			assert.InDeltaSlice(t, want[kind], got[0], 1e-14, "%s", kind)
			if kind == rnn.LSTM {
				assert.InDelta(t, -0.30180110674044014, got[2][0], 1e-14)
			}
		}
	})
}

// GoMLX's LSTM has the gates in order i, o, f, g, and [H, D] for our [D, H].
func TestAgreesWithGoMLX(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		x := normal(1, batch, length, width)
		store := storeFor(t, plain(rnn.LSTM), x)
		ours := call(t, b, store, plain(rnn.LSTM), x)
		theirs := call(t, b, store, func(scope *model.Scope, x []*graph.Node) []*graph.Node {
			reordered := func(name string, rows int) *graph.Node {
				w := graph.Reshape(scope.At("rnn").GetVariable(name).NodeValue(x[0].Graph()), rows, 4, hidden)
				gate := func(i int) *graph.Node { return graph.SliceAxis(w, 1, graph.AxisElem(i)) }
				w = graph.Concatenate([]*graph.Node{gate(0), gate(3), gate(1), gate(2)}, 1)
				return graph.InsertAxes(graph.TransposeAllDims(w, 1, 2, 0), 0) // [1, 4, H, rows]
			}
			bias := graph.Reshape(reordered("biases", 1), 1, 4, hidden)
			bias = graph.Concatenate([]*graph.Node{bias, graph.ZerosLike(bias)}, 1)
			y, _, _ := lstm.NewWithWeights(x[0], reordered("input_weights", width), reordered("hidden_weights", hidden), bias, nil).Done()
			return []*graph.Node{graph.TransposeAllDims(graph.Reshape(y, length, batch, hidden), 1, 0, 2)}
		}, x)
		assert.InDeltaSlice(t, theirs[0], ours[0], 1e-12)
	})
}

// Steps one by one are the layer unrolled.
func TestSteps(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		x := normal(1, batch, length, width)
		for _, kind := range kinds {
			store := storeFor(t, plain(kind), x)
			want := call(t, b, store, plain(kind), x)
			got := call(t, b, store, func(scope *model.Scope, x []*graph.Node) []*graph.Node {
				layer := rnn.New(scope.In("rnn"), kind, hidden)
				s := layer.Zero(x[0].Graph(), x[0].DType(), batch)
				for t := range length {
					s = layer.Step(graph.Reshape(graph.SliceAxis(x[0], 1, graph.AxisElem(t)), batch, width), s)
				}
				return parts(s)
			}, x)
			for i := range got {
				assert.InDeltaSlice(t, want[1+i], got[i], 1e-12, "%s", kind)
			}
		}
	})
}

func TestGradients(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		x, h, c := normal(1, 2, 3, 2), normal(2, 2, 3), normal(3, 2, 3)
		for _, kind := range kinds {
			inputs := []any{x, []int32{2, 3}, h, c}[:3]
			if kind == rnn.LSTM {
				inputs = append(inputs, c)
			}
			layer := func(scope *model.Scope, x []*graph.Node, k int) *graph.Node {
				y, last := rnn.New(scope.In("rnn"), kind, 3).WithInitial(state(kind, x[2:])).WithLengths(x[1]).WithTruncation(k).Apply(x[0])
				for _, part := range parts(last) {
					y = graph.Concatenate([]*graph.Node{y, graph.InsertAxes(part, 1)}, 1)
				}
				return y
			}
			full := func(scope *model.Scope, x []*graph.Node) *graph.Node { return layer(scope, x, 0) }
			store := storeFor(t, func(scope *model.Scope, x []*graph.Node) []*graph.Node {
				return []*graph.Node{full(scope, x)}
			}, inputs...)
			gradcheck.CheckModel(t, b, store, full, inputs...)

			// Negative control: a truncated gradient is another one.
			err := gradcheck.DefaultConfig().CompareModel(b, store, func(scope *model.Scope, x []*graph.Node) *graph.Node { return layer(scope, x, 1) }, inputs...)
			require.ErrorContains(t, err, "differ from finite differences", "%s", kind)
		}
	})
}

// With w = 0.9 and 20 inputs of 1, a linear RNN ends at h = Σ w^i. The shares of ∂h/∂w that truncation leaves.
func TestTruncation(t *testing.T) {
	const steps = 20
	want := map[int]string{1: ".142", 2: ".268", 5: ".562", 10: ".849"}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		ones := tensors.FromFlatDataAndDimensions(slices.Repeat([]float64{1}, steps), 1, steps, 1)
		run := func(k int) (output, gradient float64) {
			f := func(scope *model.Scope, x []*graph.Node) []*graph.Node {
				_, last := rnn.New(scope.In("rnn"), rnn.Vanilla, 1).WithActivation(nil).WithTruncation(k).Apply(x[0])
				w := scope.At("rnn").GetVariable("hidden_weights").NodeValue(x[0].Graph())
				return []*graph.Node{last.Hidden, graph.Gradient(graph.ReduceAllSum(last.Hidden), w)[0]}
			}
			store := storeFor(t, f, ones)
			set(t, store, func(path string, size int) []float64 {
				return []float64{map[string]float64{"/rnn/input_weights": 1, "/rnn/hidden_weights": .9, "/rnn/biases": 0}[path]}
			})
			got := call(t, b, store, f, ones)
			return got[0][0], got[1][0]
		}
		output, full := run(0)
		assert.InDelta(t, (1-math.Pow(.9, steps))/(1-.9), output, 1e-12)
		for k, share := range want {
			value, gradient := run(k)
			assert.Equal(t, output, value, "truncation leaves the outputs alone")
			assert.Equal(t, share, round3(gradient/full), "k = %d", k)
		}
		for _, k := range []int{steps, steps + 1} {
			_, gradient := run(k)
			assert.Equal(t, full, gradient, "k = %d reaches back to the first step", k)
		}
	})
}

// What stands after the end changes nothing, neither outputs nor gradients, not even if it is not a number; and the layer
// that sees it without lengths does notice.
func TestPaddingIsNotSeen(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		h, c := normal(2, batch, hidden), normal(3, batch, hidden)
		for _, kind := range kinds {
			withGradients := func(scope *model.Scope, x []*graph.Node) []*graph.Node {
				outputs := masked(kind)(scope, x)
				wrt := []*graph.Node{x[0]}
				for v := range scope.Store().IterVariables() {
					if v.Trainable {
						wrt = append(wrt, v.NodeValue(x[0].Graph()))
					}
				}
				return append(outputs, graph.Gradient(graph.ReduceAllSum(graph.Square(outputs[0])), wrt...)...)
			}
			clean := normals(1, batch*length*width)
			store := storeFor(t, masked(kind), normal(1, batch, length, width), lengths, h, c)
			exec, err := model.NewExec(b, store, withGradients)
			require.NoError(t, err)
			run := func(x []float64) (flats [][]float64) {
				outputs, err := exec.Call(tensors.FromFlatDataAndDimensions(slices.Clone(x), batch, length, width), lengths, h, c)
				require.NoError(t, err)
				for _, o := range outputs {
					flats = append(flats, flat(o))
				}
				return flats
			}
			want := run(clean)
			for seed := range uint64(8) {
				dirty := normals(100+seed, len(clean))
				for i, n := range lengths {
					copy(dirty[i*length*width:], clean[i*length*width:][:int(n)*width])
					if seed == 0 {
						for j := int(n) * width; j < length*width; j++ {
							dirty[i*length*width+j] = math.NaN()
						}
					}
				}
				assert.Equal(t, want, run(dirty), "%s, seed %d", kind, seed)
			}
			dirty := slices.Clone(clean)
			dirty[width] += .1 // within the first sequence
			assert.NotEqual(t, want[1], run(dirty)[1], "%s: a change before the end is seen", kind)
		}
	})
}

func TestVariables(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for kind, gates := range map[rnn.Kind]int{rnn.Vanilla: 1, rnn.LSTM: 4, rnn.GRU: 3} {
			store := model.NewStore()
			call(t, b, store, plain(kind), normal(1, batch, length, width))
			want := map[string][]int{
				"/rnn/input_weights": {width, gates * hidden}, "/rnn/hidden_weights": {hidden, gates * hidden}, "/rnn/biases": {gates * hidden},
			}
			if kind == rnn.GRU {
				want["/rnn/hidden_biases"] = []int{hidden}
			}
			got := map[string][]int{}
			for v := range store.IterVariables() {
				if !v.Trainable {
					continue
				}
				got[v.Path()] = v.Shape().Dimensions
				if len(v.Shape().Dimensions) == 1 {
					assert.Equal(t, make([]float64, v.Shape().Size()), flat(v.MustValue()), "biases begin at 0")
				}
			}
			assert.Equal(t, want, got, "%s", kind)
		}
	})
}

func TestPanicsNameTheShapes(t *testing.T) {
	type function = func(l *rnn.Layer, x []*graph.Node)
	zeros := func(dims ...int) *tensors.Tensor {
		size := 1
		for _, d := range dims {
			size *= d
		}
		return tensors.FromFlatDataAndDimensions(make([]float64, size), dims...)
	}
	apply := func(l *rnn.Layer, x []*graph.Node) { l.Apply(x[0]) }
	initial := func(l *rnn.Layer, x []*graph.Node) { l.WithInitial(rnn.State{Hidden: x[1]}).Apply(x[0]) }
	ended := func(l *rnn.Layer, x []*graph.Node) { l.WithLengths(x[1]).Apply(x[0]) }
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		cases := []struct {
			want   string
			kind   rnn.Kind
			f      function
			inputs []any
		}{
			{"want floating point x [B, L, D], got (Float64)[3, 5]", rnn.GRU, apply, []any{zeros(3, 5)}},
			{"want floating point x [B, L, D], got (Int32)[1, 1, 1]", rnn.GRU, apply, []any{[][][]int32{{{1}}}}},
			{"the state (Float64)[3, 6] does not fit to x (Float64)[3, 5, 2] and width 7; want (Float64)[3, 7]", rnn.GRU, initial, []any{zeros(3, 5, 2), zeros(3, 6)}},
			{"a cell part if and only if it is an LSTM; want (Float64)[3, 7] for x (Float64)[3, 5, 2]", rnn.LSTM, initial, []any{zeros(3, 5, 2), zeros(3, 7)}},
			{"the lengths (Int32)[2] do not fit to x (Float64)[3, 5, 2]; want integers [3]", rnn.LSTM, ended, []any{zeros(3, 5, 2), []int32{1, 2}}},
			{"the lengths (Float64)[3] do not fit to x", rnn.LSTM, ended, []any{zeros(3, 5, 2), zeros(3)}},
			{"got (Float64)[3, 5, 2]", rnn.LSTM, func(l *rnn.Layer, x []*graph.Node) { l.Step(x[0], rnn.State{}) }, []any{zeros(3, 5, 2)}},
			{"/rnn/input_weights is (Float64)[2, 7], but x (Float64)[3, 4] needs (Float64)[4, 7]", rnn.Vanilla, func(l *rnn.Layer, x []*graph.Node) {
				l.Step(x[1], rnn.State{Hidden: l.Step(x[0], rnn.State{Hidden: x[2]}).Hidden})
			}, []any{zeros(3, 2), zeros(3, 4), zeros(3, 7)}},
			{"only a vanilla RNN has an activation to choose, not a GRU", rnn.GRU, func(l *rnn.Layer, x []*graph.Node) { l.WithActivation(nil) }, []any{zeros(3)}},
			{"needs k >= 0, got -1", rnn.GRU, func(l *rnn.Layer, x []*graph.Node) { l.WithTruncation(-1) }, []any{zeros(3)}},
			{"want a kind among Vanilla, LSTM and GRU and a state of width 1 or more, got 9 and width 7", rnn.Kind(9), apply, []any{zeros(3, 5, 2)}},
			{"want x [B, L, D] to reverse, got (Float64)[3]", rnn.GRU, func(_ *rnn.Layer, x []*graph.Node) { rnn.Reverse(x[0], nil) }, []any{zeros(3)}},
		}
		for _, c := range cases {
			_, err := model.CallOnceN(b, model.NewStore(), func(scope *model.Scope, x []*graph.Node) []*graph.Node {
				c.f(rnn.New(scope.In("rnn"), c.kind, hidden), x)
				return x
			}, c.inputs...)
			assert.ErrorContains(t, err, c.want)
		}
	})
}
