package local_test

import (
	"context"
	"fmt"

	"courselab/autograde/check"
	"courselab/autograde/check/local"
	"courselab/autograde/worker"

	. "github.com/gomlx/gomlx/core/graph"
)

// A suite is written once and runs on any functions: here on a right one and a wrong one.
func Example() {
	suite := check.Suite{Lab: "lab0", Checks: []check.Check{{
		ID: "rows", Task: "1", Points: 1, Title: "rows sum to one", Hint: "Over which axis is the softmax?",
		Run: func(t *check.T) {
			t.RowsSumToOne("weights", t.Call1("Softmax", check.Of([]float32{0, 0, 0, 0}, 2, 2)), 1e-6)
		},
	}}}
	for _, softmax := range []any{
		func(x *Node) *Node { return Softmax(x, -1) },
		func(x *Node) *Node { return Sigmoid(AddScalar(x, 1)) },
	} {
		caller, err := local.NewCaller(worker.Functions{"Softmax": softmax})
		if err != nil {
			panic(err)
		}
		check.Run(context.Background(), check.Options{Seed: 1}, caller, func(r check.Record) {
			fmt.Println(local.Explain(r))
		}, suite)
	}
	// Output:
	// Task 1, rows sum to one: Accepted
	// Task 1, rows sum to one: Wrong Answer
	//     weights: row [0] sums to 1.46212, want 1
	//     got:  Float32[2 2] [[0.731059 0.731059] [0.731059 0.731059]]
	//     want: rows that sum to 1
	//     hint: Over which axis is the softmax?
}
