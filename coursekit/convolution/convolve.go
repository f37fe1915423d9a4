package convolution

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// few is up to how many channels, in or out, a convolution of stride 1 is faster as a product. It moves K² times as much.
const few = 4

// Convolve is the cross-correlation of x [B, Y, X, C] with a kernel [K, K, C, O], which is what all frameworks call
// convolution:
//
//	out[b, i, j, o] = Σ x[b, i·S-P+k, j·S-P+l, c] · kernel[k, l, c, o]   over k, l, c; x is 0 outside
//
// It returns [B, ⌊(Y+2P-K)/S⌋+1, ⌊(X+2P-K)/S⌋+1, O], as torch.nn.Conv2d does (which has the kernel as [O, C, K, K]).
func Convolve(x, kernel *graph.Node, stride, padding int) *graph.Node {
	k := checkKernel("a convolution", x, kernel, stride, padding)
	dims := x.Shape().Dimensions
	outputs := kernel.Shape().Dimensions[3]
	rows, columns := (dims[1]+2*padding-k)/stride+1, (dims[2]+2*padding-k)/stride+1
	if dims[1]+2*padding < k || dims[2]+2*padding < k {
		exceptions.Panicf("convolution: x %s with padding %d is smaller than the kernel %s", x.Shape(), padding, kernel.Shape())
	}
	if inputs := dims[3]; stride == 1 && k%2 == 1 && min(inputs, outputs) > few {
		return graph.Convolve(x, kernel).PaddingPerDim([][2]int{{padding, padding}, {padding, padding}}).Done()
	}
	m := (k + stride - 1) / stride
	x = padAxis(x, 1, padding, (rows+m-1)*stride-dims[1]-padding)
	x = padAxis(x, 2, padding, (columns+m-1)*stride-dims[2]-padding)
	z := spaceToDepth(x, stride) // [B, rows+M-1, columns+M-1, S·S·C]
	w := blocks(kernel, stride)  // [M, M, S·S·C, O]
	inputs := z.Shape().Dimensions[3]

	var out *graph.Node
	if inputs < outputs {
		parts := make([]*graph.Node, 0, m*m)
		for a := range m {
			for b := range m {
				parts = append(parts, window(z, a, b, rows, columns))
			}
		}
		out = product(concatenate(parts, 3), graph.Reshape(w, m*m*inputs, outputs))
	} else {
		y := product(z, graph.Reshape(graph.TransposeAllAxes(w, 2, 0, 1, 3), inputs, m*m*outputs)) // [B, rows+M-1, columns+M-1, M·M·O]
		for a := range m {
			for b := range m {
				from := (a*m + b) * outputs
				out = add(out, window(graph.SliceAxis(y, 3, graph.AxisRange(from, from+outputs)), a, b, rows, columns))
			}
		}
	}
	out.AssertDims(dims[0], rows, columns, outputs)
	return out
}

// Transpose is the transposed convolution of x [B, Y, X, C] with a kernel [K, K, C, O]: each input scatters its multiple of the kernel,
//
//	out[b, i·S-P+k, j·S-P+l, o] += x[b, i, j, c] · kernel[k, l, c, o]
//
// It returns [B, (Y-1)·S-2P+K, (X-1)·S-2P+K, O], as torch.nn.ConvTranspose2d does (which has the kernel as [C, O, K, K]).
// It is the gradient of [Convolve] with respect to its input, where C and O change places; as a correlation over a
// dilated input, which is how TensorFlow and JAX define it, the kernel would be flipped in both axes.
func Transpose(x, kernel *graph.Node, stride, padding int) *graph.Node {
	k := checkKernel("a transposed convolution", x, kernel, stride, padding)
	dims := x.Shape().Dimensions
	outputs := kernel.Shape().Dimensions[3]
	rows, columns := (dims[1]-1)*stride-2*padding+k, (dims[2]-1)*stride-2*padding+k
	if rows < 1 || columns < 1 {
		exceptions.Panicf("convolution: transposing x %s with the kernel %s, stride %d and padding %d leaves [%d, %d]", x.Shape(), kernel.Shape(), stride, padding, rows, columns)
	}
	m := (k + stride - 1) / stride
	width := stride * stride * outputs
	w := graph.Reshape(blocks(graph.TransposeAllAxes(kernel, 0, 1, 3, 2), stride), m, m, width, dims[3]) // [M, M, S·S·O, C]
	y := product(x, graph.Reshape(graph.TransposeAllAxes(w, 3, 0, 1, 2), dims[3], m*m*width))            // [B, Y, X, M·M·S·S·O]
	var sum *graph.Node                                                                                  // [B, Y+M-1, X+M-1, S·S·O]
	for a := range m {
		for b := range m {
			from := (a*m + b) * width
			part := graph.SliceAxis(y, 3, graph.AxisRange(from, from+width))
			sum = add(sum, padAxis(padAxis(part, 1, a, m-1-a), 2, b, m-1-b))
		}
	}
	out := depthToSpace(sum, stride)
	out = graph.Slice(out, graph.AxisRange(), graph.AxisRange(padding, padding+rows), graph.AxisRange(padding, padding+columns), graph.AxisRange())
	out.AssertDims(dims[0], rows, columns, outputs)
	return out
}

// checkKernel panics if the kernel does not fit x, and returns K.
func checkKernel(what string, x, kernel *graph.Node, stride, padding int) int {
	if x.Rank() != 4 || !x.DType().IsFloat() {
		exceptions.Panicf("convolution: %s wants x [B, Y, X, C] of a floating point type, got %s", what, x.Shape())
	}
	if kernel.Rank() != 4 || kernel.DType() != x.DType() {
		exceptions.Panicf("convolution: %s wants a kernel [K, K, C, O] of the type of x %s, got %s", what, x.Shape(), kernel.Shape())
	}
	k := kernel.Shape().Dimensions
	if k[0] != k[1] || k[2] != x.Shape().Dimensions[3] {
		exceptions.Panicf("convolution: %s wants a square kernel [K, K, C, O] for x %s, got %s", what, x.Shape(), kernel.Shape())
	}
	if stride < 1 || padding < 0 || padding >= k[0] {
		exceptions.Panicf("convolution: stride is %d, must be at least 1; padding is %d, must be at least 0 and less than the kernel %s", stride, padding, kernel.Shape())
	}
	return k[0]
}

// blocks turns a kernel [K, K, C, O] into [M, M, S·S·C, O], M = ⌈K/S⌉, with zeros where K is no multiple of S.
func blocks(kernel *graph.Node, stride int) *graph.Node {
	d := kernel.Shape().Dimensions
	if stride == 1 {
		return kernel
	}
	m := (d[0] + stride - 1) / stride
	kernel = padAxis(padAxis(kernel, 0, 0, m*stride-d[0]), 1, 0, m*stride-d[0])
	kernel = graph.Reshape(kernel, m, stride, m, stride, d[2], d[3])
	return graph.Reshape(graph.TransposeAllAxes(kernel, 0, 2, 1, 3, 4, 5), m, m, stride*stride*d[2], d[3])
}

// spaceToDepth makes the pixels of each block of S by S its channels: [B, Y, X, C] to [B, Y/S, X/S, S·S·C].
func spaceToDepth(x *graph.Node, stride int) *graph.Node {
	if stride == 1 {
		return x
	}
	d := x.Shape().Dimensions
	x = graph.Reshape(x, d[0], d[1]/stride, stride, d[2]/stride, stride, d[3])
	return graph.Reshape(graph.TransposeAllAxes(x, 0, 1, 3, 2, 4, 5), d[0], d[1]/stride, d[2]/stride, stride*stride*d[3])
}

// depthToSpace is the inverse of spaceToDepth: [B, Y, X, S·S·C] to [B, Y·S, X·S, C].
func depthToSpace(x *graph.Node, stride int) *graph.Node {
	if stride == 1 {
		return x
	}
	d := x.Shape().Dimensions
	channels := d[3] / (stride * stride)
	x = graph.Reshape(x, d[0], d[1], d[2], stride, stride, channels)
	return graph.Reshape(graph.TransposeAllAxes(x, 0, 1, 3, 2, 4, 5), d[0], d[1]*stride, d[2]*stride, channels)
}

// padAxis adds zeros before and after, or takes entries away where a number is negative. Not graph.Pad, which has no gradient.
func padAxis(x *graph.Node, axis, before, after int) *graph.Node {
	if before < 0 || after < 0 {
		n := x.Shape().Dimensions[axis]
		x = graph.SliceAxis(x, axis, graph.AxisRange(max(-before, 0), n-max(-after, 0)))
	}
	zeros := func(n int) *graph.Node {
		shape := x.Shape().Clone()
		shape.Dimensions[axis] = n
		return graph.Zeros(x.Graph(), shape)
	}
	parts := []*graph.Node{x}
	if before > 0 {
		parts = append([]*graph.Node{zeros(before)}, parts...)
	}
	if after > 0 {
		parts = append(parts, zeros(after))
	}
	return concatenate(parts, axis)
}

// window is z[:, a:a+rows, b:b+columns, :].
func window(z *graph.Node, a, b, rows, columns int) *graph.Node {
	return graph.Slice(z, graph.AxisRange(), graph.AxisRange(a, a+rows), graph.AxisRange(b, b+columns), graph.AxisRange())
}

// product is x [B, Y, X, C] times w [C, O], as a product of two matrices.
func product(x, w *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	return graph.Reshape(graph.MatMul(graph.Reshape(x, -1, d[3]), w), d[0], d[1], d[2], w.Shape().Dimensions[1])
}

func concatenate(parts []*graph.Node, axis int) *graph.Node {
	if len(parts) == 1 {
		return parts[0]
	}
	return graph.Concatenate(parts, axis)
}

func add(sum, x *graph.Node) *graph.Node {
	if sum == nil {
		return x
	}
	return graph.Add(sum, x)
}
