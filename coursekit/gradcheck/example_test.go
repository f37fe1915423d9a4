package gradcheck_test

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"courselab/coursekit/backend"
	"courselab/coursekit/gradcheck"
)

// A function whose gradient forgets one of its two factors.
func ExampleConfig_Compare() {
	b, _, err := backend.OpenNamed(backend.Go)
	if err != nil {
		fmt.Println(err)
		return
	}
	right := func(x []*graph.Node) *graph.Node { return graph.Mul(x[0], x[0]) }
	wrong := func(x []*graph.Node) *graph.Node { return graph.Mul(x[0], graph.StopGradient(x[0])) }
	fmt.Println(gradcheck.DefaultConfig().Compare(b, right, []float64{3}))
	fmt.Println(gradcheck.DefaultConfig().Compare(b, wrong, []float64{3}) != nil)
	// Output:
	// <nil>
	// true
}
