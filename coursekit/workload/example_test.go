package workload_test

import (
	"fmt"

	"courselab/coursekit/backend"
	"courselab/coursekit/workload"
)

// The first losses must be those of JAX and PyTorch before a time means anything.
func Example() {
	w, err := workload.Find("W4")
	if err != nil {
		panic(err)
	}
	b, _, err := backend.OpenNamed("go")
	if err != nil {
		panic(err)
	}
	session, err := w.Open(b)
	if err != nil {
		panic(err)
	}
	var outputs []workload.Output
	for range w.Golden {
		output, err := session.Step()
		if err != nil {
			panic(err)
		}
		outputs = append(outputs, output)
	}
	fmt.Println(len(outputs), "losses;", w.Check(outputs, workload.Tolerance(true)))
	// Output: 5 losses; <nil>
}
