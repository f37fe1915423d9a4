package worker

import (
	"fmt"
	"math/rand/v2"
	"reflect"

	"courselab/autograde/wire"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
)

// maxDepth bounds nested slices; the wire allows no more either.
const maxDepth = 5

// toTensor copies a wire tensor into a GoMLX tensor in local memory.
func toTensor(t wire.Tensor) (*tensors.Tensor, error) {
	dtype, err := dtypes.DTypeString(t.DType)
	if err != nil {
		return nil, fmt.Errorf("dtype %q: %w", t.DType, err)
	}
	return tensors.FromRaw(nil, 0, shapes.Make(dtype, t.Shape...), t.Data)
}

// fromTensor copies a GoMLX tensor into a wire tensor, inside the limits.
func fromTensor(t *tensors.Tensor, limits wire.Limits) (out wire.Tensor, err error) {
	shape := t.Shape()
	out = wire.Tensor{DType: shape.DType.String(), Shape: append([]int{}, shape.Dimensions...)}
	if wire.ElementSize(out.DType) == 0 {
		return out, faultf(wire.FaultSignature, "a tensor of dtype %s cannot be handed in", out.DType)
	}
	if shape.Size() > limits.Elements || shape.Rank() > limits.Rank {
		return out, faultf(wire.FaultSize, "the result %s is larger than a check accepts (%d elements, %d axes)",
			shape, limits.Elements, limits.Rank)
	}
	if shape.Size() == 0 {
		return out, nil
	}
	err = t.ConstBytes(func(data []byte) { out.Data = append(out.Data, data...) })
	return out, err
}

// toGo converts a plain argument to the parameter's type.
func toGo(v wire.Value, typ reflect.Type, depth int) (reflect.Value, error) {
	out := reflect.New(typ).Elem()
	mismatch := fmt.Errorf("%v where the function wants %s", v.Kind, typ)
	if depth > maxDepth {
		return out, mismatch
	}
	switch typ {
	case dtypeType:
		dtype, err := dtypes.DTypeString(v.Text)
		if v.Kind != wire.Text || err != nil {
			return out, mismatch
		}
		return reflect.ValueOf(dtype), nil
	case tensorType:
		if v.Kind == wire.Nil {
			return out, nil
		}
		if v.Kind != wire.TensorKind {
			return out, mismatch
		}
		tensor, err := toTensor(*v.Tensor)
		return reflect.ValueOf(tensor), err
	case randType:
		if v.Kind != wire.Int {
			return out, mismatch
		}
		return reflect.ValueOf(rand.New(rand.NewPCG(uint64(v.Int), 0))), nil
	}
	switch kind := typ.Kind(); {
	case kind == reflect.Bool && v.Kind == wire.Bool:
		out.SetBool(v.Int == 1)
	case kind == reflect.String && v.Kind == wire.Text:
		out.SetString(v.Text)
	case out.CanInt() && v.Kind == wire.Int && !out.OverflowInt(v.Int):
		out.SetInt(v.Int)
	case out.CanUint() && v.Kind == wire.Int && v.Int >= 0 && !out.OverflowUint(uint64(v.Int)):
		out.SetUint(uint64(v.Int))
	case out.CanFloat() && v.Kind == wire.Float:
		out.SetFloat(v.Float)
	case out.CanFloat() && v.Kind == wire.Int:
		out.SetFloat(float64(v.Int))
	case kind == reflect.Slice && v.Kind == wire.Nil:
	case kind == reflect.Slice:
		return toSlice(v, typ, depth)
	default:
		return out, mismatch
	}
	return out, nil
}

func toSlice(v wire.Value, typ reflect.Type, depth int) (reflect.Value, error) {
	items := v.List
	switch v.Kind {
	case wire.List:
	case wire.Ints:
		for _, x := range v.IntList() {
			items = append(items, wire.OfInt(x))
		}
	case wire.Floats:
		for _, x := range v.FloatList() {
			items = append(items, wire.OfFloat(x))
		}
	default:
		return reflect.Value{}, fmt.Errorf("%v where the function wants %s", v.Kind, typ)
	}
	out := reflect.MakeSlice(typ, len(items), len(items))
	for i, item := range items {
		element, err := toGo(item, typ.Elem(), depth+1)
		if err != nil {
			return reflect.Value{}, err
		}
		out.Index(i).Set(element)
	}
	return out, nil
}

// fromGo converts a plain result.
func fromGo(v reflect.Value, limits wire.Limits, depth int) (wire.Value, error) {
	if depth > maxDepth {
		return wire.Value{}, faultf(wire.FaultSignature, "a result nested more than %d deep cannot be handed in", maxDepth)
	}
	switch v.Type() {
	case dtypeType:
		return wire.OfText(v.Interface().(dtypes.DType).String()), nil
	case tensorType:
		if v.IsNil() {
			return wire.Value{Kind: wire.Nil}, nil
		}
		tensor, err := fromTensor(v.Interface().(*tensors.Tensor), limits)
		return wire.OfTensor(tensor), err
	case errorType:
		if v.IsNil() {
			return wire.Value{Kind: wire.Nil}, nil
		}
		return wire.OfText(clip(textOf(v.Interface()))), nil
	}
	switch {
	case v.Kind() == reflect.Bool:
		return wire.OfBool(v.Bool()), nil
	case v.Kind() == reflect.String:
		return wire.OfText(v.String()), nil
	case v.CanInt():
		return wire.OfInt(v.Int()), nil
	case v.CanUint():
		return wire.OfInt(int64(v.Uint())), nil
	case v.CanFloat():
		return wire.OfFloat(v.Float()), nil
	case v.Kind() == reflect.Slice || v.Kind() == reflect.Array:
		return fromSlice(v, limits, depth)
	}
	return wire.Value{}, faultf(wire.FaultSignature, "a result of type %s cannot be handed in", v.Type())
}

func fromSlice(v reflect.Value, limits wire.Limits, depth int) (wire.Value, error) {
	if v.Kind() == reflect.Slice && v.IsNil() {
		return wire.Value{Kind: wire.Nil}, nil
	}
	if v.Len() > limits.Elements {
		return wire.Value{}, faultf(wire.FaultSize, "a result with %d elements is larger than a check accepts (%d)", v.Len(), limits.Elements)
	}
	sample := reflect.New(v.Type().Elem()).Elem()
	switch {
	case sample.Type() == dtypeType:
	case sample.CanInt(), sample.CanUint():
		numbers := make([]int64, v.Len())
		for i := range numbers {
			if sample.CanInt() {
				numbers[i] = v.Index(i).Int()
			} else {
				numbers[i] = int64(v.Index(i).Uint())
			}
		}
		return wire.OfInts(numbers), nil
	case sample.CanFloat():
		numbers := make([]float64, v.Len())
		for i := range numbers {
			numbers[i] = v.Index(i).Float()
		}
		return wire.OfFloats(numbers), nil
	}
	if v.Len() > limits.Items {
		return wire.Value{}, faultf(wire.FaultSize, "a list of %d items is longer than a check accepts", v.Len())
	}
	list := make([]wire.Value, v.Len())
	for i := range list {
		item, err := fromGo(v.Index(i), limits, depth+1)
		if err != nil {
			return wire.Value{}, err
		}
		list[i] = item
	}
	return wire.OfList(list...), nil
}
