package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var id = bytes.Repeat([]byte{7}, IDSize)

// samples are messages of every kind of value.
func samples() []*Response {
	x := NewTensor([]float32{1, 2, 3, 5, 7, float32(math.NaN())}, 2, 3)
	return []*Response{
		{ID: id},
		{ID: id, Results: []Value{OfTensor(x), {Kind: Nil}, OfInt(-13), OfFloat(math.Inf(-1)), OfBool(true), OfBool(false), OfText("é"),
			OfInts([]int64{2, -3, math.MaxInt64}), OfFloats([]float64{0.5, math.Pi}), OfList(OfInts(nil), OfList(OfText("deep")))}},
		{ID: id, Fault: &Fault{Kind: FaultPanic, Text: "task 1", Where: "a.go:3"}},
		{ID: id, Results: []Value{{Kind: Scope, Int: 42}}, Variables: map[string]Tensor{"/dense/weights": x, "/dense/biases": NewTensor([]bool{true})}},
	}
}

func TestRoundTrip(t *testing.T) {
	var stream bytes.Buffer
	for _, want := range samples() {
		require.NoError(t, Write(&stream, want, DefaultLimits()))
	}
	for _, want := range samples() {
		var got Response
		require.NoError(t, Read(&stream, &got, DefaultLimits()))
		again, err := Encode(&got, DefaultLimits())
		require.NoError(t, err)
		first, err := Encode(want, DefaultLimits())
		require.NoError(t, err)
		assert.Equal(t, first, again)
		assert.Equal(t, want.ID, got.ID)
		assert.Len(t, got.Results, len(want.Results))
	}
	var none Response
	assert.ErrorIs(t, Read(&stream, &none, DefaultLimits()), io.EOF)
	request := &Request{ID: id, Op: Gradient, Function: "F", Args: samples()[1].Results, Wrt: []int{0}, Output: 1, Cotangent: samples()[1].Results[0].Tensor}
	require.NoError(t, Write(&stream, request, DefaultLimits()))
	var back Request
	require.NoError(t, Read(&stream, &back, DefaultLimits()))
	assert.Equal(t, []int{0}, back.Wrt)
	assert.Equal(t, request.Args[7].IntList(), back.Args[7].IntList())
}

func TestTensorElements(t *testing.T) {
	assert.Equal(t, []float64{1, 0, 1}, NewTensor([]bool{true, false, true}, 3).Float64s())
	assert.Equal(t, []float64{-128, 127}, NewTensor([]int8{-128, 127}, 2).Float64s())
	assert.Equal(t, []float64{-2, 65535}, append(NewTensor([]int16{-2}, 1).Float64s(), NewTensor([]uint16{65535}, 1).Float64s()...))
	assert.Equal(t, []float64{math.MinInt32, 3e9}, append(NewTensor([]int32{math.MinInt32}, 1).Float64s(), NewTensor([]uint32{3e9}, 1).Float64s()...))
	assert.Equal(t, []float64{-5, 11}, append(NewTensor([]int64{-5}, 1).Float64s(), NewTensor([]uint64{11}, 1).Float64s()...))
	assert.Equal(t, []float64{0.25}, NewTensor([]float64{0.25}).Float64s(), "a scalar")
	assert.Equal(t, []float64{255}, NewTensor([]uint8{255}).Float64s())
	half := Tensor{DType: "Float16", Shape: []int{6}, Data: []byte{0, 0x3c, 0, 0xc0, 0xff, 0x7b, 1, 0, 0, 0x7c, 0, 0x80}}
	assert.Equal(t, []float64{1, -2, 65504, math.Ldexp(1, -24), math.Inf(1), 0}, half.Float64s(), "IEEE 754 table of halves")
	assert.True(t, math.IsNaN(Tensor{DType: "Float16", Shape: []int{1}, Data: []byte{1, 0x7c}}.Float64s()[0]))
	assert.Equal(t, []float64{-3.140625}, Tensor{DType: "BFloat16", Shape: []int{1}, Data: []byte{0x49, 0xc0}}.Float64s())
	assert.Panics(t, func() { NewTensor([]float32{1, 2, 3}, 2, 2) })
	assert.Panics(t, func() { NewTensor([]float32{1}, -1) })
	assert.Panics(t, func() { Tensor{DType: "Float32", Shape: []int{2}, Data: make([]byte, 4)}.Float64s() })
}

func TestValidateRefuses(t *testing.T) {
	limits := DefaultLimits()
	ok := NewTensor([]float32{1}, 1)
	for name, test := range map[string]struct {
		value Value
		want  error
	}{
		"no kind":          {Value{}, ErrMalformed},
		"unknown kind":     {Value{Kind: 99}, ErrMalformed},
		"empty tensor":     {Value{Kind: TensorKind}, ErrMalformed},
		"two fields":       {Value{Kind: Int, Int: 1, Text: "x"}, ErrMalformed},
		"tensor in nil":    {Value{Kind: Nil, Tensor: &ok}, ErrMalformed},
		"bool 2":           {Value{Kind: Bool, Int: 2}, ErrMalformed},
		"packed 7":         {Value{Kind: Ints, Packed: make([]byte, 7)}, ErrMalformed},
		"dtype":            {OfTensor(Tensor{DType: "Complex64", Shape: []int{1}, Data: make([]byte, 8)}), ErrMalformed},
		"short data":       {OfTensor(Tensor{DType: "Float32", Shape: []int{2}, Data: make([]byte, 7)}), ErrMalformed},
		"long data":        {OfTensor(Tensor{DType: "Float32", Shape: []int{0}, Data: make([]byte, 4)}), ErrMalformed},
		"negative axis":    {OfTensor(Tensor{DType: "Bool", Shape: []int{-1, -1}, Data: []byte{1}}), ErrMalformed},
		"huge axis":        {OfTensor(Tensor{DType: "Bool", Shape: []int{0, math.MaxInt}}), ErrTooLarge},
		"overflow":         {OfTensor(Tensor{DType: "Bool", Shape: []int{1 << 20, 1 << 20, 1 << 20, 1 << 4}}), ErrTooLarge},
		"rank":             {OfTensor(Tensor{DType: "Bool", Shape: make([]int, limits.Rank+1)}), ErrTooLarge},
		"long text":        {OfText(strings.Repeat("x", limits.Text+1)), ErrTooLarge},
		"long list":        {Value{Kind: Floats, Packed: make([]byte, 8*limits.Elements+8)}, ErrTooLarge},
		"deep":             {nested(limits.Nesting + 1), ErrTooLarge},
		"bad in list":      {OfList(OfInt(1), Value{}), ErrMalformed},
		"bad variable":     {Value{Kind: Scope, Variables: map[string]Tensor{"/x": {DType: "Float32"}}}, ErrMalformed},
		"variables in int": {Value{Kind: Int, Variables: map[string]Tensor{"/x": ok}}, ErrMalformed},
	} {
		assert.ErrorIs(t, test.value.Validate(limits), test.want, name)
		_, err := Encode(&Response{ID: id, Results: []Value{test.value}}, limits)
		assert.ErrorIs(t, err, test.want, name)
	}
	assert.NoError(t, nested(limits.Nesting).Validate(limits))
	for _, r := range []*Response{{}, {ID: id[1:]}, {ID: id, Fault: &Fault{}}, {ID: id, Fault: &Fault{Kind: FaultPanic}, Results: []Value{OfInt(1)}}} {
		assert.ErrorIs(t, r.Validate(limits), ErrMalformed)
	}
	assert.ErrorIs(t, (&Response{ID: id, Fault: &Fault{Kind: FaultPanic, Text: strings.Repeat("x", limits.Text+1)}}).Validate(limits), ErrTooLarge)
}

func nested(depth int) Value {
	v := OfInt(1)
	for range depth {
		v = OfList(v)
	}
	return v
}

// hostile are frames that a worker might send to hurt the reader, with the error each must get.
func hostile(t testing.TB) map[string]struct {
	frame []byte
	want  error
} {
	good, err := Encode(samples()[1], DefaultLimits())
	require.NoError(t, err)
	frame := func(body []byte) []byte {
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
	}
	raw := func(v any) []byte {
		body, err := cbor.Marshal(v)
		require.NoError(t, err)
		return frame(body)
	}
	kinds := make([]map[string]any, 200_000)
	for i := range kinds {
		kinds[i] = map[string]any{}
	}
	return map[string]struct {
		frame []byte
		want  error
	}{
		"nothing":           {nil, io.EOF},
		"half a length":     {[]byte{0, 0}, io.ErrUnexpectedEOF},
		"huge length":       {[]byte{0xff, 0xff, 0xff, 0xff, 1}, ErrTooLarge},
		"long, little sent": {[]byte{0, 0xff, 0, 0, 1}, io.ErrUnexpectedEOF},
		"cut short":         {good[:len(good)-3], io.ErrUnexpectedEOF},
		"empty body":        {frame(nil), ErrMalformed},
		"two items":         {frame([]byte{0xa0, 0xa0}), ErrMalformed},
		"indefinite":        {frame([]byte{0xbf, 0xff}), ErrMalformed},
		"tag":               {frame([]byte{0xc1, 0x00}), ErrMalformed},
		"bignum":            {frame([]byte{0xc2, 0x41, 1}), ErrMalformed},
		"array of 2^60":     {frame([]byte{0x9b, 0x10, 0, 0, 0, 0, 0, 0, 0}), ErrMalformed},
		"map of 2^63":       {frame([]byte{0xbb, 0x80, 0, 0, 0, 0, 0, 0, 0}), ErrMalformed},
		"string of 2^62":    {frame([]byte{0x5b, 0x40, 0, 0, 0, 0, 0, 0, 0}), ErrMalformed},
		"deep arrays":       {frame(bytes.Repeat([]byte{0x81}, 100_000)), ErrTooLarge},
		"deep maps":         {frame(bytes.Repeat([]byte{0xa1, 0x61, 'l'}, 100_000)), ErrTooLarge},
		"many tiny values":  {raw(map[string]any{"id": id, "res": kinds}), ErrTooLarge},
		"unknown field":     {raw(map[string]any{"id": id, "verdict": "Accepted"}), ErrMalformed},
		"wrong case":        {raw(map[string]any{"ID": id}), ErrMalformed},
		"id as text":        {raw(map[string]any{"id": string(bytes.Repeat([]byte{'a'}, IDSize))}), ErrMalformed},
		"duplicate key":     {frame([]byte{0xa2, 0x62, 'i', 'd', 0x41, 1, 0x62, 'i', 'd', 0x41, 2}), ErrMalformed},
		"not a map":         {raw([]int{1, 2, 3}), ErrMalformed},
		"shape of floats":   {raw(map[string]any{"id": id, "res": []any{map[string]any{"k": 2, "t": map[string]any{"d": "Bool", "s": []float64{1.5}, "b": []byte{1}}}}}), ErrMalformed},
		"short tensor":      {raw(map[string]any{"id": id, "res": []any{map[string]any{"k": 2, "t": map[string]any{"d": "Float32", "s": []int{1000, 1000}, "b": []byte{1}}}}}), ErrMalformed},
		"invalid UTF-8":     {raw(map[string]any{"id": id, "fault": map[string]any{"kind": "panic", "text": cbor.RawMessage([]byte{0x62, 0xff, 0xfe})}}), ErrMalformed},
		"id too short":      {raw(map[string]any{"id": id[:3]}), ErrMalformed},
	}
}

func TestHostileFramesAreRefusedCheaply(t *testing.T) {
	for name, test := range hostile(t) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var got Response
		err := Read(bytes.NewReader(test.frame), &got, DefaultLimits())
		runtime.ReadMemStats(&after)
		assert.ErrorIs(t, err, test.want, name)
		allocated := after.TotalAlloc - before.TotalAlloc
		assert.Less(t, allocated, uint64(4*len(test.frame)+1<<20), "%s: allocated %d for a frame of %d bytes", name, allocated, len(test.frame))
	}
}

// TestWorstHonestFrame bounds what a frame inside all limits can make the reader allocate.
func TestWorstHonestFrame(t *testing.T) {
	limits := DefaultLimits()
	values := make([]Value, 8000)
	for i := range values {
		values[i] = Value{Kind: Nil}
	}
	full := OfTensor(Tensor{DType: "Float64", Shape: []int{1 << 20}, Data: make([]byte, 8<<20)})
	frame, err := Encode(&Response{ID: id, Results: append(values, full)}, limits)
	require.NoError(t, err)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var got Response
	require.NoError(t, Read(bytes.NewReader(frame), &got, limits))
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(3*limits.Frame))
	_, err = Encode(&Response{ID: id, Results: make([]Value, 0, 1)}, Limits{Frame: 3, Items: 100, Nesting: 3})
	assert.ErrorIs(t, err, ErrTooLarge)
}

func FuzzDecode(f *testing.F) {
	for _, test := range hostile(f) {
		f.Add(test.frame)
	}
	for _, sample := range samples() {
		frame, err := Encode(sample, DefaultLimits())
		require.NoError(f, err)
		f.Add(frame)
	}
	limits := DefaultLimits()
	limits.Frame = 1 << 20
	f.Fuzz(func(t *testing.T, frame []byte) {
		var response Response
		if err := Read(bytes.NewReader(frame), &response, limits); err == nil {
			// What was accepted is valid, and its numbers can be read without a panic.
			require.NoError(t, response.Validate(limits))
			for _, v := range response.Results {
				touch(v)
			}
			_, err := Encode(&response, limits)
			require.True(t, err == nil || errors.Is(err, ErrTooLarge), "%v", err)
		}
		var request Request
		if err := Read(bytes.NewReader(frame), &request, limits); err == nil {
			require.NoError(t, request.Validate(limits))
		}
	})
}

func touch(v Value) {
	if v.Tensor != nil {
		_ = v.Tensor.Float64s()
	}
	_, _ = v.IntList(), v.FloatList()
	for _, item := range v.List {
		touch(item)
	}
}
