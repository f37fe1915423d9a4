package measure_test

import (
	"fmt"
	"time"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/measure"
)

// The Go backend in float32 against itself in float64.
func ExampleRun() {
	b, _, err := backend.OpenNamed("go")
	if err != nil {
		panic(err)
	}
	result, err := measure.Run(measure.Cases()[0], b, b, time.Millisecond)
	fmt.Println(result.Error < 1e-5, result.Run > 0, err)
	// Output: true true <nil>
}
