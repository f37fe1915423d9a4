package worked_test

import (
	"fmt"

	"courselab/coursekit/worked"
)

// The lecture's linear classifier of a cat's picture, and what its scores cost.
func Example() {
	l := worked.Linear
	for class, name := range l.Classes {
		score := l.Bias[class]
		for i, pixel := range l.Pixels {
			score += l.Weights[class][i] * pixel
		}
		fmt.Printf("%-8s %.1f\n", name, score)
	}
	fmt.Printf("if it is a %s: hinge %.1f, cross-entropy %.1f\n", worked.LinearLosses.Truth, worked.LinearLosses.Hinge, worked.LinearLosses.CrossEntropy)
	// Output:
	// Cat      96.4
	// Car      212.8
	// Airplane 181.1
	// if it is a Cat: hinge 203.1, cross-entropy 116.4
}
