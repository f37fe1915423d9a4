package attention_test

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

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
