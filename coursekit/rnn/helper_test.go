package rnn_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/rnn"
)

var kinds = []rnn.Kind{rnn.Vanilla, rnn.LSTM, rnn.GRU}

type modelFunction = func(scope *model.Scope, x []*graph.Node) []*graph.Node

// normals are drawn from a standard normal distribution.
func normals(seed uint64, size int) []float64 {
	r := rand.New(rand.NewPCG(seed, 17))
	flat := make([]float64, size)
	for i := range flat {
		flat[i] = r.NormFloat64()
	}
	return flat
}

// normal is a tensor of float64 drawn from a standard normal distribution.
func normal(seed uint64, dims ...int) *tensors.Tensor {
	size := 1
	for _, d := range dims {
		size *= d
	}
	return tensors.FromFlatDataAndDimensions(normals(seed, size), dims...)
}

func flat(x *tensors.Tensor) []float64 { return tensors.MustCopyFlatData[float64](x) }

// call runs f once with the variables of the store, and returns its outputs.
func call(t *testing.T, b compute.Backend, store *model.Store, f modelFunction, inputs ...any) [][]float64 {
	t.Helper()
	outputs, err := model.CallOnceN(b, store, f, inputs...)
	require.NoError(t, err)
	values := make([][]float64, len(outputs))
	for i, o := range outputs {
		values[i] = flat(o)
	}
	return values
}

// storeFor returns a store with the variables of f, all normally distributed, biases too. It learns which there are from the
// Go backend, which need not compile f to know.
func storeFor(t *testing.T, f modelFunction, inputs ...any) *model.Store {
	t.Helper()
	b, _, err := backend.OpenNamed("go")
	require.NoError(t, err)
	draft, store := model.NewStore(), model.NewStore()
	inputs = slices.Clone(inputs)
	for i, input := range inputs {
		if x, ok := input.(*tensors.Tensor); ok { // which must stay free for another backend
			inputs[i], err = x.LocalClone()
			require.NoError(t, err)
		}
	}
	call(t, b, draft, f, inputs...)
	for v := range draft.IterVariables() {
		if v.Trainable {
			scope := store.RootScope()
			for _, name := range strings.Split(strings.Trim(v.Scope(), "/"), "/") {
				scope = scope.At("%s", name)
			}
			size := v.Shape().Size()
			scope.VariableWithValue(v.Name(), tensors.FromFlatDataAndDimensions(normals(uint64(len(v.Path())+size), size), v.Shape().Dimensions...))
		}
	}
	return store
}

// set gives values to all trainable variables.
func set(t *testing.T, store *model.Store, values func(path string, size int) []float64) {
	t.Helper()
	for v := range store.IterVariables() {
		if v.Trainable {
			require.NoError(t, v.SetValue(tensors.FromFlatDataAndDimensions(values(v.Path(), v.Shape().Size()), v.Shape().Dimensions...)))
		}
	}
}

// parts are the state as a list.
func parts(s rnn.State) []*graph.Node {
	if s.Cell == nil {
		return []*graph.Node{s.Hidden}
	}
	return []*graph.Node{s.Hidden, s.Cell}
}

// state is the inverse of parts.
func state(kind rnn.Kind, x []*graph.Node) rnn.State {
	if kind == rnn.LSTM {
		return rnn.State{Hidden: x[0], Cell: x[1]}
	}
	return rnn.State{Hidden: x[0]}
}

// slow is a recurrent layer in plain Go for one sequence x [L][D], which is all that the masked one sees of its batch:
// slow, and as close to the formulas as it gets. It returns the hidden states [L][H] and the last cell.
func slow(kind rnn.Kind, store *model.Store, scope string, x [][]float64, h, c []float64) (outputs [][]float64, cell []float64) {
	variable := func(name string) []float64 { return flat(store.GetVariable(scope + "/" + name).MustValue()) }
	wx, wh, bias := variable("input_weights"), variable("hidden_weights"), variable("biases")
	width := len(h)
	columns := len(bias)
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	for _, row := range x {
		// What the input and the state add to unit j of gate k.
		input := func(k, j int) float64 {
			sum := bias[k*width+j]
			for d, v := range row {
				sum += v * wx[d*columns+k*width+j]
			}
			return sum
		}
		before := h
		hidden := func(k, j int) (sum float64) {
			for d, v := range before {
				sum += v * wh[d*columns+k*width+j]
			}
			return sum
		}
		both := func(k, j int) float64 { return input(k, j) + hidden(k, j) }
		nextHidden, nextCell := make([]float64, width), make([]float64, width)
		for j := range width {
			switch kind {
			case rnn.Vanilla:
				nextHidden[j] = math.Tanh(both(0, j))
			case rnn.LSTM:
				nextCell[j] = sigmoid(both(1, j))*c[j] + sigmoid(both(0, j))*math.Tanh(both(2, j))
				nextHidden[j] = sigmoid(both(3, j)) * math.Tanh(nextCell[j])
			case rnn.GRU:
				r, z := sigmoid(both(0, j)), sigmoid(both(1, j))
				n := math.Tanh(input(2, j) + r*(hidden(2, j)+variable("hidden_biases")[j]))
				nextHidden[j] = (1-z)*n + z*before[j]
			default:
				panic(fmt.Sprint("no reference for ", kind))
			}
		}
		h, c = nextHidden, nextCell
		outputs = append(outputs, h)
	}
	return outputs, c
}

// rows cuts flat [N, D] into N rows.
func rows(flat []float64, width int) (cut [][]float64) {
	for ; len(flat) > 0; flat = flat[width:] {
		cut = append(cut, flat[:width])
	}
	return cut
}
