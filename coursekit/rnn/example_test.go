package rnn_test

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/backend"
	"courselab/coursekit/rnn"
)

// An LSTM over a batch of two sequences of three vectors, of which the second ends after one.
func Example() {
	b, _, err := backend.OpenNamed("go")
	if err != nil {
		panic(err)
	}
	x := [][][]float32{{{1}, {2}, {3}}, {{1}, {9}, {9}}}
	outputs, err := model.CallOnceN(b, model.NewStore(), func(scope *model.Scope, x []*graph.Node) []*graph.Node {
		y, last := rnn.New(scope.In("lstm"), rnn.LSTM, 4).WithLengths(x[1]).Apply(x[0])
		first := graph.SliceAxis(y, 1, graph.AxisElem(0))
		return []*graph.Node{y, last.Hidden, graph.Sub(last.Hidden, graph.Reshape(first, 2, 4))}
	}, x, []int32{3, 1})
	if err != nil {
		panic(err)
	}
	fmt.Println(outputs[0].Shape(), outputs[1].Shape())
	fmt.Println("the state of the second stays:", outputs[2].Value().([][]float32)[1])
	// Output:
	// (Float32)[2, 3, 4] (Float32)[2, 4]
	// the state of the second stays: [0 0 0 0]
}
