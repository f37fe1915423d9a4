package check

import (
	"fmt"
	"reflect"

	"courselab/autograde/wire"
)

// argument wraps a Go value for the wire; see [T.Call] for the types. It panics on any other: a bug of the check.
func argument(arg any) wire.Value {
	switch a := arg.(type) {
	case nil, nilArgument:
		return wire.Value{Kind: wire.Nil}
	case Tensor:
		return wire.OfTensor(a)
	case *Tensor:
		return wire.OfTensor(*a)
	case Value:
		return a.Value
	case Scope:
		return wire.Value{Kind: wire.Scope, Int: a.Seed, Variables: a.Variables}
	}
	v := reflect.ValueOf(arg)
	switch {
	case v.Kind() == reflect.Bool:
		return wire.OfBool(v.Bool())
	case v.Kind() == reflect.String:
		return wire.OfText(v.String())
	case v.CanInt():
		return wire.OfInt(v.Int())
	case v.CanUint():
		return wire.OfInt(int64(v.Uint()))
	case v.CanFloat():
		return wire.OfFloat(v.Float())
	case v.Kind() == reflect.Slice:
		return sliceArgument(v)
	}
	panic(fmt.Errorf("check: an argument of type %T cannot be sent", arg))
}

func sliceArgument(v reflect.Value) wire.Value {
	if v.IsNil() {
		return wire.Value{Kind: wire.Nil}
	}
	element := reflect.New(v.Type().Elem()).Elem()
	switch {
	case element.CanInt():
		numbers := make([]int64, v.Len())
		for i := range numbers {
			numbers[i] = v.Index(i).Int()
		}
		return wire.OfInts(numbers)
	case element.CanFloat():
		numbers := make([]float64, v.Len())
		for i := range numbers {
			numbers[i] = v.Index(i).Float()
		}
		return wire.OfFloats(numbers)
	}
	list := make([]wire.Value, v.Len())
	for i := range list {
		list[i] = argument(v.Index(i).Interface())
	}
	return wire.OfList(list...)
}

func arguments(args []any) []wire.Value {
	values := make([]wire.Value, len(args))
	for i, arg := range args {
		values[i] = argument(arg)
	}
	return values
}
