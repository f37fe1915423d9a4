package hidden_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/check/local"
	"courselab/autograde/wire"
	"courselab/autograde/worker"
	lab "courselab/labs/lab1-attention"
	"courselab/labs/lab1-attention/hidden"
	"courselab/labs/lab1-attention/public"
)

var reference = worker.Functions{
	"ScaledDotProduct":   lab.ScaledDotProduct,
	"Causal":             lab.Causal,
	"Padding":            lab.Padding,
	"Combine":            lab.Combine,
	"SplitHeads":         lab.SplitHeads,
	"MergeHeads":         lab.MergeHeads,
	"ProjectHeads":       lab.ProjectHeads,
	"PositionalEncoding": lab.PositionalEncoding,
	"SelfAttention":      lab.SelfAttention,
}

// TestReference requires that the instructor's solution passes every check with every one of many seeds: a check that
// fails now and then would fail a student now and then.
func TestReference(t *testing.T) {
	require.NoError(t, check.Validate(public.Suite, hidden.Suite))
	caller, err := local.NewCaller(reference)
	require.NoError(t, err)
	for seed := range uint64(50) {
		for _, r := range run(caller, seed) {
			require.Equal(t, check.Accepted, r.Verdict, "seed %d: %s", seed, r.Text())
			require.Equal(t, 1.0, r.Fraction)
		}
	}
}

// TestSpoiledAnswers hands every check answers of the right shape without the right content, and answers of the wrong
// kind. None may pass, and none may confuse the check itself: an internal error is not charged to a student.
func TestSpoiledAnswers(t *testing.T) {
	for name, spoil := range map[string]func(wire.Value) wire.Value{
		"NaN":       fillWith(math.NaN()),
		"+Inf":      fillWith(math.Inf(1)),
		"-Inf":      fillWith(math.Inf(-1)),
		"zero":      fillWith(0),
		"one":       fillWith(1),
		"half":      fillWith(0.5),
		"huge":      fillWith(1e30),
		"first NaN": firstNaN,
		"nil":       func(wire.Value) wire.Value { return wire.Value{Kind: wire.Nil} },
		"number":    func(wire.Value) wire.Value { return wire.OfFloat(1) },
		"text":      func(wire.Value) wire.Value { return wire.OfText("Accepted") },
		"list":      func(wire.Value) wire.Value { return wire.OfList() },
		"floats":    func(wire.Value) wire.Value { return wire.OfFloats([]float64{1, 0, 1, 0}) },
		"scalar":    func(wire.Value) wire.Value { return wire.OfTensor(check.Of([]float32{1})) },
		"empty":     func(wire.Value) wire.Value { return wire.OfTensor(check.Of([]float32{}, 1, 0, 4, 4)) },
		"integers":  func(wire.Value) wire.Value { return wire.OfTensor(check.Of([]int32{1, 2, 3}, 3)) },
	} {
		t.Run(name, func(t *testing.T) {
			inner, err := local.NewCaller(reference)
			require.NoError(t, err)
			caller := spoiler{inner, func(results []wire.Value) []wire.Value {
				for i := range results {
					results[i] = spoil(results[i])
				}
				return results
			}}
			requireNoneAccepted(t, caller)
		})
	}
	for name, spoil := range map[string]func([]wire.Value) []wire.Value{
		"no results":   func([]wire.Value) []wire.Value { return nil },
		"one too many": func(r []wire.Value) []wire.Value { return append(r, r[0]) },
	} {
		t.Run(name, func(t *testing.T) {
			inner, err := local.NewCaller(reference)
			require.NoError(t, err)
			requireNoneAccepted(t, spoiler{inner, spoil})
		})
	}
}

func requireNoneAccepted(t *testing.T, caller check.Caller) {
	t.Helper()
	records := run(caller, 1)
	require.Len(t, records, len(public.Suite.Checks)+len(hidden.Suite.Checks))
	for _, r := range records {
		assert.NotEqual(t, check.Accepted, r.Verdict, r.Check)
		assert.NotEqual(t, check.InternalError, r.Verdict, "%s: %s", r.Check, r.Staff)
	}
}

// TestHints requires a hint for every check, and that no hint of a hidden check shows a number to copy.
func TestHints(t *testing.T) {
	for _, suite := range []check.Suite{public.Suite, hidden.Suite} {
		for _, c := range suite.Checks {
			assert.NotEmpty(t, c.Hint, c.ID)
			assert.NotEmpty(t, c.Title, c.ID)
			assert.Equal(t, "lab1-attention", suite.Lab)
		}
	}
	for _, c := range hidden.Suite.Checks {
		assert.True(t, c.Hidden, c.ID)
		assert.NotRegexp(t, `0\.\d\d`, c.Hint, c.ID)
	}
}

func run(caller check.Caller, seed uint64) (records []check.Record) {
	check.Run(context.Background(), check.Options{Seed: seed, Staff: true}, caller,
		func(r check.Record) { records = append(records, r) }, public.Suite, hidden.Suite)
	return records
}

// spoiler changes the results of every answer.
type spoiler struct {
	inner check.Caller
	spoil func([]wire.Value) []wire.Value
}

func (s spoiler) Do(ctx context.Context, request *wire.Request) (*wire.Response, error) {
	response, err := s.inner.Do(ctx, request)
	if err == nil && response.Fault == nil {
		response.Results = s.spoil(response.Results)
	}
	return response, err
}

// fillWith keeps kind, dtype and shape and sets every element.
func fillWith(x float64) func(wire.Value) wire.Value {
	return func(v wire.Value) wire.Value { return change(v, func(int, float64) float64 { return x }) }
}

// firstNaN spoils one element alone; of a mask it turns the first bit.
func firstNaN(v wire.Value) wire.Value {
	return change(v, func(i int, old float64) float64 {
		switch {
		case i > 0:
			return old
		case v.Kind == wire.TensorKind && v.Tensor.DType == "Bool":
			return 1 - old
		}
		return math.NaN()
	})
}

// change maps the elements of a tensor, list of floats or nested list.
func change(v wire.Value, f func(i int, old float64) float64) wire.Value {
	switch v.Kind {
	case wire.Floats:
		numbers := v.FloatList()
		for i := range numbers {
			numbers[i] = f(i, numbers[i])
		}
		return wire.OfFloats(numbers)
	case wire.List:
		rows := make([]wire.Value, len(v.List))
		for i := range rows {
			rows[i] = change(v.List[i], f)
		}
		return wire.OfList(rows...)
	case wire.TensorKind:
		numbers := v.Tensor.Float64s()
		for i := range numbers {
			numbers[i] = f(i, numbers[i])
		}
		switch v.Tensor.DType {
		case "Float32":
			return wire.OfTensor(convert(numbers, v.Tensor.Shape, func(x float64) float32 { return float32(x) }))
		case "Bool":
			return wire.OfTensor(convert(numbers, v.Tensor.Shape, func(x float64) bool { return x != 0 }))
		}
		return wire.OfTensor(check.Of(numbers, v.Tensor.Shape...))
	}
	return v
}

func convert[E wire.Number](numbers []float64, shape []int, one func(float64) E) check.Tensor {
	data := make([]E, len(numbers))
	for i, x := range numbers {
		data[i] = one(x)
	}
	return check.Of(data, shape...)
}
