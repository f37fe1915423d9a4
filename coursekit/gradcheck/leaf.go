package gradcheck

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// leaf is an input or a variable whose entries are moved one by one.
type leaf struct {
	name   string
	dtype  dtypes.DType
	dims   []int
	values []float64
	put    func(*tensors.Tensor) error // installs a moved copy
}

func newLeaf(name string, value *tensors.Tensor, put func(*tensors.Tensor) error) *leaf {
	values, err := flat(value)
	if err != nil {
		panic(err) // the caller made the tensor of this type
	}
	return &leaf{name: name, dtype: value.DType(), dims: value.Shape().Dimensions, values: values, put: put}
}

// set installs the current values, and returns entry k as the type rounds it.
func (l *leaf) set(k int) (float64, error) {
	if l.dtype == dtypes.Float64 {
		return l.values[k], l.put(tensors.FromFlatDataAndDimensions(append([]float64{}, l.values...), l.dims...))
	}
	rounded := make([]float32, len(l.values))
	for i, x := range l.values {
		rounded[i] = float32(x)
	}
	return float64(rounded[k]), l.put(tensors.FromFlatDataAndDimensions(rounded, l.dims...))
}

// index returns the position of flat entry k along each axis.
func (l *leaf) index(k int) []int {
	position := make([]int, len(l.dims))
	for axis := len(l.dims) - 1; axis >= 0; axis-- {
		position[axis], k = k%l.dims[axis], k/l.dims[axis]
	}
	return position
}

func asTensor(value any) (*tensors.Tensor, error) {
	t, ok := value.(*tensors.Tensor)
	if !ok {
		var err error
		if t, err = tensors.FromAnyValue(value); err != nil {
			return nil, err
		}
	}
	switch {
	case !t.DType().IsFloat(), t.DType() == dtypes.Float64, t.DType() == dtypes.Float32:
		return t.LocalClone()
	}
	return nil, fmt.Errorf("want float64 or float32, got %s", t.Shape())
}

// flat returns a copy of the entries of a float64 or float32 tensor.
func flat(t *tensors.Tensor) ([]float64, error) {
	switch t.DType() {
	case dtypes.Float64:
		return tensors.CopyFlatData[float64](t)
	case dtypes.Float32:
		narrow, err := tensors.CopyFlatData[float32](t)
		wide := make([]float64, len(narrow))
		for i, x := range narrow {
			wide[i] = float64(x)
		}
		return wide, err
	}
	return nil, fmt.Errorf("want float64 or float32, got %s", t.Shape())
}
