package check_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"courselab/autograde/check"
	"courselab/autograde/check/local"
	"courselab/autograde/wire"
	"courselab/autograde/worker"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// judge runs one public check against one function named F and returns its record.
func judge(t *testing.T, f any, run func(t *check.T)) check.Record {
	t.Helper()
	return judgeAll(t, worker.Functions{"F": f}, check.Check{ID: "c", Task: "1", Points: 1, Title: "title", Hint: "hint", Run: run})[0]
}

func judgeAll(t *testing.T, functions worker.Functions, checks ...check.Check) (records []check.Record) {
	t.Helper()
	caller, err := local.NewCaller(functions)
	require.NoError(t, err)
	options := check.Options{Seed: 11, CallTimeout: 5 * time.Second, Staff: true}
	check.Run(context.Background(), options, caller, func(r check.Record) { records = append(records, r) }, check.Suite{Lab: "test", Checks: checks})
	require.Len(t, records, len(checks))
	return records
}

func accepted(t *testing.T, r check.Record) {
	t.Helper()
	assert.Equal(t, check.Accepted, r.Verdict, "%s %s", r.Text(), r.Staff)
	assert.Equal(t, 1.0, r.Fraction)
}

func refused(t *testing.T, r check.Record, verdict check.Verdict, message string) {
	t.Helper()
	assert.Equal(t, verdict, r.Verdict, r.Text())
	assert.Zero(t, r.Fraction)
	assert.Contains(t, r.Message+r.Staff, message)
}

var float32Type = dtypes.Float32

var tol = check.Tolerance{Abs: 1e-5, Rel: 1e-5}

// returning is a plain function with a fixed result.
func returning[R any](v R) func() R { return func() R { return v } }

func TestCloseFailsOnEveryWayToBeWrong(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	want := []float64{1, -2, 3}
	against := func(got any) check.Record {
		return judge(t, got, func(t *check.T) { t.Close("x", t.Call1("F"), want, 1e-3, 1e-3) })
	}
	accepted(t, against(returning([]float64{1, -2, 3})))
	accepted(t, against(returning([]float64{1.0019, -2.0029, 2.9961})))
	for message, got := range map[string]any{
		"1 of 3 values differ by more than 0.001 + 0.001*|want|; the farthest is at [1]: got -2.0031, want -2": returning([]float64{1, -2.0031, 3}),
		"at [2]: got NaN, want 3":         returning([]float64{1, -2, nan}),
		"3 of 3 values differ":            returning([]float64{nan, nan, nan}),
		"got +Inf, want 1":                returning([]float64{inf, -2, 3}),
		"x has shape [2], want [3]":       returning([]float64{1, -2}),
		"x has shape [1 3], want [3]":     returning([][]float64{{1, -2, 3}}),
		"x is nil, want numbers":          returning([]float64(nil)),
		"x holds integers":                returning([]int{1, -2, 3}),
		"x is a string":                   returning("1 -2 3"),
		"x is a list, want numbers":       returning([][]float64{{1}, {2, 3}}),
		"x has shape [], want [3]":        returning(1.0),
		"x is a list, want numbers of sh": returning([][]float64{}),
	} {
		refused(t, against(got), check.WrongAnswer, message)
	}
	r := against(returning([]float64{1, -2, nan}))
	assert.Equal(t, "[3] [1 -2 NaN]", r.Got)
	assert.Equal(t, "[3] [1 -2 3]", r.Want)
	assert.Equal(t, "hint", r.Hint)
	accepted(t, judge(t, returning([]float64{inf}), func(t *check.T) { t.Close("x", t.Call1("F"), []float64{inf}, 1, 1) }))
	refused(t, judge(t, returning([]float64{5}), func(t *check.T) { t.Close("x", t.Call1("F"), []float64{inf}, 1, 1) }),
		check.WrongAnswer, "got 5, want +Inf") // |5-inf| <= 1*inf would pass
	refused(t, judge(t, returning([]float64{5}), func(t *check.T) { t.Close("x", t.Call1("F"), []float64{nan}, 1, 1) }),
		check.InternalError, "expected value is NaN")
	refused(t, judge(t, returning([]float64{5, nan}), func(t *check.T) { t.Close("x", []float64{5, 5}, t.Call1("F"), 1, 1) }),
		check.WrongAnswer, "is NaN at [1]") // the student's, not the check's
	refused(t, judge(t, returning("five"), func(t *check.T) { t.Close("x", 5.0, t.Call1("F"), 1, 1) }), check.WrongAnswer, "is a string, want numbers")
	refused(t, judge(t, returning([]float64{5}), func(t *check.T) { t.Close("x", t.Call1("F"), []float64{5}, nan, 1) }),
		check.InternalError, "tolerance")
}

func TestEqualAndShapes(t *testing.T) {
	equal := func(got, want any) check.Record {
		return judge(t, got, func(t *check.T) { t.Equal("x", t.Call1("F"), want) })
	}
	accepted(t, equal(returning([][]int{{2, 3}, {5, 7}}), [][]int{{2, 3}, {5, 7}}))
	accepted(t, equal(returning([]string{"a", "b"}), []string{"a", "b"}))
	accepted(t, equal(returning(true), true))
	accepted(t, equal(returning([]int(nil)), check.Nil))
	accepted(t, equal(returning([][]int{{2}, {}}), [][]int{{2}, {}}))
	refused(t, equal(returning([][]int{{2, 3}, {5, 8}}), [][]int{{2, 3}, {5, 7}}), check.WrongAnswer, "x: got 8, want 7 at [1 1]")
	refused(t, equal(returning([]string{"a", "c"}), []string{"a", "b"}), check.WrongAnswer, "x is not")
	refused(t, equal(returning("a"), "b"), check.WrongAnswer, "x is not")
	refused(t, equal(returning(math.NaN()), math.NaN()), check.WrongAnswer, "got NaN")
	refused(t, equal(returning([][]int{{2}, {3}}), [][]int{{2}, {}}), check.WrongAnswer, "x is not")
	identity := func(x *Node) *Node { return x }
	accepted(t, judge(t, identity, func(t *check.T) { t.Contract(t.Call1("F", t.Normal(2, 3)), "Float32", 2, 3) }))
	refused(t, judge(t, identity, func(t *check.T) { t.Contract(t.Call1("F", t.Normal64(2, 3)), "Float32", 2, 3) }),
		check.WrongAnswer, "the result of F has dtype Float64, want Float32")
	refused(t, judge(t, identity, func(t *check.T) { t.Shape(t.Call1("F", t.Normal(3, 2)), 2, 3) }),
		check.WrongAnswer, "the result of F has shape [3 2], want [2 3]")
	refused(t, judge(t, returning(3), func(t *check.T) { t.Shape(t.Call1("F"), 2) }), check.WrongAnswer, "the result of F is an integer, want a tensor")
	refused(t, judge(t, identity, func(t *check.T) { t.Call2("F", t.Normal(2)) }), check.WrongAnswer, "F returned 1 values, want 2")
	refused(t, judge(t, returning([]float64{1, math.Inf(-1)}), func(t *check.T) { t.Finite("x", t.Call1("F")) }), check.WrongAnswer, "x is -Inf at [1]")
	accepted(t, judge(t, returning([]float64{1, 2}), func(t *check.T) { t.Finite("x", t.Call1("F")) }))
}

func TestReferenceAndGradients(t *testing.T) {
	reference := func(x, w *Node) (*Node, *Node) { return Tanh(Mul(x, w)), ReduceAllSum(x) }
	args := func(t *check.T) []any { return []any{t.Normal64(3, 5), t.Normal64(3, 5)} }
	value := func(f any) check.Record {
		return judge(t, f, func(t *check.T) { t.MatchesReference("F", reference, tol, args(t)...) })
	}
	slope := func(f any) check.Record {
		return judge(t, f, func(t *check.T) { t.GradientMatchesReference("F", reference, []int{1, 0}, 0, tol, args(t)...) })
	}
	difference := func(f any) check.Record {
		return judge(t, f, func(t *check.T) {
			t.GradientMatchesDifferences("F", []int{0, 1}, 0, check.Tolerance{Abs: 1e-7, Rel: 1e-6}, args(t)...)
		})
	}
	for _, ask := range []func(any) check.Record{value, slope, difference} {
		accepted(t, ask(reference))
		refused(t, ask(func(x, w *Node) (*Node, *Node) { panic("not written") }), check.RuntimeError, "not written")
		refused(t, ask(func(x *Node) *Node { return x }), check.WrongAnswer, "cannot take the 2 arguments")
	}
	stopped := func(x, w *Node) (*Node, *Node) { return Tanh(Mul(x, StopGradient(w))), ReduceAllSum(x) }
	accepted(t, value(stopped))
	refused(t, slope(stopped), check.WrongAnswer, "the gradient of F with respect to argument 2")
	refused(t, difference(stopped), check.WrongAnswer, "the gradient of F with respect to argument 2 (want: finite differences)")
	refused(t, value(func(x, w *Node) (*Node, *Node) { return Tanh(Add(x, w)), ReduceAllSum(x) }), check.WrongAnswer, "result 1 of F: 15 of 15")
	refused(t, value(func(x, w *Node) *Node { return Tanh(Mul(x, w)) }), check.WrongAnswer, "F returned 1 values, want 2")
	refused(t, value(func(x, w *Node) (*Node, *Node) { return nil, ReduceAllSum(x) }), check.WrongAnswer, "result 1 of F is nil")
	refused(t, difference(func(x, w *Node) (*Node, *Node) { return Log(Mul(x, w)), x }), check.WrongAnswer, "NaN")
	refused(t, slope(func(x, w *Node) (*Node, *Node) { return ReduceAllSum(x), x }), check.RuntimeError, "has shape")
	refused(t, judge(t, reference, func(t *check.T) { t.MatchesReference("F", func(x *Node) *Node { panic("broken") }, tol, t.Normal(2)) }),
		check.InternalError, "the reference failed")
	// Many elements are compared along random directions, in Float32.
	long := func(f any) check.Record {
		return judge(t, f, func(t *check.T) {
			t.GradientMatchesDifferences("F", []int{0}, 0, check.Tolerance{Abs: 2e-2, Rel: 2e-2}, t.Normal(7, 11))
		})
	}
	accepted(t, long(func(x *Node) *Node { return Sin(x) }))
	refused(t, long(func(x *Node) *Node { return Add(Sin(x), StopGradient(Square(x))) }), check.WrongAnswer, "along a random direction")
}

// averages mixes positions of x [B, L, D] by a mask [L, L] of weights.
func averages(x *Node, mask func(g *Graph, length int) *Node) *Node {
	length := x.Shape().Dimensions[1]
	weights := ConvertDType(mask(x.Graph(), length), x.DType())
	return Einsum("ij,bjd->bid", weights, x)
}

func TestCausal(t *testing.T) {
	causal := func(f any) check.Record {
		return judge(t, f, func(t *check.T) { t.Causal("F", []int{0}, 1, 0, -2, tol, t.Normal(2, 5, 3)) })
	}
	accepted(t, causal(func(x *Node) *Node { return averages(x, LowerTriangular) }))
	refused(t, causal(func(x *Node) *Node { return averages(x, UpperTriangular) }), check.WrongAnswer, "a later position leaks")
	refused(t, causal(func(x *Node) *Node { return Sub(x, ReduceAndKeep(x, ReduceMean, 1)) }), check.WrongAnswer, "a later position leaks")
	refused(t, causal(func(x *Node) *Node { return ZerosLike(x) }), check.WrongAnswer, "does not depend on its input")
	refused(t, causal(func(x *Node) *Node { return ReduceMean(x, 1) }), check.WrongAnswer, "want 5 positions on axis -2")
	refused(t, causal(func(x *Node) *Node { return Div(x, ZerosLike(x)) }), check.WrongAnswer, "want a finite number")
	// Token ids: later ids may not matter.
	ids := func(f any) check.Record {
		return judge(t, f, func(t *check.T) { t.Causal("F", []int{0}, -1, 0, 1, tol, t.Integers(2, 7, 3, 5)) })
	}
	accepted(t, ids(func(x *Node) *Node { return averages(ConvertDType(InsertAxes(x, -1), float32Type), LowerTriangular) }))
	refused(t, ids(func(x *Node) *Node { return averages(ConvertDType(InsertAxes(x, -1), float32Type), UpperTriangular) }), check.WrongAnswer, "leaks")
}

func TestPaddingInvariant(t *testing.T) {
	keep := []bool{true, true, false, true, false}
	mean := func(masked bool) func(x, m *Node) *Node {
		return func(x, m *Node) *Node {
			w := ConvertDType(InsertAxes(m, -1), x.DType())
			if !masked {
				w = OnesLike(w)
			}
			return Add(x, Div(ReduceAndKeep(Mul(x, w), ReduceSum, 1), ReduceAndKeep(w, ReduceSum, 1)))
		}
	}
	ask := func(f any, outputAxis int) check.Record {
		return judge(t, f, func(t *check.T) {
			mask := check.Of(append(append([]bool{}, keep...), keep...), 2, 5)
			t.PaddingInvariant("F", []int{0}, 1, keep, 0, outputAxis, tol, t.Normal(2, 5, 3), mask)
		})
	}
	accepted(t, ask(mean(true), 1))
	refused(t, ask(mean(false), 1), check.WrongAnswer, "the output changed when only padded positions")
	pooled := func(masked bool) func(x, m *Node) *Node {
		return func(x, m *Node) *Node {
			return Slice(Sub(mean(masked)(x, m), x), AxisRange(), AxisElem(0))
		}
	}
	accepted(t, ask(pooled(true), check.NoAxis))
	refused(t, ask(pooled(false), check.NoAxis), check.WrongAnswer, "the output changed")
	refused(t, judge(t, mean(true), func(t *check.T) {
		t.PaddingInvariant("F", []int{0}, 1, []bool{true, true}, 0, 1, tol, t.Normal(2, 2, 3), check.Nil)
	}), check.InternalError, "both kept and padded")
}

func TestPermutationEquivariant(t *testing.T) {
	centre := func(x *Node) *Node { return Sub(x, ReduceAndKeep(x, ReduceMean, 1)) }
	ask := func(f any, axis int) check.Record {
		return judge(t, f, func(t *check.T) { t.PermutationEquivariant("F", []int{0}, 1, 0, axis, tol, t.Normal(2, 5, 3)) })
	}
	accepted(t, ask(centre, 1))
	accepted(t, ask(func(x *Node) *Node { return ReduceMax(x, 1) }, check.NoAxis))
	positional := func(x *Node) *Node { return Add(x, Iota(x.Graph(), x.Shape(), 1)) }
	refused(t, ask(positional, 1), check.WrongAnswer, "in that order")
	refused(t, ask(func(x *Node) *Node { return ReduceMax(positional(x), 1) }, check.NoAxis), check.WrongAnswer, "the output changed")
	refused(t, ask(func(x *Node) *Node { return ReduceMax(x, 1) }, 1), check.WrongAnswer, "want 5 positions")
}

func TestRowsSumToOne(t *testing.T) {
	ask := func(f any) check.Record {
		return judge(t, f, func(t *check.T) { t.RowsSumToOne("weights", t.Call1("F", t.Normal(2, 3, 5)), 1e-5) })
	}
	accepted(t, ask(func(x *Node) *Node { return Softmax(x, -1) }))
	refused(t, ask(func(x *Node) *Node { return Softmax(x, 1) }), check.WrongAnswer, "weights: row [0 0] sums to")
	refused(t, ask(func(x *Node) *Node { return Div(x, ReduceAndKeep(x, ReduceSum, -1)) }), check.WrongAnswer, "want a probability")
	refused(t, ask(func(x *Node) *Node { return Div(x, ZerosLike(x)) }), check.WrongAnswer, "want a probability")
	refused(t, ask(func(x *Node) *Node { return MulScalar(Softmax(x, -1), math.NaN()) }), check.WrongAnswer, "is NaN at [0 0 0]")
	refused(t, ask(func(x *Node) *Node { return ReduceAllSum(x) }), check.WrongAnswer, "want rows")
}

func TestDeterministic(t *testing.T) {
	calls := 0
	drifting := func(x *Node) *Node { calls++; return AddScalar(x, float64(calls)) }
	ask := func(f any) check.Record {
		return judge(t, f, func(t *check.T) { t.Deterministic("F", t.Normal(2, 3)) })
	}
	accepted(t, ask(func(x *Node) *Node { return Exp(x) }))
	refused(t, ask(drifting), check.WrongAnswer, "differs between two calls")
}

func TestScopesAndVariables(t *testing.T) {
	dense := func(scope *model.Scope, x *Node) *Node { return layers.DenseWithBias(scope.In("readout"), x, 2) }
	accepted(t, judge(t, dense, func(t *check.T) {
		x := t.Normal(5, 3)
		variables := t.Variables("F", check.Scope{Seed: 7}, x)
		t.Equal("number of variables", len(variables) >= 2, true)
		got := t.Call1("F", check.Scope{Variables: map[string]check.Tensor{
			"/readout/dense/weights": check.Of([]float32{1, 0, 0, 1, 0, 0}, 3, 2),
			"/readout/dense/biases":  check.Of([]float32{10, 20}, 2)}}, check.Of([]float32{1, 2, 3}, 1, 3))
		t.Close("x W + b", got, [][]float64{{11, 22}}, 1e-6, 0)
	}))
}

func TestRejects(t *testing.T) {
	ask := func(f any) check.Record {
		return judge(t, f, func(t *check.T) {
			if text := t.Rejects("F", t.Normal(2, 3), t.Normal(5)); text == "" {
				t.Failf("no text")
			}
		})
	}
	accepted(t, ask(func(x, y *Node) *Node { return Add(x, y) }))
	accepted(t, ask(func(x, y *Node) (*Node, error) { return nil, errors.New("shapes differ") }))
	refused(t, ask(func(x, y *Node) *Node { return x }), check.WrongAnswer, "accepted arguments that it must reject")
	refused(t, ask(func(x *Node) *Node { return x }), check.WrongAnswer, "cannot take")
}

func TestInputsReplayBySeedAndID(t *testing.T) {
	draw := func(id string, seed uint64) (drawn [3]check.Tensor) {
		caller, err := local.NewCaller(worker.Functions{})
		require.NoError(t, err)
		run := func(t *check.T) {
			drawn = [3]check.Tensor{t.Normal(5), t.Integers(3, 9, 7), t.Booleans(0.5, 11)}
			t.Equal("uniform", t.Uniform(2, 3, 100).Float64s()[7] >= 2, true)
		}
		check.Run(context.Background(), check.Options{Seed: seed}, caller, func(check.Record) {}, check.Suite{Checks: []check.Check{{ID: id, Task: "1", Run: run}}})
		return drawn
	}
	first := draw("a", 1)
	assert.Equal(t, first, draw("a", 1))
	assert.NotEqual(t, first, draw("b", 1))
	assert.NotEqual(t, first, draw("a", 2))
	for _, v := range first[1].Float64s() {
		assert.True(t, v >= 3 && v < 9)
	}
}

func TestHiddenChecksTellOnlyTheKindOfFailure(t *testing.T) {
	leak := func(x []float64) []float64 { panic("the hidden input begins with 42") }
	wrong := func(x []float64) []float64 { return []float64{1} }
	ask := func(staff bool, f any) (record check.Record) {
		caller, err := local.NewCaller(worker.Functions{"F": f})
		require.NoError(t, err)
		hidden := check.Check{ID: "h", Task: "1", Points: 3, Hidden: true, Title: "secret title", Hint: "Think of empty rows.",
			Run: func(t *check.T) { t.Close("secret name", t.Call1("F", []float64{42}), []float64{43}, 0, 0) }}
		check.Run(context.Background(), check.Options{Staff: staff}, caller, func(r check.Record) { record = r }, check.Suite{Checks: []check.Check{hidden}})
		return record
	}
	for _, f := range []any{leak, wrong} {
		r := ask(false, f)
		assert.Empty(t, r.Title+r.Message+r.Got+r.Want+r.Staff)
		assert.Equal(t, "Think of empty rows.", r.Hint)
		assert.NotContains(t, r.Text(), "4")
		assert.NotContains(t, r.Text(), "secret")
		assert.Contains(t, ask(true, f).Staff, "4")
	}
	assert.Equal(t, check.RuntimeError, ask(false, leak).Verdict)
}

func TestMistakesOfTheCheckAreInternalErrors(t *testing.T) {
	identity := func(x *Node) *Node { return x }
	for message, run := range map[string]func(t *check.T){
		"the check compared nothing": func(t *check.T) { t.Call("F", t.Normal(2)) },
		"index out of range":         func(t *check.T) { _ = t.Call("F", t.Normal(2))[1] },
		"cannot be sent":             func(t *check.T) { t.Call("F", make(chan int)) },
		"the request cannot be sent": func(t *check.T) { t.Call("F", check.Tensor{DType: "Float32", Shape: []int{3}}) },
		"credit":                     func(t *check.T) { t.Credit(2) },
		"holds no numbers":           func(t *check.T) { t.Close("x", t.Call1("F", t.Normal(2)), "two", 0, 0) },
	} {
		r := judge(t, identity, run)
		refused(t, r, check.InternalError, message)
		assert.Empty(t, r.Message+r.Hint, "the cause goes to staff only")
	}
	r := judge(t, identity, func(t *check.T) { t.Credit(0.25); t.Shape(t.Call1("F", t.Normal(2)), 2) })
	assert.Equal(t, check.Accepted, r.Verdict)
	assert.Equal(t, 0.25, r.Fraction)
}

// TestAnswersThatAreHandedOn: an answer that just fits can be too large as an argument, and that is no mistake of the check.
func TestAnswersThatAreHandedOn(t *testing.T) {
	most := func(x []float64) [][]float64 { return make([][]float64, (1<<15-10)/3) }
	r := judge(t, most, func(t *check.T) { t.Equal("x", t.Call1("F", t.Call1("F", []float64{1})), 1) })
	refused(t, r, check.OutputLimitExceeded, "an earlier answer is too large to be handed to F")
}

func TestStudentsTextIsMadeHarmless(t *testing.T) {
	r := judge(t, func(x int) int { panic("\x1b[31mred\x00 \u202eevil\xff <script> " + string(make([]byte, 1<<16))) }, func(t *check.T) { t.Call("F", 1) })
	assert.Equal(t, check.RuntimeError, r.Verdict)
	assert.Contains(t, r.Message, "[31mred evil? <script>", "escaping HTML is the page's business")
	assert.NotContains(t, r.Message, "\x1b")
	assert.NotContains(t, r.Message, "\u202e")
	assert.Less(t, len(r.Message), 5000)
}

// scripted answers requests with a function of the test.
type scripted func(request *wire.Request) (*wire.Response, error)

func (s scripted) Do(_ context.Context, request *wire.Request) (*wire.Response, error) {
	return s(request)
}

func TestLostWorkers(t *testing.T) {
	one := check.Check{Task: "1", Points: 1, Hint: "hint", Run: func(t *check.T) { t.Equal("n", t.Call1("F"), 7) }}
	ok := func(request *wire.Request) (*wire.Response, error) {
		return &wire.Response{ID: request.ID, Results: []wire.Value{wire.OfInt(7)}}, nil
	}
	for name, test := range map[string]struct {
		err     error
		verdict check.Verdict
		message string
	}{
		"late":      {context.DeadlineExceeded, check.TimeLimitExceeded, "did not answer within"},
		"gone":      {check.ErrGone, check.RuntimeError, "the program ended during F"},
		"malformed": {wire.ErrMalformed, check.RuntimeError, "malformed"},
		"oversized": {wire.ErrTooLarge, check.OutputLimitExceeded, "too large"},
		"other id":  {nil, check.RuntimeError, "malformed"},
	} {
		calls := 0
		caller := scripted(func(request *wire.Request) (*wire.Response, error) {
			if calls++; calls == 1 {
				return ok(request)
			}
			if test.err == nil {
				return &wire.Response{ID: make([]byte, wire.IDSize), Results: []wire.Value{wire.OfInt(7)}}, nil
			}
			return nil, test.err
		})
		checks := []check.Check{one, one, one, one}
		for i := range checks {
			checks[i].ID = string(rune('a' + i))
		}
		checks[3].Hidden = true
		var records []check.Record
		check.Run(context.Background(), check.Options{}, caller, func(r check.Record) { records = append(records, r) }, check.Suite{Checks: checks})
		require.Len(t, records, 4, name)
		assert.Equal(t, 2, calls, "%s: nobody asks a lost worker", name)
		accepted(t, records[0])
		refused(t, records[1], test.verdict, test.message)
		refused(t, records[2], test.verdict, "not run, because an earlier check")
		assert.Equal(t, test.verdict, records[3].Verdict)
		assert.Empty(t, records[3].Message)
		for _, r := range records[1:] {
			assert.True(t, r.Gone)
		}
	}
}
