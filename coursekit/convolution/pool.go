package convolution

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// MaxPool returns the largest value of each channel in windows of window by window pixels that do not overlap:
// [B, Y, X, C] to [B, Y/window, X/window, C]. It panics if the window does not divide height and width.
//
// If several values of a window are the largest, each gets the whole gradient; torch gives it to the first alone. So pool
// before a ReLU, not after: the result is the same, and its zeros are no ties.
func MaxPool(x *graph.Node, window int) *graph.Node {
	return graph.ReduceMax(windows("max pool", x, window), 2, 4)
}

// MeanPool returns the mean value of each channel in windows of window by window pixels that do not overlap:
// [B, Y, X, C] to [B, Y/window, X/window, C]. It panics if the window does not divide height and width.
func MeanPool(x *graph.Node, window int) *graph.Node {
	return graph.ReduceMean(windows("mean pool", x, window), 2, 4)
}

// GlobalMean returns the mean of each channel over all pixels: [B, Y, X, C] to [B, C].
func GlobalMean(x *graph.Node) *graph.Node {
	if x.Rank() != 4 {
		exceptions.Panicf("convolution: the global mean wants x [B, Y, X, C], got %s", x.Shape())
	}
	return graph.ReduceMean(x, 1, 2)
}

// Upsample repeats each pixel factor times in both directions: [B, Y, X, C] to [B, Y·factor, X·factor, C].
// Followed by a convolution of stride 1, it is an alternative to a transposed convolution (Odena et al. 2016,
// "Deconvolution and Checkerboard Artifacts").
func Upsample(x *graph.Node, factor int) *graph.Node {
	if x.Rank() != 4 || factor < 1 {
		exceptions.Panicf("convolution: upsampling wants x [B, Y, X, C] and a factor of at least 1, got %s and %d", x.Shape(), factor)
	}
	d := x.Shape().Dimensions
	x = graph.BroadcastToDims(graph.Reshape(x, d[0], d[1], 1, d[2], 1, d[3]), d[0], d[1], factor, d[2], factor, d[3])
	return graph.Reshape(x, d[0], d[1]*factor, d[2]*factor, d[3])
}

// windows is [B, Y/window, window, X/window, window, C].
func windows(what string, x *graph.Node, window int) *graph.Node {
	if x.Rank() != 4 || window < 1 || x.Shape().Dimensions[1]%window != 0 || x.Shape().Dimensions[2]%window != 0 {
		exceptions.Panicf("convolution: %s wants x [B, Y, X, C] with Y and X multiples of the window, got %s and %d", what, x.Shape(), window)
	}
	d := x.Shape().Dimensions
	return graph.Reshape(x, d[0], d[1]/window, window, d[2]/window, window, d[3])
}
