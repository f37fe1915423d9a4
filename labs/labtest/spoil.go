package labtest

import (
	"context"
	"math"
	"slices"

	"courselab/autograde/check"
	"courselab/autograde/wire"
)

// spoils change the results of an answer.
var spoils = map[string]func([]wire.Value) []wire.Value{
	"NaN":       each(fillWith(math.NaN())),
	"+Inf":      each(fillWith(math.Inf(1))),
	"-Inf":      each(fillWith(math.Inf(-1))),
	"zero":      each(fillWith(0)),
	"one":       each(fillWith(1)),
	"half":      each(fillWith(0.5)),
	"huge":      each(fillWith(1e30)),
	"first NaN": each(firstNaN),
	"nil":       each(func(wire.Value) wire.Value { return wire.Value{Kind: wire.Nil} }),
	"number":    each(func(wire.Value) wire.Value { return wire.OfFloat(math.E) }),
	"text":      each(func(wire.Value) wire.Value { return wire.OfText("Accepted") }),
	"list":      each(func(wire.Value) wire.Value { return wire.OfList() }),
	"floats":    each(func(wire.Value) wire.Value { return wire.OfFloats([]float64{1, 0, 1, 0}) }),
	"scalar":    each(func(wire.Value) wire.Value { return wire.OfTensor(check.Of([]float32{1})) }),
	"empty":     each(func(wire.Value) wire.Value { return wire.OfTensor(check.Of([]float32{}, 1, 0, 4, 4)) }),
	"integers":  each(func(wire.Value) wire.Value { return wire.OfTensor(check.Of([]int32{1, 2, 3}, 3)) }),

	"no results":   func([]wire.Value) []wire.Value { return nil },
	"one too many": func(r []wire.Value) []wire.Value { return append(r, r[0]) },
}

// spoiler is a caller that spoils every answer.
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

// echo is a caller that answers with the arguments: each result is one of them that looks like it, the first or the last, or zero.
type echo struct {
	inner check.Caller
	last  bool
}

func (e echo) Do(ctx context.Context, request *wire.Request) (*wire.Response, error) {
	response, err := e.inner.Do(ctx, request)
	if err != nil || response.Fault != nil {
		return response, err
	}
	given := slices.Clone(request.Args)
	if request.Cotangent != nil {
		given = append(given, wire.OfTensor(*request.Cotangent))
	}
	if e.last {
		slices.Reverse(given)
	}
	for i, r := range response.Results {
		response.Results[i] = fillWith(0)(r)
		if at := slices.IndexFunc(given, func(v wire.Value) bool { return alike(v, r) }); at >= 0 {
			response.Results[i] = given[at]
		}
	}
	return response, nil
}

// alike reports whether two values are of the same kind, and two tensors of the same dtype and shape.
func alike(a, b wire.Value) bool {
	if a.Kind != wire.TensorKind || b.Kind != wire.TensorKind {
		return a.Kind == b.Kind
	}
	return a.Tensor.DType == b.Tensor.DType && slices.Equal(a.Tensor.Shape, b.Tensor.Shape)
}

func each(spoil func(wire.Value) wire.Value) func([]wire.Value) []wire.Value {
	return func(results []wire.Value) []wire.Value {
		for i := range results {
			results[i] = spoil(results[i])
		}
		return results
	}
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

// change maps the elements of a number, a tensor, a list of numbers or a nested list. An integer that becomes NaN is the
// least there is.
func change(v wire.Value, f func(i int, old float64) float64) wire.Value {
	switch v.Kind {
	case wire.Float:
		return wire.OfFloat(f(0, v.Float))
	case wire.Int:
		return wire.OfInt(integer(f(0, float64(v.Int))))
	case wire.Floats:
		numbers := v.FloatList()
		for i := range numbers {
			numbers[i] = f(i, numbers[i])
		}
		return wire.OfFloats(numbers)
	case wire.Ints:
		numbers := v.IntList()
		for i := range numbers {
			numbers[i] = integer(f(i, float64(numbers[i])))
		}
		return wire.OfInts(numbers)
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

func integer(x float64) int64 {
	if math.IsNaN(x) || math.Abs(x) >= 1<<62 {
		return math.MinInt64
	}
	return int64(x)
}

func convert[E wire.Number](numbers []float64, shape []int, one func(float64) E) check.Tensor {
	data := make([]E, len(numbers))
	for i, x := range numbers {
		data[i] = one(x)
	}
	return check.Of(data, shape...)
}
