package attention_test

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/attention"
	"courselab/coursekit/backend"
)

// Three tokens, left to right: the first sees itself only.
func ExampleScaledDotProduct() {
	b, _, err := backend.OpenNamed(backend.Go)
	if err != nil {
		fmt.Println(err)
		return
	}
	weights := graph.MustExecOnce(b, func(x *graph.Node) *graph.Node {
		_, weights := attention.ScaledDotProduct(x, x, x, attention.Causal(x.Graph(), 3))
		return weights
	}, [][][][]float32{{{{1, 0}, {0, 1}, {1, 1}}}}) // [B, H, L, K]
	for _, row := range weights.Value().([][][][]float32)[0][0] {
		fmt.Printf("%.2f\n", row)
	}
	// Output:
	// [1.00 0.00 0.00]
	// [0.33 0.67 0.00]
	// [0.25 0.25 0.50]
}

// The two tokens of the prefix see each other; those after it see what is before them, and themselves.
func ExamplePrefix() {
	b, _, err := backend.OpenNamed(backend.Go)
	if err != nil {
		fmt.Println(err)
		return
	}
	mask := graph.MustExecOnce(b, func(g *graph.Graph) *graph.Node { return attention.Prefix(g, 4, 2) })
	for _, row := range mask.Value().([][][][]bool)[0][0] {
		fmt.Println(row)
	}
	// Output:
	// [true true false false]
	// [true true false false]
	// [true true true false]
	// [true true true true]
}

// From a decoder of 3 positions to an encoder's 5: the shape of the output is the decoder's.
func ExampleMultiHead_Apply() {
	b, _, err := backend.OpenNamed(backend.Go)
	if err != nil {
		fmt.Println(err)
		return
	}
	outputs, err := model.CallOnceN(b, model.NewStore(), func(scope *model.Scope, g *graph.Graph) []*graph.Node {
		decoder, encoder := graph.Ones(g, shapes.Make(dtypes.Float32, 1, 3, 8)), graph.Ones(g, shapes.Make(dtypes.Float32, 1, 5, 8))
		output, weights := attention.New(scope.In("cross"), 8, 2).Apply(decoder, encoder, encoder, nil)
		return []*graph.Node{output, weights}
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("output ", outputs[0].Shape())
	fmt.Println("weights", outputs[1].Shape())
	// Output:
	// output  (Float32)[1, 3, 8]
	// weights (Float32)[1, 2, 3, 5]
}
