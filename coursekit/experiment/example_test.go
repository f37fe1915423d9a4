package experiment_test

import (
	"fmt"

	"courselab/coursekit/experiment"
)

func ExampleWorkedNumbers() {
	config := experiment.DefaultWorkedConfig()
	config.Backend = "go"
	result, err := experiment.WorkedNumbers(config)
	if err != nil {
		panic(err)
	}
	weight, _ := result.Number("softmax 1")
	fmt.Printf("%s: the first weight is %.4f, the lecture prints %.2f; all %d checks passed: %t\n",
		result.ID, weight.Values[0], *weight.Expected, len(result.Checks), result.Passed())
	// Output: M1: the first weight is 0.8808, the lecture prints 0.88; all 51 checks passed: true
}
