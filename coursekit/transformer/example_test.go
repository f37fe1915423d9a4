package transformer_test

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/backend"
	"courselab/coursekit/transformer"
)

func Example() {
	b, _, err := backend.OpenNamed(backend.Go)
	if err != nil {
		panic(err)
	}
	config := transformer.DefaultConfig()
	config.SourceVocab, config.TargetVocab = 30, 40

	exec, err := model.NewExec(b, model.NewStore(), func(scope *model.Scope, source, target *Node) []*Node {
		m := transformer.New(scope, config)
		decoded := m.Decode(m.Encode(source), target)
		return []*Node{decoded.Logits, decoded.CrossMaps[0]}
	})
	if err != nil {
		panic(err)
	}
	outputs, err := exec.Call([][]int32{{5, 6, 7, 0}, {8, 9, 10, 11}}, [][]int32{{1, 21, 22}, {1, 23, 24}})
	if err != nil {
		panic(err)
	}
	fmt.Println("logits", outputs[0].Shape().Dimensions)
	fmt.Println("who looks where", outputs[1].Shape().Dimensions)
	// Output:
	// logits [2 3 40]
	// who looks where [2 4 3 4]
}
