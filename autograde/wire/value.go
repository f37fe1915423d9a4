package wire

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Kind says which field of a [Value] holds.
type Kind uint8

// The kinds of values that travel. Their numbers are part of the format.
const (
	Nil Kind = iota + 1 // an absent *Node, a nil slice, a missing trailing error
	TensorKind
	Int
	Float
	Bool
	Text
	Ints   // []int and the other integer slices
	Floats // []float64, []float32
	List   // anything nested: [][]float64, []string, []*Node
	Scope  // a variable store to run a function in: Seed, and variables by path
)

var kindNames = [...]string{"nothing", "nil", "a tensor", "an integer", "a float", "a bool", "a string",
	"a list of integers", "a list of floats", "a list", "a scope"}

// String names the kind with its article, for messages.
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return fmt.Sprintf("kind %d", uint8(k))
	}
	return kindNames[k]
}

// Value is one argument or result: exactly the field that Kind names is set.
type Value struct {
	Kind      Kind              `cbor:"k"`
	Tensor    *Tensor           `cbor:"t,omitempty"`
	Int       int64             `cbor:"i,omitempty"` // Int, Bool (0 or 1), Scope (seed)
	Float     float64           `cbor:"f,omitempty"`
	Text      string            `cbor:"x,omitempty"`
	Packed    []byte            `cbor:"p,omitempty"` // Ints, Floats: 8 bytes each, little-endian
	List      []Value           `cbor:"l,omitempty"`
	Variables map[string]Tensor `cbor:"v,omitempty"` // Scope
}

// OfTensor, OfInt, OfFloat, OfBool, OfText, OfInts, OfFloats and OfList wrap one Go value each.
func OfTensor(t Tensor) Value { return Value{Kind: TensorKind, Tensor: &t} }

// OfInt wraps an integer.
func OfInt(v int64) Value { return Value{Kind: Int, Int: v} }

// OfFloat wraps a float.
func OfFloat(v float64) Value { return Value{Kind: Float, Float: v} }

// OfText wraps a string.
func OfText(v string) Value { return Value{Kind: Text, Text: v} }

// OfList wraps a list of values.
func OfList(v ...Value) Value { return Value{Kind: List, List: v} }

// OfBool wraps a bool.
func OfBool(v bool) Value {
	if v {
		return Value{Kind: Bool, Int: 1}
	}
	return Value{Kind: Bool}
}

// OfInts wraps a list of integers.
func OfInts(v []int64) Value {
	packed := make([]byte, 0, 8*len(v))
	for _, x := range v {
		packed = binary.LittleEndian.AppendUint64(packed, uint64(x))
	}
	return Value{Kind: Ints, Packed: packed}
}

// OfFloats wraps a list of floats.
func OfFloats(v []float64) Value {
	packed := make([]byte, 0, 8*len(v))
	for _, x := range v {
		packed = binary.LittleEndian.AppendUint64(packed, math.Float64bits(x))
	}
	return Value{Kind: Floats, Packed: packed}
}

// IntList returns the numbers of an Ints value.
func (v Value) IntList() []int64 {
	out := make([]int64, len(v.Packed)/8)
	for i := range out {
		out[i] = int64(binary.LittleEndian.Uint64(v.Packed[8*i:]))
	}
	return out
}

// FloatList returns the numbers of a Floats value.
func (v Value) FloatList() []float64 {
	out := make([]float64, len(v.Packed)/8)
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(v.Packed[8*i:]))
	}
	return out
}

// Validate reports whether the value has exactly the field of its kind and keeps the limits, nested values included.
func (v Value) Validate(limits Limits) error { return v.validate(limits, 0) }

func (v Value) validate(limits Limits, depth int) error {
	if depth > limits.Nesting {
		return fmt.Errorf("%w: lists nested more than %d deep", ErrTooLarge, limits.Nesting)
	}
	if v.Kind < Nil || v.Kind > Scope {
		return fmt.Errorf("%w: %v", ErrMalformed, v.Kind)
	}
	stray := func(set bool, kinds ...Kind) bool {
		for _, k := range kinds {
			if v.Kind == k {
				return false
			}
		}
		return set
	}
	if stray(v.Tensor != nil, TensorKind) || stray(v.Int != 0, Int, Bool, Scope) || stray(v.Float != 0, Float) ||
		stray(v.Text != "", Text) || stray(len(v.Packed) > 0, Ints, Floats) || stray(len(v.List) > 0, List) ||
		stray(len(v.Variables) > 0, Scope) {
		return fmt.Errorf("%w: %v carries a field of another kind", ErrMalformed, v.Kind)
	}
	switch v.Kind {
	case TensorKind:
		if v.Tensor == nil {
			return fmt.Errorf("%w: tensor without content", ErrMalformed)
		}
		return v.Tensor.Validate(limits)
	case Bool:
		if v.Int != 0 && v.Int != 1 {
			return fmt.Errorf("%w: bool with value %d", ErrMalformed, v.Int)
		}
	case Text:
		if len(v.Text) > limits.Text {
			return fmt.Errorf("%w: string of %d bytes, at most %d", ErrTooLarge, len(v.Text), limits.Text)
		}
	case Ints, Floats:
		if len(v.Packed)%8 != 0 {
			return fmt.Errorf("%w: %v of %d bytes", ErrMalformed, v.Kind, len(v.Packed))
		}
		if len(v.Packed)/8 > limits.Elements {
			return fmt.Errorf("%w: %v with %d elements, at most %d", ErrTooLarge, v.Kind, len(v.Packed)/8, limits.Elements)
		}
	case List:
		for i := range v.List {
			if err := v.List[i].validate(limits, depth+1); err != nil {
				return err
			}
		}
	case Scope:
		return validateVariables(v.Variables, limits)
	}
	return nil
}

func validateVariables(variables map[string]Tensor, limits Limits) error {
	for path, tensor := range variables {
		if len(path) > limits.Text {
			return fmt.Errorf("%w: variable path of %d bytes", ErrTooLarge, len(path))
		}
		if err := tensor.Validate(limits); err != nil {
			return fmt.Errorf("variable %.100q: %w", path, err)
		}
	}
	return nil
}
