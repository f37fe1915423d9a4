package milestone_test

import (
	"fmt"

	"courselab/coursekit/experiment"
	"courselab/coursekit/notebook/milestone"
)

// A cell of a notebook runs a milestone, insists on its checks and shows what it found. M1 is the lecture's own numbers.
func Example() {
	result := milestone.Must(experiment.WorkedNumbers(experiment.DefaultWorkedConfig()))
	fmt.Println(result.ID, len(result.Checks) > 0)
	// Output: M1 true
}
