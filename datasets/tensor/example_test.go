package tensor_test

import (
	"fmt"

	"courselab/datasets/synth"
	"courselab/datasets/tensor"
)

// A batch is a function of the seed and the step, so that training resumes bit for bit.
func Example() {
	digits := synth.DefaultDigits()
	const batch, step = 3, 17
	set, err := digits.Set(1, step*batch, (step+1)*batch)
	if err != nil {
		panic(err)
	}
	fmt.Println(tensor.AllImages(set).Shape(), tensor.AllLabels(set.Labels).Shape())
	// Output: (Float32)[3, 28, 28, 1] (Int32)[3]
}
