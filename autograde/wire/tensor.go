package wire

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Tensor is a dense array in row-major order, little-endian. The zero value is invalid.
type Tensor struct {
	// DType is the element type by GoMLX's name: "Float32", "Int32", "Bool", ...; see [ElementSize].
	DType string `cbor:"d"`
	// Shape has one entry for each axis; empty for a scalar.
	Shape []int `cbor:"s"`
	// Data holds exactly Size()*ElementSize(DType) bytes.
	Data []byte `cbor:"b"`
}

var elementSizes = map[string]int{
	"Bool": 1, "Int8": 1, "Uint8": 1, "Int16": 2, "Uint16": 2, "Float16": 2, "BFloat16": 2,
	"Int32": 4, "Uint32": 4, "Float32": 4, "Int64": 8, "Uint64": 8, "Float64": 8,
}

// ElementSize returns the bytes of one element of the dtype, 0 for a dtype that does not travel
// (complex and sub-byte types).
func ElementSize(dtype string) int { return elementSizes[dtype] }

// Number is the set of Go types that [NewTensor] accepts.
type Number interface {
	bool | int8 | uint8 | int16 | uint16 | int32 | uint32 | int64 | uint64 | float32 | float64
}

// NewTensor returns a tensor of the given shape with a copy of the data; without a shape it is a scalar.
// It panics when len(data) does not fill the shape: that is a bug of the caller, never of a peer.
func NewTensor[E Number](data []E, shape ...int) Tensor {
	t := Tensor{DType: dtypeOf[E](), Shape: append([]int{}, shape...)}
	size, err := elements(shape, math.MaxInt32)
	if err != nil || size != len(data) {
		panic(fmt.Errorf("wire.NewTensor: %d values do not fill shape %v", len(data), shape))
	}
	var buf []byte
	buf, err = binary.Append(make([]byte, 0, len(data)*ElementSize(t.DType)), binary.LittleEndian, data)
	if err != nil {
		panic(fmt.Errorf("wire.NewTensor: %w", err))
	}
	t.Data = buf
	return t
}

func dtypeOf[E Number]() string {
	var zero E
	switch any(zero).(type) {
	case bool:
		return "Bool"
	case int8:
		return "Int8"
	case uint8:
		return "Uint8"
	case int16:
		return "Int16"
	case uint16:
		return "Uint16"
	case int32:
		return "Int32"
	case uint32:
		return "Uint32"
	case int64:
		return "Int64"
	case uint64:
		return "Uint64"
	case float32:
		return "Float32"
	}
	return "Float64"
}

// Size returns the number of elements, 1 for a scalar. Only meaningful for a valid tensor.
func (t Tensor) Size() int {
	size := 1
	for _, d := range t.Shape {
		size *= d
	}
	return size
}

// Rank returns the number of axes, 0 for a scalar.
func (t Tensor) Rank() int { return len(t.Shape) }

// Validate reports whether dtype, rank, number of elements and length of the data fit together and the limits.
func (t Tensor) Validate(limits Limits) error {
	width := ElementSize(t.DType)
	if width == 0 {
		return fmt.Errorf("%w: dtype %.20q is unknown", ErrMalformed, t.DType)
	}
	if len(t.Shape) > limits.Rank {
		return fmt.Errorf("%w: rank %d, at most %d", ErrTooLarge, len(t.Shape), limits.Rank)
	}
	size, err := elements(t.Shape, limits.Elements)
	if err != nil {
		return err
	}
	if len(t.Data) != size*width {
		return fmt.Errorf("%w: %s%v needs %d bytes, has %d", ErrMalformed, t.DType, t.Shape, size*width, len(t.Data))
	}
	return nil
}

// elements multiplies the dimensions without overflow; a negative one is malformed, a product above most too large.
func elements(shape []int, most int) (int, error) {
	size := 1
	for _, d := range shape {
		if d < 0 {
			return 0, fmt.Errorf("%w: negative dimension in %v", ErrMalformed, shape)
		}
		if d > most { // beside a 0 too: whoever walks the axes must not walk for ever
			return 0, fmt.Errorf("%w: shape %v has an axis of more than %d", ErrTooLarge, shape, most)
		}
	}
	for _, d := range shape {
		if d == 0 {
			return 0, nil
		}
	}
	for _, d := range shape {
		if d > most/size {
			return 0, fmt.Errorf("%w: shape %v has more than %d elements", ErrTooLarge, shape, most)
		}
		size *= d
	}
	return size, nil
}

// Float64s returns the elements as float64, booleans as 0 and 1. Int64 and Uint64 lose precision above 2^53.
// It panics on a tensor that [Tensor.Validate] rejects.
func (t Tensor) Float64s() []float64 {
	width := ElementSize(t.DType)
	if width == 0 || len(t.Data) != t.Size()*width {
		panic(fmt.Errorf("wire: Float64s of an invalid tensor %s%v with %d bytes", t.DType, t.Shape, len(t.Data)))
	}
	out := make([]float64, len(t.Data)/width)
	for i := range out {
		out[i] = element(t.DType, t.Data[i*width:])
	}
	return out
}

func element(dtype string, b []byte) float64 {
	le := binary.LittleEndian
	switch dtype {
	case "Bool":
		if b[0] != 0 {
			return 1
		}
		return 0
	case "Int8":
		return float64(int8(b[0]))
	case "Uint8":
		return float64(b[0])
	case "Int16":
		return float64(int16(le.Uint16(b)))
	case "Uint16":
		return float64(le.Uint16(b))
	case "Int32":
		return float64(int32(le.Uint32(b)))
	case "Uint32":
		return float64(le.Uint32(b))
	case "Int64":
		return float64(int64(le.Uint64(b)))
	case "Uint64":
		return float64(le.Uint64(b))
	case "Float16":
		return float16(le.Uint16(b))
	case "BFloat16":
		return float64(math.Float32frombits(uint32(le.Uint16(b)) << 16))
	case "Float32":
		return float64(math.Float32frombits(le.Uint32(b)))
	}
	return math.Float64frombits(le.Uint64(b))
}

// float16 widens an IEEE 754 half-precision number.
func float16(bits uint16) float64 {
	sign, exponent, fraction := 1.0, int(bits>>10&0x1f), float64(bits&0x3ff)
	if bits&0x8000 != 0 {
		sign = -1
	}
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return sign * math.Inf(1)
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// IsFloat reports whether the elements are floating-point numbers.
func (t Tensor) IsFloat() bool {
	switch t.DType {
	case "Float16", "BFloat16", "Float32", "Float64":
		return true
	}
	return false
}
