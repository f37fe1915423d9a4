package convolution_test

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/backend"
	"courselab/coursekit/convolution"
)

// An edge filter, and the transposed convolution that scatters one pixel.
func Example() {
	b, _, err := backend.OpenNamed(backend.Go)
	if err != nil {
		fmt.Println(err)
		return
	}
	image := [][][][]float32{{{{0}, {0}, {5}, {5}}, {{0}, {0}, {5}, {5}}}} // [1, 2, 4, 1]
	outputs, err := graph.CallOnceN(b, func(x *graph.Node) []*graph.Node {
		g := x.Graph()
		edge := graph.Const(g, [][][][]float32{{{{0}}, {{0}}, {{0}}}, {{{-1}}, {{0}}, {{1}}}, {{{0}}, {{0}}, {{0}}}}) // [3, 3, 1, 1]
		square := graph.Ones(g, edge.Shape())
		pixel := graph.Const(g, [][][][]float32{{{{2}}}})
		return []*graph.Node{
			graph.Squeeze(convolution.Convolve(x, edge, 1, 1)), graph.Squeeze(convolution.Transpose(pixel, square, 2, 0)),
		}
	}, image)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, output := range outputs {
		fmt.Println(output.Value())
	}
	// Output:
	// [[0 5 5 -5] [0 5 5 -5]]
	// [[2 2 2] [2 2 2] [2 2 2]]
}

// An autoencoder's way down and up again.
func ExampleHalve() {
	b, _, err := backend.OpenNamed(backend.Go)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = model.CallOnce(b, model.NewStore(), func(scope *model.Scope, x *graph.Node) *graph.Node {
		down := convolution.Layer(scope.In("down"), x, convolution.Halve(8))
		up := convolution.TransposeLayer(scope.In("up"), down, convolution.Halve(1))
		fmt.Println(x.Shape(), down.Shape(), up.Shape())
		return up
	}, tensors.FromShape(shapes.Make(dtypes.Float32, 1, 28, 28, 1)))
	if err != nil {
		fmt.Println(err)
	}
	// Output: (Float32)[1, 28, 28, 1] (Float32)[1, 14, 14, 8] (Float32)[1, 28, 28, 1]
}
