package check

import "slices"

// Normal draws a Float32 tensor of standard normal values.
func (t *T) Normal(shape ...int) Tensor {
	return draw(shape, func() float32 { return float32(t.rng.NormFloat64()) })
}

// Normal64 draws a Float64 tensor of standard normal values.
func (t *T) Normal64(shape ...int) Tensor { return draw(shape, t.rng.NormFloat64) }

// Uniform draws a Float32 tensor of values in [low, high).
func (t *T) Uniform(low, high float64, shape ...int) Tensor {
	return draw(shape, func() float32 { return float32(low + (high-low)*t.rng.Float64()) })
}

// Integers draws an Int32 tensor of values in [low, high).
func (t *T) Integers(low, high int, shape ...int) Tensor {
	return draw(shape, func() int32 { return int32(low + t.rng.IntN(high-low)) })
}

// Booleans draws a Bool tensor, each element true with the given probability.
func (t *T) Booleans(probability float64, shape ...int) Tensor {
	return draw(shape, func() bool { return t.rng.Float64() < probability })
}

func draw[E interface {
	bool | int32 | float32 | float64
}](shape []int, one func() E) Tensor {
	size := 1
	for _, d := range shape {
		size *= d
	}
	data := make([]E, size)
	for i := range data {
		data[i] = one()
	}
	return Of(data, shape...)
}

// redraw returns the tensor with new values at the given positions of one axis, all different from the old: floats
// become normal draws of spread 3, integers other values of the tensor's range, booleans are negated. It panics on a
// constant integer tensor, which offers no other value.
func (t *T) redraw(x Tensor, axis int, positions []int) Tensor {
	axis = axisOf(x, axis)
	inner, length := 1, x.Shape[axis]
	for _, d := range x.Shape[axis+1:] {
		inner *= d
	}
	data := x.Float64s()
	next := t.other(x, data)
	for i := range data {
		if slices.Contains(positions, i/inner%length) {
			data[i] = next(data[i])
		}
	}
	return withNumbers(x, data)
}

func (t *T) other(x Tensor, data []float64) func(old float64) float64 {
	if x.IsFloat() {
		return func(float64) float64 { return 3 * t.rng.NormFloat64() }
	}
	if x.DType == "Bool" {
		return func(old float64) float64 { return 1 - old }
	}
	low, high := slices.Min(data), slices.Max(data)
	span := int(high-low) + 1
	if span < 2 {
		panic("check: a constant integer tensor cannot be scrambled")
	}
	return func(old float64) float64 {
		return low + float64((int(old-low)+1+t.rng.IntN(span-1))%span)
	}
}

// withNumbers is withFloats for Int32, Int64 and Bool tensors too.
func withNumbers(x Tensor, data []float64) Tensor {
	switch x.DType {
	case "Int32":
		return convert(x.Shape, data, func(v float64) int32 { return int32(v) })
	case "Int64":
		return convert(x.Shape, data, func(v float64) int64 { return int64(v) })
	case "Bool":
		return convert(x.Shape, data, func(v float64) bool { return v != 0 })
	}
	return withFloats(x, data)
}

func convert[E interface{ bool | int32 | int64 }](shape []int, data []float64, one func(float64) E) Tensor {
	out := make([]E, len(data))
	for i, v := range data {
		out[i] = one(v)
	}
	return Of(out, shape...)
}
