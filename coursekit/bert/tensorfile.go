package bert

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"

	"github.com/nlpodyssey/safetensors"
	"github.com/x448/float16"
)

// hostTensor is a tensor of a file as float32, row by row.
type hostTensor struct {
	dims   []int
	values []float32
}

// readTensors reads the content of a safetensors file. The library rejects headers and offsets that do not fit the file:
// too large, overlapping, with gaps, negative.
func readTensors(content []byte) (map[string]hostTensor, error) {
	file, err := safetensors.Deserialize(content)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	result := make(map[string]hostTensor, file.Len())
	for _, named := range file.Tensors() {
		view := named.TensorView
		t := hostTensor{}
		for _, dim := range view.Shape() {
			if dim > math.MaxInt32 {
				return nil, fmt.Errorf("safetensors: %q has the shape %v", named.Name, view.Shape())
			}
			t.dims = append(t.dims, int(dim))
		}
		if t.values, err = floats(view.DType(), view.Data()); errors.Is(err, errors.ErrUnsupported) {
			t.values = nil // integers, which no parameter is
		} else if err != nil {
			return nil, fmt.Errorf("safetensors: %q: %w", named.Name, err)
		}
		result[named.Name] = t
	}
	return result, nil
}

// floats are the values of little-endian data.
func floats(dtype safetensors.DType, data []byte) ([]float32, error) {
	decode := map[safetensors.DType]func([]byte) float32{
		safetensors.F32:  func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) },
		safetensors.F64:  func(b []byte) float32 { return float32(math.Float64frombits(binary.LittleEndian.Uint64(b))) },
		safetensors.F16:  func(b []byte) float32 { return float16.Frombits(binary.LittleEndian.Uint16(b)).Float32() },
		safetensors.BF16: func(b []byte) float32 { return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16) },
	}[dtype]
	if decode == nil {
		return nil, errors.ErrUnsupported
	}
	size := int(dtype.Size())
	values := make([]float32, len(data)/size)
	for i := range values {
		values[i] = decode(data[i*size:])
	}
	return values, nil
}

// writeTensors writes a safetensors file as transformers reads it.
func writeTensors(path string, list map[string]hostTensor) error {
	views := make(map[string]safetensors.TensorView, len(list))
	for name, t := range list {
		data := make([]byte, 0, 4*len(t.values))
		for _, x := range t.values {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
		}
		dims := make([]uint64, len(t.dims))
		for i, dim := range t.dims {
			dims[i] = uint64(dim)
		}
		view, err := safetensors.NewTensorView(safetensors.F32, dims, data)
		if err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		views[name] = view
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	err = safetensors.SerializeToWriter(views, map[string]string{"format": "pt"}, file)
	return errors.Join(err, file.Close())
}

// transpose returns values [rows, columns] as [columns, rows].
func transpose(values []float32, rows, columns int) []float32 {
	out := make([]float32, len(values))
	for r := range rows {
		for c := range columns {
			out[c*rows+r] = values[r*columns+c]
		}
	}
	return out
}
