package check

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"courselab/autograde/wire"
)

// array is a tensor as judging sees it: numbers in row-major order.
type array struct {
	shape   []int
	data    []float64
	integer bool // made of integers or bools
	dtype   string
}

// maxElements bounds an array made of a list; a tensor is bounded by the wire.
var maxElements = wire.DefaultLimits().Elements

// arrayOf makes an array of a tensor, number or (nested) list of numbers; ok is false for anything else, ragged lists included.
func arrayOf(v wire.Value) (a array, ok bool) {
	switch v.Kind {
	case wire.TensorKind:
		return array{shape: v.Tensor.Shape, data: v.Tensor.Float64s(), integer: !v.Tensor.IsFloat(), dtype: v.Tensor.DType}, true
	case wire.Int, wire.Bool:
		return array{data: []float64{float64(v.Int)}, integer: true}, true
	case wire.Float:
		return array{data: []float64{v.Float}}, true
	case wire.Floats:
		return array{shape: []int{len(v.Packed) / 8}, data: v.FloatList()}, true
	case wire.Ints:
		a := array{shape: []int{len(v.Packed) / 8}, integer: true}
		for _, x := range v.IntList() {
			a.data = append(a.data, float64(x))
		}
		return a, true
	case wire.List:
		for i, item := range v.List {
			row, ok := arrayOf(item)
			if !ok || (i > 0 && (!slices.Equal(row.shape, a.shape[1:]) || row.integer != a.integer)) {
				return array{}, false
			}
			if i == 0 {
				a = array{shape: append([]int{len(v.List)}, row.shape...), integer: row.integer}
			}
			if a.data = append(a.data, row.data...); len(a.data) > maxElements {
				return array{}, false
			}
		}
		return a, len(v.List) > 0
	}
	return array{}, false
}

// index turns a flat position into one per axis.
func (a array) index(flat int) []int {
	out := make([]int, len(a.shape))
	for axis := len(a.shape) - 1; axis >= 0; axis-- {
		out[axis] = flat % a.shape[axis]
		flat /= a.shape[axis]
	}
	return out
}

// maxShown bounds the elements that a message shows.
const maxShown = 48

// String shows dtype, shape and the first elements: "Float32[2 3] [[1 2 3] [4 5 6]]".
func (a array) String() string {
	var b strings.Builder
	if a.dtype != "" || len(a.shape) > 0 {
		fmt.Fprintf(&b, "%s%v ", a.dtype, a.shape)
	}
	left := maxShown
	a.write(&b, 0, a.data, &left)
	return b.String()
}

func (a array) write(b *strings.Builder, axis int, data []float64, left *int) {
	if axis == len(a.shape) {
		*left--
		if a.dtype == "Bool" {
			b.WriteString(strconv.FormatBool(data[0] != 0))
		} else {
			b.WriteString(number(data[0]))
		}
		return
	}
	b.WriteByte('[')
	stride := 0
	if a.shape[axis] > 0 {
		stride = len(data) / a.shape[axis]
	} else {
		*left-- // an empty row counts, or a million of them would be shown
	}
	for i := range a.shape[axis] {
		if i > 0 {
			b.WriteByte(' ')
		}
		if *left <= 0 {
			b.WriteString("...")
			break
		}
		a.write(b, axis+1, data[i*stride:(i+1)*stride], left)
	}
	b.WriteByte(']')
}

// number is short and exact enough to compare by eye.
func number(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

// text shows any value.
func text(v wire.Value) string {
	if a, ok := arrayOf(v); ok {
		return a.String()
	}
	switch v.Kind {
	case wire.Text:
		return strconv.Quote(v.Text)
	case wire.List:
		parts := []string{}
		for i, item := range v.List {
			if i == maxShown {
				parts = append(parts, "...")
				break
			}
			parts = append(parts, text(item))
		}
		return "[" + strings.Join(parts, " ") + "]"
	}
	return v.Kind.String()
}

// axisOf resolves a negative axis and panics when the tensor has none such.
func axisOf(t Tensor, axis int) int {
	resolved := axis
	if axis < 0 {
		resolved += t.Rank()
	}
	if resolved < 0 || resolved >= t.Rank() {
		panic(fmt.Errorf("check: axis %d of a tensor of shape %v", axis, t.Shape))
	}
	return resolved
}

// take returns the tensor with the given positions of one axis, in that order.
func take(t Tensor, axis int, positions []int) Tensor {
	axis = axisOf(t, axis)
	inner := wire.ElementSize(t.DType)
	for _, d := range t.Shape[axis+1:] {
		inner *= d
	}
	length := t.Shape[axis]
	out := Tensor{DType: t.DType, Shape: slices.Clone(t.Shape)}
	out.Shape[axis] = len(positions)
	if inner == 0 || length == 0 {
		return out
	}
	for start := 0; start < len(t.Data); start += length * inner {
		for _, p := range positions {
			out.Data = append(out.Data, t.Data[start+p*inner:start+(p+1)*inner]...)
		}
	}
	return out
}

// withFloats returns a tensor of t's shape and dtype holding the numbers; only for Float32 and Float64.
func withFloats(t Tensor, data []float64) Tensor {
	out := Tensor{DType: t.DType, Shape: t.Shape}
	for _, x := range data {
		switch t.DType {
		case "Float32":
			out.Data = binary.LittleEndian.AppendUint32(out.Data, math.Float32bits(float32(x)))
		case "Float64":
			out.Data = binary.LittleEndian.AppendUint64(out.Data, math.Float64bits(x))
		default:
			panic(fmt.Errorf("check: needs a Float32 or Float64 tensor, not %s", t.DType))
		}
	}
	return out
}
