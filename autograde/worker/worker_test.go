package worker

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	randv2 "math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"courselab/autograde/wire"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// request returns a call of the function with a fresh id.
func request(function string, args ...wire.Value) *wire.Request {
	id := make([]byte, wire.IDSize)
	_, _ = rand.Read(id)
	return &wire.Request{ID: id, Op: wire.Call, Function: function, Args: args}
}

func newWorker(t *testing.T, functions Functions) *Worker {
	w, err := New(functions)
	require.NoError(t, err)
	return w
}

func results(t *testing.T, w *Worker, r *wire.Request) []wire.Value {
	t.Helper()
	response := w.Handle(r)
	require.Nil(t, response.Fault, "%+v", response.Fault)
	require.Equal(t, r.ID, response.ID)
	require.NoError(t, response.Validate(wire.DefaultLimits()))
	return response.Results
}

func faultIn(t *testing.T, w *Worker, r *wire.Request) *wire.Fault {
	t.Helper()
	response := w.Handle(r)
	require.NotNil(t, response.Fault)
	require.Equal(t, r.ID, response.ID)
	return response.Fault
}

var (
	x23  = wire.OfTensor(wire.NewTensor([]float32{1, 2, 3, 4, 5, 6}, 2, 3))
	y23  = wire.OfTensor(wire.NewTensor([]float32{2, 3, 5, 7, 11, 13}, 2, 3))
	null = wire.Value{Kind: wire.Nil}
)

func TestGraphFunctionTakesTensorsNilAndPlainValues(t *testing.T) {
	w := newWorker(t, Functions{"F": func(x, mask *Node, scale float64, names []string) (*Node, *Node, int, []string) {
		if mask != nil {
			x = Mul(x, mask)
		}
		return MulScalar(x, scale), nil, x.Rank(), names
	}})
	names := wire.OfList(wire.OfText("a"), wire.OfText("b"))
	got := results(t, w, request("F", x23, null, wire.OfFloat(2), names))
	require.Len(t, got, 4)
	assert.Equal(t, wire.NewTensor([]float32{2, 4, 6, 8, 10, 12}, 2, 3), *got[0].Tensor)
	assert.Equal(t, wire.Nil, got[1].Kind)
	assert.EqualValues(t, 2, got[2].Int)
	assert.Equal(t, names, got[3])
	w.functions["First"], _ = newFunction("First", func(x, unused *Node) *Node { return x })
	assert.Equal(t, x23, results(t, w, request("First", x23, y23))[0])
	got = results(t, w, request("F", x23, y23, wire.OfFloat(1), names))
	assert.Equal(t, wire.NewTensor([]float32{2, 6, 15, 28, 55, 78}, 2, 3), *got[0].Tensor)
}

func TestSuppliedParametersAndLists(t *testing.T) {
	w := newWorker(t, Functions{
		"Causal": func(g *Graph, length int) *Node { return LowerTriangular(g, length) },
		"Sum": func(nodes ...*Node) *Node {
			total := nodes[0]
			for _, n := range nodes[1:] {
				if n != nil {
					total = Add(total, n)
				}
			}
			return total
		},
		"Split": func(x *Node) []*Node { return []*Node{Slice(x, AxisElem(0)), nil, Slice(x, AxisElem(1))} },
		"Zeros": func(g *Graph, dtype dtypes.DType) *Node { return Zeros(g, x23Shape(dtype)) },
	})
	assert.Equal(t, wire.NewTensor([]bool{true, false, true, true}, 2, 2), *results(t, w, request("Causal", wire.OfInt(2)))[0].Tensor)
	assert.Equal(t, wire.NewTensor([]float32{3, 5, 8, 11, 16, 19}, 2, 3), *results(t, w, request("Sum", x23, null, y23))[0].Tensor)
	list := results(t, w, request("Split", x23))[0].List
	require.Len(t, list, 3)
	assert.Equal(t, wire.Nil, list[1].Kind)
	assert.Equal(t, []float64{4, 5, 6}, list[2].Tensor.Float64s())
	assert.Equal(t, "Int32", results(t, w, request("Zeros", wire.OfText("Int32")))[0].Tensor.DType)
}

func TestPlainFunction(t *testing.T) {
	w := newWorker(t, Functions{
		"Table": func(length, dim int, base float64) [][]float64 {
			out := make([][]float64, length)
			for i := range out {
				out[i] = make([]float64, dim)
				for j := range out[i] {
					out[i][j] = base + float64(10*i+j)
				}
			}
			return out
		},
		"Halve": func(n int32) (int32, error) {
			if n%2 != 0 {
				return 0, fmt.Errorf("%d is odd", n)
			}
			return n / 2, nil
		},
		"Draw": func(rng *randv2.Rand, n int) []int { return rng.Perm(n) },
		"Flatten": func(rows [][]int32) []int64 {
			var out []int64
			for _, row := range rows {
				for _, v := range row {
					out = append(out, int64(v))
				}
			}
			return out
		},
	})
	table := results(t, w, request("Table", wire.OfInt(2), wire.OfInt(3), wire.OfFloat(0.5)))[0]
	assert.Equal(t, []float64{10.5, 11.5, 12.5}, table.List[1].FloatList())
	half := results(t, w, request("Halve", wire.OfInt(14)))
	require.Len(t, half, 1, "the error is not a result")
	assert.EqualValues(t, 7, half[0].Int)
	fault := faultIn(t, w, request("Halve", wire.OfInt(7)))
	assert.Equal(t, wire.FaultError, fault.Kind)
	assert.Equal(t, "7 is odd", fault.Text)
	first := results(t, w, request("Draw", wire.OfInt(5), wire.OfInt(11)))[0].IntList()
	assert.Equal(t, first, results(t, w, request("Draw", wire.OfInt(5), wire.OfInt(11)))[0].IntList())
	assert.NotEqual(t, first, results(t, w, request("Draw", wire.OfInt(6), wire.OfInt(11)))[0].IntList())
	rows := wire.OfList(wire.OfInts([]int64{2, 3}), wire.OfInts([]int64{5}))
	assert.Equal(t, []int64{2, 3, 5}, results(t, w, request("Flatten", rows))[0].IntList())
}

func TestGradient(t *testing.T) {
	w := newWorker(t, Functions{"F": func(x, y *Node) (*Node, *Node) { return Add(x, y), Mul(Square(x), y) }})
	r := request("F", x23, y23)
	r.Op, r.Wrt, r.Output = wire.Gradient, []int{1, 0}, 1
	cotangent := wire.NewTensor([]float32{1, 0, 0, 0, 0, 2}, 2, 3)
	r.Cotangent = &cotangent
	got := results(t, w, r)
	assert.Equal(t, []float64{1, 0, 0, 0, 0, 72}, got[0].Tensor.Float64s(), "dy = c x²")
	assert.Equal(t, []float64{4, 0, 0, 0, 0, 2 * 2 * 6 * 13}, got[1].Tensor.Float64s(), "dx = 2 c x y")
	r.Cotangent = nil
	assert.Equal(t, []float64{1, 4, 9, 16, 25, 36}, results(t, w, r)[0].Tensor.Float64s())
	bad := wire.NewTensor([]float32{1, 2}, 2)
	r.Cotangent = &bad
	assert.Contains(t, faultIn(t, w, r).Text, "result 2 of F has shape")
	r.Cotangent, r.Wrt = nil, []int{2}
	assert.Equal(t, wire.FaultSignature, faultIn(t, w, r).Kind)
}

func TestScopeSeedAndVariables(t *testing.T) {
	w := newWorker(t, Functions{"Dense": func(scope *model.Scope, x *Node) *Node {
		return layers.DenseWithBias(scope.In("readout"), x, 2)
	}})
	run := func(scope wire.Value) *wire.Response {
		r := request("Dense", scope, x23)
		r.WantVariables = true
		response := w.Handle(r)
		require.Nil(t, response.Fault, "%+v", response.Fault)
		return response
	}
	seven := run(wire.Value{Kind: wire.Scope, Int: 7})
	assert.Equal(t, seven, func() *wire.Response {
		again := run(wire.Value{Kind: wire.Scope, Int: 7})
		again.ID = seven.ID
		return again
	}(), "same seed, same variables")
	assert.NotEqual(t, seven.Results, run(wire.Value{Kind: wire.Scope, Int: 11}).Results)
	const path = "/readout/dense/weights"
	require.Contains(t, seven.Variables, path)
	given := run(wire.Value{Kind: wire.Scope, Variables: map[string]wire.Tensor{path: wire.NewTensor([]float32{1, 0, 0, 1, 0, 0}, 3, 2)}})
	assert.Equal(t, []float64{1, 2, 4, 5}, given.Results[0].Tensor.Float64s())
	response := w.Handle(request("Dense", x23))
	assert.Nil(t, response.Fault, "a scope is supplied when none is given")
	assert.Empty(t, response.Variables)
}

func TestEveryPanicBecomesAFault(t *testing.T) {
	hostile := errors.Join(errHostile{})
	w := newWorker(t, Functions{
		"String":  func(x *Node) *Node { panic("not implemented") }, // hangs GoMLX when it is not wrapped
		"Error":   func(x *Node) *Node { panic(errors.New("task 1 (Error): write me")) },
		"Nil":     func(x *Node) *Node { var n *Node; return Add(x, n) },
		"Index":   func(x []float64) float64 { return x[len(x)] },
		"Shapes":  func(x *Node) *Node { return Add(x, Slice(x, AxisRange(), AxisRange(0, 2))) },
		"Goexit":  func(x *Node) *Node { runtime.Goexit(); return x },
		"Hostile": func(x *Node) *Node { panic(hostile) },
		"Long":    func(x *Node) *Node { panic(strings.Repeat("é", 1<<20) + "\xff") },
		"NaN":     func(x *Node) *Node { panic(3.5) },
		"Fine":    func(x *Node) *Node { return x },
	})
	for name, want := range map[string]string{"String": "not implemented", "Error": "task 1 (Error): write me",
		"Goexit": "Goexit", "Hostile": "cannot be printed", "NaN": "3.5", "Nil": "nil", "Shapes": "[2, 2]"} {
		fault := faultIn(t, w, request(name, x23))
		assert.Equal(t, wire.FaultPanic, fault.Kind, name)
		assert.Contains(t, fault.Text, want, name)
		if name != "Goexit" {
			assert.Contains(t, fault.Where, "worker_test.go:", name)
		}
	}
	fault := faultIn(t, w, request("Index", wire.OfFloats([]float64{1})))
	assert.Contains(t, fault.Text, "index out of range")
	assert.LessOrEqual(t, len(faultIn(t, w, request("Long", x23)).Text), maxFaultText+10)
	assert.Equal(t, x23, results(t, w, request("Fine", x23))[0], "and the worker lives on")
}

type errHostile struct{}

func (errHostile) Error() string { panic("no text for you") }

func TestSignatureMismatch(t *testing.T) {
	w := newWorker(t, Functions{"F": func(x *Node, n int) *Node { return x }, "Chan": func() chan int { return nil }})
	for _, r := range []*wire.Request{request("G"), request("F", x23), request("F", x23, wire.OfInt(1), wire.OfInt(2)),
		request("F", x23, wire.OfText("1")), request("F", wire.OfInt(1), wire.OfInt(2)), request("Chan")} {
		assert.Equal(t, wire.FaultSignature, faultIn(t, w, r).Kind, "%v", r)
	}
	assert.Contains(t, faultIn(t, w, request("F", x23)).Text, "func(*Node, int) *Node")
	_, err := New(Functions{"F": 3})
	assert.Error(t, err)
}

func TestGraphIsBuiltOncePerShapeUnlessFresh(t *testing.T) {
	built := 0
	w := newWorker(t, Functions{"F": func(x *Node, k int) *Node { built++; return AddScalar(x, k) }})
	r := request("F", x23, wire.OfInt(1))
	results(t, w, r)
	assert.Equal(t, []float64{3, 4, 6, 8, 12, 14}, results(t, w, request("F", y23, wire.OfInt(1)))[0].Tensor.Float64s())
	assert.Equal(t, 1, built)
	results(t, w, request("F", x23, wire.OfInt(2)))
	assert.Equal(t, 2, built, "a plain argument is part of the graph")
	r.Fresh = true
	results(t, w, r)
	assert.Equal(t, 3, built)
	for i := range maxPrograms + 5 {
		results(t, w, request("F", x23, wire.OfInt(int64(i))))
	}
	assert.Len(t, w.programs, maxPrograms)
	assert.Len(t, w.order, maxPrograms)
}

func TestServeAnswersInOrderAndRefusesGarbage(t *testing.T) {
	w := newWorker(t, Functions{
		"F":   func(x *Node) *Node { return Neg(x) },
		"Big": func() []float64 { return make([]float64, wire.DefaultLimits().Elements+1) },
		"Many": func() [][]float64 { // each list fits, all together do not
			out := make([][]float64, 5)
			for i := range out {
				out[i] = make([]float64, wire.DefaultLimits().Elements/2)
			}
			return out
		},
	})
	var in, out bytes.Buffer
	limits := wire.DefaultLimits()
	requests := []*wire.Request{request("F", x23), request("Big"), request("Many"), request("F", y23)}
	for _, r := range requests {
		require.NoError(t, wire.Write(&in, r, limits))
	}
	require.NoError(t, w.Serve(&in, &out))
	for i, kind := range []wire.FaultKind{"", wire.FaultSize, wire.FaultSize, ""} {
		var response wire.Response
		require.NoError(t, wire.Read(&out, &response, limits))
		assert.Equal(t, requests[i].ID, response.ID)
		if kind == "" {
			assert.Nil(t, response.Fault)
		} else {
			assert.Equal(t, kind, response.Fault.Kind)
		}
	}
	assert.ErrorIs(t, w.Serve(strings.NewReader("\x00\x00\x00\x01x"), io.Discard), wire.ErrMalformed)
}

func x23Shape(dtype dtypes.DType) shapes.Shape { return shapes.Make(dtype, 2, 3) }
