package backend_test

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"courselab/coursekit/backend"
)

// Open would take the best backend that the machine has; this asks for pure Go.
func ExampleOpenNamed() {
	b, info, err := backend.OpenNamed(backend.Go)
	if err != nil {
		fmt.Println(err)
		return
	}
	sum := graph.MustExecOnce(b, func(x *graph.Node) *graph.Node { return graph.ReduceAllSum(x) }, []float32{1, 2, 4})
	fmt.Println(info.Name, sum.Value())
	// Output: go 7
}
