// Package tiny is a lab of two functions.
package tiny

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// Scale multiplies every element of x by factor.
//
//	x [...]  Float32 or Float64
func Scale(x *Node, factor float64) *Node {
	// BEGIN SOLUTION
	byFactor := ConstAs(x, factor)
	return Mul(x, byFactor)
	// END SOLUTION
}

// Mean is the mean of the values, an error if there are none.
func Mean(values []float64) (float64, error) {
	// BEGIN SOLUTION
	if len(values) == 0 {
		return 0, fmt.Errorf("the mean of %d values is not defined", len(values))
	}
	total := 0.0
	for _, summand := range values {
		total += summand
	}
	return total / float64(len(values)), nil
	// END SOLUTION
}
