package customgradient_test

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"courselab/coursekit/backend"
	"courselab/coursekit/customgradient"
)

// The sign has a gradient of zero. The straight-through estimator takes that of the identity instead.
func Example() {
	sign := customgradient.Function{
		Forward:  func(x []*Node) (outputs, saved []*Node) { return []*Node{Sign(x[0])}, nil },
		Backward: func(_, _, gradients []*Node) []*Node { return gradients },
	}
	b, _, err := backend.OpenNamed("go")
	if err != nil {
		panic(err)
	}
	result, err := CallOnceN(b, func(x *Node) []*Node {
		y := sign.Apply(x)[0]
		return []*Node{y, Gradient(ReduceAllSum(MulScalar(y, 3)), x)[0]}
	}, []float64{-2, 5})
	if err != nil {
		panic(err)
	}
	fmt.Println(result[0].Value(), result[1].Value())
	// Output: [-1 1] [3 3]
}
